import type { FirewallFacts, FirewallRule } from '../../../model/firewall';
import type { Told } from './chains';
import { savedChains } from './iptables';
import { listedChains } from './nft';

/** What the programs said, empty where they did not. */
export interface FirewallTexts {
  readonly nft: string;
  readonly iptables: string;
  readonly ip6tables: string;
  readonly legacy: string;
  readonly legacy6: string;
}

/** All rules that were told; undefined where none of the programs is there. */
export function firewall(texts: FirewallTexts): FirewallFacts | undefined {
  const saved = saves(texts.iptables, texts.ip6tables);
  const legacy = saves(texts.legacy, texts.legacy6);
  // Matches of iptables are words to it that nft has none for.
  const nft = listedChains(texts.nft, new Set(saved?.tables));
  const told: readonly Told[] = [nft, saved, legacy].filter((t) => t !== undefined);
  if (told.length === 0) return undefined;
  const manager = told.map((t) => t.manager).find((m) => m !== undefined);
  const chains = (family: 'ipv4' | 'ipv6'): readonly (readonly FirewallRule[])[] => {
    const all = told.flatMap((t) => t[family] ?? []);
    const elsewhere = all.flatMap((c) => c.elsewhere);
    const input = all.flatMap((c) => c.input).map((rules) => [...elsewhere, ...rules]);
    // One that lets everything through is none.
    return [...all.flatMap((c) => c.before), ...input].filter((rules) => rules.some((r) => r.verdict !== 'accept'));
  };
  return {
    tools: [
      ...(nft ? (['nft'] as const) : []),
      ...(saved ? (['iptables'] as const) : []),
      ...(legacy ? (['iptables-legacy'] as const) : []),
    ],
    ...(manager && { manager }),
    ipv4: chains('ipv4'),
    ipv6: chains('ipv6'),
  };
}

/** What iptables-save and ip6tables-save told together, and their tables by nft's names. */
function saves(v4: string, v6: string): (Told & { readonly tables: readonly string[] }) | undefined {
  const [ipv4, ipv6] = [savedChains(v4), savedChains(v6)];
  if (!ipv4 && !ipv6) return undefined;
  return {
    ...(ipv4 && { ipv4 }),
    ...(ipv6 && { ipv6 }),
    manager: ipv4?.manager ?? ipv6?.manager,
    tables: [...(ipv4?.tables ?? []).map((t) => `ip ${t}`), ...(ipv6?.tables ?? []).map((t) => `ip6 ${t}`)],
  };
}
