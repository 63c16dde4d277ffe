import type { Cluster } from '../../model/cluster';
import type { Snapshot } from '../types';
import type { ClusterSession } from './fleet';
import { clusterOf } from './refreshed';

/**
 * All nodes as they were read last.
 * @param but nodes that are left out
 */
export function lastRead(
  { read, nodes }: ClusterSession,
  but: { has(node: string): boolean } = new Set<string>(),
): Snapshot[] {
  return [...read.nodes.keys()].flatMap((name) => (but.has(name) ? [] : (nodes.get(name)?.snapshot ?? [])));
}

/** The model of these; partial where there are more in livemig.ini. */
export function lastModel(session: ClusterSession, snapshots: readonly Snapshot[] = lastRead(session)): Cluster {
  return clusterOf(session.id, session.read, snapshots, snapshots.length < session.read.nodes.size);
}
