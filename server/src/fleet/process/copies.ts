import { driverName } from '../../migration/choose';
import type { MigrateOptions } from '../../migration/types';
import type { Host } from '../../model/host';
import { isCopied, type InstanceDisk, type InstanceFacts } from '../../model/instance';
import { localType } from '../../rules/cluster/_mounts';
import { copiedFiles, pointOf, withCopies, withSeen, type Seen } from '../copy-probe';
import type { Snapshot } from '../types';
import type { ClusterSession, Fleet } from './fleet';
import { clusterOf } from './refreshed';

const MIB = 1024 * 1024;

/** What a node told of its disks. */
interface Looked {
  /** When it was asked, ms since 1970. */
  readonly at: number;
  readonly asked: ReadonlySet<string>;
  readonly seen: Seen;
  /** What was read of it then, and the same with what was seen: one object, so that what was parsed of it stays. */
  readonly of: Snapshot;
  readonly now: Snapshot;
}

const known = new WeakMap<ClusterSession, Map<string, Looked>>();

export interface CopiesRequest {
  readonly source: string;
  /** Of the instances. */
  readonly uuids: readonly string[];
  /** Names: its own and its destinations; all if they are not given. */
  readonly nodes?: ReadonlySet<string> | undefined;
  /** What somebody said. Where nobody did it is looked for those whose disks lie on the source alone. */
  readonly storage: MigrateOptions['storage'];
  /** ms: what was seen within this time will do. */
  readonly age?: number;
}

/** Snapshots with what lies where guests' disks would, of nodes that they may be copied to by libvirt; nova makes them itself. */
export async function withCopiesOf(
  fleet: Fleet,
  session: ClusterSession,
  { source, uuids, nodes, storage, age = 0 }: CopiesRequest,
  snapshots: readonly Snapshot[],
  signal: AbortSignal,
): Promise<readonly Snapshot[]> {
  const { inventory } = session.read;
  if (storage === 'shared') return snapshots;
  const own = snapshots.filter((snapshot) => snapshot.node === source);
  const host = storage === undefined ? clusterOf(session.id, session.read, own, true).hosts[0] : undefined;
  const meant = new Set(uuids);
  const guests = (own[0]?.facts.instances ?? []).filter(
    (guest) => meant.has(guest.uuid) && (!host || areLocal(host, kept(guest))),
  );
  const paths = guests.flatMap(copiedFiles);
  if (paths.length === 0 || driverName({ inventory, known: () => [...snapshots] }) !== 'libvirt') return snapshots;
  const looked = known.get(session) ?? new Map<string, Looked>();
  known.set(session, looked);
  const at = Date.now();
  const isKnown = ({ node }: Snapshot): boolean => {
    const last = looked.get(node);
    return last !== undefined && last.at > at - age && paths.every((path) => last.asked.has(path));
  };
  const asked = snapshots.filter(({ node, facts }) => facts.emulator !== undefined && nodes?.has(node) !== false);
  const old = asked.filter((snapshot) => !isKnown(snapshot));
  const runner = (node: string) => fleet.node({ cluster: session.id, node }).runner();
  const told = await withCopies(old, paths, runner, fleet.log, signal);
  told.forEach((now, i) => {
    const of = old[i]!;
    const { images, pools, space } = now.facts;
    const seen = { ...(images && { images }), ...(pools && { pools }), ...(space && { space }) };
    if (now === of) looked.delete(now.node);
    else looked.set(now.node, { at, asked: new Set(paths), seen, of, now });
  });
  const meantNow = new Set(asked);
  return snapshots.map((snapshot) => (meantNow.has(snapshot) ? withLooked(looked, snapshot) : snapshot));
}

function withLooked(looked: Map<string, Looked>, snapshot: Snapshot): Snapshot {
  const last = looked.get(snapshot.node);
  if (!last || last.of === snapshot) return last?.now ?? snapshot;
  const now = withSeen(snapshot, last.seen);
  looked.set(snapshot.node, { ...last, of: snapshot, now });
  return now;
}

/** When a node was asked last where disks lie, ms since 1970; 0 where it was not. */
export function lookedAt(session: ClusterSession, node: string): number {
  return known.get(session)?.get(node)?.at ?? 0;
}

/** They are files of their host alone, so that libvirt moves the guest by copying them, or not at all. */
function areLocal(source: Host, disks: readonly InstanceDisk[]): boolean {
  return (
    disks.length > 0 && disks.every((disk) => isCopied(disk) && localType(source, disk.source ?? '') !== undefined)
  );
}

/** A guest's disks are files of its host alone, and none is at the destination: one that is may be the same, and is nobody's to guess of. */
export function mustCopy(source: Host, uuid: string, destination: Host): boolean {
  const disks = kept(source.facts?.instances?.find((i) => i.uuid === uuid));
  return areLocal(source, disks) && hasNone(disks, destination);
}

function hasNone(disks: readonly InstanceDisk[], destination: Host): boolean {
  return disks.every(({ source: path = '' }) => destination.facts?.images?.[path] === null);
}

/** Without drives, whose discs are not copied. */
function kept({ disks = [] }: Pick<InstanceFacts, 'disks'> = {}): readonly InstanceDisk[] {
  return disks.filter(({ device }) => device === 'disk' || device === 'lun');
}

/**
 * How the guests of a node go with their disks.
 * @param storage what somebody said; what is seen of them counts where nobody did
 * @returns MiB that the copies take at a destination, by file system (where it is mounted), as far as that is known; undefined
 * for a guest of which nothing is copied
 */
export function copiesFrom(
  source: Host,
  storage: MigrateOptions['storage'],
): (uuid: string, destination: Host) => ReadonlyMap<string, number> | undefined {
  const all = new Map((source.facts?.instances ?? []).map((guest) => [guest.uuid, kept(guest)] as const));
  const local = new Set(
    storage === undefined ? [...all].flatMap(([uuid, d]) => (areLocal(source, d) ? uuid : [])) : [],
  );
  return (uuid, destination) => {
    const disks = all.get(uuid) ?? [];
    if (storage === undefined ? !local.has(uuid) || !hasNone(disks, destination) : storage === 'shared')
      return undefined;
    const copied = disks.filter(isCopied);
    return copied.length > 0 ? roomFor(source, copied, destination) : undefined;
  };
}

/** What a file takes at its source is the least that its copy does; one that is there is written over. */
function roomFor(source: Host, disks: readonly InstanceDisk[], { facts = {} }: Host): ReadonlyMap<string, number> {
  const room = new Map<string, number>();
  for (const { source: path = '' } of disks) {
    const { used = 0, qcow2 = Infinity } = source.facts?.images?.[path] ?? {};
    const point = facts.images?.[path] ? undefined : pointOf(facts, path);
    // Snapshots in it are not copied.
    if (point !== undefined) room.set(point, (room.get(point) ?? 0) + Math.min(used, qcow2) / MIB);
  }
  return room;
}
