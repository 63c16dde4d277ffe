import type { ApplyParams, ApplyPlan, ApplyResult, ProgressParams } from '../../fleet-protocol';
import type { Host } from '../../model/host';
import { planApply, runApply, type Plan } from '../apply';
import type { Fleet } from './fleet';
import type { NodeSession } from './node';
import { clusterOf } from './refreshed';

/** Tells how far something is; to nobody where nobody asked for it. */
export type Progress = (token: string | undefined) => (message: string, increment?: number) => void;

export function progressTo(send: (params: ProgressParams) => void): Progress {
  return (token) => (message, increment) => {
    if (token === undefined) return;
    send({ token, message, ...(increment !== undefined && { increment }) });
  };
}

/** Makes what was written on nodes take effect. */
export class Applying {
  constructor(
    private readonly fleet: Fleet,
    private readonly progress: Progress,
  ) {}

  async plan(params: ApplyParams, signal: AbortSignal): Promise<ApplyPlan> {
    const { plan } = await this.#plan(params, signal);
    return { steps: plan.steps, notes: plan.notes };
  }

  async run(params: ApplyParams, signal: AbortSignal): Promise<ApplyResult> {
    const { session, plan } = await this.#plan(params, signal);
    const connection = await session.connection({ now: true, signal });
    return runApply(plan, connection, session.files, this.progress(params.token), signal);
  }

  /** By the node as it is now: what was written a moment ago belongs to it. */
  async #plan({ paths, ...node }: ApplyParams, signal: AbortSignal): Promise<{ session: NodeSession; plan: Plan }> {
    const session = this.fleet.node(node);
    await session.readAnew(signal);
    const host = hostOf(this.fleet, session);
    const written = paths ? [] : await session.files.unapplied(host.files.map(({ path }) => `/${path}`));
    return { session, plan: planApply(host, paths, written) };
  }
}

/** A node by itself, as it was read last. */
export function hostOf(fleet: Fleet, session: NodeSession): Host {
  const { id, read } = fleet.cluster(session.params.cluster);
  return clusterOf(id, read, session.snapshot ? [session.snapshot] : [], true).hosts[0]!;
}
