import { exportsOf, instancesStorage, type Cluster, type Mount } from '../../model/cluster';
import { clientOf } from '../../model/exportTable';
import type { Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import { isNfs } from '../../model/storage';
import { insertLineBelow, TOP } from '../edits';
import { defineRule, type FixDraft } from '../rule';
import { mountsRelated } from './_instances';

/** So many clients fit on a line that somebody may still read. */
const MOST = 20;

export default defineRule({
  id: 'exports/no-instances-export',
  scope: 'cluster',
  title: 'The server of the instances exports nothing',
  severity: 'warning',
  files: ['exports'],
  messages: {
    default:
      '{hosts} mounts {path} from here for its instances, but nothing is exported: access denied by server; add a line',
    many: '{hosts} mount {path} from here for their instances, but nothing is exported: access denied by server; add a line',
  },
  fixes: { add: 'Export {path} to {clients}' },
  why: `An exports file of comments alone, as distributions bring it, exports nothing: *mount.nfs: access denied by server while
mounting 192.168.3.10:/var/lib/nova/instances*. Compute nodes then keep their instances on the local disk, and migrations fail with
*is not on shared storage*. Exports that a cluster manager or ZFS makes do not show in this file.`,
  sources: ['exports(5)', 'nfs-utils, utils/mount/error.c'],
  explains: [/access denied by server while mounting/],
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node c2]\naddress = 10.0.0.2\n[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports': '⟦⟧# /etc/exports: the access control list for filesystems which may be exported\n#\n',
        'c1/etc/fstab': '10.0.0.9:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/fstab': '10.0.0.9:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
      },
      fix: 'add',
      good: {
        'nfs/etc/exports':
          '# /etc/exports: the access control list for filesystems which may be exported\n#\n/srv/nova 10.0.0.1(rw,sync,no_subtree_check,no_root_squash) 10.0.0.2(rw,sync,no_subtree_check,no_root_squash)\n',
      },
    },
    {
      title: 'nothing known of the client but its name',
      files: {
        'nfs/etc/exports': '⟦⟧',
        'c1/etc/fstab': 'nfs:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
    {
      title: 'exported in exports.d, not in view, a line that cannot be read, another mount, a mount from oneself',
      files: {
        'n1/etc/exports': '',
        'n1/etc/exports.d/nova.exports': '/srv/nova *(rw)\n',
        'n2/etc/exports': '[nova]\n/srv\\\n',
        'n3/etc/hostname': 'n3\n',
        'n4/etc/exports': '',
        'n4/etc/fstab': 'n4:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/fstab': 'n1:/srv/nova /var/lib/nova/instances nfs defaults 0 0\nn4:/b /b nfs defaults 0 0\n',
        'c2/etc/fstab': 'n2:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
        'c3/etc/fstab': 'n3:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const asked = new Map<Host, { readonly mount: Mount; readonly path: string }[]>();
    for (const host of cluster.hosts) {
      const mount = instancesStorage(host);
      const served = mount && isNfs(mount.entry.type.value) ? cluster.served(mount) : undefined;
      if (!mount || !served || served.server === host || served.server.filesOf('exports').length === 0) continue;
      const list = asked.get(served.server);
      if (list) list.push({ mount, path: served.path });
      else asked.set(served.server, [{ mount, path: served.path }]);
    }
    for (const [server, list] of asked) {
      if (exportsOf(server).length > 0) continue;
      if (server.filesOf('exports').some((f) => f.defect || documentOf(f, 'exports').problems.length > 0)) continue;
      const mounts = list.map((a) => a.mount);
      const { path } = list[0]!;
      const file = server.first('exports')!;
      const names = mounts.slice(0, 3).map((m) => m.host.name);
      report({
        host: server,
        file,
        span: TOP,
        message: mounts.length === 1 ? 'default' : 'many',
        values: { hosts: names.join(', ') + (mounts.length > names.length ? ' and others' : ''), path },
        related: mountsRelated(mounts),
        fixes: [list.every((a) => a.path === path) ? lineFor(cluster, server, mounts, path) : undefined],
      });
    }
  },
});

/** A line for all that mount the directory; undefined where an address is not known, or they are too many for one. */
function lineFor(cluster: Cluster, server: Host, mounts: readonly Mount[], path: string): FixDraft<'add'> | undefined {
  const file = server.first('exports')!;
  const addresses = mounts.flatMap((m) => clientOf(cluster, m.host, server, '').addresses[0] ?? []);
  if (addresses.length < mounts.length || addresses.length > MOST || /[\s"\\]/.test(path) || path === '/')
    return undefined;
  const clients = addresses.map((a) => `${a}(rw,sync,no_subtree_check,no_root_squash)`);
  return {
    title: 'add',
    values: { path, clients: addresses.join(', ') },
    edits: [insertLineBelow(file, file.text.length, `${path} ${clients.join(' ')}`)],
    preferred: false,
  };
}
