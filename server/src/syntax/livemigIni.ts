import { LineReader } from './lines';
import { findSuppressions } from './suppressions';
import { type LivemigDocument, type LivemigEntry, type LivemigSection, type Span, type SyntaxProblem } from './types';

/** What livemig itself has to say: this file is its own, and nothing in it is passed over in silence. */
export type LivemigProblemCode =
  /** A line that is neither header, `key = value` nor comment. */
  | 'no-assignment'
  /** `= value` */
  | 'empty-key'
  /** `[node a`, `[rules] # note` */
  | 'unclosed-section'
  /** `[]` */
  | 'empty-section'
  /** An indented header: the `ini` package takes it for a key. */
  | 'indented-section'
  /** ` # note` or ` ; note` behind a value: the `ini` package cuts the value there. */
  | 'trailing-comment';

const EQUALS = 61;

class LivemigParser {
  readonly sections: LivemigSection[] = [];
  readonly entries: LivemigEntry[] = [];
  readonly problems: SyntaxProblem[] = [];
  #section: LivemigSection | undefined;

  constructor(readonly text: string) {}

  run(): void {
    // A byte order mark is what some editors write: unlike the programs whose files these are, we can pass over it.
    const lines = new LineReader(this.text, this.text.charCodeAt(0) === 0xfeff ? 1 : 0);
    while (lines.next()) this.#line(lines.start, lines.end);
  }

  #line(from: number, to: number): void {
    const { start, end } = trimmed(this.text, from, to);
    if (start === end) return;
    const first = this.text.charAt(start);
    if (first === '#' || first === ';') return;
    if (first === '[') this.#header(from, start, end);
    else this.#assignment(start, end);
  }

  #header(lineStart: number, start: number, end: number): void {
    const { text } = this;
    const close = text.slice(start, end).indexOf(']');
    const closed = close === end - start - 1;
    if (!closed) this.#problem('unclosed-section', start, end);
    else if (start > lineStart) this.#problem('indented-section', start, end);
    const headerEnd = close < 0 ? end : start + close + 1;
    const name = trimmed(text, start + 1, close < 0 ? end : headerEnd - 1);
    const words = /^(\S*)\s*([^]*)$/.exec(text.slice(name.start, name.end))!;
    const kind = words[1]!;
    const argument = words[2]!;
    if (kind === '' && closed) this.#problem('empty-section', start, end);
    const section = { kind, argument: argument === '' ? undefined : argument, span: { start, end: headerEnd } };
    this.sections.push(section);
    this.#section = section;
  }

  #assignment(start: number, end: number): void {
    const { text } = this;
    let equals = start;
    while (equals < end && text.charCodeAt(equals) !== EQUALS) equals++;
    if (equals === end) {
      this.#problem('no-assignment', start, end);
      return;
    }
    const keySpan = trimmed(text, start, equals);
    if (keySpan.start === keySpan.end) {
      this.#problem('empty-key', start, end);
      return;
    }
    let valueSpan = trimmed(text, equals + 1, end);
    if (valueSpan.start === valueSpan.end) valueSpan = { start: equals + 1, end: equals + 1 };
    const { value, cut } = readValue(text.slice(valueSpan.start, valueSpan.end));
    if (cut !== undefined) {
      const commentStart = valueSpan.start + cut;
      this.#problem('trailing-comment', commentStart, valueSpan.end);
      const kept = trimmed(text, valueSpan.start, commentStart);
      valueSpan = kept.start === kept.end ? { start: valueSpan.start, end: valueSpan.start } : kept;
    }
    this.entries.push({
      section: this.#section,
      key: text.slice(keySpan.start, keySpan.end),
      keySpan,
      value,
      valueSpan,
      span: { start: keySpan.start, end: Math.max(equals + 1, valueSpan.end) },
    });
  }

  #problem(code: LivemigProblemCode, start: number, end: number): void {
    const shown = this.text.slice(start, Math.min(end, start + 120));
    this.problems.push({ code, span: { start, end }, values: { text: shown } });
  }
}

/** JavaScript's white space: the `ini` package trims by it. */
function trimmed(text: string, from: number, to: number): Span {
  const part = text.slice(from, to);
  const start = from + (part.length - part.trimStart().length);
  const end = to - (part.length - part.trimEnd().length);
  return start < end ? { start, end } : { start: from, end: from };
}

/** As the `ini` package reads a value: quotes, `\;`, `\#` and `\\`, and everything from a bare `;` or `#` on cut off. */
function readValue(raw: string): { value: string; cut: number | undefined } {
  const first = raw.charAt(0);
  const enclosed = (first === '"' || first === "'") && raw.endsWith(first);
  if (enclosed) {
    const inner = raw.slice(1, -1);
    if (first === "'") return { value: unquoteJson(inner), cut: undefined };
    return { value: unquoteJson(raw), cut: undefined };
  }
  if (!/[\\;#]/.test(raw)) return { value: raw.trim(), cut: undefined };
  let value = '';
  for (let at = 0; at < raw.length; at++) {
    const character = raw.charAt(at);
    if (character === '\\' && /[\\;#]/.test(raw.charAt(at + 1))) value += raw.charAt(++at);
    else if (character === ';' || character === '#') return { value: value.trim(), cut: at };
    else value += character;
  }
  return { value: value.trim(), cut: undefined };
}

function unquoteJson(quoted: string): string {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : String(value);
  } catch {
    return quoted;
  }
}

/** Reads livemig.ini. Its values are those of the `ini` package; this parser adds where everything stands. */
export function parseLivemigIni(text: string): LivemigDocument {
  const parser = new LivemigParser(text);
  parser.run();
  const { sections, entries, problems } = parser;
  const suppressions = findSuppressions(text, { markers: '#;', indented: true });
  return { dialect: 'livemig-ini', text, sections, entries, problems, suppressions };
}
