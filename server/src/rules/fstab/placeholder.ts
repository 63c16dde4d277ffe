import { exportsOf, hostsAddresses, isAddress, mountsOf, type Cluster, type Mount } from '../../model/cluster';
import { normalise, type Host } from '../../model/host';
import { NETWORK_FILE_SYSTEMS } from '../../model/storage';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { isForInstances } from './_mounts';

export default defineRule({
  id: 'fstab/placeholder',
  scope: 'cluster',
  title: "A guide's placeholder is left in the source",
  severity: 'error',
  files: ['fstab'],
  messages: {
    default:
      '{host} is a placeholder of a guide: the mount fails, Failed to resolve server; write the address of the NFS server',
    known: '{host} is a placeholder of a guide: the mount fails, Failed to resolve server; write {right}',
  },
  fixes: { address: 'Write {right}, the address of {server}' },
  why: `*mount.nfs: Failed to resolve server NFS_SERVER_IP: Name or service not known*. nova then writes to the local disk, and
migrations fail with *is not on shared storage*.`,
  sources: ['mount.nfs of nfs-utils 2.6.2'],
  explains: [/Failed to resolve server/],
  preflight: true,
  examples: [
    {
      title: 'the one server is known',
      files: {
        'livemig.ini': '[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports': '/var/lib/nova/instances 192.168.3.0/24(rw)\n',
        'c1/etc/fstab': '⟦控制节点ip⟧:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
      },
      good: { 'c1/etc/fstab': '192.168.3.10:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'words, brackets, x for numbers',
      files: {
        'a/etc/fstab': '⟦NFS_SERVER_IP⟧:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'b/etc/fstab': '⟦<nfs-server>⟧:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c/etc/fstab': '⟦192.168.x.x⟧:/srv /var/lib/nova/instances nfs4 defaults 0 0\n',
        'd/etc/fstab': '⟦$NFS_HOST⟧:/srv /var/lib/nova/instances nfs4 defaults 0 0\n',
        'e/etc/fstab': '⟦your-nfs-server⟧:/srv /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
    {
      title: 'not the instances',
      severity: 'warning',
      files: { 'etc/fstab': '⟦SERVER_IP⟧:/home /home nfs defaults 0 0\n' },
    },
    {
      title: 'names that somebody may have given',
      files: {
        'a/etc/fstab':
          'nfs-server:/srv /var/lib/nova/instances nfs defaults 0 0\nNAS:/a /a nfs rw 0 0\nnfs_ip:/b /b nfs rw 0 0\nnfs_server:/d /d nfs rw 0 0\n',
        'a/etc/hosts': '10.0.0.9 nfs_ip\n',
        'b/etc/fstab':
          '[fe80::1%eth0]:/srv /var/lib/nova/instances nfs defaults 0 0\nm1,m2:/ /c ceph name=a 0 0\n//s/x /s cifs guest\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      for (const mount of mountsOf(host)) {
        const { entry, file } = mount;
        if (!NETWORK_FILE_SYSTEMS.has(entry.type.value)) continue;
        const [, name = '', path = ''] = /^([^:]+|\[[^\]]*\]):(\/.*)$/.exec(entry.spec.value) ?? [];
        if (!isPlaceholder(name) || hostsAddresses(host, name).length > 0 || cluster.hostByName(name)) continue;
        const server = serverOf(cluster, mount, normalise(path));
        const right = server && cluster.addressesOf(server)[0];
        const span = { start: entry.spec.span.start, end: entry.spec.span.start + name.length };
        const plain = entry.spec.raw.startsWith(name);
        report({
          host,
          file,
          span: plain ? span : entry.spec.span,
          message: right ? 'known' : 'default',
          values: { host: name, right: right ?? '', server: server?.name ?? '' },
          severity: isForInstances(mount) ? 'error' : 'warning',
          fixes: [
            right && plain
              ? { title: 'address', edits: [replace(file, span, right.includes(':') ? `[${right}]` : right)] }
              : undefined,
          ],
        });
      }
    }
  },
});

function isPlaceholder(name: string): boolean {
  if (name === '' || isAddress(name.replace(/^\[|\]$/g, ''))) return false;
  // No name in DNS or etc/hosts is written with letters outside ASCII.
  if (/[^\x20-\x7e]/.test(name) || /[<>{}$%]/.test(name.replace(/%\w+\]$/, ']'))) return true;
  if (/^(\d{1,3}|[xX]{1,3}|[nN])(\.(\d{1,3}|[xX]{1,3}|[nN])){3}$/.test(name)) return /[xXnN]/.test(name);
  if (/^your[-_.]/i.test(name)) return true;
  if (!name.includes('_')) return false;
  // nfs_server may be somebody's name for a host; NFS_SERVER and nfs_server_ip are nobody's.
  return /(^|_)(ip|ipaddr|addr|address)(_|$)/i.test(name) || /^(?=.*(SERVER|HOST))[A-Z0-9_]+$/.test(name);
}

/** The one host that exports the path, if there is one. */
function serverOf(cluster: Cluster, mount: Mount, path: string): Host | undefined {
  const found = exporters(cluster).get(path) ?? [];
  return found.length === 1 && found[0] !== mount.host ? found[0] : undefined;
}

const exportersOf = new WeakMap<Cluster, Map<string, Host[]>>();

function exporters(cluster: Cluster): Map<string, Host[]> {
  let all = exportersOf.get(cluster);
  if (all) return all;
  all = new Map<string, Host[]>();
  for (const host of cluster.hosts) {
    for (const path of new Set(exportsOf(host).map((e) => normalise(e.entry.path)))) {
      const list = all.get(path);
      if (list) list.push(host);
      else all.set(path, [host]);
    }
  }
  exportersOf.set(cluster, all);
  return all;
}
