import type { FirewallRule } from '../../../model/firewall';
import { both, elsewhere, flatten, type Chains, type Condition, type Step, type Told } from './chains';

type Json = Readonly<Record<string, unknown>>;

interface Table {
  readonly family: string;
  readonly name: string;
  readonly chains: Map<string, Step[]>;
  readonly sets: Map<string, readonly unknown[]>;
  readonly bases: { name: string; hook: string; type: string; priority: number; policy: 'accept' | 'drop' }[];
}

/**
 * What `nft -j list ruleset` says of connections from elsewhere; undefined where it is no such text.
 * @param without tables whose chains PREROUTING and INPUT another program tells better, as `ip filter`
 */
export function listedChains(text: string, without: ReadonlySet<string>): Told | undefined {
  const tables = tablesOf(text);
  if (!tables) return undefined;
  const ofFamily = (family: 'ipv4' | 'ipv6'): Chains => {
    const own = family === 'ipv4' ? 'ip' : 'ip6';
    const bases = tables
      .filter((t) => t.family === 'inet' || t.family === own)
      .flatMap((table) => table.bases.map((base) => ({ table, ...base })))
      .filter(
        ({ table, name }) => !without.has(`${table.family} ${table.name}`) || !/^(?:PREROUTING|INPUT)$/.test(name),
      );
    const on = (type: string, hook: string): typeof bases =>
      bases.filter((b) => b.type === type && b.hook === hook).sort((a, b) => a.priority - b.priority);
    const flat = (list: typeof bases): (readonly FirewallRule[])[] =>
      list.flatMap(({ table, name, policy }) => {
        const rules = flatten(stepsOf(table, family), name, policy);
        return rules ? [rules] : [];
      });
    return {
      before: flat(on('filter', 'prerouting')),
      elsewhere: on('nat', 'prerouting').flatMap(({ table, name }) => elsewhere(stepsOf(table, family), name)),
      input: flat(on('filter', 'input')),
    };
  };
  return {
    ipv4: ofFamily('ipv4'),
    ipv6: ofFamily('ipv6'),
    manager: tables.some((t) => t.name === 'firewalld') ? 'firewalld' : undefined,
  };
}

interface Parsed extends Table {
  readonly rules: { chain: string; expressions: readonly Json[] }[];
}

const parsedRules = new WeakMap<Table, Parsed['rules']>();

function tablesOf(text: string): Table[] | undefined {
  let list: unknown;
  try {
    list = (JSON.parse(text) as Json | null)?.nftables;
  } catch {
    return undefined;
  }
  if (!Array.isArray(list)) return undefined;
  const tables = new Map<string, Table>();
  const tableOf = (of: Json): Table => {
    const [family, name] = [word(of.family), word(of.table)];
    const key = `${family} ${name}`;
    let table = tables.get(key);
    if (!table) {
      table = { family, name, chains: new Map(), sets: new Map(), bases: [] };
      tables.set(key, table);
      parsedRules.set(table, []);
    }
    return table;
  };
  for (const entry of list as unknown[]) {
    if (!isObject(entry)) continue;
    const { chain, rule, set, map } = entry as Record<string, unknown>;
    if (isObject(chain)) {
      const table = tableOf(chain);
      table.chains.set(word(chain.name), []);
      if (typeof chain.hook === 'string')
        table.bases.push({
          name: word(chain.name),
          hook: chain.hook,
          type: word(chain.type),
          priority: Number(chain.prio) || 0,
          policy: chain.policy === 'drop' ? 'drop' : 'accept',
        });
    } else if (isObject(rule) && Array.isArray(rule.expr)) {
      const expressions = (rule.expr as unknown[]).filter(isObject);
      parsedRules.get(tableOf(rule))!.push({ chain: word(rule.chain), expressions });
    }
    for (const kind of [set, map])
      if (isObject(kind))
        tableOf(kind).sets.set(word(kind.name), Array.isArray(kind.elem) ? (kind.elem as unknown[]) : []);
  }
  return [...tables.values()];
}

