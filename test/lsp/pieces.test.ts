import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { applyEdits } from '../../server/src/fixes';
import { Pieces, type TextChange } from '../../server/src/lsp/pieces';

/** Edits that do not overlap, for a text of any length. */
function editsFor(length: number, cuts: readonly number[], texts: readonly string[]): TextChange[] {
  const at = [...new Set(cuts.map((c) => c % (length + 1)))].sort((a, b) => a - b);
  const out: TextChange[] = [];
  for (let i = 0; i + 1 < at.length; i += 2)
    out.push({ span: { start: at[i]!, end: at[i + 1]! }, text: texts[i % texts.length] ?? '' });
  return out;
}

test('rounds of edits made one after the other are one set of edits to the first text', () => {
  const round = fc.tuple(
    fc.array(fc.nat(60), { maxLength: 8 }),
    fc.array(fc.string({ maxLength: 4 }), { minLength: 1 }),
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.array(round, { maxLength: 5 }), (first, rounds) => {
      const pieces = new Pieces(first.length);
      let text = first;
      for (const [cuts, texts] of rounds) {
        const edits = editsFor(text.length, cuts, texts);
        pieces.apply(edits);
        text = applyEdits(text, edits);
      }
      const changes = pieces.changes();
      assert.equal(applyEdits(first, changes), text);
      for (const [i, change] of changes.entries())
        assert.ok(i === 0 || changes[i - 1]!.span.end < change.span.start, 'in order, and none touches the next');
    }),
    { numRuns: 1000 },
  );
});

test('a long text with one word changed is one small edit', () => {
  const pieces = new Pieces(1000);
  pieces.apply([{ span: { start: 500, end: 505 }, text: 'hello' }]);
  pieces.apply([{ span: { start: 502, end: 503 }, text: '' }]);
  assert.deepEqual(pieces.changes(), [{ span: { start: 500, end: 505 }, text: 'helo' }]);
});
