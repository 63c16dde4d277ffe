import type { Facts } from '../../model/facts';
import type { HostInput } from '../../model/host';
import { SOON } from '../../rules/libvirtd/_certificates';
import type { Told } from './records';

const DAY = 86_400;
/** Half a second of those that a controller's `service_down_time` may be short of, and far below Kerberos' five minutes. */
const CLOCK = 0.25;
/** Where guests' consoles and streams listen: for a guest, not for the node. */
const OF_GUESTS = /:(?:59\d\d|49[12]\d\d)$/;

/** A part of the facts, ready to be compared. */
export type FactText =
  | {
      readonly name: string;
      readonly text: string;
      /** Lines whose order says nothing, each of which may speak of another node. */
      readonly unordered?: boolean;
    }
  /** What is told of things by their names, each of which may speak of another node. */
  | { readonly name: string; readonly told: Told };

/**
 * Facts as far as rules look at them when no guest is asked about. Of what every node has another value of, such as a time or
 * the free memory, only what the rules make of it is left.
 */
export function factTexts(facts: Facts, input: HostInput): readonly FactText[] {
  const out: FactText[] = [];
  for (const [name, value] of Object.entries(facts) as [keyof Facts, unknown][]) {
    if (value === undefined || LEFT_OUT.has(name)) continue;
    if (UNORDERED.has(name)) out.push({ name, told: value as Told });
    else if (name === 'paths') out.push({ name, text: JSON.stringify(value, withoutTimes) });
    else if (name === 'started') out.push({ name, text: restartsOf(facts, input) });
    else if (name === 'certificates') out.push({ name, text: certificatesOf(facts) });
    else if (name === 'clockOffset')
      out.push({ name, text: Math.abs(facts.clockOffset!) <= CLOCK ? 'right' : String(facts.clockOffset) });
    else if (name === 'listening') out.push({ name, text: listeningOf(facts, input) });
    else if (name === 'addresses') out.push({ name, text: addressesOf(facts) });
    else if (name === 'firewall') out.push(...firewallOf(facts));
    else if (name === 'ssh') out.push(...sshOf(facts));
    else out.push({ name, text: JSON.stringify(value) });
  }
  return out;
}

/** Of guests, of the moment, or looked at by no rule. */
const LEFT_OUT: ReadonlySet<string> = new Set<keyof Facts>([
  ...(['measured', 'instances', 'memory', 'space', 'interfaces', 'secrets', 'kernel', 'images'] as const),
]);
const UNORDERED: ReadonlySet<string> = new Set<keyof Facts>([
  'resolves',
  'reaches',
  'sharesInstances',
  'exported',
  'shown',
]);

/** One fact of those: a line for each of several values. */
export function linesOf(key: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length < 2) return [`${key} ${JSON.stringify(value)}`];
  return value.map((one) => `${key} ${JSON.stringify(one)}`);
}

const withoutTimes = (key: string, value: unknown): unknown => (key === 'modified' ? undefined : value);

/** Which daemons run, and which files were written since they were started. */
function restartsOf({ started = {}, paths = {} }: Facts, { files }: HostInput): string {
  const written = files.flatMap(({ path }) => {
    const modified = paths[`/${path}`]?.modified;
    return modified === undefined ? [] : [[path, modified] as const];
  });
  return Object.entries(started)
    .map(([daemon, since]) => [daemon, ...written.filter(([, at]) => at >= since + 1).map(([path]) => path)].join(' '))
    .join('\n');
}

function certificatesOf({ certificates = {}, measured }: Facts): string {
  const at = (time: number | undefined): string => {
    if (time === undefined || measured === undefined) return String(time);
    return time < measured ? 'past' : time < measured + SOON * DAY ? 'soon' : 'later';
  };
  return Object.entries(certificates)
    .map(([path, { subject, names, notBefore, notAfter }]) =>
      JSON.stringify([path, subject, names, notBefore === undefined || at(notBefore) === 'past', at(notAfter)]),
    )
    .join('\n');
}

function listeningOf({ listening = [] }: Facts, { files }: HostInput): string {
  const texts = files.filter(({ kind }) => kind === 'libvirtd' || kind === 'unit' || kind === 'defaults');
  const named = (socket: string): boolean => {
    const port = socket.slice(socket.lastIndexOf(':') + 1);
    return texts.some(({ text }) => text.includes(port));
  };
  return listening.filter((socket) => !OF_GUESTS.test(socket) || named(socket)).join('\n');
}

/** Guests' interfaces have addresses of their own wire alone. */
function addressesOf({ addresses = {} }: Facts): string {
  return Object.entries(addresses)
    .map(([name, list]) => [name, list.filter((a) => !/^fe[89ab]/i.test(a))] as const)
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name} ${list.join(' ')}`)
    .join('\n');
}

/** Lines of known_hosts and of who may log in each speak of one node, by its name or its key; which one a hash is of, its key tells. */
function sshOf({ ssh = {} }: Facts): FactText[] {
  const { known, authorized, ...rest } = ssh;
  const accounts = Object.entries(authorized ?? {});
  const lists = [
    known?.map((line) => line.replace(/\|1\|\S+/, '|')),
    accounts.flatMap(([name, keys]) => keys.map((k) => `${name} ${k}`)),
  ];
  return [
    { name: 'ssh', text: JSON.stringify([rest, known !== undefined, accounts.map(([name]) => name)]) },
    ...lists.map((list, i): FactText => ({ name: `ssh ${i}`, text: (list ?? []).join('\n'), unordered: true })),
  ];
}

/** In a rule's list of addresses their order says nothing. */
function firewallOf({ firewall = { tools: [] } }: Facts): FactText[] {
  const lines: string[] = [];
  let lists = 0;
  const rest = JSON.stringify(firewall, (key, value: unknown) => {
    if ((key !== 'from' && key !== 'to') || !Array.isArray(value)) return value;
    lists++;
    for (const one of value) lines.push(`${lists} ${String(one)}`);
    return value.length > 0;
  });
  return [
    { name: 'firewall', text: rest },
    { name: 'firewall addresses', text: lines.join('\n'), unordered: true },
  ];
}
