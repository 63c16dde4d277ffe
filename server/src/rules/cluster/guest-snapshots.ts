import { defineRule } from '../rule';
import { guestsOf } from './_guests';

export default defineRule({
  id: 'cluster/guest-snapshots',
  scope: 'host',
  title: 'A guest with snapshots',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      "{who} has {count} of libvirt's snapshots, so that it cannot be migrated; delete them: virsh snapshot-delete {who} NAME",
  },
  why: `Libvirt does not move a guest whose snapshots it keeps: *Requested operation is not valid: cannot migrate domain with 1 snapshots*.
Nova's own snapshots are images and none of these: they were made by virsh or by a program for backups.`,
  sources: ['virsh migrate of a guest with a snapshot, libvirt 9.0.0'],
  explains: [/cannot migrate domain with \d+ snapshots/],
  preflight: true,
  examples: [
    {
      files: {
        'facts.json':
          '{"instances": [{"name": "a", "uuid": "1", "state": "running", "snapshots": ⟦2⟧}, {"name": "b", "uuid": "2", "state": "shut off", "snapshots": 1}, {"name": "c", "uuid": "3", "state": "running", "snapshots": 0}, {"name": "d", "uuid": "4", "state": "running"}]}',
      },
    },
    { title: 'none', files: { 'facts.json': '{"instances": []}' } },
  ],
  check(host, report) {
    for (const { instance, place } of guestsOf(host)) {
      const at = place('snapshots');
      if (at && (instance.snapshots ?? 0) > 0)
        report({ ...at, values: { who: instance.name, count: instance.snapshots! } });
    }
  },
});
