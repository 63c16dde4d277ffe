import { isAddress, isLoopback, type Cluster } from '../../model/cluster';
import { neighbours } from '../../model/nfs';
import type { Host } from '../../model/host';
import type { SourceFile } from '../../model/files';
import { documentOf } from '../../model/parsed';
import type { HostsEntry } from '../../syntax/types';
import { replace } from '../edits';
import { defineRule } from '../rule';

/** One line of one host's etc/hosts that gives a peer's name an address. */
interface Said {
  readonly reader: Host;
  readonly file: SourceFile;
  readonly entry: HostsEntry;
  readonly name: string;
}

export default defineRule({
  id: 'hosts/peer-conflict',
  scope: 'cluster',
  title: 'Hosts disagree on the address of a host',
  severity: 'warning',
  files: ['hosts'],
  messages: {
    stranger: '{address} is {owner}, not {name}: a migration to {name} would go there; write {right}',
    default: '{name} is {address} here and {right} {where}: a migration may go to the wrong place; write the same',
    network: '{name} is {address} here and {right} {where}: right if it has an address on both networks',
  },
  fixes: { right: 'Write {right}' },
  why: `The source of a migration resolves the destination's name by its own etc/hosts. An old or foreign address there ends in *No route
to host*, *Connection refused*, or at another hypervisor. One name on two networks of one host is common and works.`,
  sources: ['virsh migrate between two hosts of libvirt 9.0.0, addresses by etc/hosts'],
  explains: [/unable to connect to server at '.*': (No route to host|Connection refused)/],
  examples: [
    {
      title: 'the address of somebody else',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node c2]\naddress = 10.0.0.2\n[node c3]\naddress = 10.0.0.3\n',
        'c1/etc/hosts': '10.0.0.2 c2\n⟦10.0.0.2⟧ c3\n',
        'c2/etc/hosts': '10.0.0.1 c1\n10.0.0.3 c3\n',
        'c3/etc/hostname': 'c3\n',
      },
      good: { 'c1/etc/hosts': '10.0.0.2 c2\n10.0.0.3 c3\n' },
    },
    {
      title: 'two of five files were forgotten',
      files: {
        'c1/etc/hosts': '⟦10.0.0.7⟧ c3.example.org c3\n',
        'c2/etc/hosts': '10.0.0.3 c3\n',
        'c3/etc/hosts': '⟦10.0.0.7⟧ c3\n',
        'c4/etc/hosts': '10.0.0.3 c3\n',
        'c5/etc/hosts': '10.0.0.3 c3\n',
      },
    },
    {
      title: 'two networks of one host',
      severity: 'info',
      files: {
        'livemig.ini': '[node c2]\naddress = 10.0.0.2\n',
        'c1/etc/hosts': '⟦10.20.0.2⟧ c2\n',
        'c2/etc/hosts': '127.0.1.1 c2\n',
        'c3/etc/hosts': '10.0.0.2 c2\n',
      },
    },
    {
      title: 'addresses that are known to be one host, in both families',
      files: {
        'c2/facts.json': '{"addresses": {"eth0": ["10.0.0.2"], "eth1": ["10.20.0.2"]}}',
        'c2/etc/hosts': '127.0.1.1 c2\n',
        'c1/etc/hosts': '10.20.0.2 c2\n2001:db8::2 c2\n',
        'c3/etc/hosts': '10.0.0.2 c2\n10.20.0.2 c2\n',
      },
    },
  ],
  check(cluster, report) {
    for (const [peer, said] of saidOf(cluster)) {
      const own = new Set(peer.addresses.filter(isAddress));
      const right = mostSaid(said, own);
      if (right === undefined) continue;
      const shown = said.find((s) => s.entry.address === right);
      for (const { reader, file, entry, name } of said) {
        const { address } = entry;
        if (address === right || own.has(address) || address.includes(':') !== right.includes(':')) continue;
        const stranger = cluster.hosts.length > 1 ? ownerOf(cluster, address, peer) : undefined;
        const near = neighbours(address, right);
        // A line that also names others is not to be moved with them.
        const alone = entry.names.every((n) => cluster.hostByName(n.name) === peer);
        const sure = own.has(right);
        report({
          host: reader,
          file,
          span: entry.addressSpan,
          message: stranger ? 'stranger' : near ? 'default' : 'network',
          severity: stranger || near ? 'warning' : 'info',
          values: {
            name,
            address,
            right,
            owner: stranger?.name ?? '',
            where: sure || !shown ? 'is its own' : `on ${shown.reader.name}`,
          },
          related: shown
            ? [{ file: shown.file, span: shown.entry.span, message: `${right} on ${shown.reader.name}` }]
            : [],
          fixes: [
            alone && sure && (stranger || near)
              ? { title: 'right', edits: [replace(file, entry.addressSpan, right)] }
              : undefined,
          ],
        });
      }
    }
  },
});

function saidOf(cluster: Cluster): Map<Host, Said[]> {
  const all = new Map<Host, Said[]>();
  for (const reader of cluster.hosts) {
    const file = reader.first('hosts');
    for (const entry of file ? documentOf(file, 'hosts').entries : []) {
      if (!isAddress(entry.address) || isLoopback(entry.address)) continue;
      const told = new Set<Host>();
      for (const { name } of entry.names) {
        const peer = cluster.hostByName(name);
        if (!peer || told.has(peer)) continue;
        told.add(peer);
        const list = all.get(peer);
        const said = { reader, file: file!, entry, name };
        if (list) list.push(said);
        else all.set(peer, [said]);
      }
    }
  }
  return all;
}

/** The address that livemig.ini or the host itself gives, else the one that most files have; undefined without a majority. */
function mostSaid(said: readonly Said[], own: ReadonlySet<string>): string | undefined {
  const [declared] = own;
  if (declared !== undefined) return declared;
  const counts = new Map<string, number>();
  for (const { entry } of said) counts.set(entry.address, (counts.get(entry.address) ?? 0) + 1);
  const [first, second] = [...counts].sort((a, b) => b[1] - a[1]);
  return first && (!second || first[1] > second[1]) ? first[0] : undefined;
}

/** Another host that has the address by its own word: what a hosts file says is what is in question. */
function ownerOf(cluster: Cluster, address: string, peer: Host): Host | undefined {
  const owner = cluster.hostByAddress(address);
  return owner && owner !== peer && owner.addresses.includes(address) ? owner : undefined;
}