/** A table's chains, for packets of one family. */
function stepsOf(table: Table, family: 'ipv4' | 'ipv6'): ReadonlyMap<string, readonly Step[]> {
  const chains = new Map([...table.chains.keys()].map((name) => [name, [] as Step[]]));
  for (const { chain, expressions } of parsedRules.get(table) ?? [])
    chains.get(chain)?.push(...ruleSteps(expressions, table, family));
  return chains;
}

function ruleSteps(expressions: readonly Json[], table: Table, family: 'ipv4' | 'ipv6'): Step[] {
  let when: Condition | undefined = {};
  for (const expression of expressions) {
    const [name, value] = entryOf(expression);
    const verdict = verdictOf(name, value);
    if (verdict !== undefined) return [{ when, then: verdict }];
    if (name === 'vmap' && isObject(value)) return mapped(value, when, table, family);
    if (name === 'match' && isObject(value)) when = when && and(when, matched(value, table, family));
    else if (!SILENT.has(name)) when = when && { ...when, maybe: true };
  }
  // What iptables had no words of nft's for may be a target.
  return expressions.some((e) => Object.hasOwn(e, 'xt')) ? [{ when, then: 'other' }] : [];
}

function entryOf(object: Json): readonly [string, unknown] {
  return Object.entries(object)[0] ?? ['', undefined];
}

/** Statements that decide nothing. */
const SILENT = new Set(['counter', 'log', 'comment', 'mangle', 'notrack', 'ct helper', 'quota', 'meter_add', 'set']);

function verdictOf(name: string, value: unknown): Step['then'] | undefined {
  switch (name) {
    case 'accept':
    case 'drop':
    case 'reject':
    case 'return':
      return name;
    case 'jump':
    case 'goto':
      return isObject(value) ? { jump: word(value.target), back: name === 'jump' } : 'other';
    case 'continue':
      return 'go-on';
    case 'queue':
    case 'dnat':
    case 'redirect':
    case 'tproxy':
    case 'synproxy':
      return 'other';
    default:
      return undefined;
  }
}

/** `tcp dport vmap { 22 : accept, 16509 : drop }` */
function mapped(vmap: Json, when: Condition | undefined, table: Table, family: 'ipv4' | 'ipv6'): Step[] {
  const elements = elementsOf(vmap.data, table);
  const steps = (elements ?? []).flatMap((element): Step[] => {
    if (!Array.isArray(element) || !isObject(element[1])) return [{ when: { ...when, maybe: true }, then: 'other' }];
    const [name, value] = entryOf(element[1]);
    const then = verdictOf(name, value) ?? 'other';
    const part = matched({ op: '==', left: vmap.key, right: element[0] as unknown }, table, family);
    return [{ when: when && and(when, part), then }];
  });
  return elements ? steps : [{ when: when && { ...when, maybe: true }, then: 'other' }];
}

type Part = Condition | 'never';

function and(a: Condition, b: Part): Condition | undefined {
  return b === 'never' ? undefined : both(a, b);
}

const MAYBE: Condition = { maybe: true };
const yes = (fits: boolean): Part => (fits ? {} : 'never');

