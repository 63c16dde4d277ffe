import type { Facts } from '../model/facts';
import { isCopied, type InstanceFacts } from '../model/instance';
import { imagesOf } from './collect/facts';
import { readAnswer } from './collect/frames';
import { collector } from './collect/script';
import type { FleetLog, Runner, Snapshot } from './types';

/** For one node to look, in ms. */
const TIME = 40_000;
const PATH = /^\/[^\x00-\x1f\x7f]{0,4000}$/;

/** Files that a copying migration of a guest would write on its destination. */
export function copiedFiles(instance: InstanceFacts): readonly string[] {
  return (instance.disks ?? []).flatMap((disk) =>
    isCopied(disk) && disk.source !== undefined && PATH.test(disk.source) ? [disk.source] : [],
  );
}

/**
 * Looks on some nodes what lies where a guest's disks do, or would, and which storage pools there are.
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
        const seen = await look(runnerOf(snapshot.node), paths, signal);
        // Behind all else: places of what was there stay.
        return { ...snapshot, facts: { ...snapshot.facts, ...seen } };
      } catch (error) {
        signal?.throwIfAborted();
        log?.(`${snapshot.node}: not looked where disks would lie: ${error instanceof Error ? error.message : ''}`);
        return snapshot;
      }
    }),
  );
}

async function look(
  runner: Runner,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<Pick<Facts, 'images' | 'pools'>> {
  const words = paths.map((path) => `image:${path}`);
  const argv = ['sh', '-s', '--', 'only:asked', 'deadline:30', ...words, 'pools:active'];
  // Whom root's rights are refused sees no images of others.
  const ran = await runner.run(argv, { input: collector(), timeout: TIME, root: true, ...(signal && { signal }) });
  return imagesOf(readAnswer(ran.stdout));
}
