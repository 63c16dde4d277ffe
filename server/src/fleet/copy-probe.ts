import { covers } from '../model/cluster';
import type { Facts } from '../model/facts';
import { isCopied, type InstanceFacts } from '../model/instance';
import { imagesOf, spaceOf } from './collect/facts';
import { readAnswer } from './collect/frames';
import { collector } from './collect/script';
import type { FleetLog, Runner, Snapshot } from './types';

/** For one node to look, in ms. */
const TIME = 40_000;
const PATH = /^\/[^\x00-\x1f\x7f]{0,4000}$/;
/** Words of one question, in bytes: a shell gets all of them as one, which Linux limits to 128 KiB. */
const MOST = 60_000;

/** What a node told of where disks lie, or would. */
export type Seen = Pick<Facts, 'images' | 'pools' | 'space'>;

/** Files that a copying migration of a guest would write on its destination. */
export function copiedFiles(instance: InstanceFacts): readonly string[] {
  return (instance.disks ?? []).flatMap((disk) =>
    isCopied(disk) && disk.source !== undefined && PATH.test(disk.source) ? [disk.source] : [],
  );
}

/** Where the file system is mounted that a path lies on. */
export function pointOf({ mounts = {} }: Pick<Facts, 'mounts'>, path: string): string | undefined {
  const points = Object.keys(mounts).filter((point) => covers(point, path));
  return points.length === 0 ? undefined : points.reduce((best, point) => (point.length >= best.length ? point : best));
}

/**
 * Looks on some nodes what lies where guests' disks do, or would, which storage pools there are, and what is free: one question
 * to each node, however many disks there are, as long as their names fit into one.
 * @returns the snapshots of those that answered, with what was seen; the others as they are
 */
export async function withCopies(
  snapshots: readonly Snapshot[],
  paths: readonly string[],
  runnerOf: (node: string) => Runner,
  log?: FleetLog,
  signal?: AbortSignal,
): Promise<readonly Snapshot[]> {
  if (paths.length === 0) return snapshots;
  return Promise.all(
    snapshots.map(async (snapshot): Promise<Snapshot> => {
      try {
        return withSeen(snapshot, await look(runnerOf(snapshot.node), snapshot.facts, paths, signal));
      } catch (error) {
        signal?.throwIfAborted();
        log?.(`${snapshot.node}: not looked where disks would lie: ${error instanceof Error ? error.message : ''}`);
        return snapshot;
      }
    }),
  );
}

/** Behind all else: places of what was there stay. */
export function withSeen(snapshot: Snapshot, { space, ...seen }: Seen): Snapshot {
  const { facts } = snapshot;
  return { ...snapshot, facts: { ...facts, ...(space && { space: { ...facts.space, ...space } }), ...seen } };
}

async function look(runner: Runner, facts: Facts, paths: readonly string[], signal?: AbortSignal): Promise<Seen> {
  const points = new Set(paths.flatMap((path) => pointOf(facts, path) ?? []));
  const words = [
    'pools:active',
    ...[...points].filter((point) => PATH.test(point)).map((point) => `room:${point}`),
    ...[...new Set(paths)].map((path) => `image:${path}`),
  ];
  let seen: Seen = {};
  for (const some of fitting(words)) {
    const argv = ['sh', '-s', '--', 'only:asked', 'deadline:30', ...some];
    // Whom root's rights are refused sees no images of others.
    const ran = await runner.run(argv, { input: collector(), timeout: TIME, root: true, ...(signal && { signal }) });
    const answer = readAnswer(ran.stdout);
    const { images, pools } = imagesOf(answer);
    const space = spaceOf(answer);
    seen = {
      ...seen,
      ...(images && { images: { ...seen.images, ...images } }),
      ...(pools && { pools }),
      ...(space && { space: { ...seen.space, ...space } }),
    };
  }
  return seen;
}

/** In order, as few parts as there have to be. */
function fitting(words: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  let length = 0;
  for (const word of words) {
    // Quoted.
    const more = Buffer.byteLength(word.replaceAll("'", "'\\''")) + 3;
    if (length > 0 && length + more > MOST) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)!.push(word);
    length += more;
  }
  return parts;
}
