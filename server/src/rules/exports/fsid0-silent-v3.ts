import { defineRule } from '../rule';
import { fullPathMounts, mountedAs, waysOut } from './_fsid0';

export default defineRule({
  id: 'exports/fsid0-silent-v3',
  scope: 'cluster',
  title: 'Clients fall back to NFSv3 in silence',
  severity: 'warning',
  files: ['exports'],
  messages: {
    default:
      'With {fsid} {path} is / to NFSv4: {source} on {host} falls back to NFSv3 in silence; drop {fsid} or mount the path below',
  },
  fixes: {
    drop: 'Drop {fsid}: NFSv4 clients then use the full path',
    root: 'Mount the path below the root on {hosts}',
  },
  why: `mount.nfs tries version 4 first. The full path is not found below the root that fsid=0 makes, and without a word it takes
version 3: locks then go through rpc.statd and lockd, over ports of their own. It works until a firewall is set up, the server
turns version 3 off, or somebody writes \`nfs4\` or \`vers=4\`: then *reason given by server: No such file or directory*.`,
  sources: ['nfs-utils, utils/mount/stropts.c, nfs_autonegotiate: ENOENT falls back to version 3', 'exports(5), fsid'],
  explains: [/reason given by server: No such file or directory/],
  examples: [
    {
      title: 'the line that many guides have',
      files: {
        'livemig.ini': '[node c1]\naddress = 192.168.3.12\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports': '/var/lib/nova/instances *(rw,sync,⟦fsid=0⟧,no_root_squash)\n',
        'c1/etc/fstab': '192.168.3.10:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
      },
      good: { 'nfs/etc/exports': '/var/lib/nova/instances *(rw,sync,no_root_squash)\n' },
    },
    {
      title: 'the way out on the client',
      files: {
        'livemig.ini': '[node c1]\naddress = 192.168.3.12\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports': '/srv *(rw,sync,⟦fsid=0⟧,no_root_squash)\n',
        'c1/etc/fstab': '192.168.3.10:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
      },
      fix: 'root',
      good: { 'c1/etc/fstab': '192.168.3.10:/nova /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'version 3 on purpose; the root by plain nfs',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 192.168.3.12\n[node c2]\naddress = 192.168.3.13\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports': '/srv/nova *(rw,fsid=0,no_root_squash)\n',
        'c1/etc/fstab': 'nfs:/ /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/fstab': 'nfs:/srv/nova /var/lib/nova/instances nfs nfsvers=3 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    for (const found of fullPathMounts(cluster)) {
      const mounts = found.mounts.filter((m) => m.version === undefined);
      const first = mounts[0];
      if (!first) continue;
      const { file } = found.root.export;
      const { span } = found.root.option;
      report({
        host: found.root.export.host,
        file,
        span,
        values: {
          fsid: file.text.slice(span.start, span.end),
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
