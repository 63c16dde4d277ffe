import { exportsOf, mountsOf, type Cluster, type Mount } from '../../model/cluster';
import { factPlace } from '../../model/factPlace';
import { normalise, type Host } from '../../model/host';
import { nfsVersion } from '../../model/nfs';
import { isNfs } from '../../model/storage';
import { TOP } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'exports/not-served',
  scope: 'cluster',
  title: 'What is exported is not served',
  severity: 'error',
  files: ['exports', 'facts'],
  messages: {
    table:
      "{path} stands here, and the server's table does not have it: {hosts} cannot mount it; run exportfs -ra, and read what it says",
    down: 'Nothing listens on port 2049: {hosts} cannot mount what is exported here; start the NFS server',
    mountd:
      '{hosts} mount this by NFSv3, and no mountd is registered at rpcbind: "RPC: Program not registered"; start both',
  },
  why: `Etc/exports is read by \`exportfs\` alone, as the server starts or when somebody says \`exportfs -ra\`; a line that was written since is not
served: *mount.nfs: access denied by server while mounting*. Without nfsd *Connection refused*, without rpcbind and mountd for NFSv3 *RPC:
Program not registered* or *Unable to receive*. A host that has no instances mounted runs and receives no guests.`,
  sources: [
    'exportfs -s, showmount -e and rpcinfo -p of nfs-utils 2.6.2 with and without exportfs -ra, mountd and rpcbind',
  ],
  explains: [/access denied by server while mounting/, /RPC: Program not registered/, /RPC: Unable to receive/],
  preflight: true,
  repair: 'restart',
  examples: [
    {
      title: 'written, and exportfs -ra forgotten',
      files: {
        'livemig.ini': '[node nas]\naddress = 10.0.0.9\nroles = nfs\n[node c1]\nroles = compute\n',
        'nas/etc/exports': '⟦/srv/i 10.0.0.0/24(rw,no_root_squash,no_subtree_check)⟧\n/srv/j *(ro,no_subtree_check)\n',
        'nas/facts.json': '{"exported": {"/srv/j": ["*(ro)"]}, "listening": ["0.0.0.0:2049"]}',
        'c1/etc/fstab': '10.0.0.9:/srv/i /var/lib/nova/instances nfs4 defaults 0 0\n',
      },
    },
    {
      title: 'the server does not run',
      files: {
        'livemig.ini': '[node nas]\naddress = 10.0.0.9\nroles = nfs\n[node c1]\nroles = compute\n',
        'nas/etc/exports': '/srv/i 10.0.0.0/24(rw,no_root_squash,no_subtree_check)\n',
        'nas/facts.json': '{⟦"listening"⟧: ["0.0.0.0:22"]}',
        'c1/etc/fstab': '10.0.0.9:/srv/i /var/lib/nova/instances nfs4 defaults 0 0\n',
      },
    },
    {
      title: 'NFSv3 without mountd',
      files: {
        'livemig.ini': '[node nas]\naddress = 10.0.0.9\nroles = nfs\n[node c1]\nroles = compute\n',
        'nas/etc/exports': '/srv/i 10.0.0.0/24(rw,no_root_squash,no_subtree_check)\n',
        'nas/facts.json':
          '{"listening": ["0.0.0.0:2049", "0.0.0.0:111"], ⟦"rpc"⟧: ["portmapper 4 tcp 111", "nfs 3 tcp 2049"]}',
        'c1/etc/fstab': '10.0.0.9:/srv/i /var/lib/nova/instances nfs vers=3 0 0\n',
      },
    },
    {
      title: 'served; mounted by nobody; a folder above it; not asked',
      files: {
        'livemig.ini':
          '[node nas]\naddress = 10.0.0.9\nroles = nfs\n[node nas2]\naddress = 10.0.0.8\n[node c1]\nroles = compute\n',
        'nas/etc/exports': '/srv/i 10.0.0.0/24(rw,no_root_squash,no_subtree_check)\n/srv/unused *(ro)\n/srv/l *(rw)\n',
        'nas/facts.json':
          '{"exported": {"/srv/i": ["10.0.0.0/24(rw)"]}, "listening": ["0.0.0.0:2049"], "rpc": ["mountd 3 tcp 20048"]}',
        'nas2/etc/exports': '/srv/k *(rw)\n',
        'nas2/facts.json': '{}',
        'c1/etc/fstab':
          '10.0.0.9:/srv/i/sub /var/lib/nova/instances nfs vers=3 0 0\n10.0.0.8:/srv/k /mnt nfs vers=3 0 0\n10.0.0.9:/ /all nfs4 defaults 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const clients = clientsOf(cluster);
    for (const [server, mounts] of clients) {
      const { facts } = server;
      const lines = exportsOf(server);
      if (!facts || lines.length === 0) continue;
      const listens = facts.listening?.some((s) => s.endsWith(':2049'));
      if (listens === false) {
        const place = factPlace(server, ['listening']);
        if (place) report({ host: server, ...place, message: 'down', values: { hosts: hostsOf(mounts) } });
        continue;
      }
      const exported = facts.exported && new Set(Object.keys(facts.exported).map(normalise));
      for (const { file, entry } of exported ? lines : []) {
        const path = normalise(entry.path);
        const by = mounts.filter(({ path: p }) => p === path);
        if (by.length === 0 || exported!.has(path) || Object.hasOwn(facts.shown ?? {}, path)) continue;
        report({ host: server, file, span: entry.span, message: 'table', values: { path, hosts: hostsOf(by) } });
      }
      const v3 = mounts.filter(({ mount }) => nfsVersion(mount.entry) === 3);
      if (v3.length > 0 && facts.rpc && !facts.rpc.some((r) => r.startsWith('mountd 3 '))) {
        const place = factPlace(server, ['rpc']) ?? { file: lines[0]!.file, span: TOP };
        report({ host: server, ...place, message: 'mountd', values: { hosts: hostsOf(v3) } });
      }
    }
  },
});

interface Client {
  readonly mount: Mount;
  /** On the server. */
  readonly path: string;
}

function clientsOf(cluster: Cluster): ReadonlyMap<Host, readonly Client[]> {
  const found = new Map<Host, Client[]>();
  for (const mount of cluster.hosts.flatMap(mountsOf)) {
    const served = isNfs(mount.entry.type.value) ? cluster.served(mount) : undefined;
    if (!served || served.server === mount.host) continue;
    const list = found.get(served.server) ?? [];
    list.push({ mount, path: served.path });
    found.set(served.server, list);
  }
  return found;
}

function hostsOf(clients: readonly Client[]): string {
  const all = [...new Set(clients.map((c) => c.mount.host.name))];
  return all.length > 3 ? `${all.length} hosts` : all.join(', ');
}
