import type { DrainPlanParams } from '../../fleet-protocol';
import { heldBy, type DrainPlan, type Move } from '../../migration/drain/plan';
import type { DrainRun, Launched, Left, Work } from '../../migration/drain/run';
import type { Instance } from '../../migration/driver';
import type { Amounts, MigrateOptions, Outcome } from '../../migration/types';
import { FleetError } from '../types';
import { lookedAt, withCopiesOf } from './copies';
import { modelOf, planFor, type Taken } from './drain-plan';
import type { Fleet } from './fleet';
import { fresh, FRESH_MS } from './fresh';
import type { Migrations } from './migrations';
import type { Asker } from './prompts';
import { siteOf } from './site';
import { lastRead } from './standing';

/** Asking where an instance is takes no longer than that, in ms. */
const ASK_MS = 60_000;

const MIB = 1024 * 1024;

/** A guest that was sent somewhere, and takes room there. */
interface Sent {
  readonly migration: string;
  readonly destination: string;
  /** MiB. */
  readonly memory: number;
  /** MiB that the copies of its disks take, by file system. */
  readonly disks: ReadonlyMap<string, number> | undefined;
  /** ms since 1970. */
  readonly began: number;
  ended?: number;
}

/** Looks at each move once more, and begins it. */
export class DrainWork implements Work<Move> {
  #run: DrainRun<Move> | undefined;
  readonly #sent = new Set<Sent>();

  constructor(
    private readonly fleet: Fleet,
    private readonly asker: Asker,
    private readonly migrations: Migrations,
    private readonly params: DrainPlanParams,
    private readonly options: MigrateOptions,
  ) {}

  /** Whose other moves take room, too. */
  follow(run: DrainRun<Move>): void {
    this.#run = run;
  }

  async verify(move: Move): Promise<Move | Left<Move>> {
    const { cluster, node, destination: named } = this.params;
    const { options } = this;
    const signal = AbortSignal.timeout(2 * ASK_MS);
    const session = this.fleet.cluster(cluster);
    const driver = this.migrations.driver(cluster);
    const { scheduler } = driver.can;
    const nodes = [node, ...(move.destination === undefined ? [] : [move.destination])];
    const unread = new Map((await fresh(this.fleet, session, signal, { nodes, source: node })).failures);
    if (unread.has(node) && !scheduler) return { left: unread.get(node)! };
    const instance = scheduler ? move.instance : this.#now(move.instance);
    if (!instance) return this.#gone(move.instance);
    const look = async (to: string | undefined, takenNow: () => Map<string, Taken>): Promise<DrainPlan> => {
      const now = this.fleet.cluster(cluster);
      // Those that wait are asked for at once.
      const among = to === undefined ? undefined : new Set([node, to]);
      const copies = { source: node, uuids: this.#waiting(instance), nodes: among, storage: options.storage };
      const snapshots = lastRead(now, unread);
      const seen = await withCopiesOf(this.fleet, now, { ...copies, age: FRESH_MS }, snapshots, signal);
      const wanted = { node, instances: [instance], to, driver, options, taken: takenNow() };
      return planFor(modelOf(now, unread, seen), wanted, signal);
    };
    const first = await look(move.destination, () => this.#arriving());
    if (first.moves[0]) return first.moves[0];
    // Where it was to go was our choice: there may be another.
    if (scheduler || named !== undefined) return leftBy(move, first);
    const { failures } = await fresh(this.fleet, session, signal, { source: node });
    for (const [name, reason] of failures) unread.set(name, reason);
    const second = await look(undefined, () => this.#promised(move));
    return second.moves[0] ?? leftBy(move, second);
  }

  async launch({ instance: { uuid, name, memory = 0 }, destination, storage, disks }: Move): Promise<Launched | Left> {
    const { cluster, node } = this.params;
    const options = { ...this.options, ...(storage && { storage }) };
    const request = { cluster, node, uuid, options, ...(destination !== undefined && { destination }) };
    try {
      const view = await this.migrations.migrate(request, AbortSignal.timeout(2 * ASK_MS));
      const running = this.migrations.running(view.id);
      if (!running) throw new Error(`${name}: its migration was forgotten`);
      const { outcome } = running;
      if (destination !== undefined) this.#follow({ migration: view.id, destination, memory, disks }, outcome);
      return { migration: view.id, destination: view.destination, outcome };
    } catch (error) {
      if (!(error instanceof FleetError) || !['refused', 'not-found'].includes(error.code)) throw error;
      // It may have gone, ended or been sent away by somebody else between the look and now.
      const left = await this.#stillThere(uuid);
      // Nova knows where it is instead.
      if (left?.gone && !this.migrations.driver(cluster).can.asksNodes) return { ...left, left: error.message };
      if (left) return left;
      throw error;
    }
  }

  #follow(what: Omit<Sent, 'began'>, outcome: Promise<Outcome>): void {
    const sent: Sent = { ...what, began: Date.now() };
    this.#sent.add(sent);
    void outcome.then(({ phase }) => {
      if (phase === 'completed') sent.ended = Date.now();
      else this.#sent.delete(sent);
    });
  }

  async #stillThere(uuid: string): Promise<Left | undefined> {
    const { cluster, node } = this.params;
    const signal = AbortSignal.timeout(ASK_MS);
    const driver = this.migrations.driver(cluster);
    // What was read before it was refused proves nothing.
    if (driver.can.asksNodes)
      await siteOf(this.fleet, this.asker, cluster)
        .snapshot(node, signal, 0)
        .catch(() => undefined);
    const all = await driver.instances(signal, node).catch(() => undefined);
    if (!all) return undefined;
    const found = all.find((i) => i.uuid === uuid);
    if (!found) return this.#gone({ uuid });
    const why = heldBy(found);
    return why === undefined || found.migrating ? undefined : { left: why };
  }

  #gone({ uuid }: Pick<Instance, 'uuid'>): Left {
    const { cluster, node } = this.params;
    const on = siteOf(this.fleet, this.asker, cluster)
      .known()
      .find((s) => s.node !== node && s.facts.instances?.some((i) => i.uuid === uuid && i.state === 'running'));
    return { left: `it is not on ${node} any more${on ? `, but on ${on.node}` : ''}`, gone: true };
  }

