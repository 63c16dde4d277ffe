import type { MigrationView } from '../../fleet-protocol';
import { lint } from '../../lint';
import { explain, inDirection, whyFailed, type Why } from '../../migration/explain';
import { among } from '../../migration/pair';
import { isServer } from '../../migration/preflight';
import { RULES } from '../../rules/index';
import { withCopiesOf } from './copies';
import type { ClusterSession, Fleet } from './fleet';
import { fresh } from './fresh';
import { clusterOf } from './refreshed';

/** What stands on a host that serves those of the migration is seen by these rules alone. */
const OF_SERVERS = /^(?:exports|fstab)\/|^nova\/(?:console|host|my-ip|serial|service|spice|vnc)-/;
/** These ask what lies where the disks would. */
const OF_COPIES = /^cluster\/asked-copy-/;

/**
 * Why a migration failed, by its two hosts as they are now: one message may have nine causes. Hosts that serve them are read,
 * too, where something that the message may come of stands there; no others, of however many the cluster is.
 *
 * @param said what libvirt or nova said, then lines of logs and events
 */
export async function causesOf(
  fleet: Fleet,
  session: ClusterSession,
  { uuid, source, destination }: Pick<MigrationView, 'uuid' | 'source' | 'destination'>,
  said: readonly string[],
  signal: AbortSignal,
): Promise<Why | undefined> {
  const pair = new Set([source, destination ?? source]);
  const rules = explain(said.join('\n'), RULES).flatMap((e) => e.rules);
  const nodes = [...pair, ...(rules.some((id) => OF_SERVERS.test(id)) ? serversOf(session, pair) : [])];
  const read = await fresh(fleet, session, signal, { age: 0, source, nodes }).then(
    (all) => all.snapshots,
    () => [],
  );
  const snapshots = rules.some((id) => OF_COPIES.test(id))
    ? await withCopiesOf(fleet, session, { source, uuids: [uuid], nodes: pair, storage: 'copy' }, read, signal).catch(
        () => read,
      )
    : read;
  const cluster = clusterOf(session.id, session.read, snapshots, snapshots.length < session.read.nodes.size);
  const hosts = cluster.hosts.filter((h) => pair.has(h.name) || isServer(h));
  // Whatever it asked for: the message says what mattered.
  const { findings } = lint(among(cluster, hosts, { tls: true, postCopy: true, storage: 'copy' }));
  return whyFailed(said, inDirection(findings, source, destination), RULES);
}

/** Names of nodes that serve others: as they were read; of those that were not, as livemig.ini calls them. */
function serversOf(session: ClusterSession, pair: ReadonlySet<string>): string[] {
  const others = [...session.read.nodes.values()].filter(({ name }) => !pair.has(name));
  // Most nodes are computes that were read, and are not looked at more closely.
  const snapshots = others.flatMap(({ name, roles }) => {
    const snapshot = session.nodes.get(name)?.snapshot;
    return snapshot && (snapshot.facts.emulator === undefined || roles.length > 0) ? [snapshot] : [];
  });
  const known = clusterOf(session.id, session.read, snapshots, true).hosts;
  const read = new Set(snapshots.map(({ node }) => node));
  const unread = others.filter(
    ({ name, roles }) => !session.nodes.get(name)?.snapshot && roles.length > 0 && !roles.includes('compute'),
  );
  return [...known.filter((h) => read.has(h.name) && isServer(h)), ...unread].map(({ name }) => name);
}
