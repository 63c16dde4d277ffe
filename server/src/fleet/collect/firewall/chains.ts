import { inNetwork, type FirewallRule } from '../../../model/firewall';

/** What a rule asks of a packet, reduced to what a new TCP connection from another host may differ in. */
export interface Condition {
  /** TCP ports, first and last; undefined: all. */
  readonly ports?: readonly (readonly [number, number])[];
  /** Networks; undefined: all. */
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  /** Interfaces, `eth*` for all that begin so; undefined: all. */
  readonly in?: readonly string[];
  /** It asks for something else besides, which such a packet may or may not have. */
  readonly maybe?: boolean;
}

/** A rule of any of the programs. `other`: it ends the way through the chains in a manner that is not known. */
export interface Step {
  /** Undefined: such a packet never fits. */
  readonly when: Condition | undefined;
  readonly then:
    'accept' | 'drop' | 'reject' | 'return' | 'go-on' | 'other' | { readonly jump: string; readonly back: boolean };
}

/** What a packet of one family passes, flat. */
export interface Chains {
  readonly before: readonly (readonly FirewallRule[])[];
  /** Rules by which it may be sent elsewhere, where what follows is not asked. */
  readonly elsewhere: readonly FirewallRule[];
  readonly input: readonly (readonly FirewallRule[])[];
}

/** What one program tells. */
export interface Told {
  readonly ipv4?: Chains;
  readonly ipv6?: Chains;
  readonly manager: 'firewalld' | 'ufw' | undefined;
}

/** More rules than this are not laid out flat: nothing is said then. */
const MAX_RULES = 2000;
const MAX_DEPTH = 16;

/**
 * The rules of a chain and of those that it jumps to, one after the other; the last one fits everything. Undefined where
 * there are too many.
 */
export function flatten(
  chains: ReadonlyMap<string, readonly Step[]>,
  base: string,
  policy: 'accept' | 'drop',
): readonly FirewallRule[] | undefined {
  const rules: FirewallRule[] = [];
  let steps = 0;
  /**
   * Whether none of the packets that fit `under` comes out of the chain at its end.
   * @param final behind the chain there is nothing but the policy
   */
  const walk = (name: string, under: Condition, depth: number, final: boolean): boolean => {
    /** Some packets may have left the chain by `return`. */
    let left = false;
    for (const { when, then } of chains.get(name) ?? []) {
      if (++steps > MAX_RULES || depth > MAX_DEPTH) throw new RangeError('too many rules');
      const all = when && both(under, left ? { ...when, maybe: true } : when);
      if (!all || then === 'go-on') continue;
      const whole = isAll(when) && !left;
      if (then === 'return' && final) {
        rules.push(ruleOf(all, policy));
        if (whole) return true;
      } else if (then === 'return') {
        if (whole) return false;
        left = true;
      } else if (then === 'accept' || then === 'drop' || then === 'reject') {
        rules.push(ruleOf(all, then));
        if (whole) return true;
      } else if (then === 'other') {
        // It may be let through.
        rules.push(ruleOf({ ...all, maybe: true }, 'accept'));
      } else {
        const ended = walk(then.jump, all, depth + 1, final && !then.back);
        if (whole && (ended || !then.back)) return ended;
        // Of a `goto` nobody comes back here.
        if (!then.back && !ended) left = true;
      }
    }
    return false;
  };
  try {
    if (!walk(base, {}, 0, true)) rules.push({ verdict: policy });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return tidy(rules);
}

/** Rules of a chain of NAT's. */
export function elsewhere(chains: ReadonlyMap<string, readonly Step[]>, base: string): readonly FirewallRule[] {
  const flat = flatten(chains, base, 'drop');
  // Too many to tell: anything may go elsewhere.
  if (!flat) return [{ verdict: 'accept', maybe: true }];
  return flat.filter((r) => r.verdict === 'accept' && r.maybe === true);
}

/** What may be dropped proves nothing; what lets through like all that follows says nothing. */
function tidy(rules: readonly FirewallRule[]): readonly FirewallRule[] {
  const kept = rules.filter((r) => r.maybe !== true || r.verdict === 'accept');
  const last = kept.at(-1);
  if (last?.verdict !== 'accept') return kept;
  let end = kept.length - 1;
  while (end > 0 && kept[end - 1]!.verdict === 'accept') end--;
  return [...kept.slice(0, end), last];
}

function ruleOf({ ports, from, to, in: by, maybe }: Condition, verdict: FirewallRule['verdict']): FirewallRule {
  return {
    ...(ports && { ports: ports.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)) }),
    ...(from && { from }),
    ...(to && { to }),
    ...(by && { in: by }),
    verdict,
    ...(maybe === true && { maybe }),
  };
}

function isAll({ ports, from, to, in: by, maybe }: Condition): boolean {
  return !ports && !from && !to && !by && maybe !== true;
}

/** What fits both; undefined where nothing does. */
export function both(a: Condition, b: Condition): Condition | undefined {
  const ports =
    a.ports && b.ports
      ? a.ports.flatMap(([f, l]) =>
          b.ports!.flatMap(([g, m]) =>
            Math.max(f, g) <= Math.min(l, m) ? [[Math.max(f, g), Math.min(l, m)] as const] : [],
          ),
        )
      : (a.ports ?? b.ports);
  const from = overlap(a.from, b.from, commonNetwork);
  const to = overlap(a.to, b.to, commonNetwork);
  const by = overlap(a.in, b.in, commonInterface);
  if ([ports, from, to, by].some((list) => list?.length === 0)) return undefined;
  return {
    ...(ports && { ports }),
    ...(from && { from }),
    ...(to && { to }),
    ...(by && { in: by }),
    ...((a.maybe === true || b.maybe === true) && { maybe: true }),
  };
}

function overlap(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
  common: (a: string, b: string) => string | undefined,
): readonly string[] | undefined {
  if (!a || !b) return a ?? b;
  return [...new Set(a.flatMap((x) => b.flatMap((y) => common(x, y) ?? [])))];
}

function commonInterface(a: string, b: string): string | undefined {
  if (a.endsWith('*') && b.startsWith(a.slice(0, -1))) return b;
  return a === b || (b.endsWith('*') && a.startsWith(b.slice(0, -1))) ? a : undefined;
}

function commonNetwork(a: string, b: string): string | undefined {
  if (inNetwork(b, a)) return b;
  return inNetwork(a, b) ? a : undefined;
}
