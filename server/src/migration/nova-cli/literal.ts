/**
 * Reads what Python prints of dictionaries, lists, strings, numbers, `None`, `True`, `False`; and JSON. Strings may hold line
 * breaks, as the tables of `nova` write them, and those that stand side by side are one.
 *
 * @returns undefined for anything else
 */
export function readLiteral(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value();
  return reader.atEnd() ? value : undefined;
}

const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['None', null],
  ['null', null],
  ['True', true],
  ['true', true],
  ['False', false],
  ['false', false],
]);
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '' };
const DEEPEST = 40;

class Reader {
  #at = 0;
  #deep = 0;
  #broken = false;

  constructor(private readonly text: string) {}

  atEnd(): boolean {
    return !this.#broken && this.#skip() === '';
  }

  value(): unknown {
    if (++this.#deep > DEEPEST) this.#broken = true;
    const value: unknown = this.#broken ? undefined : this.#any();
    this.#deep--;
    return value;
  }

  #any(): unknown {
    const next = this.#skip();
    if (next === '{') return this.#dictionary();
    if (next === '[' || next === '(') return this.#list(next === '[' ? ']' : ')');
    if (this.#quote()) return this.#strings();
    const word = /^[-+\w.]+/.exec(this.text.slice(this.#at, this.#at + 40))?.[0] ?? '';
    this.#at += word.length;
    if (WORDS.has(word)) return WORDS.get(word);
    const number = Number(word.replace(/L$/, ''));
    return word === '' || Number.isNaN(number) ? this.#fail() : number;
  }

  #dictionary(): unknown {
    const found = new Map<string, unknown>();
    this.#at++;
    while (!this.#broken) {
      if (this.#takes('}')) return Object.fromEntries(found);
      const key = this.value();
      if (!this.#takes(':')) {
        this.#fail();
        return;
      }
      found.set(String(key), this.value());
      if (!this.#takes(',') && this.#skip() !== '}') {
        this.#fail();
        return;
      }
    }
    return undefined;
  }

  #list(end: string): unknown {
    const found: unknown[] = [];
    this.#at++;
    while (!this.#broken) {
      if (this.#takes(end)) return found;
      found.push(this.value());
      if (!this.#takes(',') && this.#skip() !== end) {
        this.#fail();
        return;
      }
    }
    return undefined;
  }

  #strings(): unknown {
    let all = '';
    for (let quote = this.#quote(); quote !== undefined; quote = this.#quote()) {
      this.#at = this.text.indexOf(quote, this.#at) + 1;
      for (;;) {
        const char = this.text[this.#at++];
        if (char === undefined) {
          this.#fail();
          return;
        }
        if (char === quote) break;
        all += char === '\\' ? this.#escape() : char;
      }
      this.#skip();
    }
    return all;
  }

  #escape(): string {
    const char = this.text[this.#at++] ?? '';
    const length = { x: 2, u: 4, U: 8 }[char];
    const code = length === undefined ? '' : this.text.slice(this.#at, this.#at + length);
    if (length === undefined || !/^[\da-f]+$/i.test(code) || parseInt(code, 16) > 0x10ffff)
      return ESCAPES[char] ?? char;
    this.#at += length;
    return String.fromCodePoint(parseInt(code, 16));
  }

  /** The quotation mark of a string that begins here. */
  #quote(): string | undefined {
    this.#skip();
    return /^[ub]?(["'])/.exec(this.text.slice(this.#at, this.#at + 2))?.[1];
  }

  #takes(char: string): boolean {
    if (this.#skip() !== char) return false;
    this.#at++;
    return true;
  }

  /** @returns the character after blanks; empty at the end */
  #skip(): string {
    while (/\s/.test(this.text[this.#at] ?? '')) this.#at++;
    return this.text[this.#at] ?? '';
  }

  #fail(): unknown {
    this.#broken = true;
    return undefined;
  }
}
