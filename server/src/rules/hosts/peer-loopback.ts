import { isAddress, isLoopback, type Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import type { SourceFile } from '../../model/files';
import { nodeSpan } from '../../model/inventory';
import { documentOf } from '../../model/parsed';
import type { HostsEntry } from '../../syntax/types';
import { insertLineBelow, replace } from '../edits';
import { defineRule, type Edit, type FixDraft, type Related } from '../rule';
import { mayMigrate, peerOf } from './_names';

export default defineRule({
  id: 'hosts/peer-loopback',
  scope: 'cluster',
  title: 'The name of another host leads to this one',
  severity: 'error',
  files: ['hosts'],
  messages: {
    default:
      '{name} is another host of the cluster, but {address} is this host itself: a migration to {name} would connect to its own source',
    other: '{name} is another host of the cluster, but {address} is this host itself: connections to {name} stay here',
  },
  fixes: { address: 'Use the address of {name}: {right}', part: 'Give {name} a line of its own: {right}' },
  why: `Libvirt connects to the destination by its host name. Where that name leads to a loopback address, the source dials itself:
*Attempt to migrate guest to the same host* or *unable to connect to server at 'compute2:49152': Connection refused*. One's own name
on 127.0.1.1 is harmless, it is Debian's and Ubuntu's default; a peer's never is.`,
  sources: ['virsh migrate between two hosts of libvirt 9.0.0 with the peer on 127.0.0.1'],
  explains: [/Attempt to migrate guest to the same host/, /unable to connect to server at '.*': Connection refused/],
  preflight: 'source',
  repair: 'hosts-entry',
  examples: [
    {
      files: {
        'livemig.ini': '[node compute1]\naddress = 10.0.0.1\n[node compute2]\naddress = 10.0.0.2\n',
        'compute1/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 compute1\n⟦127.0.1.1⟧ compute2\n',
        'compute2/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 compute1\n10.0.0.2 compute2\n',
      },
      good: { 'compute1/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 compute1\n10.0.0.2 compute2\n' },
    },
    {
      title: 'on the line of localhost',
      files: {
        'livemig.ini': '[node compute2]\naddress = 10.0.0.2\n',
        'compute1/etc/hosts': '⟦127.0.0.1⟧\tlocalhost compute2 compute1 # all\r\n',
        'compute2/etc/hostname': 'compute2\n',
      },
      good: { 'compute1/etc/hosts': '127.0.0.1\tlocalhost compute1 # all\r\n10.0.0.2\tcompute2\r\n' },
    },
    {
      title: 'with its domain, copied from the host itself',
      files: {
        'livemig.ini': '[node compute2]\naddress = 10.0.0.2\n',
        'compute1/etc/hosts': '⟦127.0.1.1⟧ compute2.example.org compute2\n',
        'compute2/etc/hostname': 'compute2\n',
      },
      good: { 'compute1/etc/hosts': '10.0.0.2 compute2.example.org compute2\n' },
    },
    {
      title: 'a controller, to which nothing migrates',
      severity: 'warning',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n[node c1]\nroles = compute\n',
        'ctl/etc/hostname': 'ctl\n',
        'c1/etc/hosts': '⟦127.0.0.1⟧ ctl\n',
      },
    },
    {
      title: 'guests are sent to an address, not to the name',
      severity: 'warning',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/hosts': '⟦127.0.1.1⟧ c2\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 192.0.2.2\nlive_migration_scheme = tcp\n',
      },
    },
    {
      title: "one's own name on 127.0.1.1, as Debian sets it up",
      files: {
        'compute1/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 compute1.example.org compute1\n10.0.0.2 compute2\n',
        'compute2/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 compute2\n10.0.0.1 compute1\n',
      },
    },
    {
      title: 'a host that is called localhost',
      files: {
        'a/etc/hostname': 'localhost.localdomain\n',
        'b/etc/hosts':
          '127.0.0.1 localhost localhost.localdomain localhost4\n::1 localhost ip6-localhost ip6-loopback\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const file = host.first('hosts');
      if (!file) continue;
      for (const entry of documentOf(file, 'hosts').entries) {
        if (!isLoopback(entry.address)) continue;
        const names = entry.names.filter((n) => peerOf(cluster, host, n.name));
        const name = names[0]?.name;
        const peer = name === undefined ? undefined : peerOf(cluster, host, name);
        if (name === undefined || !peer) continue;
        const migrates = mayMigrate(host) && mayMigrate(peer) && !isSpared(host, peer);
        report({
          host,
          file,
          span: entry.addressSpan,
          message: migrates ? 'default' : 'other',
          severity: migrates ? 'error' : 'warning',
          values: { name, address: entry.address },
          related: declared(cluster, peer),
          fixes: [repair(cluster, host, file, entry)],
        });
      }
    }
  },
});

/** Where livemig.ini says what the peer's address is. */
function declared(cluster: Cluster, peer: Host): Related[] {
  const { inventory } = cluster;
  const node = cluster.nodeOf(peer);
  return inventory && node?.address
    ? [{ file: inventory.file, span: nodeSpan(node), message: `${peer.name} is ${node.address}` }]
    : [];
}

function repair(
  cluster: Cluster,
  host: Host,
  file: SourceFile,
  entry: HostsEntry,
): FixDraft<'address' | 'part'> | undefined {
  const peers = new Map<Host, { right: string; names: string[] }>();
  const cut: Edit[] = [];
  const named = new Set(entry.names.flatMap(({ name }) => peerOf(cluster, host, name) ?? []));
  /** With a domain that nothing else tells of, too, where the plain name stands beside it. */
  const meant = (name: string): Host | undefined => {
    const peer = peerOf(cluster, host, name) ?? peerOf(cluster, host, name.replace(/\..*$/, ''));
    return peer && named.has(peer) ? peer : undefined;
  };
  for (const [i, word] of entry.names.entries()) {
    const peer = meant(word.name);
    if (!peer) continue;
    const right = peer.node?.address ?? cluster.addressesOf(peer)[0];
    if (right === undefined || !isAddress(right)) return undefined;
    const known = peers.get(peer);
    if (known) known.names.push(word.name);
    else peers.set(peer, { right, names: [word.name] });
    const before = entry.names[i - 1]?.span ?? entry.addressSpan;
    cut.push(replace(file, { start: before.end, end: word.span.end }, ''));
  }
  const [first] = peers.values();
  if (!first) return undefined;
  const values = { right: first.right, name: first.names[0]! };
  if (peers.size === 1 && cut.length === entry.names.length)
    return { title: 'address', values, edits: [replace(file, entry.addressSpan, first.right)] };
  if (cut.length === entry.names.length) return undefined;
  const gap = file.text.slice(entry.addressSpan.end, entry.names[0]!.span.start);
  const lines = [...peers.values()].map(({ right, names }) => `${right}${gap}${names.join(' ')}`);
  const added = lines.map((line) => insertLineBelow(file, entry.span.end, line));
  return peers.size === 1 ? { title: 'part', values, edits: [...cut, ...added] } : undefined;
}

/** Guests are sent to an address of the peer's own, and no URI of the host's names it otherwise. */
function isSpared(host: Host, peer: Host): boolean {
  const inbound = peer.nova.get('live_migration_inbound_addr')?.value ?? '';
  return isAddress(inbound) && !isLoopback(inbound) && !host.nova.get('live_migration_uri')?.value;
}
