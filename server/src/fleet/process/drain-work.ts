import type { DrainPlanParams } from '../../fleet-protocol';
import { heldBy, type DrainPlan, type Move } from '../../migration/drain/plan';
import type { DrainRun, Launched, Left, Work } from '../../migration/drain/run';
import type { Instance } from '../../migration/driver';
import type { MigrateOptions, Outcome } from '../../migration/types';
import { FleetError } from '../types';
import { modelOf, planFor } from './drain-plan';
import type { Fleet } from './fleet';
import { fresh } from './fresh';
import type { Migrations } from './migrations';
import type { Asker } from './prompts';
import { siteOf } from './site';

/** Asking where an instance is takes no longer than that, in ms. */
const ASK_MS = 60_000;

const MIB = 1024 * 1024;

/** A guest that was sent somewhere, and takes room there. */
interface Sent {
  readonly migration: string;
  readonly destination: string;
  /** MiB. */
  readonly memory: number;
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
    const look = (to: string | undefined, taken: ReadonlyMap<string, number>) =>
      planFor(modelOf(this.fleet.cluster(cluster), unread), {
        node,
        instances: [instance],
        to,
        driver,
        options,
        taken,
      });
    const first = look(move.destination, this.#arriving());
    if (first.moves[0]) return first.moves[0];
    // Where it was to go was our choice: there may be another.
    if (scheduler || named !== undefined) return leftBy(move, first);
    const { failures } = await fresh(this.fleet, session, signal, { source: node });
    for (const [name, reason] of failures) unread.set(name, reason);
    const second = look(undefined, this.#promised(move));
    return second.moves[0] ?? leftBy(move, second);
  }

  async launch({ instance: { uuid, name, memory = 0 }, destination }: Move): Promise<Launched | Left> {
    const { cluster, node } = this.params;
    const request = { cluster, node, uuid, options: this.options, ...(destination !== undefined && { destination }) };
    try {
      const view = await this.migrations.migrate(request, AbortSignal.timeout(2 * ASK_MS));
      const running = this.migrations.running(view.id);
      if (!running) throw new Error(`${name}: its migration was forgotten`);
      const { outcome } = running;
      if (destination !== undefined) this.#follow(view.id, destination, memory, outcome);
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

  #follow(migration: string, destination: string, memory: number, outcome: Promise<Outcome>): void {
    const sent: Sent = { migration, destination, memory, began: Date.now() };
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

  /** MiB that what was sent has not yet taken of a destination when that was read last. */
  #arriving(): Map<string, number> {
    const taken = new Map<string, number>();
    const nodes = this.fleet.cluster(this.params.cluster).nodes;
    for (const { migration, destination, memory, began, ended } of this.#sent) {
      const read = nodes.get(destination)?.readAt ?? 0;
      if (ended !== undefined && ended <= read) continue;
      const remaining = began > read || ended !== undefined ? undefined : this.#remaining(migration);
      taken.set(destination, (taken.get(destination) ?? 0) + Math.min(memory, remaining ?? memory));
    }
    return taken;
  }

  #remaining(migration: string): number | undefined {
    const bytes = this.migrations.running(migration)?.progress.memory?.remaining;
    return bytes === undefined ? undefined : bytes / MIB;
  }

  /** The same, and what others that wait were promised. */
  #promised(but: Move): Map<string, number> {
    const taken = this.#arriving();
    for (const { step, move } of this.#run?.state.moves ?? []) {
      const { destination, instance } = move;
      if (step !== 'waiting' || destination === undefined || instance.uuid === but.instance.uuid) continue;
      taken.set(destination, (taken.get(destination) ?? 0) + (instance.memory ?? 0));
    }
    return taken;
  }
}

function leftBy(move: Move, { stay }: DrainPlan): Left<Move> {
  const { why, reasons } = stay[0]!;
  return { left: why, move: { ...move, reasons } };
}
