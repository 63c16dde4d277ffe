import { isAddress, isLoopback, type Cluster } from '../../model/cluster';
import type { SourceFile } from '../../model/files';
import type { Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import type { HostsEntry } from '../../syntax/types';

/** One line of one host's etc/hosts that gives a peer's name an address. */
export interface Said {
  readonly reader: Host;
  readonly file: SourceFile;
  readonly entry: HostsEntry;
  readonly name: string;
}

const known = new WeakMap<Cluster, ReadonlyMap<Host, readonly Said[]>>();

/** By host what all files in view say of its address; loopback is not among it. */
export function saidOf(cluster: Cluster): ReadonlyMap<Host, readonly Said[]> {
  const found = known.get(cluster);
  if (found) return found;
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
  known.set(cluster, all);
  return all;
}

/** The address that livemig.ini or the host itself gives, else the one that most files have; undefined without a majority. */
export function mostSaid(said: readonly Said[], own: ReadonlySet<string>): string | undefined {
  const [declared] = own;
  if (declared !== undefined) return declared;
  const counts = new Map<string, number>();
  for (const { entry } of said) counts.set(entry.address, (counts.get(entry.address) ?? 0) + 1);
  const [first, second] = [...counts].sort((a, b) => b[1] - a[1]);
  return first && (!second || first[1] > second[1]) ? first[0] : undefined;
}
