import { placeOf } from '../nova/_entry';
import { isPlaceholder } from '../nova/_items';
import { removeEntry } from '../libvirtd/_keys';
import { defineRule } from '../rule';

export default defineRule({
  id: 'qemu/migration-host-differs-inbound',
  scope: 'host',
  title: "Nova's address for incoming guests overrides libvirt's",
  severity: 'info',
  files: ['qemu'],
  releases: { from: 'mitaka' },
  messages: {
    default:
      'migration_host = "{address}" is not what nova uses: live_migration_inbound_addr = {inbound} goes before it; leave it out',
  },
  fixes: { remove: "Leave it out: nova's address counts" },
  why: `With live_migration_inbound_addr nova tells libvirt where to send the guest, and migration_host has no say: with an address
there that nobody has, the migration completed all the same. It counts for \`virsh migrate\` by hand only, which then goes another way
than nova.`,
  sources: [
    'virsh migrate --p2p --migrateuri to libvirtd 9.0.0 with another migration_host',
    'nova/virt/libvirt/driver.py, _migrate_uri',
  ],
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.1\n',
        'etc/libvirt/qemu.conf': 'user = "nova"\r\n⟦migration_host = "10.0.0.1"⟧\r\n',
      },
      good: { 'etc/libvirt/qemu.conf': 'user = "nova"\r\n' },
    },
    {
      title: 'the same address, none of nova, a template',
      files: {
        'compute1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.1\n',
        'compute1/etc/libvirt/qemu.conf': 'migration_host = "10.1.0.1"\n',
        'compute2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'compute2/etc/libvirt/qemu.conf': 'migration_host = "10.1.0.2"\n',
        'compute3/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = {{ migration_address }}\n',
        'compute3/etc/libvirt/qemu.conf': 'migration_host = "10.1.0.3"\n',
      },
    },
  ],
  check(host, report) {
    const set = host.qemu.get('migration_host');
    const address = host.qemu.string('migration_host');
    const inbound = host.nova.get('live_migration_inbound_addr');
    const place = placeOf(inbound);
    if (!set || !address || !place || !inbound?.value || isPlaceholder(inbound.value)) return;
    const bare = address.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    if (bare === inbound.value.toLowerCase()) return;
    const remove = removeEntry(set.file, set.entry);
    report({
      file: set.file,
      span: set.entry.span,
      values: { address, inbound: inbound.value },
      related: [{ ...place, message: "Nova's address" }],
      fixes: [remove && { title: 'remove', edits: [remove] }],
    });
  },
});
