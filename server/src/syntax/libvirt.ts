import { lineEnd, nextLine } from './lines';
import { findSuppressions } from './suppressions';
import { type LibvirtDocument, type LibvirtEntry, type LibvirtValue, type Span, type SyntaxProblem } from './types';

/**
 * What stops a daemon that reads the file: `configuration file syntax error: FILE:LINE: …` of libvirt's virconf.c, which
 * gives up at the first one.
 */
export type LibvirtProblemCode =
  /** `expecting a name`: a statement begins with a letter. So it is for a BOM, `[libvirtd]`, `;;` or a file of blank lines only. */
  | 'expected-name'
  /** `expecting an assignment`: `listen_tcp 1`, `listen-tcp = 1` */
  | 'expected-assignment'
  /** `expecting a value`: `auth_tcp = none`, `listen_tcp =`, a comment inside a list */
  | 'expected-value'
  /** `unterminated number`: a sign without digits */
  | 'unterminated-number'
  /** `unterminated string` */
  | 'unterminated-string'
  /** `expecting a separator in list` */
  | 'expected-list-separator'
  /** `list is not closed with ]` */
  | 'unclosed-list'
  /** `expecting a separator`: anything but a line end, `;` or a comment after a value: `listen_tcp = 0x1`, `x = 1 junk` */
  | 'expected-separator'
  /** Lists nested deeper than any daemon reads: virconf.c recurses until its stack is full, no setting has a list in a list. */
  | 'list-too-deep';

const MAX_LIST_DEPTH = 64;

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const DOUBLE = 34;
const HASH = 35;
const SINGLE = 39;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const SEMICOLON = 59;
const EQUALS = 61;
const OPEN = 91;
const CLOSE = 93;
const UNDERSCORE = 95;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isAlpha = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
const isNameCharacter = (code: number): boolean => isAlpha(code) || isDigit(code) || code === UNDERSCORE;
const isEol = (code: number): boolean => code === LF || code === CR;
const isBlank = (code: number): boolean => code === SPACE || code === TAB;

/** Thrown and caught in this file only: virconf.c returns -1 through as many levels. */
class Stop {
  constructor(
    readonly code: LibvirtProblemCode,
    readonly start: number,
    readonly end: number,
  ) {}
}

interface OpenList {
  readonly start: number;
  readonly items: LibvirtValue[];
}

class LibvirtParser {
  readonly entries: LibvirtEntry[] = [];
  readonly problems: SyntaxProblem[] = [];
  #at = 0;

  constructor(readonly text: string) {}

  run(): void {
    const { text } = this;
    while (this.#at < text.length) {
      const start = this.#at;
      try {
        this.#statement();
      } catch (stop) {
        if (!(stop instanceof Stop)) throw stop;
        this.#report(stop);
        this.#at = this.#resume(start, this.#at);
      }
    }
  }

