import { randomUUID } from 'node:crypto';
import type { RepairParams, RepairPlan, RepairResult, Refreshed, RunRepairParams } from '../../fleet-protocol';
import { lint, type Finding } from '../../lint';
import type { Cluster } from '../../model/cluster';
import { lineIndexOf } from '../../model/parsed';
import { RULES } from '../../rules/index';
import { DEFAULT_SETTINGS } from '../../settings';
import { planRepair, runRepair, type Plan } from '../repair';
import { FleetError } from '../types';
import type { Progress } from './actions';
import type { Fleet } from './fleet';
import { lastModel, lastRead } from './standing';
import { withSharedStorage } from './storage';
import { readUri, uriOf } from './uris';

/** How long a plan is good, in ms. */
const GOOD_MS = 600_000;

interface Says {
  readonly message: string;
  readonly nth: number;
}

interface Offer {
  /** Its URI in our spelling. */
  readonly params: RepairParams;
  readonly plan: Plan;
  /** What the finding says, and which one of those in the file that say so it is. */
  readonly says: Says | undefined;
  readonly until: number;
}

/** Repairs that are more than a file: shown first, and run as they were shown. */
export class Repairs {
  readonly #offers = new Map<string, Offer>();

  constructor(
    private readonly fleet: Fleet,
    private readonly progress: Progress,
  ) {}

  /** @throws FleetError of code `not-found` for a finding that is no more, `refused` where there is no way by commands */
  plan(asked: RepairParams): RepairPlan {
    this.fleet.allowed();
    const params = { ...asked, uri: spelled(asked.uri) };
    const cluster = this.#cluster(params);
    const plan = planRepair(cluster, params);
    if (!plan)
      throw new FleetError('not-found', `${params.rule}: there is no such finding any more: read the nodes again`);
    const now = Date.now();
    for (const [id, { until }] of this.#offers) if (until < now) this.#offers.delete(id);
    const id = randomUUID();
    this.#offers.set(id, { params, plan, says: saysOf(cluster, params), until: now + GOOD_MS });
    return { id, title: plan.title, steps: plan.steps, notes: plan.notes };
  }

  async run({ id, token }: RunRepairParams, signal: AbortSignal): Promise<RepairResult> {
    const offer = this.#offers.get(id);
    this.#offers.delete(id);
    if (!offer || offer.until < Date.now())
      throw new FleetError('not-found', 'that plan is no longer good: ask for it again');
    this.fleet.allowed();
    // Nodes may have been read again while the plan was looked at: it has to be the same plan still.
    const before = this.#cluster(offer.params);
    const params = { ...offer.params, line: lineNow(before, offer) };
    const plan = planRepair(before, params);
    if (!plan || shown(plan) !== shown(offer.plan))
      throw new FleetError(
        'conflict',
        'the nodes are no longer as they were when this was planned: look at a new plan',
      );
    const known = findings(before, params);
    const done = await runRepair(
      plan,
      (node) => this.fleet.node({ cluster: params.cluster, node }).runner({ now: true }),
      this.progress(token),
      signal,
      (node) => this.fleet.node({ cluster: params.cluster, node }).files,
    );
    const nodes = [...new Set([readUri(params.uri).node, ...plan.steps.map(({ node }) => node)])];
    const read = await Promise.allSettled(nodes.map((node) => this.#readAnew(params.cluster, node)));
    const refreshed = read.flatMap((r) => (r.status === 'fulfilled' ? [r.value] : []));
    const { steps, why } = done;
    if (!done.ok) return { ok: false, steps, refreshed, ...(why !== undefined && { why }) };
    const unread = nodes.filter((_, i) => read[i]!.status === 'rejected');
    if (unread.length > 0)
      return {
        ...{ ok: false, steps, refreshed },
        why: `Every step was done, but ${unread.join(', ')} could not be read again: whether it helped is not known`,
      };
    await this.#compare(params, signal);
    // Others of the same file may stay as they were; a line may be another one by now.
    const others = new Set(known.filter((f) => lineOf(f) !== params.line).map((f) => f.message));
    if (findings(this.#cluster(params), params).some((f) => !others.has(f.message)))
      return {
        ...{ ok: false, steps, refreshed },
        why: 'Every step was done, and the finding is still there: see what it says now',
      };
    return { ok: true, steps, refreshed };
  }

  #cluster({ cluster }: Pick<RepairParams, 'cluster'>): Cluster {
    return lastModel(this.fleet.cluster(cluster));
  }

  /** What only a comparison shows is compared again. */
  async #compare({ cluster: id, rule, uri }: RepairParams, signal: AbortSignal): Promise<void> {
    if (rule !== 'cluster/storage-differs') return;
    const session = this.fleet.cluster(id);
    await withSharedStorage(this.fleet, session, readUri(uri).node, lastRead(session), signal, 0);
  }

  #readAnew(cluster: string, node: string): Promise<Refreshed> {
    return this.fleet.node({ cluster, node }).readAnew();
  }
}

/** What of a plan somebody agreed to. */
function shown({ title, steps, notes }: Plan): string {
  return JSON.stringify([title, steps, notes]);
}

/** Those of one rule in one file. */
function findings(cluster: Cluster, { rule: id, uri }: RepairParams): readonly Finding[] {
  const rule = RULES.find((r) => r.id === id);
  return rule ? lint(cluster, DEFAULT_SETTINGS, [rule]).findings.filter((f) => f.file.uri === uri) : [];
}

const lineOf = ({ file, span }: Finding): number => lineIndexOf(file).positionAt(span.start).line;

function saysOf(cluster: Cluster, params: RepairParams): Says | undefined {
  const all = findings(cluster, params);
  const own = all.find((f) => lineOf(f) === params.line);
  return own && { message: own.message, nth: all.filter((f) => f.message === own.message).indexOf(own) };
}

/** Where the finding stands by now: facts of another length may have come before it when the node was read again. */
function lineNow(cluster: Cluster, { params, says }: Offer): number {
  const same = findings(cluster, params).filter((f) => f.message === says?.message);
  const found = same[says?.nth ?? 0];
  return found ? lineOf(found) : params.line;
}

function spelled(uri: string): string {
  return uri.startsWith('livemig:') ? uriOf(readUri(uri)) : uri;
}
