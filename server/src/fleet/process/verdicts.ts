import type { ReasonView, VerdictsParams, VerdictView } from '../../fleet-protocol';
import { lineIndexOf } from '../../model/parsed';
import type { Finding } from '../../lint';
import { destinationsOf, judge } from '../../migration/preflight';
import { FleetError } from '../types';
import type { Fleet } from './fleet';
import { fresh } from './fresh';
import { clusterOf } from './refreshed';

/** Where an instance could be moved to, and what speaks against it. */
export async function verdicts(fleet: Fleet, params: VerdictsParams, signal: AbortSignal): Promise<VerdictView[]> {
  const session = fleet.cluster(params.cluster);
  const { snapshots, failures } = await fresh(fleet, session, signal, { source: params.node });
  const why = failures.get(params.node);
  if (why !== undefined) throw new FleetError('unreachable', why);
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
