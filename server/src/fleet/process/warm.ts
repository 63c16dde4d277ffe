import { whenIdle } from '../../idle';
import { lint, lintSteps } from '../../lint';
import { among, preflightRules } from '../../migration/pair';
import { judge, runsGuests } from '../../migration/preflight';
import { DEFAULT_SETTINGS } from '../../settings';
import type { Snapshot } from '../types';
import type { ClusterSession } from './fleet';
import { clusterOf } from './refreshed';
import { lastRead } from './standing';
import { reasonOf } from './verdicts';

/** After the first node was read: others are being read, too. */
const DELAY = 100;
/** Nobody has asked for anything, nor was answered, for this long. */
const IDLE = 150;
const TOTAL = 500;
/** A rule or a host that is run for the first time may take longer by itself. */
const STRETCH = 4;
const GAP = 4;
/** After so many the engine has seen enough. */
const MOST_NODES = 100;

/**
 * Judges nodes that were read as migrations between them would be, once and while nothing else is to do. To load the rules and
 * to run them for the first time takes several times as long as what somebody asks for a moment later; what is found on a node
 * by itself is kept until it is read again.
 */
export class WarmUp {
  #begun = false;

  constructor(
    private readonly lastActivity: () => number,
    private readonly stopped: () => boolean,
  ) {}

  /** A node of that cluster was read. @throws what the rules throw */
  async begin(session: ClusterSession): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const steps = judging(session);
    const step = (): boolean => steps.next().done !== true;
    const { lastActivity, stopped } = this;
    await whenIdle({ step, lastActivity, stopped, delay: DELAY, idle: IDLE, total: TOTAL, stretch: STRETCH, gap: GAP });
  }
}

function* judging(session: ClusterSession): Generator<unknown, void> {
  const rules = preflightRules();
  yield;
  const read = lastRead(session).slice(0, MOST_NODES);
  const [first] = read;
  if (!first) return;
  const cluster = clusterOf(session.id, session.read, read.length > 1 ? read : [first, twinOf(first)], true);
  yield;
  const [source, ...destinations] = cluster.hosts.filter(runsGuests);
  if (!source) return;
  for (const [i, destination] of destinations.entries()) {
    const pair = among(cluster, [source, destination], {});
    // Each by itself: together they take long the first time.
    if (i === 0)
      for (const rule of rules) {
        lint(pair, DEFAULT_SETTINGS, [rule]);
        yield;
      }
    yield* lintSteps(pair, DEFAULT_SETTINGS, rules);
    judge({ cluster, source }, destination).reasons.map(({ finding }) => reasonOf(finding));
    yield;
  }
}

/** Of a node that nothing can be moved from, since no other one was read. */
function twinOf(snapshot: Snapshot): Snapshot {
  return { ...snapshot, node: `${snapshot.node}~` };
}
