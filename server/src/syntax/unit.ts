import { findSuppressions } from './suppressions';
import { type Span, type SyntaxProblem, type UnitDocument, type UnitEntry, type UnitSection } from './types';

/** What systemd logs of a line. The first three end the reading of the file, the others cost their line. */
export type UnitProblemCode =
  /** `[Socket`, `[Socket] # note`: `Invalid section header` */
  | 'invalid-header'
  /** Quotes, backslashes and control characters: `Bad characters in section header` */
  | 'bad-header-characters'
  /** A megabyte without a line end, or in continued lines: `Line too long` */
  | 'line-too-long'
  /** `Assignment outside of section. Ignoring.` */
  | 'outside-section'
  /** `Missing '=', ignoring line.` (In a section that is none of systemd's nothing is said.) */
  | 'missing-equals'
  /** `= value`: `Missing key name before '=', ignoring line.` */
  | 'missing-key';

const NUL = 0;
const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const HASH = 35;
const SEMICOLON = 59;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const BOM = 0xfeff;

/** LONG_LINE_MAX, in bytes. */
const LONGEST = 1024 * 1024;

/** No more than this many UTF-16 units can take that many bytes of UTF-8. */
const SURELY_SHORT = LONGEST / 3;

/** What string_is_safe takes for unsafe: control characters, quotes, backslashes. */
const UNSAFE = /[\u0001-\u001f"'\\\u007f]/;

const isBlank = (code: number): boolean => code === SPACE || code === TAB;

/** A physical line's share of a logical one; where a backslash continues it, the backslash is its last character. */
interface Piece extends Span {
  readonly continued: boolean;
}

class UnitParser {
  readonly sections: UnitSection[] = [];
  readonly entries: UnitEntry[] = [];
  readonly problems: SyntaxProblem[] = [];
  stop: number | undefined;
  #section: UnitSection | undefined;
  #pieces: Piece[] = [];
  #bytes = 0;
  #sawMark = false;

  constructor(readonly text: string) {}

  run(): void {
    const { text } = this;
    for (let at = 0; at < text.length;) {
      const end = endOfLine(text, at);
      this.#physical(at, end);
      at = afterBreak(text, end);
    }
    // A backslash at the very end continues into nothing.
    if (this.#pieces.length > 0) this.#logical();
  }

  #physical(start: number, end: number): void {
    const { text } = this;
    if (isTooLong(text, start, end)) {
      this.#tooLong(start, end);
      return;
    }
    const first = text.charCodeAt(skipBlanks(text, start, end));
    if (start < end && (first === HASH || first === SEMICOLON)) return;
    let from = start;
    if (!this.#sawMark && text.charCodeAt(start) === BOM) {
      this.#sawMark = true;
      from++;
    }
    if (this.#pieces.length > 0) {
      this.#bytes += byteLength(text, from, end);
      if (this.#bytes > LONGEST) {
        this.#tooLong(this.#pieces[0]!.start, end);
        return;
      }
    }
    const continued = endsInBackslash(text, from, end);
    if (continued && this.#pieces.length === 0) this.#bytes = byteLength(text, from, end);
    this.#pieces.push({ start: from, end, continued });
    if (!continued) this.#logical();
  }

  #tooLong(start: number, end: number): void {
    this.#pieces = [];
    this.stop ??= start;
    this.#problem('line-too-long', start, end);
  }

  #logical(): void {
    const { text } = this;
    const pieces = this.#pieces;
    this.#pieces = [];
    const only = pieces.length === 1 && !pieces[0]!.continued ? pieces[0] : undefined;
    const line = only ? text.slice(only.start, only.end) : pieces.map((p) => shown(text, p)).join('');
    const from = skipBlanks(line, 0, line.length);
    const to = trimEnd(line, from, line.length);
    if (from === to) return;
    // Where a character of the joined line stands in the text.
    let i = 0;
    let passed = 0;
    const place = (offset: number): number => {
      if (offset < passed) i = passed = 0;
      while (i < pieces.length - 1 && offset >= passed + pieces[i]!.end - pieces[i]!.start) {
        passed += pieces[i]!.end - pieces[i]!.start;
        i++;
      }
      return pieces[i]!.start + offset - passed;
    };
    const start = place(from);
    if (line.charCodeAt(from) === OPEN_BRACKET) this.#header(line.slice(from, to), start, place(to - 1) + 1);
    else this.#assignment(line, from, to, place);
  }

  #header(header: string, start: number, end: number): void {
    const name = header.slice(1, -1);
    const code = !header.endsWith(']') ? 'invalid-header' : UNSAFE.test(name) ? 'bad-header-characters' : undefined;
    if (code) {
      this.stop ??= start;
      this.#problem(code, start, end);
    }
    // After an unreadable one the rest is read as if it were right, so that the file is not one blind spot.
    const meant = code ? /^\[([^\]]*)/.exec(header)![1]!.trim() : name;
    const nameStart = start + header.indexOf(meant, 1);
    const section = {
      name: meant,
      nameSpan: { start: nameStart, end: nameStart + meant.length },
      span: { start, end },
    };
    this.sections.push(section);
    this.#section = section;
  }

  #assignment(line: string, from: number, to: number, place: (offset: number) => number): void {
    const start = place(from);
    const equals = line.indexOf('=', from);
    if (!this.#section) {
      this.#problem('outside-section', start, place(to - 1) + 1);
      if (equals < 0) return;
    } else if (equals < 0) {
      this.#problem('missing-equals', start, place(to - 1) + 1);
      return;
    }
    const keyEnd = trimEnd(line, from, equals);
    if (keyEnd === from) {
      if (this.#section) this.#problem('missing-key', start, place(to - 1) + 1);
      return;
    }
    const keySpan = { start, end: place(keyEnd - 1) + 1 };
    const behind = place(equals) + 1;
    const valueStart = Math.min(skipBlanks(line, equals + 1, to), to);
    const rawSpan =
      valueStart < to ? { start: place(valueStart), end: place(to - 1) + 1 } : { start: behind, end: behind };
    this.entries.push({
      section: this.#section,
      key: line.slice(from, keyEnd),
      keySpan,
      value: line.slice(valueStart, to),
      rawSpan,
      span: { start, end: rawSpan.end },
    });
  }

  #problem(code: UnitProblemCode, start: number, end: number): void {
    this.problems.push({
      code,
      span: { start, end },
      values: { text: this.text.slice(start, Math.min(end, start + 120)) },
    });
  }
}

