/**
 * One word of the shell language (POSIX 2.2 and 2.6, as dash reads it), without ever evaluating anything: where it ends
 * and what it would be, as far as that can be known.
 */

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const DOUBLE = 34;
const DOLLAR = 36;
const SINGLE = 39;
const OPEN_PAREN = 40;
const CLOSE_PAREN = 41;
const BACKSLASH = 92;
const BACKQUOTE = 96;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

export type WordProblem = 'unterminated-quote' | 'unterminated-substitution';

export interface ShellWord {
  readonly start: number;
  readonly end: number;
  /** Undefined when it holds an expansion. */
  readonly value: string | undefined;
  /** Any character of it was quoted: then it is no keyword. */
  readonly quoted: boolean;
  readonly problem: WordProblem | undefined;
  /** Where the quote or substitution that is not closed begins. */
  readonly problemAt: number;
}

/** Characters that end a word outside quotes. */
export function isMeta(code: number): boolean {
  return (
    code === SPACE ||
    code === TAB ||
    code === LF ||
    code === 59 /* ; */ ||
    code === 38 /* & */ ||
    code === 124 /* | */ ||
    code === 60 /* < */ ||
    code === 62 /* > */ ||
    code === OPEN_PAREN ||
    code === CLOSE_PAREN
  );
}

const isNameStart = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;

/** What may follow a `$` to make an expansion: a name, a digit, a special parameter, `{`, `(`; quotes in bash. */
function startsExpansion(code: number): boolean {
  return isNameStart(code) || (code >= 48 && code <= 57) || '@*#?-$!{(\'"'.includes(String.fromCharCode(code));
}

/** The shell sees no line end in CR LF, but the people who write it do: the CR is taken for part of the line break. */
export function isLineEnd(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === LF || (code === CR && (text.charCodeAt(at + 1) === LF || at + 1 === text.length));
}

export class WordReader {
  /** Kinds of quote known to have no partner in the rest of the text: looked for once, not again for each line. */
  readonly #dead = new Set<number>();

  constructor(readonly text: string) {}

  read(start: number): ShellWord {
    const { text } = this;
    let value = '';
    let known = true;
    let quoted = false;
    let at = start;
    let from = at;
    const stop = (problem: WordProblem, problemAt: number, end: number): ShellWord => ({
      start,
      end,
      value: undefined,
      quoted,
      problem,
      problemAt,
    });
    const keep = (): void => {
      value += text.slice(from, at);
    };
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (isMeta(code) || isLineEnd(text, at)) break;
      if (code === BACKSLASH) {
        keep();
        const next = text.charCodeAt(at + 1);
        if (next === LF) at += 2;
        else if (next === CR && text.charCodeAt(at + 2) === LF) at += 3;
        else {
          quoted = true;
          // A backslash at the very end stays what it is.
          if (at + 1 < text.length) value += text.charAt(at + 1);
          else value += '\\';
          at = Math.min(at + 2, text.length);
        }
        from = at;
      } else if (code === SINGLE) {
        keep();
        const close = this.#dead.has(SINGLE) ? -1 : text.indexOf("'", at + 1);
        if (close < 0) {
          this.#dead.add(SINGLE);
          return stop('unterminated-quote', at, text.length);
        }
        quoted = true;
        value += text.slice(at + 1, close);
        from = at = close + 1;
      } else if (code === DOUBLE) {
        keep();
        const inner = this.#double(at);
        if (!inner) return stop('unterminated-quote', at, text.length);
        quoted = true;
        if (inner.value === undefined) known = false;
        else value += inner.value;
        from = at = inner.end;
      } else if (code === BACKQUOTE || (code === DOLLAR && startsExpansion(text.charCodeAt(at + 1)))) {
        known = false;
        const end = this.#expansion(at);
        if (end < 0) return stop('unterminated-substitution', at, text.length);
        at = end;
      } else at++;
    }
    keep();
    return { start, end: at, value: known ? value : undefined, quoted, problem: undefined, problemAt: start };
  }

  #double(open: number): { value: string | undefined; end: number } | undefined {
    const { text } = this;
    if (this.#dead.has(DOUBLE)) return undefined;
    let value = '';
    let known = true;
    let at = open + 1;
    let from = at;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === DOUBLE) {
        value += text.slice(from, at);
        return { value: known ? value : undefined, end: at + 1 };
      }
      if (code === BACKSLASH) {
        const next = text.charCodeAt(at + 1);
        const newline = next === LF;
        if (newline || next === DOLLAR || next === BACKQUOTE || next === DOUBLE || next === BACKSLASH) {
          value += text.slice(from, at) + (newline ? '' : text.charAt(at + 1));
          from = at + 2;
        }
        at += 2;
      } else if (code === BACKQUOTE || (code === DOLLAR && startsExpansionInQuotes(text.charCodeAt(at + 1)))) {
        known = false;
        const end = this.#expansion(at);
        if (end < 0) break;
        at = end;
      } else at++;
    }
    this.#dead.add(DOUBLE);
    return undefined;
  }

  /** End of `$name`, `${…}`, `$(…)` or a backquoted command; -1 when it is not closed. */
  #expansion(start: number): number {
    const { text } = this;
    const next = text.charCodeAt(start + 1);
    if (text.charCodeAt(start) === BACKQUOTE || next === OPEN_BRACE || next === OPEN_PAREN) return this.#nested(start);
    let at = start + 1;
    // bash's $'…' and $"…": what the quotes hold is read by the caller, the value is not known either way.
    if (next === SINGLE || next === DOUBLE) return at;
    if (!isNameStart(next)) return at + 1;
    while (isNameStart(text.charCodeAt(at)) || (text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57)) at++;
    return at;
  }

  /** Brackets, backquotes and quotes inside one another, by a stack of the closers waited for. */
  #nested(start: number): number {
    const { text } = this;
    const closers: number[] = [];
    let at = start;
    if (this.#dead.has(DOLLAR)) return -1;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      const closer = closers.at(-1);
      if (code === BACKSLASH && closer !== SINGLE) at += 2;
      else if (code === closer) {
        closers.pop();
        at++;
        if (closers.length === 0) return at;
      } else if (closer === SINGLE) at++;
      else if (code === DOLLAR && text.charCodeAt(at + 1) === OPEN_BRACE) {
        closers.push(CLOSE_BRACE);
        at += 2;
      } else if (code === DOLLAR && text.charCodeAt(at + 1) === OPEN_PAREN) {
        closers.push(CLOSE_PAREN);
        at += 2;
      } else {
        if (code === BACKQUOTE) closers.push(BACKQUOTE);
        else if (code === DOUBLE) closers.push(DOUBLE);
        else if (code === SINGLE && closer !== DOUBLE) closers.push(SINGLE);
        else if (code === OPEN_PAREN && closer === CLOSE_PAREN) closers.push(CLOSE_PAREN);
        at++;
      }
    }
    this.#dead.add(DOLLAR);
    return -1;
  }
}

/** Inside double quotes a `$` before a quote is a dollar sign. */
const startsExpansionInQuotes = (code: number): boolean => code !== SINGLE && code !== DOUBLE && startsExpansion(code);
