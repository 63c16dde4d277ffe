import { isLoopback } from '../../model/cluster';
import { defineRule } from '../rule';
import { checkLocal } from './_local';

export default defineRule({
  id: 'qemu/migration-address-loopback',
  scope: 'host',
  title: 'Incoming migrations are awaited on loopback',
  severity: 'error',
  files: ['qemu'],
  messages: {
    refused:
      'migration_address = "{address}" is this host itself: libvirt refuses it and does not start; leave it out, or give an address of the migration network',
    loopback:
      'migration_address = "{address}" is reached by this host alone: migrations to it end with "Connection refused"; leave it out',
  },
  fixes: { remove: 'Leave it out: QEMU listens on all addresses' },
  why: `It is the address on which QEMU awaits the memory of a guest. libvirt refuses 127.0.0.1, ::1 and localhost: *Initialization of
QEMU state driver failed: configuration file syntax error: migration_address must not be the address of the local machine:
127.0.0.1*, and the daemon ends. Other addresses of loopback pass, and the source's QEMU finds nobody there.`,
  sources: ['libvirtd 9.0.0 run on each of the examples', 'src/qemu/qemu_conf.c of libvirt 9.0.0'],
  explains: [/migration_address must not be the address of the local machine/],
  preflight: 'destination',
  examples: [
    {
      files: { 'etc/libvirt/qemu.conf': 'user = "nova"\r\n⟦migration_address = "127.0.0.1"⟧ # lab\r\n' },
      good: { 'etc/libvirt/qemu.conf': 'user = "nova"\r\n' },
    },
    {
      title: "by name; Debian's address of the host name",
      files: {
        'compute1/etc/libvirt/qemu.conf': '⟦migration_address = "localhost"⟧\n',
        'compute2/etc/libvirt/qemu.conf': '⟦migration_address = "127.0.1.1"⟧\n',
      },
      good: { 'compute1/etc/libvirt/qemu.conf': '', 'compute2/etc/libvirt/qemu.conf': '' },
    },
    {
      title: 'all addresses, or one of the migration network',
      files: {
        'compute1/etc/libvirt/qemu.conf': 'migration_address = "0.0.0.0"\n',
        'compute2/etc/libvirt/qemu.conf': 'migration_address = "::"\n',
        'compute3/etc/libvirt/qemu.conf': 'migration_address = "10.0.0.3"\n',
      },
    },
  ],
  check: (host, report) => checkLocal(host, 'migration_address', isLoopback, report),
});
