import type { DeclaredRelease } from '../model/cluster';
import { DEFAULT_SETTINGS, isLevel, type Level, type Settings } from '../settings';

/** What the editor's settings say for a folder. */
export interface FolderSettings {
  readonly release: DeclaredRelease | undefined;
  readonly lint: Settings;
}

export const NO_SETTINGS: FolderSettings = { release: undefined, lint: DEFAULT_SETTINGS };

/** Reads the section `livemig`, itself or within its parent; what does not fit is left out. */
export function readSettings(raw: unknown): FolderSettings {
  const section = recordOf(recordOf(raw).livemig ?? raw);
  const release = typeof section.release === 'string' ? section.release.trim() : '';
  const rules: Record<string, Level> = {};
  for (const [id, level] of Object.entries(recordOf(section.rules)))
    if (typeof level === 'string' && isLevel(level)) rules[id] = level;
  return {
    release: release === '' || release === 'auto' ? undefined : { release, by: 'the setting livemig.release' },
    lint: { rules },
  };
}

export function sameSettings(a: FolderSettings, b: FolderSettings): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function recordOf(raw: unknown): Record<string, unknown> {
  return typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
}
