import { driverName } from '../../migration/choose';
import type { Host } from '../../model/host';
import { isCopied, type InstanceDisk } from '../../model/instance';
import { localType } from '../../rules/cluster/_mounts';
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

/** A guest's disks are files of its host alone, so that libvirt moves it by copying them, or not at all. */
export function liesLocally(source: Host, uuid: string): boolean {
  const disks = disksOf(source, uuid);
  return (
    disks.length > 0 && disks.every((disk) => isCopied(disk) && localType(source, disk.source ?? '') !== undefined)
  );
}

/** So they are, and none of them is at the destination: a file that is there may be the same one, and is nobody's to guess of. */
export function mustCopy(source: Host, uuid: string, destination: Host): boolean {
  return (
    liesLocally(source, uuid) &&
    disksOf(source, uuid).every(({ source: path = '' }) => destination.facts?.images?.[path] === null)
  );
}

/** Without drives, whose discs are not copied. */
function disksOf({ facts }: Host, uuid: string): readonly InstanceDisk[] {
  const disks = facts?.instances?.find((i) => i.uuid === uuid)?.disks ?? [];
  return disks.filter(({ device }) => device === 'disk' || device === 'lun');
}