  /** As its node tells of it, which was just read. */
  #now(instance: Instance): Instance | undefined {
    const { cluster, node } = this.params;
    const facts = this.fleet.cluster(cluster).nodes.get(node)?.snapshot?.facts.instances;
    const found = facts?.find((i) => i.uuid === instance.uuid);
    return found && { ...instance, state: found.state, migrating: found.migrating === true };
  }

  /** UUIDs of what is still to go, one of them at least. */
  #waiting({ uuid }: Instance): readonly string[] {
    const waiting = this.#run?.state.moves.filter(({ step }) => step === 'waiting') ?? [];
    return [uuid, ...waiting.map(({ move }) => move.instance.uuid)];
  }

  /** What was sent has not yet taken it of a destination when that was read, or asked for its disks, last. */
  #arriving(): Map<string, Taken> {
    const taken = new Map<string, Taken>();
    const session = this.fleet.cluster(this.params.cluster);
    for (const sent of this.#sent) {
      const { destination } = sent;
      const { memory, disk } = this.migrations.running(sent.migration)?.progress ?? {};
      const arriving = partOf(sent, session.nodes.get(destination)?.readAt ?? 0, sent.memory, memory);
      const looked = lookedAt(session, destination);
      const disks = [...(sent.disks ?? [])].map(([on, mib]) => [on, partOf(sent, looked, mib, disk)] as const);
      add(taken, destination, arriving, new Map(disks));
    }
    return taken;
  }

  /** The same, and what others that wait were promised. */
  #promised(but: Move): Map<string, Taken> {
    const taken = this.#arriving();
    for (const { step, move } of this.#run?.state.moves ?? []) {
      const { destination, instance, disks } = move;
      if (step !== 'waiting' || destination === undefined || instance.uuid === but.instance.uuid) continue;
      add(taken, destination, instance.memory ?? 0, disks);
    }
    return taken;
  }
}

/** MiB of `all` that were still to come when its destination was looked at. */
function partOf({ began, ended }: Sent, looked: number, all: number, sent: Amounts | undefined): number {
  if (ended !== undefined) return ended <= looked ? 0 : all;
  return began > looked || !sent ? all : Math.min(all, sent.remaining / MIB);
}

function add(
  to: Map<string, Taken>,
  node: string,
  memory: number,
  disks: ReadonlyMap<string, number> = new Map(),
): void {
  const before = to.get(node);
  const all = new Map(before?.disks);
  for (const [on, mib] of disks) all.set(on, (all.get(on) ?? 0) + mib);
  to.set(node, { memory: (before?.memory ?? 0) + memory, disks: all });
}

function leftBy(move: Move, { stay }: DrainPlan): Left<Move> {
  const { why, reasons } = stay[0]!;
  return { left: why, move: { ...move, reasons } };
}
