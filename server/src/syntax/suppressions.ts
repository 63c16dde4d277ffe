import { LineReader, lineEnd } from './lines';
import { type Span, type Suppression } from './types';

const MARK = 'livemig:';
const TAB = 9;
const SPACE = 32;

const isBlank = (code: number): boolean => code === SPACE || code === TAB;

export interface CommentStyle {
  /** Characters that begin a comment line. */
  readonly markers: string;
  /** A comment may be indented; where it may not (oslo.config), an indented `#` belongs to the value above. */
  readonly indented: boolean;
}

/**
 * Finds `# livemig: ignore ID[, ID…] -- reason`, the comment character at column 0. `inside` are the spans (in order)
 * of what is no comment although it looks so, such as a quoted value of several lines.
 */
export function findSuppressions(text: string, style: CommentStyle, inside: readonly Span[] = []): Suppression[] {
  const found: Untargeted[] = [];
  let next = 0;
  for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, at + MARK.length)) {
    let start = at;
    while (start > 0 && isBlank(text.charCodeAt(start - 1))) start--;
    start--;
    if (start < 0 || !style.markers.includes(text.charAt(start))) continue;
    if (start > 0 && text.charAt(start - 1) !== '\n' && text.charAt(start - 1) !== '\r') continue;
    while (next < inside.length && inside[next]!.end <= start) next++;
    if (next < inside.length && inside[next]!.start <= start) continue;
    const suppression = read(text, start, at + MARK.length);
    if (suppression) found.push(suppression);
  }
  return withTargets(text, style, found);
}

type Untargeted = Omit<Suppression, 'target'>;

function read(text: string, start: number, from: number): Untargeted | undefined {
  const end = lineEnd(text, from);
  let at = from;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  if (!text.startsWith('ignore', at)) return undefined;
  at += 'ignore'.length;
  if (at < end && !isBlank(text.charCodeAt(at))) return undefined;
  const dashes = separator(text, at, end);
  const listEnd = dashes ?? end;
  const ids: { id: string; span: Span }[] = [];
  while (at < listEnd) {
    while (at < listEnd && (isBlank(text.charCodeAt(at)) || text.charAt(at) === ',')) at++;
    const from = at;
    while (at < listEnd && !isBlank(text.charCodeAt(at)) && text.charAt(at) !== ',') at++;
    if (at > from) ids.push({ id: text.slice(from, at), span: { start: from, end: at } });
  }
  const reason = dashes === undefined ? '' : text.slice(dashes + 2, end).trim();
  return { span: { start, end }, ids, reason: reason === '' ? undefined : reason };
}

/** Where the ` -- ` of the reason begins: two dashes with a blank (or the line's end) on both sides. */
function separator(text: string, from: number, end: number): number | undefined {
  const line = text.slice(from, end);
  const match = /(?<=[ \t])--(?=[ \t]|$)/.exec(line);
  return match ? from + match.index : undefined;
}

function withTargets(text: string, style: CommentStyle, found: readonly Untargeted[]): Suppression[] {
  const out: Suppression[] = [];
  let target = -1;
  for (const one of found) {
    // Comments in a row share their target: each line is looked at once.
    if (target < one.span.end) target = firstContent(text, style, one.span.end);
    out.push({ ...one, target });
  }
  return out;
}

function firstContent(text: string, style: CommentStyle, from: number): number {
  const lines = new LineReader(text, from);
  lines.next(); // the rest of the comment itself
  while (lines.next()) {
    let at = lines.start;
    while (at < lines.end && isBlank(text.charCodeAt(at))) at++;
    if (at === lines.end) continue;
    if ((at === lines.start || style.indented) && style.markers.includes(text.charAt(at))) continue;
    return lines.start;
  }
  return text.length;
}
