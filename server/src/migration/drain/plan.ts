import type { Instance } from '../driver';
import type { Reason, Verdict } from '../preflight';

/** A node that instances could go to. */
export interface Room {
  readonly node: string;
  /** MiB that guests may take there; undefined where that was not measured. */
  readonly free: number | undefined;
  /** MiB that are free on its file systems, as far as that was measured. */
  readonly disks?: ReadonlyMap<string, number>;
}

/** What is known of an instance at a destination. */
export interface Judgement extends Pick<Verdict, 'state' | 'reasons'> {
  /** Its disks are copied there, and take so many MiB of file systems, as far as that is known. */
  readonly copied?: ReadonlyMap<string, number> | undefined;
}

export interface DrainInput {
  /** The node that is drained. */
  readonly node: string;
  readonly instances: readonly Instance[];
  readonly rooms: readonly Room[];
  /** What pre-flight says; undefined where nothing is known of the instance or of the node. */
  readonly verdict: (instance: Instance, destination: string) => Judgement | undefined;
  /** MiB that an instance takes of a node's memory; `memory` of the instance if it is not given. */
  readonly need?: (instance: Instance) => number | undefined;
  /** Nova's scheduler chooses where no destination was named, and asks for the room itself. */
  readonly scheduler: boolean;
  /** MiB of memory that placement gives to guests on the hosts that nova may choose; Infinity where that is not known. */
  readonly placement?: ReadonlyMap<string, number>;
  /** Where all are to go. */
  readonly to?: string | undefined;
  /** Nodes that could take something and could not be judged, and why. */
  readonly unread?: ReadonlyMap<string, string>;
  /** Why nothing goes anywhere, whatever it is. */
  readonly nowhere?: string | undefined;
}

export interface Move {
  readonly instance: Instance;
  /** Undefined: nova's scheduler chooses. */
  readonly destination: string | undefined;
  readonly state: 'ready' | 'warnings';
  /** What speaks against it, and does not stop it. */
  readonly reasons: readonly Reason[];
  /** Its disks are copied along. */
  readonly storage?: 'copy';
  /** MiB that the copies take, by file system of the destination, as far as that is known. */
  readonly disks?: ReadonlyMap<string, number> | undefined;
}

export interface Stay {
  readonly instance: Instance;
  readonly why: string;
  readonly reasons: readonly Reason[];
}

export interface DrainPlan {
  /**
   * Those that stand still first, then small ones: what is wrong with the way shows on a guest that takes seconds, not on one that takes an hour, and by
   * the time that the large ones go, most of the node is empty already.
   */
  readonly moves: readonly Move[];
  readonly stay: readonly Stay[];
}

/**
 * What draining a node would do: each of its instances goes or stays, and what stays has a reason. Large ones are given a
 * destination first, each where most room is left, so that no small one takes the only room that a large one has.
 */
export function planDrain(input: DrainInput): DrainPlan {
  const { instances, rooms } = input;
  const free = new Map(
    rooms.map(({ node, free, disks }): [string, Free] => [node, { memory: free, disks: new Map(disks) }]),
  );
  const left = new Map(input.placement);
  const moves: Move[] = [];
  const stay: Stay[] = [];
  const large = [...instances].sort((a, b) => (b.memory ?? 0) - (a.memory ?? 0) || compare(a, b));
  for (const instance of large) {
    const placed = place(input, instance, free, left);
    if ('why' in placed) stay.push(placed);
    else moves.push(placed);
  }
  moves.sort(
    (a, b) =>
      Number(a.instance.state !== 'paused') - Number(b.instance.state !== 'paused') ||
      (a.instance.memory ?? 0) - (b.instance.memory ?? 0) ||
      compare(a.instance, b.instance),
  );
  stay.sort((a, b) => compare(a.instance, b.instance));
  return { moves, stay };
}

type Judged = Room & Judgement;

/** MiB that are left of a node. */
interface Free {
  memory: number | undefined;
  readonly disks: Map<string, number>;
}