  #report({ code, start, end }: Stop): void {
    this.problems.push({
      code,
      span: { start, end },
      values: { text: this.text.slice(start, Math.min(end, start + 120)) },
    });
  }

  /** The next line; or the line of the complaint itself, when an unclosed list ran into what is plainly the next setting. */
  #resume(statement: number, complaint: number): number {
    const { text } = this;
    let line = complaint;
    while (line > statement && !isEol(text.charCodeAt(line - 1))) line--;
    if (line > statement) {
      let at = line;
      while (isBlank(text.charCodeAt(at))) at++;
      if (isAlpha(text.charCodeAt(at))) {
        while (isNameCharacter(text.charCodeAt(at))) at++;
        while (isBlank(text.charCodeAt(at))) at++;
        if (text.charCodeAt(at) === EQUALS) return line;
      }
    }
    return nextLine(text, complaint);
  }

  #skipBlanks(): void {
    while (isBlank(this.text.charCodeAt(this.#at))) this.#at++;
  }

  #skipBlanksAndEol(): void {
    const { text } = this;
    let code = text.charCodeAt(this.#at);
    while (isBlank(code) || isEol(code)) code = text.charCodeAt(++this.#at);
  }

  /** From here to the line's end without trailing blanks: what a complaint underlines. */
  #rest(from = this.#at): Span {
    const { text } = this;
    let end = lineEnd(text, from);
    while (end > from && isBlank(text.charCodeAt(end - 1))) end--;
    return { start: from, end };
  }

  #stop(code: LibvirtProblemCode, span = this.#rest()): never {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- no error and no stack trace: a jump out of nested lists
    throw new Stop(code, span.start, span.end);
  }

  #statement(): void {
    const { text } = this;
    this.#skipBlanksAndEol();
    if (text.charCodeAt(this.#at) === HASH) {
      this.#at = lineEnd(text, this.#at);
      this.#separator();
      return;
    }
    const keyStart = this.#at;
    if (!isAlpha(text.charCodeAt(keyStart))) this.#stop('expected-name');
    let keyEnd = keyStart;
    while (isNameCharacter(text.charCodeAt(keyEnd))) keyEnd++;
    this.#at = keyEnd;
    this.#skipBlanks();
    if (text.charCodeAt(this.#at) !== EQUALS) this.#stop('expected-assignment', this.#rest(keyStart));
    this.#at++;
    const value = this.#value();
    const entry: LibvirtEntry = {
      key: text.slice(keyStart, keyEnd),
      keySpan: { start: keyStart, end: keyEnd },
      value,
      span: { start: keyStart, end: value.span.end },
    };
    // `0x1` and `0.0.0.0` begin like a number: what stands there is no value that could be told to anyone.
    const touching = !this.#atSeparator();
    this.#skipBlanks();
    if (text.charCodeAt(this.#at) === HASH) this.#at = lineEnd(text, this.#at);
    if (!touching) this.entries.push(entry);
    this.#separator(touching ? value.span.start : undefined);
  }

  #atSeparator(): boolean {
    const code = this.text.charCodeAt(this.#at);
    return this.#at >= this.text.length || isBlank(code) || isEol(code) || code === SEMICOLON || code === HASH;
  }

  #separator(complaintFrom?: number): void {
    const { text } = this;
    this.#skipBlanks();
    if (this.#at >= text.length) return;
    const code = text.charCodeAt(this.#at);
    if (code === SEMICOLON) this.#at++;
    else if (!isEol(code)) this.#stop('expected-separator', this.#rest(complaintFrom));
    this.#skipBlanksAndEol();
  }

  /** A value; lists by a stack of our own, since a file may hold ten million brackets. */
  #value(): LibvirtValue {
    const { text } = this;
    const open: OpenList[] = [];
    for (;;) {
      this.#skipBlanks();
      let value: LibvirtValue;
      if (text.charCodeAt(this.#at) === OPEN) {
        if (open.length === MAX_LIST_DEPTH) this.#stop('list-too-deep');
        open.push({ start: this.#at, items: [] });
        this.#at++;
        this.#skipBlanksAndEol();
        if (text.charCodeAt(this.#at) !== CLOSE && this.#at < text.length) continue;
        value = this.#close(open);
      } else value = this.#scalar();
      for (;;) {
        const list = open.at(-1);
        if (!list) return value;
        list.items.push(value);
        this.#skipBlanksAndEol();
        if (text.charCodeAt(this.#at) === COMMA) {
          this.#at++;
          this.#skipBlanksAndEol();
          if (text.charCodeAt(this.#at) !== CLOSE && this.#at < text.length) break;
        } else if (this.#at < text.length && text.charCodeAt(this.#at) !== CLOSE) this.#stop('expected-list-separator');
        value = this.#close(open);
      }
    }
  }

  #close(open: OpenList[]): LibvirtValue {
    const { start, items } = open.pop()!;
    if (this.text.charCodeAt(this.#at) !== CLOSE) {
      // virconf.c complains at the end of the file; the bracket is where the reader has to look.
      const outer = open[0]?.start ?? start;
      this.#stop('unclosed-list', { start: outer, end: outer + 1 });
    }
    this.#at++;
    return { type: 'list', items, span: { start, end: this.#at } };
  }

  #scalar(): LibvirtValue {
    const code = this.text.charCodeAt(this.#at);
    if (code === DOUBLE || code === SINGLE) return this.#string(code);
    if (isDigit(code) || code === MINUS || code === PLUS) return this.#number();
    return this.#stop('expected-value');
  }

  #number(): LibvirtValue {
    const { text } = this;
    const start = this.#at;
    if (!isDigit(text.charCodeAt(this.#at))) this.#at++;
    if (!isDigit(text.charCodeAt(this.#at))) this.#stop('unterminated-number', this.#rest(start));
    while (isDigit(text.charCodeAt(this.#at))) this.#at++;
    const written = text.slice(start, this.#at);
    return { type: 'int', text: written, number: Number(written), span: { start, end: this.#at } };
  }

  #string(quote: number): LibvirtValue {
    const { text } = this;
    const start = this.#at;
    // virconf.c wants a character more than the six quotes in the file, else it reads an empty string and a stray quote.
    if (quote === DOUBLE && start + 6 < text.length && text.startsWith('"""', start)) {
      const close = text.indexOf('"""', start + 3);
      if (close < 0) this.#stop('unterminated-string');
      this.#at = close + 3;
      return { type: 'string', text: text.slice(start + 3, close), span: { start, end: this.#at }, quote: '"""' };
    }
    let end = start + 1;
    while (end < text.length && text.charCodeAt(end) !== quote && !isEol(text.charCodeAt(end))) end++;
    if (text.charCodeAt(end) !== quote) this.#stop('unterminated-string');
    this.#at = end + 1;
    return {
      type: 'string',
      text: text.slice(start + 1, end),
      span: { start, end: this.#at },
      quote: quote === DOUBLE ? '"' : "'",
    };
  }
}

/**
 * Reads libvirtd.conf, qemu.conf and their kind as virconf.c does. A problem does not end the reading. All entries are
 * given, of equal keys too: the daemon takes the first.
 */
export function parseLibvirt(text: string): LibvirtDocument {
  const parser = new LibvirtParser(text);
  parser.run();
  const { entries, problems } = parser;
  const inside = entries.map((entry) => entry.span);
  const suppressions = findSuppressions(text, { markers: '#', indented: true }, inside);
  return { dialect: 'libvirt', text, entries, problems, suppressions };
}
