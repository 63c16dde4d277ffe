import type { Inventory } from './model/inventory';
import type { Severity } from './rules/rule';

export type Level = Severity | 'off';

/** How to lint, from whoever may say so. */
export interface Settings {
  /** Severity by rule id; `off` silences. Said by the command line or the editor, over livemig.ini. */
  readonly rules: Readonly<Record<string, Level>>;
}

export const DEFAULT_SETTINGS: Settings = { rules: {} };

export function isLevel(word: string): word is Level {
  return word === 'off' || word === 'info' || word === 'warning' || word === 'error';
}

/** The level said for a rule; undefined when nobody says. Nonsense in livemig.ini is another rule's matter. */
export function levelOf(id: string, settings: Settings, inventory: Inventory | undefined): Level | undefined {
  const said = settings.rules[id];
  if (said !== undefined) return said;
  const written = inventory?.rules[id];
  return written !== undefined && isLevel(written) ? written : undefined;
}
