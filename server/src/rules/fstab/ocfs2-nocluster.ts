import { instancesStorage, type Mount } from '../../model/cluster';
import type { ListOption } from '../../syntax/types';
import { defineRule } from '../rule';
import { dropMountOption } from './_mounts';

export default defineRule({
  id: 'fstab/ocfs2-nocluster',
  scope: 'cluster',
  title: 'A cluster file system without its cluster',
  severity: 'error',
  files: ['fstab'],
  messages: {
    default:
      '{option} on {point}: no lock is shared, and with a second host, as {peer}, the file system is destroyed; take it out',
    alone:
      '{option} on {point} is for one host alone: a second one that mounts it destroys the file system; take it out',
  },
  fixes: { drop: 'Take {option} out' },
  why: `OCFS2 with \`nocluster\` and GFS2 with \`lock_nolock\` are local file systems on a disk that others see too: both hosts write
the same blocks, and the file system is damaged before the first guest has moved. They are meant for repairs and backups by one
host.`,
  sources: ['mount.ocfs2(8), nocluster', 'gfs2(5), lockproto'],
  preflight: true,
  examples: [
    {
      files: {
        'a/etc/fstab': '/dev/mapper/san /var/lib/nova/instances ocfs2 _netdev,⟦nocluster⟧ 0 0\n',
        'b/etc/fstab': '/dev/mapper/san /var/lib/nova/instances ocfs2 _netdev 0 0\n',
      },
      good: { 'a/etc/fstab': '/dev/mapper/san /var/lib/nova/instances ocfs2 _netdev 0 0\n' },
    },
    {
      title: 'nobody else in view mounts it',
      severity: 'warning',
      files: { 'etc/fstab': '/dev/vg/nova /var/lib/nova/instances gfs2 ⟦lockproto=lock_nolock⟧,noatime 0 0\n' },
      good: { 'etc/fstab': '/dev/vg/nova /var/lib/nova/instances gfs2 noatime 0 0\n' },
    },
    {
      title: 'with the cluster, and not the instances',
      files: {
        'a/etc/fstab': '/dev/vg/nova /var/lib/nova/instances gfs2 lockproto=lock_dlm,noatime 0 0\n',
        'b/etc/fstab':
          '/dev/vg/nova /var/lib/nova/instances gfs2 noatime,_netdev 0 0\n/dev/sdc /old ocfs2 noauto,nocluster 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const mounts = cluster.hosts.flatMap((h) => instancesStorage(h) ?? []);
    const byType = new Map<string, Mount[]>();
    for (const mount of mounts) {
      const type = mount.entry.type.value;
      if (type !== 'ocfs2' && type !== 'gfs2') continue;
      const list = byType.get(type);
      if (list) list.push(mount);
      else byType.set(type, [mount]);
    }
    for (const list of byType.values()) {
      for (const mount of list) {
        const option = alone(mount);
        if (!option) continue;
        const peer = list[0] === mount ? list[1] : list[0];
        report({
          host: mount.host,
          file: mount.file,
          span: option.span,
          message: peer ? 'default' : 'alone',
          severity: peer ? 'error' : 'warning',
          values: {
            option: mount.file.text.slice(option.span.start, option.span.end),
            point: mount.entry.file.value,
            peer: peer?.host.name ?? '',
          },
          related: peer
            ? [{ file: peer.file, span: peer.entry.span, message: `${peer.host.name} mounts one too` }]
            : [],
          fixes: [{ title: 'drop', edits: [dropMountOption(mount, option)] }],
        });
      }
    }
  },
});

function alone({ entry }: Mount): ListOption | undefined {
  if (entry.type.value === 'ocfs2') return entry.optionList.find((o) => o.name === 'nocluster');
  const lock = entry.optionList.findLast((o) => o.name === 'lockproto');
  return lock?.value === 'lock_nolock' ? lock : undefined;
}
