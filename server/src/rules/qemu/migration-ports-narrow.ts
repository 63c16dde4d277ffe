import type { Host } from '../../model/host';
import { setLibvirtKey } from '../edits';
import { placeOf } from '../nova/_entry';
import { computesOf } from '../nova/_guests';
import { defineRule } from '../rule';

/** Defaults of libvirt. */
const MIN = 49152;
const MAX = 49215;

export default defineRule({
  id: 'qemu/migration-ports-narrow',
  scope: 'cluster',
  title: 'Fewer migration ports than guests that may come at a time',
  severity: 'warning',
  files: ['qemu'],
  messages: {
    default:
      '{ports} ports, {min} to {max}, and {source} sends up to {guests} guests at a time: the last ones are refused; widen the range',
  },
  fixes: { last: 'Set the last port to {last}, as many as by default' },
  why: `Each incoming guest takes a port, and another for disks that are copied along. When none is left libvirt answers *internal error:
Unable to find an unused port in range 'migration' (49152-49153)*, and nova puts the guest's migration to error.`,
  sources: [
    'virsh migrate --p2p to libvirtd 9.0.0 with both ports of its range in use',
    'nova, max_concurrent_live_migrations',
  ],
  explains: [/Unable to find an unused port in range 'migration'/],
  examples: [
    {
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = 4\n',
        'c1/etc/libvirt/qemu.conf': 'user = "nova"\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/libvirt/qemu.conf': 'migration_port_min = 49200\r\n⟦migration_port_max = 49201⟧ # firewall\r\n',
      },
      good: {
        'c2/etc/libvirt/qemu.conf': 'migration_port_min = 49200\r\nmigration_port_max = 49263 # firewall\r\n',
      },
    },
    {
      title: 'the first port alone is set',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = 2\n',
        'c1/etc/libvirt/qemu.conf': '⟦migration_port_min = 49214⟧\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = 3\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      good: { 'c1/etc/libvirt/qemu.conf': 'migration_port_min = 49214\nmigration_port_max = 49277\n' },
    },
    {
      title: 'no more ports above it',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = 3\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/libvirt/qemu.conf': 'migration_port_min = 65534\n⟦migration_port_max = 65535⟧\n',
      },
    },
    {
      title: 'as many as are needed; the default; as many as one likes; the host itself sends more',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = 0\n',
        'c1/etc/libvirt/qemu.conf': 'migration_port_min = 49152\nmigration_port_max = 49153\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = 2\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'a host alone',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nmax_concurrent_live_migrations = 9\n',
        'etc/libvirt/qemu.conf': 'migration_port_min = 49152\nmigration_port_max = 49153\n',
      },
    },
  ],
  check(cluster, report) {
    // Two suffice: one of them is not the destination.
    const sources = computesOf(cluster)
      .map((host) => ({ host, guests: atOnce(host) }))
      .sort((a, b) => b.guests - a.guests)
      .slice(0, 2);
    for (const host of cluster.hosts) {
      const lower = host.qemu.get('migration_port_min');
      const upper = host.qemu.get('migration_port_max');
      const set = upper ?? lower;
      const source = sources.find((s) => s.host !== host);
      if (!set || !source) continue;
      const min = host.qemu.number('migration_port_min') ?? MIN;
      const max = host.qemu.number('migration_port_max') ?? MAX;
      const ports = max - min + 1;
      // A range that libvirt refuses is qemu/migration-ports' to tell.
      if (ports < 2 || ports >= source.guests) continue;
      const last = min + MAX - MIN;
      const place = placeOf(source.host.nova.get('max_concurrent_live_migrations'));
      report({
        host,
        file: set.file,
        span: set.entry.span,
        values: { ports, min, max, source: source.host.name, guests: source.guests },
        related: place ? [{ ...place, message: `Guests at a time on ${source.host.name}` }] : [],
        fixes: [
          last > 65535
            ? undefined
            : { title: 'last', values: { last }, edits: [setLibvirtKey(set.file, 'migration_port_max', String(last))] },
        ],
      });
    }
  },
});

/** Guests that a host migrates away at a time; 0, which means no limit, is no number to go by. */
function atOnce(host: Host): number {
  const value = host.nova.get('max_concurrent_live_migrations')?.value;
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : 1;
}
