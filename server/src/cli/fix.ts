import { composeFixes, MAX_ROUNDS, withEdits } from '../fixes';
import { lint } from '../lint';
import type { Cluster } from '../model/cluster';
import type { SourceFile } from '../model/files';
import { reasonOf } from '../workspace/discover';
import type { Settings } from '../settings';
import { answersFor, readPaths, reportOf, targetOf } from './input';
import { write, type Common } from './options';
import { replaceFile } from './replace';

export interface FixOptions extends Common {
  readonly dryRun: boolean;
}

/** `livemig fix`: applies every preferred fix until none is left. Exit code as `lint`, of what remains. */
export async function fixCommand(paths: readonly string[], options: FixOptions): Promise<number> {
  const settings: Settings = { rules: options.rules };
  const input = await readPaths(paths, options.release);
  const failures = [...input.failures];
  const before = new Map(input.clusters.flatMap((c) => filesOf(c)).map((f) => [f.uri, f.text]));
  const repaired = input.clusters.map((cluster) => repair(cluster, settings));
  const report = reportOf({ ...input, clusters: repaired }, settings);
  let changed = 0;
  const own = answersFor(repaired);
  for (const file of repaired.flatMap((c) => filesOf(c).filter((f) => own(c, f)))) {
    const old = before.get(file.uri);
    if (old === undefined || old === file.text) continue;
    changed++;
    const shown = report.show(file.uri);
    if (options.dryRun) {
      const { createTwoFilesPatch } = await import('diff');
      await write(createTwoFilesPatch(`a/${shown}`, `b/${shown}`, old, file.text).replace(/^=+\n/, ''));
      continue;
    }
    try {
      await replaceFile(targetOf(file.uri), old, file.text);
      await write(`repaired ${shown}\n`);
    } catch (error) {
      failures.push({ uri: file.uri, reason: reasonOf(error) });
    }
  }
  for (const failure of failures) process.stderr.write(`${report.show(failure.uri)}: ${failure.reason}\n`);
  const left = report.findings.filter((f) => f.severity !== 'info').length;
  if (!options.dryRun)
    await write(`${changed} file${changed === 1 ? '' : 's'} repaired, ${left} problem${left === 1 ? '' : 's'} left\n`);
  if (failures.length > 0) return 2;
  return report.findings.some((f) => f.severity === 'error') ? 1 : 0;
}

function filesOf(cluster: Cluster): SourceFile[] {
  const files = cluster.hosts.flatMap((h) => h.files);
  return cluster.inventory ? [...files, cluster.inventory.file] : files;
}

/** The cluster with every preferred fix applied; nothing is written. */
export function repair(cluster: Cluster, settings: Settings): Cluster {
  let now = cluster;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const edits = composeFixes(lint(now, settings).findings);
    if (edits.size === 0) return now;
    now = withEdits(now, edits);
  }
  return now;
}
