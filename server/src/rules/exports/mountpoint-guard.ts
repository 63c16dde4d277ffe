import type { ExportEntry } from '../../syntax/types';
import { normalise } from '../../model/host';
import { defineRule } from '../rule';
import { instancesGrants, type InstancesGrant } from './_instances';
import { setOption } from './_options';
import { beneath } from './_served';

export default defineRule({
  id: 'exports/mountpoint-guard',
  scope: 'cluster',
  title: 'What lies under the mount point is exported when the disk is missing',
  severity: 'info',
  files: ['exports'],
  messages: {
    default:
      '{point} may be missing after a boot (nofail): the empty directory under it would be exported; {word} prevents that',
  },
  fixes: { add: 'Add {word}' },
  why: `With \`nofail\` the server comes up without its disk, and exports the directory that lies under the mount point: compute nodes
find no instances there, and what is started or migrated is written to the server's root disk. With \`mp\` (\`mountpoint\`) exportfs
exports the directory only while something is mounted.`,
  sources: ['exports(5) of nfs-utils 2.6.2, mountpoint=path, mp', 'systemd.mount(5), nofail'],
  examples: [
    {
      files: {
        'etc/exports': '⟦/srv/nova/instances⟧ 10.0.0.1(rw,no_root_squash) 10.0.0.2(rw,no_root_squash)\n',
        'etc/fstab': '/dev/sdb1 /srv/nova/instances xfs defaults,nofail 0 0\n',
      },
      fix: 'add',
      good: { 'etc/exports': '/srv/nova/instances 10.0.0.1(mp,rw,no_root_squash) 10.0.0.2(mp,rw,no_root_squash)\n' },
    },
    {
      title: 'the disk is mounted above',
      files: {
        'etc/exports': '⟦/srv/nova/instances⟧ *(rw)\n',
        'etc/fstab': '/dev/sda1 / ext4 defaults 0 1\n/dev/sdb1 /srv xfs nofail 0 0\n',
      },
      fix: 'add',
      good: { 'etc/exports': '/srv/nova/instances *(mp=/srv,rw)\n' },
    },
    {
      title: 'guarded, boot waits for the disk, the root disk, another directory',
      files: {
        'a/etc/exports': '/srv/nova/instances *(rw,mountpoint=/srv)\n/srv/x *(rw)\n',
        'a/etc/fstab': '/dev/sdb1 /srv xfs nofail 0 0\n',
        'b/etc/exports': '/srv/nova/instances *(rw)\n',
        'b/etc/fstab': '/dev/sdb1 /srv xfs defaults 0 0\n',
        'c/etc/exports': '/srv/nova/instances *(rw)\n',
        'c/etc/fstab': '/dev/sda1 / xfs nofail 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const byEntry = new Map<ExportEntry, InstancesGrant[]>();
    for (const grant of instancesGrants(cluster)) {
      if (grant.options.has('mp') || grant.options.has('mountpoint')) continue;
      const list = byEntry.get(grant.export.entry);
      if (list) list.push(grant);
      else byEntry.set(grant.export.entry, [grant]);
    }
    for (const [entry, grants] of byEntry) {
      const { server, export: one } = grants[0]!;
      const path = normalise(entry.path);
      const on = beneath(server, path);
      const nofail = on?.mount?.entry.optionList.find((o) => o.name === 'nofail');
      if (!on?.mount || on.point === '/' || !nofail) continue;
      const word = on.point === path ? 'mp' : `mp=${on.point}`;
      report({
        host: server,
        file: one.file,
        span: entry.pathSpan,
        values: { point: on.point, word },
        related: [{ file: on.mount.file, span: nofail.span, message: 'may be missing after a boot' }],
        fixes: [{ title: 'add', values: { word }, edits: grants.map((g) => setOption(g, word)), preferred: false }],
      });
    }
  },
});
