import { isLoopback } from '../../model/cluster';
import { defineRule } from '../rule';
import { checkLocal } from './_local';

export default defineRule({
  id: 'qemu/migration-host-loopback',
  scope: 'host',
  title: 'Peers are told to send guests to themselves',
  severity: 'error',
  files: ['qemu'],
  messages: {
    refused:
      'migration_host = "{address}" is this host itself: libvirt refuses it and does not start; leave it out, or give its name',
    loopback:
      'migration_host = "{address}" is what peers dial: they reach themselves and migrations fail; leave it out, or give its name',
  },
  fixes: { remove: 'Leave it out: the host name counts' },
  why: `The destination tells the source under which name or address to send the guest's memory. libvirt refuses 127.0.0.1, ::1 and
localhost: *migration_host must not be the address of the local machine: localhost*, and the daemon ends. 127.0.1.1 and 0.0.0.0
pass, and the source dials itself: *unable to connect to server at '127.0.1.1:49152': Connection refused*. Nova's
live_migration_inbound_addr takes precedence over it.`,
  sources: ['libvirtd 9.0.0 run on each of the examples', 'src/qemu/qemu_conf.c of libvirt 9.0.0'],
  explains: [
    /migration_host must not be the address of the local machine/,
    /unable to connect to server at '(127\.|0\.0\.0\.0)[^']*': Connection refused/,
  ],
  preflight: 'destination',
  examples: [
    {
      files: { 'etc/libvirt/qemu.conf': '⟦migration_host = "localhost.localdomain"⟧\r\nuser = "nova"\r\n' },
      good: { 'etc/libvirt/qemu.conf': 'user = "nova"\r\n' },
    },
    {
      title: 'what libvirt lets pass',
      files: { 'etc/libvirt/qemu.conf': '⟦migration_host = "127.0.1.1"⟧\n' },
      good: { 'etc/libvirt/qemu.conf': '' },
    },
    {
      title: 'a name, and one that nova does not use',
      files: {
        'compute1/etc/libvirt/qemu.conf': 'migration_host = "compute1.example.org"\n',
        'compute2/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.0.0.2\n',
        'compute2/etc/libvirt/qemu.conf': 'migration_host = "127.0.1.1"\n',
      },
    },
  ],
  check(host, report) {
    const used = host.nova.get('live_migration_inbound_addr')?.origin !== 'set';
    const itself = (address: string): boolean =>
      used && (isLoopback(address) || address === '0.0.0.0' || address === '::');
    checkLocal(host, 'migration_host', itself, report);
  },
});
