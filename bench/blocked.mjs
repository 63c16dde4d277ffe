// How long a process that is none of ours was blocked: what watched.cjs wrote down in it.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rounded } from './figures.mjs';

const WATCHED = fileURLToPath(new URL('watched.cjs', import.meta.url));

/** The environment of a fleet process that is watched. */
export function watchedEnv(file) {
  return { ...process.env, NODE_OPTIONS: `--require ${WATCHED}`, LIVEMIG_BENCH_BLOCKED: file };
}

/**
 * The longest it was blocked between two times, which are ms since 1970.
 * @returns undefined where nothing was written down
 */
export function blockedBetween(file, from, to) {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const times = lines.map((line) => line.split(' ').map(Number)).filter(([at]) => at > from && at <= to + 100);
  return times.length === 0 ? undefined : rounded(Math.max(...times.map(([, blocked]) => blocked)));
}
