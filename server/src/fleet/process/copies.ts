import { driverName } from '../../migration/choose';
import { copiedFiles, withCopies } from '../copy-probe';
import type { Snapshot } from '../types';
import type { ClusterSession, Fleet } from './fleet';

/**
 * Snapshots with what lies where a guest's disks would, of nodes that it may be copied to by libvirt; nova makes them itself.
 * @param nodes names: its own and its destinations
 */
export async function withCopiesOf(
  fleet: Fleet,
  session: ClusterSession,
  { source, uuid, nodes }: { readonly source: string; readonly uuid: string; readonly nodes?: ReadonlySet<string> },
  snapshots: readonly Snapshot[],
  signal: AbortSignal,
): Promise<readonly Snapshot[]> {
  const own = snapshots.find((s) => s.node === source)?.facts.instances?.find((i) => i.uuid === uuid);
  const { inventory } = session.read;
  if (!own || driverName({ inventory, known: () => [...snapshots] }) !== 'libvirt') return snapshots;
  const asked = snapshots.filter(({ node, facts }) => facts.emulator !== undefined && nodes?.has(node) !== false);
  const runner = (node: string) => fleet.node({ cluster: session.id, node }).runner();
  const seen = await withCopies(asked, copiedFiles(own), runner, fleet.log, signal);
  const now = new Map(seen.map((s) => [s.node, s]));
  return snapshots.map((s) => now.get(s.node) ?? s);
}
