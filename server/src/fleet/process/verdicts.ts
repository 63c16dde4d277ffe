import { setImmediate } from 'node:timers/promises';
import type { ReasonView, VerdictsParams, VerdictView } from '../../fleet-protocol';
import { lineIndexOf } from '../../model/parsed';
import type { Finding } from '../../lint';
import type { Host } from '../../model/host';
import { destinationsOf, judge } from '../../migration/preflight';
import type { Driver } from '../../migration/driver';
import { FleetError } from '../types';
import { mustCopy, withCopiesOf } from './copies';
import type { Fleet } from './fleet';
import { fresh, readFor } from './fresh';
import { clusterOf } from './refreshed';
import { lastRead } from './standing';
import { closedTo } from './drain-plan';

/** Others get their turn after so long, ms. */
const SLICE_MS = 20;

/** Of nodes that are too many to be read for one migration. */
const UNREAD = 'not read yet: choose it, and it is read and judged';

/**
 * Where an instance could be moved to, and what speaks against it.
 * @param driverOf as it is known by the time that the nodes were read
 */
export async function verdicts(
  fleet: Fleet,
  params: VerdictsParams,
  signal: AbortSignal,
  driverOf: (cluster: string) => Pick<Driver, 'room' | 'services'>,
): Promise<VerdictView[]> {
  const session = fleet.cluster(params.cluster);
  const { node, destination, uuid, options = {} } = params;
  const only = readFor(session, destination === undefined ? [node] : [node, destination]);
  const read = await fresh(fleet, session, signal, { source: node, ...(only && { nodes: only }) });
  const { failures } = read;
  const why = failures.get(node);
  if (why !== undefined) throw new FleetError('unreachable', why);
  // Where nobody says how its disks go, what is seen of them does.
  const { storage } = options;
  const copied = { source: node, uuids: [uuid], storage };
  const snapshots = await withCopiesOf(fleet, session, copied, read.snapshots, signal);
  const asked = new Set(only ?? session.read.nodes.keys());
  const others = [...session.read.nodes.keys()].filter((name) => !asked.has(name));
  const known = lastRead(session, asked);
  const missing = failures.size > 0 || known.length < others.length;
  const cluster = clusterOf(session.id, session.read, [...snapshots, ...known], missing);
  const source = cluster.hosts.find((h) => h.name === node);
  if (!source) throw new FleetError('not-found', `there is no node ${node} any more`);
  const driver = driverOf(session.id);
  const room = await driver.room?.(signal);
  // Where nova answers it is asked for its hosts, too; a list is worth no failure, and no question of a password.
  const hosts = room && room.unknown === undefined ? driver.services?.list(signal) : undefined;
  const services = (await hosts?.catch(() => undefined)) ?? [];
  const memory = source.facts?.instances?.find((i) => i.uuid === uuid)?.memory ?? 0;
  const request = { cluster, source, uuid, options };
  const verdictOf = (host: Host): VerdictView => {
    const copy = storage === undefined && mustCopy(source, uuid, host) ? ({ storage: 'copy' } as const) : undefined;
    const { state, reasons } = judge(copy ? { ...request, options: { ...options, ...copy } } : request, host);
    const view = { node: host.name, state, reasons: reasons.map(({ finding }) => reasonOf(finding)), ...copy };
    const closed = closedTo(services, node, host.name);
    if (closed !== undefined) return { ...view, state: 'blocked', why: closed };
    const left = room?.free.get(host.name) ?? Infinity;
    if (memory <= left) return view;
    return { ...view, state: 'blocked', why: `placement has no room there for its ${memory} MiB: ${left} are left` };
  };
  const judged: VerdictView[] = [];
  let since = performance.now();
  for (const host of destinationsOf(request)) {
    judged.push(verdictOf(host));
    if (performance.now() - since < SLICE_MS) continue;
    await setImmediate();
    if (signal.aborted) throw new FleetError('cancelled', 'cancelled');
    since = performance.now();
  }
  const unknown = (name: string, reason: string): VerdictView => ({
    node: name,
    state: 'unknown',
    reasons: [],
    why: reason,
  });
  const standing = new Set(known.map((snapshot) => snapshot.node));
  const unread = [
    ...[...failures].map(([name, reason]) => unknown(name, reason)),
    ...others.flatMap((name) => (standing.has(name) ? [] : { ...unknown(name, UNREAD), unread: true })),
  ].filter((view) => {
    // Whether it can be a destination at all nobody but livemig.ini can say.
    const roles = session.read.nodes.get(view.node)?.roles ?? [];
    return roles.length === 0 || roles.includes('compute');
  });
  const order = { ready: 0, warnings: 1, blocked: 2, unknown: 3 };
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const rank = ({ state, unread: isUnread = false }: VerdictView): number => order[state] + Number(isUnread);
  return [...judged, ...unread].sort((a, b) => rank(a) - rank(b) || compare(a.node, b.node));
}

export function reasonOf({ rule, severity, message, file, span, host }: Finding): ReasonView {
  const { line, character } = lineIndexOf(file).positionAt(span.start);
  return { severity, rule: rule.id, message, uri: file.uri, line, character, ...(host && { host: host.name }) };
}
