import { BYTE, octalAt } from './octal';

const TAB = 9;
const LF = 10;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const BACKSLASH = 92;

/** C's isspace in the C locale: any of these ends a word. */
const isSpace = (code: number): boolean => code === SPACE || (code >= TAB && code <= 13);

/** Longer words are refused by nfs-utils anyway: their further characters are passed over, not kept. */
export const MAX_TOKEN = 2048;

/** One word of exports, decoded, with the place in the text that each of its characters came from. */
export interface ExportsToken {
  /** UTF-16 code units, or bytes marked by `BYTE` where an octal escape was written. */
  readonly codes: readonly number[];
  /** Offset of the character (of an escape its backslash) behind each code. */
  readonly at: readonly number[];
  /** Where what was written for each of them ends. */
  readonly ends: readonly number[];
  readonly start: number;
  readonly end: number;
  /** The line ended inside quotes; the token was cut there. */
  readonly openQuote: number | undefined;
  /** A line continued in the middle of the token, which thereby ended it: offset of the backslash. */
  readonly continuedAt: number | undefined;
}

/**
 * The character reader of nfs-utils (support/nfs/xio.c): a backslash before a line end reads as one blank, together with
 * the blanks that begin the next line, quotes may stand anywhere in a word, `#` begins a comment only where a word may begin.
 */
export class ExportsReader {
  at = 0;
  #width = 1;

  constructor(readonly text: string) {}

  /** The next character as xgetc gives it (-1 at the end), not consumed; `#width` says how much text it takes. */
  #peek(): number {
    const { text } = this;
    if (this.at >= text.length) return -1;
    const code = text.charCodeAt(this.at);
    this.#width = 1;
    if (code !== BACKSLASH) return code;
    const next = text.charCodeAt(this.at + 1);
    // A file edited on Windows: `\` CR LF is no continuation for nfs-utils, the CR just ends the word.
    if (next !== LF) return code;
    let end = this.at + 2;
    while (text.charCodeAt(end) === SPACE || text.charCodeAt(end) === TAB) end++;
    this.#width = end - this.at;
    return SPACE;
  }

  /** Skips blanks, continuations and a comment; with `lines` also line ends and comment lines. */
  skip(lines: boolean): void {
    const { text } = this;
    for (;;) {
      const code = this.#peek();
      if (code === HASH) {
        const end = text.indexOf('\n', this.at);
        this.at = end < 0 ? text.length : end;
      } else if (code === SPACE || code === TAB || (lines && code === LF)) this.at += this.#width;
      else return;
    }
  }

  /** Reads a word and the blank after it, but not a line end. An empty one stands for the end of the line. */
  token(): ExportsToken {
    const start = this.at;
    const codes: number[] = [];
    const at: number[] = [];
    const ends: number[] = [];
    let quote: number | undefined;
    let openQuote: number | undefined;
    let continuedAt: number | undefined;
    let end = start;
    for (;;) {
      const code = this.#peek();
      if (code < 0 || code === LF) {
        openQuote = quote;
        break;
      }
      if (quote === undefined && isSpace(code)) {
        if (this.#width > 1) continuedAt = this.at;
        this.at += this.#width;
        break;
      }
      if (code === QUOTE) quote = quote === undefined ? this.at : undefined;
      else if (codes.length <= MAX_TOKEN) {
        codes.push(code);
        at.push(this.at);
        ends.push(this.at + this.#width);
        foldEscape(codes, at, ends);
      }
      this.at += this.#width;
      end = this.at;
    }
    // All that nfs-utils does with the word afterwards ends at a zero byte.
    const zero = codes.indexOf(0);
    if (zero >= 0) codes.length = at.length = ends.length = zero;
    return { codes, at, ends, start, end, openQuote, continuedAt };
  }
}

/** xgettok looks at the last four characters after each one: what an escape yields may itself begin an escape. */
function foldEscape(codes: number[], at: number[], ends: number[]): void {
  const from = codes.length - 4;
  if (from < 0 || codes[from] !== BACKSLASH) return;
  const value = octalAt(codes, from + 1);
  if (value < 0 || value > 255) return;
  ends[from] = ends[from + 3]!;
  codes.length = at.length = ends.length = from + 1;
  // ASCII is a character like any other: only bytes that need neighbours stay bytes.
  codes[from] = value < 128 ? value : BYTE + value;
}
