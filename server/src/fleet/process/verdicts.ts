import type { ReasonView, VerdictsParams, VerdictView } from '../../fleet-protocol';
import { lineIndexOf } from '../../model/parsed';
import type { Finding } from '../../lint';
import { destinationsOf, judge } from '../../migration/preflight';
import { FleetError, type Snapshot } from '../types';
import type { ClusterSession, Fleet } from './fleet';
import { clusterOf } from './refreshed';
import { withSharedStorage } from './storage';

/** How old facts may be that a migration is judged by, in ms. */
export const FRESH_MS = 60_000;

/** Snapshots of all nodes of a cluster that can be read, not older than a minute, and why the others cannot. */
export async function fresh(
  fleet: Fleet,
  session: ClusterSession,
  signal: AbortSignal,
  age = FRESH_MS,
): Promise<{ readonly snapshots: readonly Snapshot[]; readonly failures: ReadonlyMap<string, string> }> {
  const failures = new Map<string, string>();
  const read = [...session.read.nodes.keys()].map(async (name): Promise<Snapshot | undefined> => {
    const node = fleet.node({ cluster: session.id, node: name });
    try {
      return await node.recent(signal, age);
    } catch (error) {
      if (!(error instanceof FleetError) || signal.aborted) throw error;
      failures.set(name, error.message);
      return undefined;
    }
  });
  return { snapshots: (await Promise.all(read)).filter((s) => s !== undefined), failures };
}

/** Where an instance could be moved to, and what speaks against it. */
export async function verdicts(fleet: Fleet, params: VerdictsParams, signal: AbortSignal): Promise<VerdictView[]> {
  const session = fleet.cluster(params.cluster);
  const { snapshots: read, failures } = await fresh(fleet, session, signal);
  const why = failures.get(params.node);
  if (why !== undefined) throw new FleetError('unreachable', why);
  const snapshots = await withSharedStorage(fleet, session, params.node, read, signal);
  const cluster = clusterOf(session.id, session.read, snapshots, failures.size > 0);
  const source = cluster.hosts.find((h) => h.name === params.node);
  if (!source) throw new FleetError('not-found', `there is no node ${params.node} any more`);
  const { uuid, options = {} } = params;
  const request = { cluster, source, uuid, options };
  const judged = destinationsOf(request).map((host): VerdictView => {
    const { state, reasons } = judge(request, host);
    return { node: host.name, state, reasons: reasons.map(({ finding }) => reasonOf(finding)) };
  });
  const unread = [...failures].map(([node, reason]): VerdictView => ({
    node,
    state: 'unknown',
    reasons: [],
    why: reason,
  }));
  const order = ['ready', 'warnings', 'blocked', 'unknown'];
  return [...judged, ...unread].sort(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.node.localeCompare(b.node),
  );
}

export function reasonOf({ rule, severity, message, file, span, host }: Finding): ReasonView {
  const { line, character } = lineIndexOf(file).positionAt(span.start);
  return { severity, rule: rule.id, message, uri: file.uri, line, character, ...(host && { host: host.name }) };
}
