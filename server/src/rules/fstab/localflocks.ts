import { instancesStorage } from '../../model/cluster';
import { defineRule } from '../rule';
import { dropMountOption } from './_mounts';

export default defineRule({
  id: 'fstab/localflocks',
  scope: 'host',
  title: 'Locks of the cluster file system stay on one host',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      'localflocks on {point}: locks on files are not seen by other hosts, two guests may open one disk; take it out',
  },
  fixes: { drop: 'Take localflocks out' },
  why: `QEMU locks its disks so that no second one opens them: *Failed to get "write" lock*. With localflocks each host keeps its own
locks: after a failed migration or an evacuation both may write one disk.`,
  sources: ['mount.ocfs2(8), localflocks', 'gfs2(5), localflocks'],
  examples: [
    {
      files: {
        'a/etc/fstab': '/dev/mapper/san /var/lib/nova/instances ocfs2 _netdev,⟦localflocks⟧ 0 0\n',
        'b/etc/fstab': '/dev/vg/nova /var/lib/nova/instances gfs2 ⟦localflocks⟧ 0 0\n',
      },
      good: {
        'a/etc/fstab': '/dev/mapper/san /var/lib/nova/instances ocfs2 _netdev 0 0\n',
        'b/etc/fstab': '/dev/vg/nova /var/lib/nova/instances gfs2 defaults 0 0\n',
      },
    },
    {
      title: 'not there, or another mount',
      files: {
        'etc/fstab':
          '/dev/mapper/san /var/lib/nova/instances ocfs2 _netdev 0 0\n/dev/vg/web /srv/www gfs2 localflocks 0 0\n',
      },
    },
  ],
  check(host, report) {
    const mount = instancesStorage(host);
    if (!mount || !/^(ocfs2|gfs2)$/.test(mount.entry.type.value)) return;
    const option = mount.entry.optionList.find((o) => o.name === 'localflocks');
    if (!option) return;
    report({
      file: mount.file,
      span: option.span,
      values: { point: mount.entry.file.value },
      fixes: [{ title: 'drop', edits: [dropMountOption(mount, option)] }],
    });
  },
});
