import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { integerOf, optionOf } from './_options';
import { tunnelOf } from './_tunnel';

export default defineRule({
  id: 'nova/tunnelled-parallel',
  scope: 'host',
  title: 'Parallel connections do not go through a tunnel',
  severity: 'error',
  files: ['nova'],
  releases: { from: '2026.1' },
  messages: {
    default:
      'live_migration_tunnelled and {count} parallel connections exclude each other: libvirt refuses every migration; turn one off',
  },
  fixes: { tunnel: 'Delete live_migration_tunnelled', parallel: 'Delete live_migration_parallel_connections' },
  why: `A tunnel is the one connection between the two libvirt daemons. Asked for more, libvirt answers *Flags
'VIR_MIGRATE_TUNNELLED' and 'VIR_MIGRATE_PARALLEL' are mutually exclusive*.`,
  sources: ['virsh migrate --tunnelled --parallel of libvirt 9.0.0'],
  explains: [/'VIR_MIGRATE_TUNNELLED' and 'VIR_MIGRATE_PARALLEL' are mutually exclusive/],
  preflight: 'source',
  examples: [
    {
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_parallel_connections = 4\nlive_migration_tunnelled = ⟦True⟧\nvirt_type = kvm\n',
      },
      fix: 'tunnel',
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_parallel_connections = 4\nvirt_type = kvm\n' },
    },
    {
      title: 'the other way out',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_tunnelled=⟦1⟧\r\nlive_migration_parallel_connections=2\r\nvirt_type=kvm\r\n',
      },
      fix: 'parallel',
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_tunnelled=1\r\nvirt_type=kvm\r\n' },
    },
    {
      title: 'one connection is none in parallel',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = True\nlive_migration_parallel_connections = 1\n',
      },
    },
    {
      title: 'no tunnel',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_parallel_connections = 4\n' },
    },
  ],
  check(host, report) {
    const tunnel = tunnelOf(host);
    const parallel = optionOf(host, 'libvirt/live_migration_parallel_connections');
    const count = integerOf(parallel);
    const other = placeOf(parallel);
    if (!tunnel || !parallel || !other || count === undefined || count <= 1) return;
    report({
      ...tunnel.place,
      values: { count },
      related: [{ ...other, message: 'As many connections are asked for' }],
      fixes: [
        { title: 'tunnel', edits: removeAll(host, tunnel.setting.option) },
        { title: 'parallel', edits: removeAll(host, parallel.option) },
      ],
    });
  },
});
