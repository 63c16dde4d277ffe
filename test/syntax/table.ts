/** Tables of small texts: problems are written as `code⟨what is underlined⟩`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ParsedDocument, type Span } from '../../server/src/syntax';

export const slice = (document: ParsedDocument, { start, end }: Span): string => document.text.slice(start, end);

export const problems = (document: ParsedDocument): string[] =>
  document.problems.map(({ code, span }) => `${code}⟨${slice(document, span)}⟩`);

/** Rows of text, entries as the dialect's `show` writes them, and problems. */
export type Row = readonly [text: string, entries: readonly string[], problems?: readonly string[]];

export function table<D extends ParsedDocument>(
  parse: (text: string) => D,
  show: (document: D) => string[],
  rows: readonly Row[],
): void {
  for (const [text, entries, expected = []] of rows) {
    test(JSON.stringify(text), () => {
      const document = parse(text);
      assert.deepEqual({ entries: show(document), problems: problems(document) }, { entries, problems: expected });
    });
  }
}
