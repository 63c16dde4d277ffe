import type { FirewallRule } from '../../../model/firewall';
import { elsewhere, flatten, type Chains, type Condition, type Step, type Told } from './chains';

/** In the order in which a packet passes them. */
const BEFORE = ['raw', 'mangle'];
const INPUT = ['mangle', 'filter', 'security'];

/** What `iptables-save` says of connections from elsewhere, and which tables it tells; undefined where it is no such text. */
export function savedChains(
  text: string,
): (Chains & { readonly tables: readonly string[]; readonly manager: Told['manager'] }) | undefined {
  const tables = new Map<string, { policies: Map<string, string>; chains: Map<string, Step[]> }>();
  let table: { policies: Map<string, string>; chains: Map<string, Step[]> } | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      table = { policies: new Map(), chains: new Map() };
      tables.set(line.slice(1).trim(), table);
    } else if (line.startsWith(':')) {
      const [name = '', policy = ''] = line.slice(1).split(' ');
      table?.policies.set(name, policy);
      table?.chains.set(name, []);
    } else if (line.startsWith('-A ') || line.startsWith('[')) {
      const words = wordsOf(line.replace(/^\[\d+:\d+\] /, ''));
      table?.chains.get(words[1] ?? '')?.push(stepOf(words.slice(2), new Set(table.chains.keys())));
    }
  }
  if (tables.size === 0) return undefined;
  const flat = (names: readonly string[], hook: string): (readonly FirewallRule[])[] =>
    names.flatMap((name) => {
      const found = tables.get(name);
      const policy = found?.policies.get(hook);
      if (!found || (policy !== 'ACCEPT' && policy !== 'DROP')) return [];
      const rules = flatten(found.chains, hook, policy === 'DROP' ? 'drop' : 'accept');
      return rules ? [rules] : [];
    });
  const nat = tables.get('nat')?.chains;
  const names = new Set([...tables.values()].flatMap((t) => [...t.chains.keys()]));
  return {
    before: flat(BEFORE, 'PREROUTING'),
    elsewhere: nat ? elsewhere(nat, 'PREROUTING') : [],
    input: flat(INPUT, 'INPUT'),
    tables: [...tables.keys()],
    manager: names.has('INPUT_ZONES') ? 'firewalld' : names.has('ufw-before-input') ? 'ufw' : undefined,
  };
}

/** `--comment "a \"b\""` */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain! : quoted.replace(/\\(.)/g, '$1'),
  );
}

const NEVER = Symbol('never');
const MAYBE = Symbol('maybe');
type Part = Condition | typeof NEVER | typeof MAYBE;

function stepOf(words: readonly string[], chains: ReadonlySet<string>): Step {
  let condition: Condition = {};
  let maybe = false;
  let never = false;
  let then: Step['then'] = 'go-on';
  for (let i = 0; i < words.length;) {
    const not = words[i] === '!';
    if (not) i++;
    const option = words[i++] ?? '';
    if (option === '-j' || option === '-g') {
      then = targetOf(words[i] ?? '', option === '-j', chains);
      break;
    }
    const [part, used] = partOf(option, words.slice(i), not);
    i += used;
    if (part === NEVER) never = true;
    else if (part === MAYBE) maybe = true;
    else condition = { ...condition, ...part };
  }
  return { when: never ? undefined : { ...condition, ...(maybe && { maybe }) }, then };
}

function targetOf(target: string, back: boolean, chains: ReadonlySet<string>): Step['then'] {
  switch (target) {
    case 'ACCEPT':
      return 'accept';
    case 'DROP':
      return 'drop';
    case 'REJECT':
    case 'TARPIT':
      return 'reject';
    case 'RETURN':
      return 'return';
    case 'DNAT':
    case 'REDIRECT':
    case 'TPROXY':
    case 'NFQUEUE':
    case 'QUEUE':
      return 'other';
    default:
      // Targets that are no chains note, mark or count.
      return chains.has(target) ? { jump: target, back } : 'go-on';
  }
}

