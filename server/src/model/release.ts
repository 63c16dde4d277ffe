import { NEWEST, RELEASES, releaseIndex, releaseName, type ReleaseIndex } from '../knowledge/releases';
import { hasOptions, optionWindow } from '../knowledge/nova';
import type { OsloSection } from '../syntax/types';
import type { Facts } from './facts';
import type { SourceFile } from './files';
import { documentOf } from './parsed';

/** By which release a host is judged, and how sure that is. */
export interface ReleaseJudgement {
  /** The release whose tables apply. */
  readonly index: ReleaseIndex;
  /** All releases it may be, both ends included; equal ends when it is known. */
  readonly from: ReleaseIndex;
  readonly to: ReleaseIndex;
  /** Not declared by anybody: findings that depend on it are at most `info` and name the guess. */
  readonly guessed: boolean;
  /** For the status item: `livemig.ini`, `uses live_migration_scheme (ocata or later)`. */
  readonly reason: string;
}

/** Ubuntu's upstart jobs ended with the packages of Mitaka for 14.04. */
const LAST_UPSTART = releaseIndex('mitaka') ?? NEWEST;

/** The release said by the first of: the command line or the editor's setting, livemig.ini, the facts; else what the files fit. */
export function judgeRelease(
  files: readonly SourceFile[],
  facts: Facts | undefined,
  declared: readonly { readonly release: string | undefined; readonly by: string }[],
): ReleaseJudgement {
  for (const { release, by } of declared) {
    const index = release === undefined ? undefined : releaseIndex(release);
    if (index !== undefined) return { index, from: index, to: index, guessed: false, reason: by };
  }
  const measured = facts?.nova === undefined ? undefined : releaseIndex(facts.nova);
  if (measured !== undefined)
    return {
      index: measured,
      from: measured,
      to: measured,
      guessed: false,
      reason: `nova ${facts?.nova ?? ''} on the node`,
    };
  return detect(files);
}

/** Narrows the releases by every option that exists only in some; a file that fits none is judged by the one that fits most of it. */
function detect(files: readonly SourceFile[]): ReleaseJudgement {
  const last = RELEASES.length - 1;
  let from = 0;
  let to = last;
  let lower: string | undefined;
  let upper: string | undefined;
  const windows: { from: number; to: number }[] = [];
  if (files.some((f) => f.kind === 'upstart')) {
    to = LAST_UPSTART;
    upper = 'an upstart job';
  }
  for (const file of files) {
    if (file.kind !== 'nova') continue;
    let section: OsloSection | undefined;
    let ours = false;
    for (const entry of documentOf(file, 'oslo').entries) {
      if (!entry.section) continue;
      if (entry.section !== section) ours = hasOptions((section = entry.section).lookup);
      if (!ours) continue;
      const window = optionWindow(entry.section.lookup, entry.key);
      if (!window) continue;
      const end = window.to === undefined ? last : window.to - 1;
      windows.push({ from: window.from, to: end });
      if (window.from > from) {
        from = window.from;
        lower = entry.key;
      }
      if (end < to) {
        to = end;
        upper = entry.key;
      }
    }
  }
  if (from > to) return mixed(windows);
  const index = Math.min(to, NEWEST);
  const used = [lower, upper].filter((u) => u !== undefined);
  const reason = used.length === 0 ? 'the newest release' : `the newest that fits ${[...new Set(used)].join(' and ')}`;
  return { index: Math.max(index, from), from, to, guessed: true, reason };
}

function mixed(windows: readonly { from: number; to: number }[]): ReleaseJudgement {
  let best = NEWEST;
  let most = -1;
  for (let r = NEWEST; r >= 0; r--) {
    const fits = windows.reduce((n, w) => (w.from <= r && r <= w.to ? n + 1 : n), 0);
    if (fits > most) {
      most = fits;
      best = r;
    }
  }
  return {
    index: best,
    from: 0,
    to: RELEASES.length - 1,
    guessed: true,
    reason: `no release has all of its options; ${releaseName(best)} has most`,
  };
}
