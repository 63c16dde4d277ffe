import { isAddress, isLoopback, isWildcard } from '../../model/cluster';
import { removeEntry } from '../libvirtd/_keys';
import { inboundAddress, sameName } from '../libvirtd/_dialled';
import { defineRule } from '../rule';

export default defineRule({
  id: 'qemu/migration-address-not-dialled',
  scope: 'host',
  title: 'QEMU awaits guests on another address than they are sent to',
  severity: 'error',
  files: ['qemu'],
  releases: { from: 'mitaka' },
  messages: {
    default:
      'QEMU listens on {address} only, and nova has guests sent to {inbound}: migrations to this host end with "Connection refused"',
  },
  fixes: {
    remove: 'Leave it out: QEMU listens on all addresses',
    inbound: 'Listen where guests are sent to: {inbound}',
  },
  why: `migration_address is where the destination's QEMU listens; live_migration_inbound_addr is where nova has the source dial. With two
networks and one of them in each key the stream finds nobody: *unable to connect to server at '10.1.0.31:49152': Connection refused*.`,
  sources: ['virsh migrate --p2p --migrateuri to libvirtd 9.0.0 whose migration_address is that of the other network'],
  explains: [/unable to connect to server at '[^']*:49\d\d\d': Connection refused/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.31\n',
        'etc/libvirt/qemu.conf': 'user = "nova"\r\n⟦migration_address = "10.0.0.31"⟧\r\n',
      },
      fix: 'inbound',
      good: { 'etc/libvirt/qemu.conf': 'user = "nova"\r\nmigration_address = "10.1.0.31"\r\n' },
    },
    {
      title: 'all addresses are the simpler way',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.31\n',
        'etc/libvirt/qemu.conf': '⟦migration_address = "10.0.0.31"⟧\n',
      },
      fix: 'remove',
      good: { 'etc/libvirt/qemu.conf': '' },
    },
    {
      title: 'the same; all addresses; a name that may be either',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = fd00::1\n',
        'c1/etc/libvirt/qemu.conf': 'migration_address = "[FD00::1]"\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.32\n',
        'c2/etc/libvirt/qemu.conf': 'migration_address = "0.0.0.0"\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = c3-migration\n',
        'c3/etc/libvirt/qemu.conf': 'migration_address = "10.0.0.33"\n',
        'c4/etc/libvirt/qemu.conf': 'migration_address = "10.0.0.34"\n',
      },
    },
  ],
  check(host, report) {
    const set = host.qemu.get('migration_address');
    const written = host.qemu.string('migration_address');
    const inbound = inboundAddress(host);
    if (!set || !written || !inbound?.place || !isAddress(inbound.name)) return;
    const address = written.replace(/^\[(.*)\]$/, '$1');
    if (!isAddress(address) || isWildcard(address) || isLoopback(address) || sameName(address, inbound.name)) return;
    const remove = removeEntry(set.file, set.entry);
    report({
      file: set.file,
      span: set.entry.span,
      values: { address, inbound: inbound.name },
      related: [{ ...inbound.place, message: 'Where guests are sent to' }],
      fixes: [
        remove && { title: 'remove', edits: [remove], preferred: false },
        {
          title: 'inbound',
          edits: [{ file: set.file, span: set.entry.value.span, text: `"${inbound.name}"` }],
          preferred: false,
        },
      ],
    });
  },
});