/** What an option asks, and how many words belong to it. An option that is not known may ask for anything. */
function partOf(option: string, words: readonly string[], not: boolean): readonly [Part, number] {
  const value = words[0] ?? '';
  switch (option) {
    case '-m':
    case '--match':
    case '--comment':
    case '--reject-with':
    case '--mask':
    case '--rsource':
      return [{}, option === '--rsource' ? 0 : 1];
    case '-p':
    case '--protocol': {
      const fits = /^(?:tcp|6|all|0)$/.test(value);
      return [fits === not ? NEVER : {}, 1];
    }
    case '-s':
    case '--source':
      return [network('from', value, not), 1];
    case '-d':
    case '--destination':
      return [network('to', value, not), 1];
    case '-i':
    case '--in-interface':
      if (value === 'lo') return [not ? {} : NEVER, 1];
      return [not ? MAYBE : { in: [value.replace(/\+$/, '*')] }, 1];
    case '--dport':
    case '--destination-port':
    case '--dports':
    case '--destination-ports':
      return [portsOf(value, not), 1];
    case '--ctstate':
    case '--state': {
      const fits = value.split(',').includes('NEW');
      return [fits === not ? NEVER : {}, 1];
    }
    case '--syn':
      return [not ? NEVER : {}, 0];
    case '--tcp-flags': {
      const mask = new Set(value.split(','));
      const set = new Set((words[1] ?? '').split(',').filter((f) => f !== 'NONE'));
      // The first packet of a connection has SYN and none of the other flags.
      const fits = mask.has('ALL') || mask.has('SYN') ? set.size === 1 && set.has('SYN') : set.size === 0;
      return [fits === not ? NEVER : {}, 2];
    }
    case '--dst-type':
      return [
        value === 'LOCAL'
          ? not
            ? NEVER
            : {}
          : /^(?:BROADCAST|MULTICAST|ANYCAST)$/.test(value)
            ? not
              ? {}
              : NEVER
            : MAYBE,
        1,
      ];
    case '-f':
    case '--fragment':
      return [not ? {} : NEVER, 0];
    case '--icmp-type':
    case '--icmpv6-type':
      return [NEVER, 1];
    default: {
      // All words up to the next option are its.
      const next = words.findIndex((w) => w.startsWith('-') || w === '!');
      return [MAYBE, next < 0 ? words.length : next];
    }
  }
}

function network(key: 'from' | 'to', value: string, not: boolean): Part {
  if (not) return MAYBE;
  if (/^(?:0\.0\.0\.0|::)\/0$/.test(value)) return {};
  const [address = '', mask] = value.split('/');
  const length = mask === undefined ? undefined : /^\d+$/.test(mask) ? Number(mask) : lengthOf(mask);
  if (mask !== undefined && length === undefined) return MAYBE;
  return {
    [key]: [length === undefined || length === (address.includes(':') ? 128 : 32) ? address : `${address}/${length}`],
  };
}

/** `255.255.255.0` is 24; undefined for a mask with holes. */
function lengthOf(mask: string): number | undefined {
  const bits = mask
    .split('.')
    .map((b) => Number(b).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) && bits.length === 32 ? bits.lastIndexOf('1') + 1 : undefined;
}

/** `16509`, `49152:49215`, `:1023`, `22,16509:16514`. */
function portsOf(value: string, not: boolean): Part {
  const ranges: [number, number][] = [];
  for (const word of value.split(',')) {
    const [, first, colon, last] = /^(\d*)(:?)(\d*)$/.exec(word) ?? [];
    if (first === undefined || (colon === '' && first === '')) return MAYBE;
    ranges.push([Number(first || 0), colon === '' ? Number(first) : Number(last || 65_535)]);
  }
  return not ? MAYBE : { ports: ranges };
}
