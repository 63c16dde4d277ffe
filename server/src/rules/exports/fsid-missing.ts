import { exportsOf } from '../../model/cluster';
import type { Host } from '../../model/host';
import { clientsOf } from '../../model/nfs';
import type { ExportEntry } from '../../syntax/types';
import { defineRule } from '../rule';
import { instancesGrants, mountsRelated, type InstancesGrant } from './_instances';
import { setOption } from './_options';
import { beneath, isItself } from './_served';

/** File systems without a device and without a number of their own; with `fuseblk` there is a device. */
const NEEDS = /^(fuse(\.[\w-]+)?|glusterfs|nfs4?)$/;

export default defineRule({
  id: 'exports/fsid-missing',
  scope: 'cluster',
  title: 'A file system without a number of its own is exported without fsid=',
  severity: 'error',
  files: ['exports'],
  messages: {
    default:
      '{path} lies on {type} ({source}), which NFS cannot tell apart by itself: the mount is refused; add {word}',
  },
  fixes: { add: 'Add {word}' },
  why: `*exportfs: /var/lib/nova/instances requires fsid= for NFS export*; clients get *access denied by server while mounting* or
*Stale file handle*. NFS knows a file system by its UUID or device; FUSE file systems such as Gluster's, and NFS mounts that are
exported again, have neither. Any small number does that no other export of the server has; 0 would make it the root of NFSv4.`,
  sources: [
    'exports(5) of nfs-utils 2.6.2, fsid=',
    'nfs-utils, utils/exportfs/exportfs.c, validate_export',
    'Linux, Documentation/filesystems/nfs/reexport.rst',
  ],
  explains: [/requires fsid= for NFS export/],
  preflight: true,
  examples: [
    {
      title: "Gluster, by the server's fstab",
      files: {
        'nfs/etc/exports': '/srv/iso *(ro,fsid=1)\n⟦/srv/nova/instances⟧ 10.0.0.1(rw,no_root_squash) 10.0.0.2\n',
        'nfs/etc/fstab': 'UUID=1 / ext4 defaults 0 1\ng1:/nova /srv/nova glusterfs _netdev 0 0\n',
      },
      good: {
        'nfs/etc/exports':
          '/srv/iso *(ro,fsid=1)\n/srv/nova/instances 10.0.0.1(fsid=2,rw,no_root_squash) 10.0.0.2(fsid=2)\n',
      },
    },
    {
      title: 'as measured, the mount of another server',
      files: {
        'nfs/etc/exports': '⟦/var/lib/nova/instances⟧ *(rw,no_root_squash)\n',
        'nfs/facts.json':
          '{"mounts": {"/": {"source": "/dev/sda1", "type": "ext4"}, "/var/lib/nova/instances": {"source": "filer:/vol", "type": "nfs4"}}}',
      },
      good: { 'nfs/etc/exports': '/var/lib/nova/instances *(fsid=1,rw,no_root_squash)\n' },
    },
    {
      title:
        'a number of its own, re-exported by number, a disk, a FUSE file system with a disk, another directory, itself',
      files: {
        'a/etc/exports': '/srv/nova/instances *(rw,fsid=7)\n/mnt/x *(rw)\n',
        'a/etc/fstab': 'g1:/nova /srv/nova glusterfs _netdev 0 0\ng1:/x /mnt/x glusterfs _netdev 0 0\n',
        'b/etc/exports': '/srv/nova/instances *(rw,reexport=auto-fsidnum)\n',
        'b/etc/fstab': 'filer:/nova /srv/nova nfs _netdev 0 0\n',
        'c/etc/exports': '/srv/nova/instances *(rw)\n',
        'c/etc/fstab': '/dev/sdb /srv/nova xfs defaults 0 0\n',
        'd/etc/exports': '/srv/nova/instances *(rw)\n',
        'd/facts.json': '{"mounts": {"/srv": {"source": "/dev/sdb", "type": "fuseblk"}}}',
        'e/etc/exports': '/srv/nova/instances *(rw)\n',
        'e/etc/fstab': 'e:/srv/nova/instances /srv/nova/instances nfs _netdev 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const byEntry = new Map<ExportEntry, InstancesGrant[]>();
    for (const grant of instancesGrants(cluster)) {
      const list = byEntry.get(grant.export.entry);
      if (list) list.push(grant);
      else byEntry.set(grant.export.entry, [grant]);
    }
    for (const [entry, grants] of byEntry) {
      const lacking = grants.filter(
        ({ options }) => !options.has('fsid') && (options.get('reexport') ?? 'none') === 'none',
      );
      const [first] = lacking;
      const on = first && beneath(first.server, entry.path);
      if (!on || !NEEDS.test(on.type) || isItself(cluster, first.server, on.source)) continue;
      const word = `fsid=${unused(first.server)}`;
      report({
        host: first.server,
        file: first.export.file,
        span: entry.pathSpan,
        values: { path: entry.path, type: on.type, source: on.source, word },
        related: [
          ...(on.mount ? [{ file: on.mount.file, span: on.mount.entry.span, message: `mounted on ${on.point}` }] : []),
          ...mountsRelated(lacking.flatMap((g) => g.mounts)),
        ],
        fixes: [{ title: 'add', values: { word }, edits: lacking.map((g) => setOption(g, word)) }],
      });
    }
  },
});

/** A number above all that the server's exports have. */
function unused(server: Host): number {
  let highest = 0;
  for (const { entry } of exportsOf(server))
    for (const client of clientsOf(entry))
      for (const option of [...(client.defaults ?? entry.defaults), ...client.options])
        if (option.name === 'fsid' && /^\d{1,9}$/.test(option.value ?? ''))
          highest = Math.max(highest, Number(option.value));
  return highest + 1;
}
