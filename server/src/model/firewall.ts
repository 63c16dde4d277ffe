import { bytesOf } from './nfs';

/** What becomes of a new TCP connection from another host, by what is certain. */
export interface FirewallFacts {
  /** `nft` shows iptables' rules too, save those of iptables-legacy. */
  readonly tools: readonly ('nft' | 'iptables-legacy' | 'iptables')[];
  /** Who writes the rules, where that is known. */
  readonly manager?: 'firewalld' | 'ufw';
  /** Chains that it passes, one after the other: the first that does not let it through ends it. Absent where it is not known. */
  readonly ipv4?: readonly (readonly FirewallRule[])[];
  readonly ipv6?: readonly (readonly FirewallRule[])[];
}

/** The first rule of a chain that fits decides; the last one of each fits everything. */
export interface FirewallRule {
  /** TCP ports: `22`, `49152-49215`; absent: all. */
  readonly ports?: readonly string[];
  /** Addresses and networks that it comes from, `192.0.2.0/24`; absent: all. */
  readonly from?: readonly string[];
  /** Addresses and networks of this node that it goes to; absent: all. */
  readonly to?: readonly string[];
  /** Interfaces by which it comes, `eth*` for all that begin so; absent: all. */
  readonly in?: readonly string[];
  readonly verdict: 'accept' | 'drop' | 'reject';
  /** It hangs on more than that, and may not fit. */
  readonly maybe?: boolean;
}

/** A connection that somebody would open to this node. */
export interface Approach {
  readonly port: number;
  /** Addresses that it may come from; empty where they are not known. */
  readonly from: readonly string[];
  /** Address of this node that it goes to; undefined where that is not known. */
  readonly to: string | undefined;
  /** Interface that has the address; undefined where that is not known. */
  readonly by: string | undefined;
}

/**
 * What certainly becomes of a connection that the firewall does not let through; undefined where it may get through.
 * @param chains of one family, as facts.json has them
 */
export function closedTo(
  chains: FirewallFacts['ipv4'],
  { port, from, to, by }: Approach,
): 'drop' | 'reject' | undefined {
  for (const chain of chains ?? []) {
    for (const rule of chain) {
      const fits = all([
        rule.ports && rule.ports.some((p) => inPorts(port, p)),
        rule.from && every(from, (address) => rule.from!.some((n) => inNetwork(address, n))),
        rule.to && every(to === undefined ? [] : [to], (address) => rule.to!.some((n) => inNetwork(address, n))),
        rule.in && every(by === undefined ? [] : [by], (name) => rule.in!.some((n) => isInterface(name, n))),
      ]);
      if (fits === false) continue;
      const sure = fits === true && rule.maybe !== true;
      if (rule.verdict === 'accept') break;
      if (sure) return rule.verdict;
    }
  }
  return undefined;
}

/** Undefined: it may be so or not. */
function all(conditions: readonly (boolean | 'unknown' | undefined)[]): boolean | undefined {
  if (conditions.includes(false)) return false;
  return conditions.includes('unknown') ? undefined : true;
}

function every(list: readonly string[], fits: (one: string) => boolean): boolean | 'unknown' {
  const count = list.filter(fits).length;
  if (list.length > 0 && count === list.length) return true;
  return list.length > 0 && count === 0 ? false : 'unknown';
}

function inPorts(port: number, range: string): boolean {
  const [first, last = first] = range.split('-').map(Number);
  return first !== undefined && port >= first && port <= last!;
}

function isInterface(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** Whether an address or a network lies in a network, `192.0.2.0/24`. */
export function inNetwork(inner: string, outer: string): boolean {
  const [a, b] = [bitsOf(inner), bitsOf(outer)];
  return a !== undefined && b !== undefined && a.startsWith(b);
}

/** The leading bits that count, `0` and `1`, behind the family's mark; undefined for what is no network. */
function bitsOf(network: string): string | undefined {
  const [address = '', length] = network.split('/');
  const bytes = bytesOf(address);
  if (!bytes) return undefined;
  const bits = bytes.map((b) => b.toString(2).padStart(8, '0')).join('');
  const count = length === undefined ? bits.length : Number(length);
  return (bytes.length === 4 ? '4' : '6') + bits.slice(0, count);
}
