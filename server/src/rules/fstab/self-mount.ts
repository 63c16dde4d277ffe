import { covers, mountsOf } from '../../model/cluster';
import { servedMount } from '../../model/exportTable';
import { normalise } from '../../model/host';
import { isNfs } from '../../model/storage';
import { defineRule } from '../rule';

export default defineRule({
  id: 'fstab/self-mount',
  scope: 'cluster',
  title: 'The server mounts its export over the exported directory',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      '{source} is {path} of this host itself, mounted over it: exportfs then finds NFS there and serves no one; keep two paths',
  },
  why: `What the server exports is then its own NFS mount: *{path} does not support NFS export* or *requires fsid= for NFS export*, and
clients get *Stale file handle*. If instances_path has to be an NFS mount on the server too, export another directory, such as
\`/srv/nova\`, and mount that one here.`.replace('{path}', '/var/lib/nova/instances'),
  sources: ['nfs-utils, utils/exportfs/exportfs.c, validate_export', 'exports(5), fsid'],
  explains: [/does not support NFS export/, /requires fsid= for NFS export/],
  examples: [
    {
      files: {
        'livemig.ini': '[node all]\naddress = 10.0.0.1\n',
        'all/etc/exports': '/var/lib/nova/instances *(rw,no_root_squash)\n',
        'all/etc/fstab': '10.0.0.1:/var/lib/nova/instances ⟦/var/lib/nova/instances⟧ nfs defaults 0 0\n',
      },
    },
    {
      title: 'from the root that fsid=0 makes',
      files: {
        'all/etc/exports': '/srv/nova *(rw,fsid=0,no_root_squash)\n',
        'all/etc/fstab': 'all:/ ⟦/srv/nova/⟧ nfs4 defaults 0 0\n',
      },
    },
    {
      title: 'another directory, another server, not mounted at boot',
      files: {
        'all/etc/exports': '/ *(ro,fsid=0)\n/srv/nova *(rw,no_root_squash)\n',
        'all/etc/fstab':
          'all:/srv/nova /var/lib/nova/instances nfs defaults 0 0\nother:/srv/nova /srv/nova nfs defaults 0 0\nall:/srv/nova /srv/nova nfs noauto 0 0\n',
        'other/etc/exports': '/srv/nova *(rw)\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      if (host.filesOf('exports').length === 0) continue;
      for (const mount of mountsOf(host)) {
        const { entry, file } = mount;
        if (!isNfs(entry.type.value) || entry.optionList.some((o) => o.name === 'noauto')) continue;
        const served = servedMount(cluster, mount);
        if (served?.table.server !== host) continue;
        const root = served.version === 3 ? undefined : served.table.roots.find((r) => r.path !== '/');
        const path =
          root && !(served.path !== '/' && covers(root.path, served.path))
            ? normalise(`${root.path}/${served.path}`)
            : served.path;
        const directory = served.table.above(path)[0];
        if (directory === undefined || normalise(entry.file.value) !== path) continue;
        const line = served.table.exportsAt(directory)[0]!;
        report({
          host,
          file,
          span: entry.file.span,
          values: { source: entry.spec.value, path },
          related: [{ file: line.file, span: line.entry.pathSpan, message: 'exported here' }],
        });
      }
    }
  },
});