function matched({ op, left, right }: Json, table: Table, family: 'ipv4' | 'ipv6'): Part {
  if (!isObject(left) || (op !== '==' && op !== '!=' && op !== 'in')) return MAYBE;
  const not = op === '!=';
  const values = elementsOf(right, table);
  if (!values) return MAYBE;
  const words = values.map((v) => (typeof v === 'string' || typeof v === 'number' ? String(v) : undefined));
  const among = (...own: string[]): Part =>
    words.includes(undefined) ? MAYBE : yes(words.some((w) => own.includes(w!)) !== not);
  const { payload, meta, ct } = left as Record<string, unknown>;
  if (isObject(payload)) {
    const { protocol, field } = payload;
    if (protocol === 'tcp' && field === 'dport') return not ? MAYBE : portsOf(values);
    if (protocol === 'th' && field === 'dport') return not ? MAYBE : portsOf(values);
    if (protocol === 'tcp') return MAYBE;
    if (protocol === 'ip' || protocol === 'ip6') {
      if ((protocol === 'ip') !== (family === 'ipv4')) return 'never';
      if (field === 'protocol' || field === 'nexthdr') return among('tcp', '6');
      if (field === 'saddr' || field === 'daddr') {
        const networks = values.map(networkOf);
        if (not || networks.length > MAX_NETWORKS || networks.includes(undefined)) return MAYBE;
        return { [field === 'saddr' ? 'from' : 'to']: networks };
      }
      return MAYBE;
    }
    // Of another protocol's header.
    return /^(?:udp|udplite|icmp|icmpv6|igmp|esp|ah|sctp|dccp|arp|vlan)$/.test(word(protocol)) ? 'never' : MAYBE;
  }
  if (isObject(meta)) {
    const { key } = meta;
    if (key === 'l4proto') return among('tcp', '6');
    if (key === 'nfproto') return among(family, family === 'ipv4' ? '2' : '10');
    if (key === 'protocol') return among(family === 'ipv4' ? 'ip' : 'ip6');
    if (key === 'iif' || key === 'iifname') {
      if (words.includes(undefined)) return MAYBE;
      if (words.every((w) => w === 'lo')) return yes(not);
      return not ? MAYBE : { in: words.filter((w) => w !== 'lo') as string[] };
    }
    if (key === 'pkttype') return among('unicast', 'host', '0');
    return MAYBE;
  }
  if (isObject(ct) && ct.key === 'state') return among('new');
  // Where it is sent elsewhere by a rule, that rule is known.
  if (isObject(ct) && ct.key === 'status' && words.every((w) => w === 'dnat')) return yes(not);
  // `tcp flags & (fin|syn|rst|ack) == syn` is the first packet of a connection.
  const flags = (left as Record<string, unknown>)['&'];
  if (Array.isArray(flags) && isObject(flags[0]) && isObject(flags[0].payload) && flags[0].payload.field === 'flags')
    return words.length === 1 && words[0] === 'syn' ? yes(!not) : MAYBE;
  return MAYBE;
}

/** More than these are somebody's list of strangers. */
const MAX_NETWORKS = 64;

/** What a value or a set holds; undefined where that is not listed, or is a range in a dimension more. */
function elementsOf(right: unknown, table: Table): readonly unknown[] | undefined {
  if (typeof right === 'string' && right.startsWith('@')) {
    const elements = table.sets.get(right.slice(1));
    return elements?.map(plain);
  }
  if (Array.isArray(right)) return right.map(plain);
  if (isObject(right) && Array.isArray(right.set)) return (right.set as unknown[]).map(plain);
  return right === undefined ? undefined : [plain(right)];
}

/** An element may have a counter, a time-out or a comment. */
function plain(element: unknown): unknown {
  return isObject(element) && isObject(element.elem) ? element.elem.val : element;
}

function portsOf(values: readonly unknown[]): Part {
  const ports: [number, number][] = [];
  for (const value of values) {
    const range: unknown = isObject(value) && Array.isArray(value.range) ? value.range : [value, value];
    const [first, last] = (range as unknown[]).map(portOf);
    if (first === undefined || last === undefined) return MAYBE;
    ports.push([first, last]);
  }
  return ports.length > 0 ? { ports } : 'never';
}

/** Nft tells services by their names where it knows them. */
const SERVICES: Readonly<Record<string, number>> = { ssh: 22, sunrpc: 111, nfs: 2049, http: 80, https: 443 };

function portOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? SERVICES[value] : undefined;
}

function networkOf(value: unknown): string | undefined {
  if (typeof value === 'string') return /^[\d.]+$|:/.test(value) ? value : undefined;
  const prefix = isObject(value) ? value.prefix : undefined;
  return isObject(prefix) ? `${word(prefix.addr)}/${word(prefix.len)}` : undefined;
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
