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
