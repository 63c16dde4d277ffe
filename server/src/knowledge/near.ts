import { distance } from 'fastest-levenshtein';

/** Suggestions are few: a menu of ten is no help. */
const MAX_NEAR = 3;

/** How people miss without misspelling: dashes for underscores, capitals, stray blanks. */
const folded = (name: string): string => name.trim().toLowerCase().replaceAll('-', '_');

/** Edits that still make a slip and not another word, by the length of the name. */
const limit = (length: number): number => (length < 5 ? 1 : length < 20 ? 2 : 3);

/** Two neighbours exchanged is one slip of the fingers, though two edits. */
function edits(a: string, b: string): number {
  const n = distance(a, b);
  if (n !== 2 || a.length !== b.length) return n;
  let i = 0;
  while (a[i] === b[i]) i++;
  return a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2) ? 1 : n;
}

/** The names that `name` was probably meant to be: best first, at most three, never `name` itself. */
export function nearest(name: string, candidates: Iterable<string>): readonly string[] {
  const word = folded(name);
  const most = limit(word.length);
  const found: { name: string; edits: number }[] = [];
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - word.length) > most) continue;
    const n = edits(word, folded(candidate));
    if (n <= most) found.push({ name: candidate, edits: n });
  }
  found.sort((a, b) => a.edits - b.edits || (a.name < b.name ? -1 : 1));
  return found.slice(0, MAX_NEAR).map((f) => f.name);
}
