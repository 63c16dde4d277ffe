import type { Span } from '../syntax/types';

/** A stretch of the first text, or something put in since. */
type Piece = { readonly start: number; readonly end: number } | { readonly text: string };

export interface TextChange {
  readonly span: Span;
  readonly text: string;
}

/** Several rounds of edits, each made to the outcome of the one before, as one set of edits to the first text. */
export class Pieces {
  readonly #length: number;
  #pieces: Piece[];

  /** @param length of the first text */
  constructor(length: number) {
    this.#length = length;
    this.#pieces = [{ start: 0, end: length }];
  }

  /** @param edits to the text as it is after the earlier rounds; in any order, not overlapping */
  apply(edits: readonly TextChange[]): void {
    const sorted = [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
    const out: Piece[] = [];
    const rest = this.#pieces.values();
    let piece: Piece | undefined = rest.next().value;
    /** Passes over characters of the current text, handing the pieces of them to `out` or dropping them. */
    const pass = (count: number, keep: boolean): void => {
      let left = count;
      while (left > 0 && piece) {
        const size = sizeOf(piece);
        const [head, tail]: [Piece, Piece | undefined] = size > left ? split(piece, left) : [piece, undefined];
        if (keep) out.push(head);
        left -= Math.min(size, left);
        piece = tail ?? rest.next().value;
      }
    };
    let at = 0;
    for (const { span, text } of sorted) {
      pass(span.start - at, true);
      pass(span.end - span.start, false);
      if (text !== '') out.push({ text });
      at = span.end;
    }
    while (piece) {
      out.push(piece);
      piece = rest.next().value;
    }
    this.#pieces = out;
  }

  /** The fewest stretches of the first text that differ, in order. */
  changes(): TextChange[] {
    const out: TextChange[] = [];
    let at = 0;
    let added = '';
    const close = (end: number): void => {
      if (end > at || added !== '') out.push({ span: { start: at, end }, text: added });
      added = '';
    };
    for (const piece of this.#pieces) {
      if ('text' in piece) added += piece.text;
      else if (piece.end > piece.start) {
        close(piece.start);
        at = piece.end;
      }
    }
    close(this.#length);
    return out;
  }
}

function sizeOf(piece: Piece): number {
  return 'text' in piece ? piece.text.length : piece.end - piece.start;
}

function split(piece: Piece, at: number): [Piece, Piece] {
  return 'text' in piece
    ? [{ text: piece.text.slice(0, at) }, { text: piece.text.slice(at) }]
    : [
        { start: piece.start, end: piece.start + at },
        { start: piece.start + at, end: piece.end },
      ];
}
