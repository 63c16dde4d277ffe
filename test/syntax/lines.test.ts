import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { decodeOctal, isAddress, LineIndex, lineStarts } from '../../server/src/syntax';
import { findSuppressions } from '../../server/src/syntax/suppressions';

describe('lines', () => {
  for (const [text, starts] of [
    ['', [0]],
    ['a', [0]],
    ['a\n', [0, 2]],
    ['a\nb', [0, 2]],
    ['a\r\nb', [0, 3]],
    ['a\rb', [0, 2]],
    ['a\r', [0, 2]],
    ['\r\r\n\n', [0, 1, 3, 4]],
    ['a\u2028b\u0085c\vd', [0]],
  ] as const) {
    test(JSON.stringify(text), () => assert.deepEqual(lineStarts(text), starts));
  }

  const texts = fc.array(fc.constantFrom('a', 'é', '😀', '\n', '\r', '\r\n', ' ')).map((parts) => parts.join(''));

  test('positions are those of the language server protocol', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const document = TextDocument.create('file:///x', 'x', 1, text);
        const index = new LineIndex(text);
        assert.equal(index.lineCount, document.lineCount);
        for (let offset = -1; offset <= text.length + 1; offset++) {
          assert.deepEqual(index.positionAt(offset), document.positionAt(offset));
        }
        for (let line = 0; line <= document.lineCount; line++) {
          for (const character of [0, 1, 2, 100]) {
            assert.equal(index.offsetAt({ line, character }), document.offsetAt({ line, character }));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('there and back', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const index = new LineIndex(text);
        for (let offset = 0; offset <= text.length; offset++) {
          const inBreak = text.charAt(offset - 1) === '\r' && text.charAt(offset) === '\n';
          if (!inBreak) assert.equal(index.offsetAt(index.positionAt(offset)), offset);
        }
      }),
    );
  });
});

describe('octal escapes', () => {
  for (const [raw, value] of [
    ['/a\\040b', '/a b'],
    ['\\303\\251', 'é'],
    ['\\303x', '\ufffdx'],
    ['\\04', '\\04'],
    ['\\089', '\\089'],
    ['\\134040', '\\040'],
    ['a\\000b', 'a'],
    ['\\', '\\'],
  ] as const) {
    test(raw, () => assert.equal(decodeOctal(raw), value));
  }
});

describe('addresses', () => {
  for (const good of [
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    '1:2:3:4:5:6:7:8',
    '::ffff:10.0.0.1',
    '1::8',
  ]) {
    test(good, () => assert.ok(isAddress(good)));
  }
  for (const bad of [
    '',
    '010.9.9.8',
    '10.9.9',
    '10.9.9.9.9',
    '256.1.1.1',
    '10.0.0.1/24',
    'fe80::1%eth0',
    '[::1]',
    ':::',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '10.0.0.1::',
  ]) {
    test(`not ${bad}`, () => assert.ok(!isAddress(bad)));
  }
});

describe('suppressions', () => {
  const style = { markers: '#;', indented: false };
  const read = (text: string): unknown =>
    findSuppressions(text, style).map(({ ids, reason, target, span }) => ({
      ids: ids.map(({ id }) => id),
      reason,
      target: text.slice(target, target + 1),
      comment: text.slice(span.start, span.end),
    }));

  test('one rule, several, with and without a reason', () => {
    const text =
      '# livemig: ignore nova/a -- until May\nx = 1\n;livemig: ignore nova/b,nova/c  nova/d\n# other\n\ny = 2\n';
    assert.deepEqual(read(text), [
      { ids: ['nova/a'], reason: 'until May', target: 'x', comment: '# livemig: ignore nova/a -- until May' },
      {
        ids: ['nova/b', 'nova/c', 'nova/d'],
        reason: undefined,
        target: 'y',
        comment: ';livemig: ignore nova/b,nova/c  nova/d',
      },
    ]);
  });

  test('two in a row have one target', () => {
    assert.deepEqual(
      findSuppressions('# livemig: ignore a/b\n# livemig: ignore c/d\nx', style).map(({ target }) => target),
      [44, 44],
    );
  });

  for (const text of [
    ' # livemig: ignore nova/a\nx',
    'x # livemig: ignore nova/a\n',
    '# livemig: ignored nova/a\nx',
    '# livemig ignore nova/a\nx',
    '## livemig: ignore nova/a\nx',
    'livemig: ignore nova/a\nx',
  ]) {
    test(`none: ${JSON.stringify(text)}`, () => assert.deepEqual(read(text), []));
  }

  test('no rule named, nothing below, a reason with dashes', () => {
    const text = '# livemig: ignore -- a -- b';
    assert.deepEqual(read(text), [{ ids: [], reason: 'a -- b', target: '', comment: text }]);
  });

  test('an id may hold two dashes', () => {
    assert.deepEqual(read('# livemig: ignore a/b--c\nx'), [
      { ids: ['a/b--c'], reason: undefined, target: 'x', comment: '# livemig: ignore a/b--c' },
    ]);
  });
});
