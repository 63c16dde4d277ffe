import { isAddress, mountsOf, type Cluster } from '../../model/cluster';
import { bytesOf } from '../../model/nfs';
import { isNfs } from '../../model/storage';
import type { Host } from '../../model/host';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { isForInstances } from './_mounts';

export default defineRule({
  id: 'fstab/device-without-colon',
  scope: 'cluster',
  title: 'An NFS source that names no host',
  severity: 'error',
  files: ['fstab'],
  messages: {
    default: "{source} has no host before a colon: remote share not in 'host:dir' format; write {right}",
    ipv6: '{source} is read as the host {wrong}: an IPv6 address needs square brackets here; write {right}',
  },
  fixes: { right: 'Write {right}' },
  why: `*mount.nfs: remote share not in 'host:dir' format*: the share is not mounted, nova writes to the local disk, and migrations fail
with *is not on shared storage*. The first colon ends the host's name: of an IPv6 address without brackets the first number is taken
for an IPv4 address.`,
  sources: ['mount.nfs -f of nfs-utils 2.6.2: 2001:db8::1:/srv gives addr=0.0.7.209'],
  explains: [/remote share not in 'host:dir' format/],
  preflight: true,
  examples: [
    {
      files: { 'etc/fstab': '⟦192.168.3.10/srv⟧ /var/lib/nova/instances nfs defaults 0 0\n' },
      good: { 'etc/fstab': '192.168.3.10:/srv /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'the path alone',
      files: { 'etc/fstab': '⟦/srv⟧ /var/lib/nova/instances nfs4 defaults 0 0\n' },
    },
    {
      title: 'IPv6, not the instances',
      severity: 'warning',
      files: { 'etc/fstab': '⟦2001:db8::1:/home⟧ /home nfs defaults 0 0\n' },
      good: { 'etc/fstab': '[2001:db8::1]:/home /home nfs defaults 0 0\n' },
    },
    {
      title: 'names, brackets, bind mounts',
      files: {
        'etc/fstab':
          'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n[2001:db8::1]:/srv /a nfs defaults 0 0\nnfs:/ /b nfs4 defaults 0 0\n/a /c none bind 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      for (const mount of mountsOf(host)) {
        const { entry, file } = mount;
        if (!isNfs(entry.type.value)) continue;
        const source = entry.spec.value;
        const six = /^([\da-f:.]*:[\da-f:.]*):(\/.*)$/i.exec(source);
        const bare = six && bytesOf(six[1]!)?.length === 16 ? six : undefined;
        if (source.includes(':') && !bare) continue;
        const right = bare ? `[${bare[1]!}]:${bare[2]!}` : withColon(cluster, host, source);
        report({
          host,
          file,
          span: entry.spec.span,
          message: bare ? 'ipv6' : 'default',
          values: { source, wrong: source.split(':')[0] ?? '', right: right ?? 'host:/path' },
          severity: isForInstances(mount) ? 'error' : 'warning',
          fixes: [
            right !== undefined && entry.spec.raw === source
              ? { title: 'right', edits: [replace(file, entry.spec.span, right)] }
              : undefined,
          ],
        });
      }
    }
  },
});

/** `192.168.3.10/srv` with its colon, where what stands before the slash is a host. */
function withColon(cluster: Cluster, reader: Host, source: string): string | undefined {
  const [, host, path] = /^([^/]+)(\/.*)$/.exec(source) ?? [];
  if (host === undefined || path === undefined) return undefined;
  return isAddress(host) || cluster.host(host, reader) ? `${host}:${path}` : undefined;
}
