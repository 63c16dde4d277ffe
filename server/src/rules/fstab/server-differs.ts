import { hostsAddresses, isAddress, nfsSource, covers, type Cluster, type Mount } from '../../model/cluster';
import { exportTable } from '../../model/exportTable';
import { normalise, type Host } from '../../model/host';
import { nfsVersion } from '../../model/nfs';
import { replace } from '../edits';
import { defineRule, type Severity } from '../rule';
import { nfsStorage } from './_mounts';

interface Source {
  /** A host of the cluster, or how the files call it. */
  readonly server: Host | string;
  /** On the server's own disk, where that is known. */
  readonly path: string;
  readonly mounts: Mount[];
}

export default defineRule({
  id: 'fstab/server-differs',
  scope: 'cluster',
  title: 'Hosts have their instances on different shares',
  severity: 'error',
  files: ['fstab'],
  messages: {
    default:
      '{host} has its instances on {other}, this host on {source}: between the two a live migration finds no shared storage',
    alias: '{host} has its instances on {other}, this host on {source}: right only if both are one share',
    pools:
      '{count} other hosts have their instances on {other}: guests move between the two only with their disks copied',
  },
  fixes: { same: 'Mount {other}, as {host} does' },
  why: `Nova makes a test file in the destination's instances_path and looks for it on the source: *is not on shared storage: Shared
storage live-migration requires either shared storage or boot-from-volume with no local disks.* Several addresses of one server are
usual, and so are several shares for several groups of hosts.`,
  sources: ['nova/virt/libvirt/driver.py, check_can_live_migrate_source'],
  explains: [/is not on shared storage/],
  preflight: true,
  examples: [
    {
      title: 'two servers of the cluster',
      files: {
        'livemig.ini': '[node n1]\naddress = 10.0.0.8\n[node n2]\naddress = 10.0.0.9\n',
        'n1/etc/hostname': 'n1\n',
        'n2/etc/hostname': 'n2\n',
        'c1/etc/fstab': '10.0.0.8:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/fstab': '10.0.0.8:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c3/etc/fstab': '⟦10.0.0.9:/srv⟧ /var/lib/nova/instances nfs defaults 0 0\n',
      },
      fix: 'same',
      good: { 'c3/etc/fstab': '10.0.0.8:/srv /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'another directory of a server that nobody has in view',
      severity: 'warning',
      files: {
        'c1/etc/fstab': '10.0.0.9:/vol1 /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/fstab': '⟦10.0.0.9:/vol2⟧ /var/lib/nova/instances nfs defaults 0 0\n',
      },
      fix: 'same',
      good: { 'c2/etc/fstab': '10.0.0.9:/vol1 /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'two groups of hosts, each with its share',
      severity: 'info',
      files: {
        'a1/etc/fstab': '10.0.0.8:/a /var/lib/nova/instances nfs defaults 0 0\n',
        'a2/etc/fstab': '10.0.0.8:/a /var/lib/nova/instances nfs defaults 0 0\n',
        'a3/etc/fstab': '10.0.0.8:/a /var/lib/nova/instances nfs defaults 0 0\n',
        'b1/etc/fstab': '⟦10.0.0.9:/b⟧ /var/lib/nova/instances nfs defaults 0 0\n',
        'b2/etc/fstab': '⟦10.0.0.9:/b⟧ /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
    {
      title: 'one server by its name, its address, and from the root that fsid=0 makes',
      files: {
        'livemig.ini': '[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports': '/srv *(rw,fsid=0)\n',
        'c1/etc/fstab': 'nfs:/ /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c2/etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs vers=3 0 0\n',
        'c3/etc/fstab': 'storage:/ /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c3/etc/hosts': '10.0.0.9 storage\n',
      },
    },
    {
      title: 'several names and addresses of what may be one server',
      files: {
        'c1/etc/fstab': 'filer-a:/vol1 /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/fstab': 'filer-b:/vol1/ /var/lib/nova/instances nfs defaults 0 0\n',
        'c3/etc/fstab': '10.1.0.5:/vol1 /var/lib/nova/instances nfs defaults 0 0\n',
        'c4/etc/fstab': '10.2.0.5:/vol1 /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const sources = [...sourcesOf(cluster)].sort((a, b) => b.mounts.length - a.mounts.length);
    const [main, ...rest] = sources;
    const reference = main?.mounts[0];
    if (!main || !reference) return;
    for (const source of rest) {
      const verdict = compare(main, source);
      if (!verdict) continue;
      const pools = source.mounts.length > 1;
      for (const mount of source.mounts) {
        const { spec } = mount.entry;
        report({
          host: mount.host,
          file: mount.file,
          span: spec.span,
          message: pools ? 'pools' : verdict === 'error' ? 'default' : 'alias',
          values: {
            host: reference.host.name,
            other: reference.entry.spec.value,
            source: spec.value,
            count: main.mounts.length,
          },
          severity: pools ? 'info' : verdict,
          related: [
            { file: reference.file, span: reference.entry.spec.span, message: `${reference.host.name} mounts this` },
          ],
          fixes: [
            pools
              ? undefined
              : { title: 'same', edits: [replace(mount.file, spec.span, reference.entry.spec.raw)], preferred: false },
          ],
        });
      }
    }
  },
});

function sourcesOf(cluster: Cluster): Iterable<Source> {
  const all = new Map<string, Source>();
  for (const host of cluster.hosts) {
    const mount = nfsStorage(host);
    const named = mount && nfsSource(mount.entry.spec.value);
    if (!mount || !named) continue;
    const known = cluster.host(named.host, host);
    const address = hostsAddresses(host, named.host)[0] ?? named.host;
    const server = known ?? address.toLowerCase();
    const path = known ? realPath(cluster, known, named.path, nfsVersion(mount.entry)) : named.path;
    const key = `${known ? `${known.folder}\0${known.name}` : address.toLowerCase()}\0${path}`;
    const same = all.get(key);
    if (same) same.mounts.push(mount);
    else all.set(key, { server, path, mounts: [mount] });
  }
  return all.values();
}

/** Below the root of fsid=0 the path that NFSv4 asks for is another one on the disk. */
function realPath(cluster: Cluster, server: Host, path: string, version: 3 | 4 | undefined): string {
  const root = version === 3 ? undefined : exportTable(cluster, server)?.roots.find((r) => r.path !== '/');
  return root && !(path !== '/' && covers(root.path, path)) ? normalise(`${root.path}/${path}`) : path;
}

/** How sure it is that two sources are not one share; undefined where they may well be. */
function compare(a: Source, b: Source): Severity | undefined {
  const known = typeof a.server !== 'string' && typeof b.server !== 'string';
  if (a.server === b.server) {
    // NFSv4's root may be any directory of a server that is not in view.
    if (a.path.endsWith(b.path) || b.path.endsWith(a.path) || a.path === '/' || b.path === '/') return undefined;
    return 'warning';
  }
  if (known) return 'error';
  // One server has many names and addresses; of the same path it is likely.
  if (a.path === b.path || a.path === '/' || b.path === '/') return undefined;
  const addresses = [a.server, b.server].every((s) => typeof s !== 'string' || isAddress(s));
  return addresses ? 'warning' : undefined;
}
