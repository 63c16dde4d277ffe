import { distance } from 'fastest-levenshtein';
import { catalogue, sectionName } from '../../knowledge/catalogue';
import { lookup, nearSections } from '../../knowledge/nova';
import type { ReleaseIndex } from '../../knowledge/releases';
import type { OsloEntry, OsloSection } from '../../syntax/types';
import { plain } from './_characters';

/** Why nobody reads a section. */
export interface SectionTrouble {
  /** `characters`: known once its typographic characters are plain ones. `slip`: capitals, blanks, dashes. */
  readonly kind: 'characters' | 'slip' | 'near' | 'unknown';
  /** What was probably meant, as it is to be written; best first. */
  readonly meant: readonly string[];
}

/** As people write a name that oslo.config compares letter by letter. */
const fold = (name: string): string => name.trim().toLowerCase().replaceAll('-', '_');

/** Whether nova or one of its libraries reads the section at any release; `default` in small letters is not DEFAULT. */
export function isKnownSection(name: string): boolean {
  const section = sectionName(name);
  if (section === 'default') return false;
  const known = catalogue();
  return known.hasSection(section) || known.librarySections.has(section) || known.libraryPattern.test(section);
}

/** What is wrong with a header; undefined when its section is read. `own` are the entries below it. */
export function sectionTrouble(
  section: OsloSection,
  own: readonly OsloEntry[],
  r: ReleaseIndex,
): SectionTrouble | undefined {
  const { name } = section;
  if (isKnownSection(name)) return undefined;
  const written = (folded: string): string | undefined =>
    folded === 'default' ? 'DEFAULT' : isKnownSection(folded) ? folded : undefined;
  const slip = written(fold(name));
  if (slip !== undefined) return { kind: 'slip', meant: [slip] };
  const readable = plain(name);
  const characters = readable === name ? undefined : written(fold(readable));
  if (characters !== undefined) return { kind: 'characters', meant: [characters] };
  // A driver's or a site's own section may look like one of nova's: its keys show what it is.
  const meant = nearSections(name, r).filter((near) => own.some((e) => isOption(near, e.key, r)));
  if (meant.length > 0) return { kind: 'near', meant };
  return own.some((e) => e.value !== '') ? { kind: 'unknown', meant: [] } : undefined;
}

function isOption(section: string, key: string, r: ReleaseIndex): boolean {
  const { kind } = lookup(section, key, r);
  return kind === 'option' || kind === 'alias';
}

/** Whether one name is the other with a slip of the pen: up to two edits beyond those of case, blanks and dashes. */
export function isSlip(a: string, b: string): boolean {
  const [short, long] = [fold(a), fold(b)].sort((x, y) => x.length - y.length) as [string, string];
  // `novnc_enabled` is another word than `vnc_enabled`, `my_ipv6` another than `my_ip`.
  if (long.length - short.length > 1 && (long.startsWith(short) || long.endsWith(short))) return false;
  return distance(short, long) <= 2;
}