/** Takes the room that it needs out of `free`, and out of placement's `left` where it is known where it goes. */
function place(
  input: DrainInput,
  instance: Instance,
  free: ReadonlyMap<string, Free>,
  left: Map<string, number>,
): Move | Stay {
  const { node, rooms, to, scheduler, unread = new Map<string, string>() } = input;
  const no = (why: string, reasons: readonly Reason[] = []): Stay => ({ instance, why, reasons });
  const held = heldBy(instance);
  if (held !== undefined) return no(held);
  if (to === node) return no(`it is on ${node} already`);
  if (input.nowhere !== undefined) return no(input.nowhere);
  const wanted = rooms.filter((r) => r.node !== node && (to === undefined || r.node === to));
  if (to !== undefined && wanted.length === 0 && !scheduler)
    return no(unread.has(to) ? `${to} could not be read: ${unread.get(to)}` : `${to} runs no guests`);
  const judged = wanted.map((room): Judged => {
    const { state, reasons, copied } = input.verdict(instance, room.node) ?? { state: 'ready', reasons: [] };
    return { ...room, state, reasons, copied };
  });
  const open = judged.filter(({ state }) => state !== 'blocked');
  const blocked = judged.filter(({ state }) => state === 'blocked');
  if (scheduler) {
    const full = noRoom(instance, node, to, left);
    if (full !== undefined) return no(full);
    // Of nodes that nobody read nova knows more than we do.
    if (open.length > 0 || judged.length === 0 || (to === undefined && unread.size > 0)) {
      const best = mildest(open);
      if (to !== undefined) left.set(to, (left.get(to) ?? Infinity) - (instance.memory ?? 0));
      return { instance, destination: to, state: stateOf(best), reasons: best?.reasons ?? [] };
    }
    return no(`pre-flight says no: ${names(blocked)}`, mildest(blocked)!.reasons);
  }
  const need = (input.need ?? (({ memory }) => memory))(instance) ?? 0;
  const fits = ({ node }: Judged): boolean => need <= (free.get(node)?.memory ?? Infinity);
  const crowded = ({ node, copied }: Judged): string[] =>
    [...(copied ?? [])].flatMap(([on, mib]) => {
      const left = free.get(node)?.disks.get(on) ?? Infinity;
      return mib <= left ? [] : [`${node} has ${whole(left)} of ${Math.ceil(mib)} MiB on ${on}`];
    });
  const [first] = open
    .filter((r) => fits(r) && crowded(r).length === 0)
    .sort(
      (a, b) =>
        Number(a.state !== 'ready') - Number(b.state !== 'ready') ||
        // Where a file of a disk is that is there already, nobody knows whether it is the same one.
        Number(a.copied === undefined) - Number(b.copied === undefined) ||
        // What was not measured is trusted last.
        (free.get(b.node)?.memory ?? -1) - (free.get(a.node)?.memory ?? -1) ||
        (a.node < b.node ? -1 : 1),
    );
  if (first) {
    const { node: destination, reasons, copied } = first;
    take(free.get(destination)!, need, copied);
    return { instance, destination, state: stateOf(first), reasons, ...(copied && { storage: 'copy', disks: copied }) };
  }
  const full = open.filter((r) => !fits(r)).map((r) => `${r.node} has ${whole(free.get(r.node)?.memory ?? 0)}`);
  const narrow = open.filter(fits).flatMap(crowded);
  const why = [
    ...(full.length > 0 ? [`no room for its ${need} MiB after those that go before it: ${listed(full)}`] : []),
    ...(narrow.length > 0 ? [`no room for a copy of its disks after those that go before it: ${listed(narrow)}`] : []),
    ...(blocked.length > 0 ? [`pre-flight says no: ${names(blocked)}`] : []),
    ...(unread.size > 0 && to === undefined ? [`not read: ${listed([...unread.keys()])}`] : []),
  ];
  if (why.length === 0) return no('there is no other node that runs guests');
  return no(why.join('; '), mildest(blocked)?.reasons ?? []);
}

function take(free: Free, memory: number, copied: Judgement['copied'] = new Map()): void {
  if (free.memory !== undefined) free.memory -= memory;
  for (const [on, mib] of copied) free.disks.set(on, (free.disks.get(on) ?? Infinity) - mib);
}

const whole = (mib: number): number => Math.max(0, Math.floor(mib));

/** Why nova's scheduler would find no host for it: huge pages are memory to placement, too. */
function noRoom(
  { memory = 0 }: Instance,
  node: string,
  to: string | undefined,
  left: ReadonlyMap<string, number>,
): string | undefined {
  const hosts = [...left].filter(([name]) => name !== node && (to === undefined || name === to));
  if (hosts.length === 0 || hosts.some(([, free]) => memory <= free)) return undefined;
  return `placement has no room for its ${memory} MiB: ${listed(hosts.map(([name, free]) => `${name} has ${Math.max(0, free)}`))}`;
}

/** Why an instance moves nowhere, whatever the destination. */
export function heldBy({ migrating, state, held }: Instance): string | undefined {
  if (migrating) return 'it is being migrated already';
  if (state !== 'running' && state !== 'paused') return `it is ${state}: only a guest that runs moves live`;
  return held;
}

function stateOf(judged: Judged | undefined): Move['state'] {
  return judged?.state === 'ready' ? 'ready' : 'warnings';
}

/** That of which least has to be repaired. */
function mildest(judged: readonly Judged[]): Judged | undefined {
  const weight = ({ state, reasons }: Judged): number =>
    (state === 'ready' ? 0 : state === 'warnings' ? 1 : 1000) +
    reasons.reduce((sum, r) => sum + (r.severity === 'error' ? 1000 : 1), 0);
  return [...judged].sort((a, b) => weight(a) - weight(b))[0];
}

function names(judged: readonly Judged[]): string {
  return listed(judged.map((j) => j.node));
}

const LISTED = 5;

function listed(all: readonly string[]): string {
  const more = all.length - LISTED;
  return all.slice(0, LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function compare(a: Instance, b: Instance): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.uuid < b.uuid ? -1 : 1;
}
