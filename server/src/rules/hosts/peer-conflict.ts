import { isAddress, type Cluster } from '../../model/cluster';
import { neighbours } from '../../model/nfs';
import type { Host } from '../../model/host';
import type { SourceFile } from '../../model/files';
import { replace } from '../edits';
import { defineRule, type Related } from '../rule';
import { canonicalPeer } from './_names';
import { mostSaid, saidOf, type Said } from './_said';

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
    networks:
      '{name} is {address} here and {right} {where}, and so are {count} more: right if they are on both networks',
  },
  fixes: { right: 'Write {right}' },
  why: `The source of a migration resolves the destination's name by its own etc/hosts. An old or foreign address there ends in *No route
to host*, *Connection refused*, or at another hypervisor. One name on two networks of one host is common and works.`,
  sources: ['virsh migrate between two hosts of libvirt 9.0.0, addresses by etc/hosts'],
  explains: [/unable to connect to server at '.*': (No route to host|Connection refused|Connection timed out)/],
  preflight: 'source',
  repair: 'hosts-entry',
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
      title: 'a file of another network, told once',
      severity: 'info',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node c2]\naddress = 10.0.0.2\n[node c3]\naddress = 10.0.0.3\n',
        'c1/etc/hosts': '⟦10.20.0.2⟧ c2\n10.20.0.3 c3\n',
        'c2/etc/hosts': '10.0.0.3 c3\n',
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
    /** By file what is told once for all of its lines. */
    const networks = new Map<
      SourceFile,
      { readonly said: Said; readonly right: string; readonly shown: Said | undefined; count: number }
    >();
    for (const [peer, said] of saidOf(cluster)) {
      const own = new Set(peer.addresses.filter(isAddress));
      const right = mostSaid(said, own);
      if (right === undefined) continue;
      const shown = said.find((s) => s.entry.address === right);
      for (const one of said) {
        const { reader, file, entry, name } = one;
        const { address } = entry;
        if (address === right || own.has(address) || address.includes(':') !== right.includes(':')) continue;
        const stranger = cluster.hosts.length > 1 ? ownerOf(cluster, address, peer) : undefined;
        const near = neighbours(address, right);
        if (!stranger && !near) {
          const told = networks.get(file);
          if (told) told.count++;
          else networks.set(file, { said: one, right, shown, count: 0 });
          continue;
        }
        // One's own name on a peer's line is hosts/not-own-address.
        if (reader === peer && canonicalPeer(cluster, reader, entry)) continue;
        // A line that also names others is not to be moved with them.
        const alone = entry.names.every((n) => cluster.hostByName(n.name) === peer);
        const sure = own.has(right);
        report({
          host: reader,
          file,
          span: entry.addressSpan,
          message: stranger ? 'stranger' : 'default',
          values: {
            name,
            address,
            right,
            owner: stranger?.name ?? '',
            where: whereOf(own, right, shown),
          },
          related: relatedOf(right, shown),
          fixes: [alone && sure ? { title: 'right', edits: [replace(file, entry.addressSpan, right)] } : undefined],
        });
      }
    }
    for (const { said, right, shown, count } of networks.values()) {
      report({
        host: said.reader,
        file: said.file,
        span: said.entry.addressSpan,
        message: count > 0 ? 'networks' : 'network',
        severity: 'info',
        values: {
          name: said.name,
          address: said.entry.address,
          right,
          where: shown ? `on ${shown.reader.name}` : 'is its own',
          count,
        },
        related: relatedOf(right, shown),
      });
    }
  },
});

function whereOf(own: ReadonlySet<string>, right: string, shown: Said | undefined): string {
  return own.has(right) || !shown ? 'is its own' : `on ${shown.reader.name}`;
}

function relatedOf(right: string, shown: Said | undefined): Related[] {
  return shown ? [{ file: shown.file, span: shown.entry.span, message: `${right} on ${shown.reader.name}` }] : [];
}

/** Another host that has the address by its own word: what a hosts file says is what is in question. */
function ownerOf(cluster: Cluster, address: string, peer: Host): Host | undefined {
  const owner = cluster.hostByAddress(address);
  return owner && owner !== peer && owner.addresses.includes(address) ? owner : undefined;
}
