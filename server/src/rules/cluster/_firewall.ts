import type { Cluster } from '../../model/cluster';
import { closedTo } from '../../model/firewall';
import type { Host } from '../../model/host';

/** So many peers are asked about where a firewall tells sources apart: with more of them it is asked no more. */
const MAX_PEERS = 300;

/**
 * The peers whose new TCP connections to a port a host's firewall certainly keeps out, whichever of its addresses they
 * dial and whichever of theirs they come from. Empty where one may get through, as far as is known.
 * @param address the one that is dialled; undefined where that is not known
 * @param refused a connection was seen to be refused: then only a rule that rejects keeps out, dropping would be silent
 */
export function keptOut(
  cluster: Cluster,
  host: Host,
  peers: readonly Host[],
  port: number,
  address?: string,
  refused = false,
): readonly Host[] {
  const { firewall, addresses = {} } = host.facts ?? {};
  if (!firewall) return [];
  const own = Object.entries(addresses).flatMap(([by, list]) => list.map((to) => ({ to, by })));
  const dialled = address === undefined ? own : own.filter(({ to }) => to === address);
  // Where nothing was measured it may be dialled by IPv4 at least.
  const ways = dialled.length > 0 ? dialled : [{ to: address, by: undefined }];
  const closed = (from: readonly string[]): boolean =>
    ways.every(({ to, by }) => {
      const v6 = to?.includes(':') === true;
      const sources = from.filter((a) => a.includes(':') === v6);
      const verdict = closedTo(v6 ? firewall.ipv6 : firewall.ipv4, { port, from: sources, to, by });
      return verdict === 'reject' || (verdict === 'drop' && !refused);
    });
  if (closed([])) return peers;
  if (peers.length > MAX_PEERS) return [];
  return peers.filter((peer) => {
    const from = cluster.addressesOf(peer);
    return from.length > 0 && closed(from);
  });
}

/** `c1, c2`, or how many. */
export function names(hosts: readonly Host[]): string {
  return hosts.length > 3 ? `${hosts.length} hosts` : hosts.map((h) => h.name).join(', ');
}
