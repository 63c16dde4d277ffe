import type { Span } from './types';

/** Where a member of a JSON text stands. */
export interface JsonPlace {
  /** The member's name with its quotes; undefined for the outermost value and for items of a list. */
  readonly key: Span | undefined;
  readonly value: Span;
  /** An object or a list. */
  readonly compound: boolean;
}

/** A bracket, colon, comma; or a number or word. A string, which may be megabytes long, is more than an expression can take. */
const TOKEN = /[[\]{}:,]|[^\s[\]{}:,"]+/y;
/** The end of a string, or something that hides it. */
const QUOTE = /["\\]/g;
const BLANK = /\s*/y;

/** Where things stand in one JSON text: what was scanned once is kept. */
export class JsonPlaces {
  readonly #text: string;
  readonly #members = new Map<number, readonly Member[]>();
  #root: { readonly span: Span | undefined } | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * The place of a value, by names of members and positions in lists. Of equal names the last counts, as for `JSON.parse`.
   * Undefined where there is no such value; a text that is no JSON gives places as long as they can be told.
   */
  at(path: readonly (string | number)[]): JsonPlace | undefined {
    this.#root ??= { span: new Scanner(this.#text).value() };
    let { span } = this.#root;
    let key: Span | undefined;
    for (const step of path) {
      if (!span) return undefined;
      const member: Member | undefined = this.#membersOf(span).findLast((m) => m.name === step);
      span = member?.value;
      key = member?.key;
    }
    return span && { key, value: span, compound: /[[{]/.test(this.#text.charAt(span.start)) };
  }

  #membersOf(span: Span): readonly Member[] {
    let known = this.#members.get(span.start);
    if (!known) this.#members.set(span.start, (known = membersOf(this.#text, span)));
    return known;
  }
}

interface Member {
  readonly name: string | number;
  readonly key: Span | undefined;
  readonly value: Span;
}

/** What stands directly in an object or a list. */
function membersOf(text: string, span: Span): Member[] {
  const scanner = new Scanner(text, span.start);
  const open = scanner.take();
  const members: Member[] = [];
  if (!open || !/[[{]/.test(text.charAt(open.start))) return members;
  const object = text.charAt(open.start) === '{';
  while (!scanner.at('}') && !scanner.at(']')) {
    const first = scanner.value();
    if (!first) return members;
    if (!object) members.push({ name: members.length, key: undefined, value: first });
    else {
      if (!scanner.at(':')) return members;
      scanner.take();
      const value = scanner.value();
      const name = nameOf(text.slice(first.start, first.end));
      if (!value || name === undefined) return members;
      members.push({ name, key: first, value });
    }
    if (scanner.at(',')) scanner.take();
    else break;
  }
  return members;
}

function nameOf(literal: string): string | undefined {
  try {
    return String(JSON.parse(literal));
  } catch {
    return undefined;
  }
}

class Scanner {
  readonly #text: string;
  #offset: number;

  constructor(text: string, offset = 0) {
    this.#text = text;
    this.#offset = offset;
  }

  /** The next token, which is left behind; undefined at the end, and before a string without one. */
  take(): Span | undefined {
    const start = this.#blank();
    const end = this.#text.charAt(start) === '"' ? this.#endOfString(start + 1) : this.#endOfToken(start);
    if (end === undefined) return undefined;
    this.#offset = end;
    return { start, end };
  }

  #endOfToken(start: number): number | undefined {
    TOKEN.lastIndex = start;
    return TOKEN.test(this.#text) ? TOKEN.lastIndex : undefined;
  }

  #endOfString(from: number): number | undefined {
    QUOTE.lastIndex = from;
    while (QUOTE.test(this.#text)) {
      if (this.#text.charAt(QUOTE.lastIndex - 1) === '"') return QUOTE.lastIndex;
      QUOTE.lastIndex++;
    }
    return undefined;
  }

  at(character: string): boolean {
    return this.#text.charAt(this.#blank()) === character;
  }

  /** The next value, however deep, which is left behind. */
  value(): Span | undefined {
    const first = this.take();
    if (!first) return undefined;
    let depth = 0;
    for (let token: Span | undefined = first; token; token = this.take()) {
      const character = this.#text.charAt(token.start);
      if (character === '{' || character === '[') depth++;
      else if (character === '}' || character === ']') depth--;
      if (depth === 0) return { start: first.start, end: token.end };
    }
    return undefined;
  }

  #blank(): number {
    BLANK.lastIndex = this.#offset;
    BLANK.test(this.#text);
    return (this.#offset = BLANK.lastIndex);
  }
}
