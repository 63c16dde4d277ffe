import { randomUUID } from 'node:crypto';
import type {
  DrainMove,
  DrainParams,
  DrainPlanParams,
  DrainPlanView,
  DrainSteerParams,
  DrainView,
  NodeParams,
} from '../../fleet-protocol';
import { refuseOptions } from '../../migration/abilities';
import type { ComputeServices, Driver } from '../../migration/driver';
import type { DrainPlan, Move } from '../../migration/drain/plan';
import { DrainRun, type DrainState } from '../../migration/drain/run';
import { FleetError } from '../types';
import { planNode, type Planned } from './drain-plan';
import { DrainWork } from './drain-work';
import type { Fleet } from './fleet';
import type { Migrations } from './migrations';
import type { Asker } from './prompts';
import { reasonOf } from './verdicts';

/** How long a plan may be looked at before it is begun, in ms. */
const GOOD_MS = 600_000;

interface Kept extends Planned {
  readonly params: DrainPlanParams;
  readonly at: number;
}

/** Drains of nodes: planned, then carried out by `Migrations`, which shows each of theirs as one of its own. */
export class Drains {
  readonly #plans = new Map<string, Kept>();
  readonly #runs = new Map<string, DrainRun<Move>>();
  /** Nodes that are being drained. */
  readonly #draining = new Set<string>();

  constructor(
    private readonly fleet: Fleet,
    private readonly asker: Asker,
    private readonly migrations: Migrations,
    private readonly tell: (view: DrainView) => void,
  ) {}

  /** @throws FleetError when the node cannot be asked for its instances */
  async plan(params: DrainPlanParams, signal: AbortSignal): Promise<DrainPlanView> {
    const planned = await planNode(this.fleet, this.asker, this.migrations, params, signal);
    const id = randomUUID();
    this.#forget();
    this.#plans.set(id, { ...planned, params, at: Date.now() });
    const { plan, service, parallel, notes } = planned;
    return {
      ...{ id, cluster: params.cluster, node: params.node, ...viewOf(plan), parallel, notes },
      takes: planned.driver.can.takes,
      ...(service && { service: { enabled: service.enabled } }),
    };
  }

  /** @throws FleetError of codes `not-found`, `refused`; what disabling the service says */
  async begin({ id, options, parallel, onFailure, disable }: DrainParams, signal: AbortSignal): Promise<DrainView> {
    this.#forget();
    const kept = this.#plans.get(id);
    if (!kept) throw new FleetError('not-found', 'that plan is too old, or was begun already: plan it anew');
    const { params, plan, driver } = kept;
    const { cluster, node } = params;
    const mark = `${cluster}\0${node}`;
    refuseOptions(driver.can, options);
    if (this.#draining.has(mark)) throw new FleetError('refused', `${node} is being drained already`);
    this.#plans.delete(id);
    this.#draining.add(mark);
    try {
      const disabled = disable !== undefined && (await disableService(driver, node, disable, signal));
      const work = new DrainWork(this.fleet, this.asker, this.migrations, params, options);
      const view = (state: DrainState<Move>): DrainView => ({
        ...{ id, cluster, node, ...stateView(state) },
        ...(disabled && { disabled }),
      });
      const most = Math.max(1, Math.floor(parallel ?? kept.parallel));
      const run = new DrainRun<Move>(plan.moves, work, { parallel: most, onFailure }, (state) =>
        this.tell(view(state)),
      );
      work.follow(run);
      this.#runs.set(id, run);
      void run.ended.then(() => {
        this.#draining.delete(mark);
        this.#runs.delete(id);
      });
      // Its answer comes before what is told of it.
      setImmediate(() => run.start());
      return view(run.state);
    } catch (error) {
      this.#draining.delete(mark);
      throw error;
    }
  }

  /** @throws FleetError of code `not-found` */
  steer({ id, action }: DrainSteerParams): null {
    const run = this.#runs.get(id);
    if (!run) throw new FleetError('not-found', 'that drain is over');
    if (action === 'pause') run.pause();
    else if (action === 'resume') run.resume();
    else run.cancel();
    return null;
  }

  /** @throws FleetError of code `refused` where nova is not asked */
  async enable({ cluster, node }: NodeParams, signal: AbortSignal): Promise<null> {
    this.fleet.allowed();
    await servicesOf(this.migrations.driver(cluster)).enable(node, signal);
    return null;
  }

  #forget(): void {
    for (const [id, { at }] of this.#plans) if (at < Date.now() - GOOD_MS) this.#plans.delete(id);
  }
}

function servicesOf(driver: Driver): ComputeServices {
  if (driver.services) return driver.services;
  throw new FleetError('refused', 'there is no compute service to disable or enable: no nova places instances here');
}

/** @returns whether it was enabled, and is to be enabled again after */
async function disableService(driver: Driver, node: string, reason: string, signal: AbortSignal): Promise<boolean> {
  const services = servicesOf(driver);
  const found = (await services.list(signal)).find((s) => s.node === node);
  if (!found) throw new FleetError('not-found', `nova knows no compute service of ${node}`);
  if (!found.enabled) return false;
  await services.disable(node, reason, signal);
  return true;
}

function viewOf({ moves, stay }: DrainPlan): Pick<DrainPlanView, 'moves' | 'stay'> {
  return {
    moves: moves.map(moveView),
    stay: stay.map(({ instance: { uuid, name }, why, reasons }) => ({
      ...{ uuid, name, why },
      reasons: reasons.map(({ finding }) => reasonOf(finding)),
    })),
  };
}

function moveView({ instance: { uuid, name, memory }, destination, state, reasons, storage }: Move): DrainMove {
  return {
    ...{ uuid, name, state, reasons: reasons.map(({ finding }) => reasonOf(finding)) },
    ...(destination !== undefined && { destination }),
    ...(memory !== undefined && { memory }),
    ...(storage && { storage }),
  };
}

function stateView({ state, moves }: DrainState<Move>): Pick<DrainView, 'state' | 'moves'> {
  return {
    state,
    moves: moves.map(({ move, step, destination, migration, why }) => ({
      ...moveView(move),
      ...(destination !== undefined && { destination }),
      progress: step,
      ...(migration !== undefined && { migration }),
      ...(why !== undefined && { why }),
    })),
  };
}
