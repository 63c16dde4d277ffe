import { ABILITIES } from '../../migration/abilities';
import { driverName } from '../../migration/choose';
import { FleetError, type Snapshot } from '../types';
import type { ClusterSession, Fleet } from './fleet';
import { lastRead } from './standing';
import { withSharedStorage } from './storage';

/** How old facts may be that a migration is judged by, in ms. */
export const FRESH_MS = 60_000;

/** Where nova's scheduler chooses among more nodes than that, what is known of them has to do: it knows more. */
export const READ_FOR_NOVA = 50;

/** The nodes that are read for a migration between some: these, where so many others are not read for it; undefined: all. */
export function readFor(session: ClusterSession, some: readonly string[]): readonly string[] | undefined {
  const { nodes, inventory } = session.read;
  if (nodes.size <= READ_FOR_NOVA) return undefined;
  return ABILITIES[driverName({ inventory, known: () => lastRead(session) })].scheduler ? some : undefined;
}

/** What was read of nodes, and why others could not be. */
export interface Fresh {
  readonly snapshots: readonly Snapshot[];
  readonly failures: ReadonlyMap<string, string>;
}

export interface FreshRequest {
  /** ms; a minute if it is not given. */
  readonly age?: number;
  /** Names; all of the cluster if they are not given. */
  readonly nodes?: readonly string[];
  /** The node that all migrations in question would leave, if there is one. */
  readonly source?: string;
}

/** What migrations are judged by: nodes that are read where that is older, and whether they share their instances. */
export async function fresh(
  fleet: Fleet,
  session: ClusterSession,
  signal: AbortSignal,
  { source, ...request }: FreshRequest = {},
): Promise<Fresh> {
  const read = await readNodes(fleet, session, signal, request);
  return { ...read, snapshots: await withSharedStorage(fleet, session, source, read.snapshots, signal) };
}

/** Snapshots of nodes, read where they are older; nothing is written, and nothing compared. */
export async function readNodes(
  fleet: Fleet,
  session: ClusterSession,
  signal: AbortSignal,
  { age = FRESH_MS, nodes = [...session.read.nodes.keys()] }: Omit<FreshRequest, 'source'> = {},
): Promise<Fresh> {
  const failures = new Map<string, string>();
  const read = nodes.map(async (name): Promise<Snapshot | undefined> => {
    try {
      return await fleet.node({ cluster: session.id, node: name }).recent(signal, age);
    } catch (error) {
      if (!(error instanceof FleetError) || signal.aborted) throw error;
      failures.set(name, error.message);
      return undefined;
    }
  });
  return { snapshots: (await Promise.all(read)).filter((s) => s !== undefined), failures };
}
