import { defineRule } from '../rule';
import { fullPathMounts, mountedAs, waysOut } from './_fsid0';

export default defineRule({
  id: 'exports/fsid0-path',
  scope: 'cluster',
  title: 'NFSv4 clients ask for the full path of an export with fsid=0',
  severity: 'error',
  files: ['exports'],
  messages: {
    default:
      'With {fsid} {path} is / to NFSv4: {source} on {host} gives No such file or directory; drop {fsid} or mount the path below',
  },
  fixes: {
    drop: 'Drop {fsid}: NFSv4 clients then use the full path',
    root: 'Mount the path below the root on {hosts}',
  },
  why: `An export with fsid=0 is the root of NFSv4's tree: \`server:/\` is its directory, and \`server:/var/lib/nova/instances\` is
looked for *below* it. *mount.nfs4: mounting … failed, reason given by server: No such file or directory*. Without the mount nova
writes to the local disk, and migrations fail with *is not on shared storage*. Since nfs-utils 1.2.1 the root is made by itself;
fsid=0 is no longer needed.`,
  sources: ['exports(5), fsid', 'nfs-utils, utils/mountd/v4root.c and utils/mount/error.c'],
  explains: [/reason given by server: No such file or directory/, /is not on shared storage/],
  preflight: true,
  examples: [
    {
      title: 'as in a guide that was written for NFSv3',
      files: {
        'livemig.ini': '[node c1]\naddress = 192.168.3.12\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports': '/var/lib/nova/instances *(rw,sync,⟦fsid=0⟧,no_root_squash)\n',
        'c1/etc/fstab': '192.168.3.10:/var/lib/nova/instances /var/lib/nova/instances nfs4 defaults 0 0\n',
      },
      good: { 'nfs/etc/exports': '/var/lib/nova/instances *(rw,sync,no_root_squash)\n' },
    },
    {
      title: 'or on the clients',
      files: {
        'livemig.ini': '[node c1]\naddress = 192.168.3.12\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports': '/srv/nova *(rw,⟦fsid=root⟧,no_root_squash)\n',
        'c1/etc/fstab': 'nfs:/srv/nova/instances\t/var/lib/nova/instances\tnfs\tvers=4.2,hard\t0 0\n',
      },
      fix: 'root',
      good: { 'c1/etc/fstab': 'nfs:/instances\t/var/lib/nova/instances\tnfs\tvers=4.2,hard\t0 0\n' },
    },
    {
      title: 'another host already goes by the root',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 192.168.3.12\n[node c2]\naddress = 192.168.3.13\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports': '/srv/nova *(rw,⟦fsid=0⟧,no_root_squash)\n',
        'c1/etc/fstab': 'nfs:/srv/nova /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c2/etc/fstab': 'nfs:/ /var/lib/nova/instances nfs4 defaults 0 0\n',
      },
      good: { 'c1/etc/fstab': 'nfs:/ /var/lib/nova/instances nfs4 defaults 0 0\n' },
    },
    {
      title: 'the root itself, NFSv3, fsid=0 on /, another fsid',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 192.168.3.12\n[node c2]\naddress = 192.168.3.13\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports': '/srv/nova *(rw,fsid=0,no_root_squash)\n',
        'c1/etc/fstab': 'nfs:/ /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c2/etc/fstab': 'nfs:/srv/nova /var/lib/nova/instances nfs vers=3 0 0\n',
      },
    },
    {
      title: 'fsid=0 on /, or another fsid',
      files: {
        'livemig.ini': '[node c1]\naddress = 192.168.3.12\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports': '/ *(ro,fsid=0)\n/srv/nova *(rw,fsid=1,no_root_squash)\n',
        'c1/etc/fstab': 'nfs:/srv/nova /var/lib/nova/instances nfs4 defaults 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    for (const found of fullPathMounts(cluster)) {
      const mounts = found.mounts.filter((m) => m.version === 4);
      const first = mounts[0];
      if (!first) continue;
      const { file } = found.root.export;
      const { span } = found.root.option;
      const fsid = file.text.slice(span.start, span.end);
      report({
        host: found.root.export.host,
        file,
        span,
        values: {
          fsid,
          path: found.root.path,
          host: first.mount.host.name,
          source: first.mount.entry.spec.value,
          hosts: mounts.map((m) => m.mount.host.name).join(', '),
        },
        related: mountedAs(mounts),
        fixes: waysOut(found, mounts),
      });
    }
  },
});
