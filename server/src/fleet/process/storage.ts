import type { Host } from '../../model/host';
import { claimsShare, mountOf } from '../../rules/cluster/_mounts';
import { orCancelled } from '../pool';
import { probeStorage, withStorage, type StorageProbe } from '../storage-probe';
import type { Snapshot } from '../types';
import type { ClusterSession, Fleet } from './fleet';
import { clusterOf } from './refreshed';

/** How long what a probe has shown is taken for true, in ms. */
const GOOD_MS = 60_000;
/** For all of it, in ms: whoever asked may be gone by then, and the file is still to be removed. */
const LIMIT_MS = 120_000;

interface Probed {
  readonly at: number;
  /** Nodes that were compared, with what is compared of them. */
  readonly nodes: ReadonlySet<string>;
  readonly done: Promise<StorageProbe>;
}

/** The newest first. */
const probes = new WeakMap<ClusterSession, readonly Probed[]>();

/**
 * Compares what nodes that are to share their instances have in that folder, by a file that is written and removed; at most
 * once a minute for the same nodes, or more than these. What it showed becomes part of what was measured of them, until they
 * are read again.
 *
 * @param source where it does not share its instances nothing is compared; undefined: any of the nodes may be one
 * @param snapshots of nodes that were just read
 * @param age of a comparison that will do, in ms
 * @returns the same, with what was found out; that something could not be is no failure
 */
export async function withSharedStorage(
  fleet: Fleet,
  session: ClusterSession,
  source: string | undefined,
  snapshots: readonly Snapshot[],
  signal: AbortSignal,
  age = GOOD_MS,
): Promise<readonly Snapshot[]> {
  const { hosts } = clusterOf(session.id, session.read, snapshots, true);
  const nodes = hosts.flatMap((host) => {
    const path = comparable(host);
    // Another mount is another storage, however short ago they were compared.
    return path === undefined ? [] : [{ node: host.name, path, mount: mountOf(host, path)?.facts.source }];
  });
  if (nodes.length < 2 || (source !== undefined && !nodes.some(({ node }) => node === source))) return snapshots;
  const keys = nodes.map((node) => JSON.stringify(node));
  const known = (probes.get(session) ?? []).filter(({ at }) => at > Date.now() - GOOD_MS);
  let probed = known.find((p) => p.at > Date.now() - age && keys.every((key) => p.nodes.has(key)));
  if (!probed) {
    const all = nodes.map(({ node, path }) => ({
      node,
      path,
      runner: fleet.node({ cluster: session.id, node }).runner(),
    }));
    const done = probeStorage(all, fleet.log, AbortSignal.timeout(LIMIT_MS));
    known.unshift((probed = { at: Date.now(), nodes: new Set(keys), done }));
  }
  probes.set(session, known);
  const probe = await orCancelled(probed.done, source ?? session.id, signal);
  for (const { node, why } of probe.failures) fleet.log(`${node}: storage not compared: ${why}`);
  const concerned = new Set(nodes.map(({ node }) => node));
  return snapshots.map((snapshot) => {
    if (!concerned.has(snapshot.node)) return snapshot;
    const now = merged(snapshot, probe);
    fleet.node({ cluster: session.id, node: snapshot.node }).amend(snapshot, now);
    return now;
  });
}

/** Where its instances lie, if they are to lie where those of others do, and there is such a folder. */
function comparable(host: Host): string | undefined {
  const path = host.instancesPath;
  if (path === undefined || !host.isCompute || !claimsShare(host)) return undefined;
  return host.facts?.paths?.[path]?.type === 'folder' ? path : undefined;
}

/** The same object for the same probe: what was parsed of it stays. */
const made = new WeakMap<Snapshot, { readonly probe: StorageProbe; readonly snapshot: Snapshot }>();
/** As they were read. */
const read = new WeakMap<Snapshot, Snapshot>();

function merged(given: Snapshot, probe: StorageProbe): Snapshot {
  const snapshot = read.get(given) ?? given;
  const known = made.get(snapshot);
  if (known?.probe === probe) return known.snapshot;
  // Why it could not be compared stands in the log: the node was read all the same.
  const now = withStorage(snapshot, { ...probe, failures: [] });
  made.set(snapshot, { probe, snapshot: now });
  read.set(now, snapshot);
  return now;
}
