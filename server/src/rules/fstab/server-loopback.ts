import { exportsOf, hostsAddresses, isLoopback, nfsSource, type Cluster, type Mount } from '../../model/cluster';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { nfsStorage } from './_mounts';

export default defineRule({
  id: 'fstab/server-loopback',
  scope: 'cluster',
  title: 'The host mounts its instances from itself',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default: '{server} is this host itself, which exports nothing here: write the address of the NFS server',
    peer: '{server} is this host itself, but {peer} has its instances on {other}: the two do not share them; write that server',
  },
  fixes: { server: 'Mount from {other}' },
  why: `Each host then has instances of its own under the same path: *is not on shared storage*, or, if a directory of the same name is
there, a guest that starts on another disk.`,
  sources: [
    'virsh migrate of libvirt 9.0.0 with another file of the same path on the destination: succeeds on the wrong disk',
  ],
  explains: [/is not on shared storage/],
  examples: [
    {
      title: 'another host shows who the server is',
      severity: 'error',
      files: {
        'c1/etc/fstab': '10.0.0.9:/srv/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/fstab': '⟦localhost:/srv/nova/instances⟧ /var/lib/nova/instances nfs defaults 0 0\n',
      },
      good: { 'c2/etc/fstab': '10.0.0.9:/srv/nova/instances /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'by a name that etc/hosts leads to loopback',
      files: {
        'etc/fstab': '⟦nfs:/srv⟧ /var/lib/nova/instances nfs defaults 0 0\n',
        'etc/hosts': '127.0.0.1 localhost nfs\n',
        'etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'the server itself, which mounts what it exports',
      files: {
        'all/etc/exports': '/srv *(rw)\n',
        'all/etc/fstab': 'localhost:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/fstab': 'all:/srv /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
    {
      title: 'role nfs, exports not in view; another mount',
      files: {
        'livemig.ini': '[node all]\nroles = compute, nfs\n',
        'all/etc/fstab': '127.0.0.1:/srv /var/lib/nova/instances nfs defaults 0 0\n::1:/x /x nfs defaults 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const mount = nfsStorage(host);
      const source = mount && nfsSource(mount.entry.spec.value);
      if (!mount || !source || !leadsToItself(mount, source.host)) continue;
      if (exportsOf(host).length > 0 || host.node?.roles.includes('nfs')) continue;
      const peer = peerOf(cluster, mount);
      const other = peer && nfsSource(peer.entry.spec.value)?.host;
      const { spec } = mount.entry;
      const at = spec.raw === spec.value ? source.colon : 0;
      report({
        host,
        file: mount.file,
        span: spec.span,
        message: peer ? 'peer' : 'default',
        values: { server: source.host, peer: peer?.host.name ?? '', other: other ?? '' },
        severity: peer ? 'error' : 'warning',
        related: peer
          ? [{ file: peer.file, span: peer.entry.spec.span, message: `${peer.host.name} mounts from ${other ?? ''}` }]
          : [],
        fixes: [
          // The same name leads elsewhere on the peer: etc/hosts is wrong here, not this line.
          other !== undefined && other !== source.host && at > 0
            ? {
                title: 'server',
                edits: [
                  replace(
                    mount.file,
                    { start: spec.span.start, end: spec.span.start + at },
                    other.includes(':') ? `[${other}]` : other,
                  ),
                ],
              }
            : undefined,
        ],
      });
    }
  },
});

function leadsToItself(mount: Mount, server: string): boolean {
  if (isLoopback(server) || /^localhost(\.localdomain)?$/i.test(server)) return true;
  // One's own name on 127.0.1.1 is Debian's default, and not what is looked at here.
  if (mount.host.aliases.has(server.toLowerCase())) return false;
  const addresses = hostsAddresses(mount.host, server);
  return addresses.length > 0 && addresses.every(isLoopback);
}

const servers = new WeakMap<Cluster, readonly Mount[]>();

/** A mount of somebody else's instances that goes over the network. */
function peerOf(cluster: Cluster, mount: Mount): Mount | undefined {
  let all = servers.get(cluster);
  if (!all) {
    all = cluster.hosts.flatMap((h) => {
      const m = nfsStorage(h);
      const s = m && nfsSource(m.entry.spec.value);
      return m && s && !leadsToItself(m, s.host) ? [m] : [];
    });
    servers.set(cluster, all);
  }
  const path = nfsSource(mount.entry.spec.value)?.path;
  return all.find((m) => nfsSource(m.entry.spec.value)?.path === path);
}
