import { covers, nfsSource, type Export } from '../../model/cluster';
import { servedMount, type ExportTable, type ServedMount } from '../../model/exportTable';
import { documentOf } from '../../model/parsed';
import { normalise } from '../../model/host';
import { replace } from '../edits';
import { defineRule, type FixDraft } from '../rule';
import { nfsStorage } from './_mounts';

export default defineRule({
  id: 'fstab/server-path-not-exported',
  scope: 'cluster',
  title: 'The server does not export what is mounted',
  severity: 'error',
  files: ['fstab'],
  messages: {
    default:
      '{server} does not export {path}: the mount is refused, and nova writes to the local disk; it exports {exported}',
    pseudo: '{path} of {server} is only the way to {exported}, read-only and without its files: mount that instead',
  },
  fixes: { path: 'Mount {right}' },
  why: `*mount.nfs: access denied by server while mounting* (NFSv3) or *reason given by server: No such file or directory* (NFSv4).
Without the share nova writes to the local disk: *is not on shared storage*. What can be mounted are exported directories and those
below them on the same file system; below an export with fsid=0 NFSv4 counts from that directory.`,
  sources: ['exports(5)', 'nfs-utils, utils/mountd/auth.c and v4root.c, utils/mount/error.c'],
  explains: [
    /access denied by server while mounting/,
    /reason given by server: No such file or directory/,
    /is not on shared storage/,
  ],
  preflight: true,
  examples: [
    {
      files: {
        'c1/etc/fstab': '⟦nfs:/srv/nova/instances⟧ /var/lib/nova/instances nfs defaults 0 0\n',
        'nfs/etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,no_root_squash)\n',
      },
      good: { 'c1/etc/fstab': 'nfs:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'a directory above the export, which NFSv4 shows empty',
      files: {
        'c1/etc/fstab': '⟦nfs:/var/lib⟧ /var/lib/nova/instances nfs4 defaults 0 0\n',
        'nfs/etc/exports': '/var/lib/nova/instances *(rw,no_root_squash)\n/srv/images *(ro)\n',
      },
      good: { 'c1/etc/fstab': 'nfs:/var/lib/nova/instances /var/lib/nova/instances nfs4 defaults 0 0\n' },
    },
    {
      title: 'the root that fsid=0 makes, or below it; below an export; a server whose exports are not in view',
      files: {
        'a/etc/fstab': 'nfs:/ /var/lib/nova/instances nfs4 defaults 0 0\n',
        'b/etc/fstab': 'nfs:/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c/etc/fstab': 'nfs2:/srv/nova/instances /var/lib/nova/instances nfs vers=3 0 0\n',
        'd/etc/fstab': 'a:/srv /var/lib/nova/instances nfs vers=3 0 0\n',
        'nfs/etc/exports': '/srv/nova *(rw,fsid=0,no_root_squash)\n',
        'nfs2/etc/exports': '/srv *(rw,no_root_squash)\n',
      },
    },
    {
      title: 'another mount is none of our business',
      files: {
        'c1/etc/fstab': 'nfs:/backup /backup nfs defaults 0 0\n',
        'nfs/etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw)\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const mount = nfsStorage(host);
      const served = mount && servedMount(cluster, mount);
      // A line that exportfs cannot read may be the one.
      if (!served || served.table.exports.some((e) => documentOf(e.file, 'exports').problems.length > 0)) continue;
      const verdict = judge(served);
      if (!verdict) continue;
      const { table, path } = served;
      const candidates = verdict === 'pseudo' ? table.exports.filter((e) => covers(path, pathOf(e))) : table.exports;
      const likely = likelyExport(candidates, mount.entry.file.value);
      const exported = [...new Set(candidates.map(pathOf))];
      report({
        host,
        file: mount.file,
        span: mount.entry.spec.span,
        message: verdict,
        values: {
          server: table.server.name,
          path,
          exported: exported.slice(0, 3).join(', ') + (exported.length > 3 ? ' …' : ''),
        },
        related: candidates.slice(0, 10).map((e) => ({ file: e.file, span: e.entry.pathSpan, message: 'exported' })),
        fixes: [likely === undefined ? undefined : repair(served, likely)],
      });
    }
  },
});

function judge({ table, path, version }: ServedMount): 'default' | 'pseudo' | undefined {
  if (table.above(path).length > 0) return undefined;
  const rooted = hasRoot(table);
  // Below the root of fsid=0 lies what no file in view shows.
  if (version !== 3 && rooted) return undefined;
  return version !== 3 && table.below(path) ? 'pseudo' : 'default';
}

function hasRoot(table: ExportTable): boolean {
  return table.roots.some((r) => r.path !== '/');
}

function pathOf(one: Export): string {
  return normalise(one.entry.path);
}

/** The only directory that can be meant: the one at the same path as here, or the one there is. */
function likelyExport(candidates: readonly Export[], point: string): string | undefined {
  const paths = new Set(candidates.map(pathOf));
  if (paths.has(normalise(point))) return normalise(point);
  const [only, other] = [...paths].filter((p) => /instances$/.test(p));
  return other === undefined ? only : undefined;
}

function repair({ mount, table, version }: ServedMount, right: string): FixDraft<'path'> | undefined {
  const { spec } = mount.entry;
  const at = nfsSource(spec.value)?.colon;
  if (at === undefined || spec.raw !== spec.value || /[\s\\]/.test(right)) return undefined;
  // The path would be another one again for NFSv4.
  if (version !== 3 && hasRoot(table)) return undefined;
  const text = spec.raw.slice(0, at + 1) + right;
  return {
    title: 'path',
    values: { right: text },
    edits: [replace(mount.file, { start: spec.span.start + at + 1, end: spec.span.end }, right)],
  };
}
