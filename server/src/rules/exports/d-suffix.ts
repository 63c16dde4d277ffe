import { covers, instancesStorage, isInstancesName, nfsSource, type Cluster, type Mount } from '../../model/cluster';
import { exportTable } from '../../model/exportTable';
import { basename } from '../../model/files';
import { normalise, type Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import { isNfs } from '../../model/storage';
import { TOP } from '../edits';
import { defineRule } from '../rule';
import { mountsRelated } from './_instances';

export default defineRule({
  id: 'exports/d-suffix',
  scope: 'cluster',
  title: 'A file of exports that exportfs does not read',
  severity: 'warning',
  files: ['exports-unread'],
  messages: {
    default: 'exportfs does not read {name}, and {path} is not exported to {hosts}: call the file {right}',
    named:
      'exportfs reads names that end in .exports only, and none with a dot in front: {path} is not exported; call it {right}',
  },
  why: `Of /etc/exports.d exportfs reads the files whose names end in \`.exports\` and do not begin with a dot; the others it passes
over without a word: *mount.nfs: access denied by server while mounting*.`,
  sources: ['exports(5) of nfs-utils 2.6.2, /etc/exports.d', 'exportfs -ra; exportfs -s of nfs-utils 2.6.2'],
  explains: [/access denied by server while mounting/],
  examples: [
    {
      title: 'a compute node mounts from it',
      files: {
        'nfs/etc/exports.d/nova.conf': '⟦⟧/srv/nova *(rw,no_root_squash)\n',
        'c1/etc/fstab': 'nfs:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
    {
      title: 'nobody in view mounts it, the name tells what it is for; a dot in front',
      severity: 'info',
      files: {
        'etc/exports.d/nova': '⟦⟧/home *(rw)\n/srv/nova/instances 10.0.0.0/24(rw,no_root_squash)\n',
        'etc/exports.d/.nova.exports': '⟦⟧/var/lib/nova/instances 10.0.0.0/24(rw,no_root_squash)\n',
      },
    },
    {
      title: 'exported elsewhere, something else, notes and copies',
      files: {
        'nfs/etc/exports': '/srv *(rw,no_root_squash)\n',
        'nfs/etc/exports.d/nova.conf': '/srv/nova *(rw)\n',
        'nfs/etc/exports.d/nova.exports': '/srv/b/nova/instances 10.0.0.1(rw)\n',
        'nfs/etc/exports.d/home': '/home *(rw)\n# about /srv/nova/instances\nsee the wiki\n',
        'c1/etc/fstab': 'nfs:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    let asked: Map<Host, Mount[]> | undefined;
    for (const host of cluster.hosts) {
      for (const file of host.filesOf('exports-unread')) {
        asked ??= mountsByServer(cluster);
        const mounts = asked.get(host) ?? [];
        const table = exportTable(cluster, host);
        const lines = documentOf(file, 'exports').entries.filter((e) => e.path.startsWith('/'));
        const needed = lines.find((e) => mounts.some((m) => covers(normalise(e.path), sourceOf(m))));
        const line = needed ?? lines.find((e) => isInstancesName(e.path));
        if (!line || (table?.above(normalise(line.path)).length ?? 0) > 0) continue;
        const theirs = needed ? mounts.filter((m) => covers(normalise(line.path), sourceOf(m))) : [];
        const name = basename(file.path);
        report({
          host,
          file,
          span: TOP,
          message: theirs.length > 0 ? 'default' : 'named',
          values: {
            name,
            path: line.path,
            hosts: theirs
              .slice(0, 3)
              .map((m) => m.host.name)
              .join(', '),
            right: `${name.replace(/^\.+/, '').replace(/\.\w+$/, '')}.exports`,
          },
          severity: theirs.length > 0 ? 'warning' : 'info',
          related: mountsRelated(theirs),
        });
      }
    }
  },
});

/** Whose instances come from whom; mounts of the root that fsid=0 makes have another path there, and are left out. */
function mountsByServer(cluster: Cluster): Map<Host, Mount[]> {
  const all = new Map<Host, Mount[]>();
  for (const host of cluster.hosts) {
    const mount = instancesStorage(host);
    const served = mount && isNfs(mount.entry.type.value) ? cluster.served(mount) : undefined;
    if (!mount || !served || served.path === '/') continue;
    const list = all.get(served.server);
    if (list) list.push(mount);
    else all.set(served.server, [mount]);
  }
  return all;
}

function sourceOf(mount: Mount): string {
  return nfsSource(mount.entry.spec.value)!.path;
}