/** Next `\n`, `\r` or NUL: each ends a line for systemd. */
function endOfLine(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === LF || code === CR || code === NUL) break;
    at++;
  }
  return at;
}

/** Behind a line break: of the characters that make one each may come once, and none after a NUL. */
function afterBreak(text: string, from: number): number {
  const seen = new Set<number>();
  let at = from;
  while (at < text.length && !seen.has(NUL)) {
    const code = text.charCodeAt(at);
    if ((code !== LF && code !== CR && code !== NUL) || seen.has(code)) break;
    seen.add(code);
    at++;
  }
  return at;
}

function isTooLong(text: string, start: number, end: number): boolean {
  return end - start >= SURELY_SHORT && byteLength(text, start, end) >= LONGEST;
}

function byteLength(text: string, start: number, end: number): number {
  let bytes = end - start;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    // Half of a surrogate pair has two of the four bytes.
    if (code >= 0x80) bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

function endsInBackslash(text: string, start: number, end: number): boolean {
  let at = end;
  while (at > start && text.charCodeAt(at - 1) === BACKSLASH) at--;
  return (end - at) % 2 === 1;
}

function shown(text: string, { start, end, continued }: Piece): string {
  return continued ? `${text.slice(start, end - 1)} ` : text.slice(start, end);
}

function skipBlanks(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function trimEnd(text: string, from: number, to: number): number {
  let at = to;
  while (at > from && isBlank(text.charCodeAt(at - 1))) at--;
  return at;
}

/**
 * Reads a unit file or a drop-in as systemd does (config_parse of conf-parser.c). Which sections and keys there are it does
 * not know: to systemd what it does not know is not there.
 */
export function parseUnit(text: string): UnitDocument {
  const parser = new UnitParser(text);
  parser.run();
  const { sections, entries, problems, stop } = parser;
  const suppressions = findSuppressions(text, { markers: '#;', indented: true });
  return { dialect: 'unit', text, sections, entries, problems, suppressions, stop };
}
