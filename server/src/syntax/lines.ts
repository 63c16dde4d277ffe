/** Lines as the language server protocol sees them: `\n`, `\r\n` and a lone `\r` each end one. */

const LF = 10;
const CR = 13;

export interface Position {
  /** 0-based. */
  readonly line: number;
  /** 0-based, UTF-16 code units. */
  readonly character: number;
}

/** Offset of the first character of every line; the first is always 0. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  const lines = new LineReader(text);
  while (lines.next()) if (lines.end < lines.after) starts.push(lines.after);
  return starts;
}

/** Walks the lines of a text without making an object or a substring for each: comments cost next to nothing. */
export class LineReader {
  /** First character of the current line. */
  start = 0;
  /** End of the current line, line break excluded. */
  end = 0;
  /** Start of the next line. */
  after = 0;
  #nextLf: number;
  #nextCr: number;
  #done = false;

  constructor(
    readonly text: string,
    from = 0,
  ) {
    this.after = from;
    // Two searches that only ever move forwards: linear however the breaks are mixed.
    this.#nextLf = this.#find('\n', from);
    this.#nextCr = this.#find('\r', from);
  }

  /** Moves to the next line; false when there is none. A text that ends in a line break has an empty last line. */
  next(): boolean {
    if (this.#done) return false;
    const from = (this.start = this.after);
    if (this.#nextLf < from) this.#nextLf = this.#find('\n', from);
    if (this.#nextCr < from) this.#nextCr = this.#find('\r', from);
    const lf = this.#nextLf;
    const cr = this.#nextCr;
    this.end = lf < cr ? lf : cr;
    if (this.end === this.text.length) this.#done = true;
    this.after = this.#done ? this.end : cr + 1 === lf && lf < this.text.length ? lf + 1 : this.end + 1;
    return true;
  }

  #find(character: string, from: number): number {
    const at = this.text.indexOf(character, from);
    return at < 0 ? this.text.length : at;
  }
}

/** Offset of the next line break at or after `from`, or the end of the text. */
export function lineEnd(text: string, from: number): number {
  let i = from;
  while (i < text.length && text.charCodeAt(i) !== LF && text.charCodeAt(i) !== CR) i++;
  return i;
}

/** Start of the line that `at` is in. */
export function lineStart(text: string, at: number): number {
  let i = at;
  while (i > 0 && text.charCodeAt(i - 1) !== LF && text.charCodeAt(i - 1) !== CR) i--;
  return i;
}

/** Start of the line that follows the one `from` is in, or the end of the text. */
export function nextLine(text: string, from: number): number {
  const end = lineEnd(text, from);
  if (end === text.length) return end;
  return text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF ? end + 2 : end + 1;
}

/** Converts between offsets and positions; made once per text. */
export class LineIndex {
  readonly #starts: readonly number[];

  constructor(readonly text: string) {
    this.#starts = lineStarts(text);
  }

  get lineCount(): number {
    return this.#starts.length;
  }

  /** Any number is clamped into the text; an offset inside a `\r\n` counts as the end of its line. */
  positionAt(offset: number): Position {
    const at = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= at) low = middle;
      else high = middle;
    }
    return { line: low, character: Math.min(at, this.#contentEnd(low)) - this.#starts[low]! };
  }

  /** A character beyond the end of its line means the end of the line, a line beyond the last the end of the text. */
  offsetAt(position: Position): number {
    if (position.line < 0) return 0;
    const start = this.#starts[position.line];
    if (start === undefined) return this.text.length;
    return Math.min(start + Math.max(0, position.character), this.#contentEnd(position.line));
  }

  /** Offset of a line's first character, line break excluded at its end. */
  lineSpan(line: number): { start: number; end: number } {
    const start = this.#starts[line] ?? this.text.length;
    return { start, end: this.#contentEnd(line) };
  }

  #contentEnd(line: number): number {
    const next = this.#starts[line + 1];
    if (next === undefined) return this.text.length;
    return this.text.charCodeAt(next - 1) === LF &&
      this.text.charCodeAt(next - 2) === CR &&
      next - 2 >= this.#starts[line]!
      ? next - 2
      : next - 1;
  }
}
