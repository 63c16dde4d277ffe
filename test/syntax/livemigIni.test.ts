import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parse as parseIni } from 'ini';
import { parseLivemigIni } from '../../server/src/syntax';
import { edited, soup } from './generators';
import { SAMPLES } from './samples';
import { table } from './table';

describe('livemig.ini', () => {
  table(
    parseLivemigIni,
    (document) =>
      document.entries.map(
        ({ section, key, value }) =>
          `[${section?.kind ?? ''}${section?.argument === undefined ? '' : ` ${section.argument}`}] ${key}=${value}`,
      ),
    [
      [
        'release = zed\n[node compute1.example]\nroles = a, b\n',
        ['[] release=zed', '[node compute1.example] roles=a, b'],
      ],
      ['[rules]\n# c\n; d\nnova/x = off\n', ['[rules] nova/x=off']],
      ['a = "b ; c"\nd = \'e\'\nf = g\\;h\n', ['[] a=b ; c', '[] d=e', '[] f=g;h']],
      ['a = b # c\nd = e;f\n', ['[] a=b', '[] d=e'], ['trailing-comment⟨# c⟩', 'trailing-comment⟨;f⟩']],
      ['a\n= b\nc =\n', ['[] c='], ['no-assignment⟨a⟩', 'empty-key⟨= b⟩']],
      [
        '[node a\nx = 1\n[b] # c\ny = 2\n',
        ['[node a] x=1', '[b] y=2'],
        ['unclosed-section⟨[node a⟩', 'unclosed-section⟨[b] # c⟩'],
      ],
      ['[]\n  [b]\nx = 1\n', ['[b] x=1'], ['empty-section⟨[]⟩', 'indented-section⟨[b]⟩']],
      ['\ufeff[cloud]\r\ndriver = nova\r\n', ['[cloud] driver=nova']],
    ],
  );

  /** What `ini` makes of the text, section by section, in one flat list; dots in headers escaped, or it would nest them. */
  function viaIni(text: string): Map<string, string> {
    const escaped = text.replace(/^\[[^\]\r\n]*\]/gm, (header) => header.replaceAll('.', '\\.'));
    const found = new Map<string, string>();
    for (const [name, value] of Object.entries(parseIni(escaped))) {
      if (typeof value === 'object' && value !== null) {
        for (const [key, inner] of Object.entries(value as object)) found.set(`[${name}] ${key}`, String(inner));
      } else found.set(`[] ${name}`, String(value));
    }
    return found;
  }

  function viaOurs(text: string): Map<string, string> {
    const found = new Map<string, string>();
    for (const { section, key, value } of parseLivemigIni(text).entries) {
      const name = section ? [section.kind, section.argument].filter((word) => word !== undefined).join(' ') : '';
      found.set(`[${name}] ${key}`, value);
    }
    return found;
  }

  /** Without syntax problems, and without what `ini` has beyond key = value: arrays, nesting, prototypes, quoted or escaped names. */
  function comparable(text: string): boolean {
    const document = parseLivemigIni(text);
    if (text.startsWith('\ufeff') || document.problems.length > 0) return false;
    const plainName = /^[\w/-]+(?:\.[\w/-]+)*$/;
    const keys = document.entries.every(({ key }) => plainName.test(key) && key !== '__proto__');
    const sections = document.sections.every(
      ({ kind, argument }) =>
        /^\w+$/.test(kind) && kind !== '__proto__' && (argument === undefined || plainName.test(argument)),
    );
    // A key and a section of one name are one thing to `ini`, and so is a null at the top level.
    const names = new Set(document.sections.map(({ kind }) => kind));
    const clash = document.entries.some(({ section, key, value }) => !section && (names.has(key) || value === 'null'));
    // Of the header exactly one blank between kind and argument is kept by our join.
    const spaced = document.sections.some(({ span }) => /\[\s|\s\]|\s{2}|\t/.test(text.slice(span.start, span.end)));
    return keys && sections && !clash && !spaced;
  }

  const value = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(
      'zed',
      'true',
      'false',
      'null',
      '"a ; b"',
      "'a'",
      'a\\;b',
      'a\\\\b',
      'a\\',
      '10.0.0.1',
      'a, b',
      '"',
      "'",
      '"a',
      '\\x',
      '5',
      '"5"',
      "'5'",
    ),
  );
  const line = fc.oneof(
    fc
      .tuple(fc.constantFrom('release', 'address', 'nova/uri', 'a.b', 'x'), fc.constantFrom('=', ' = ', '  =\t'), value)
      .map((parts) => parts.join('')),
    fc.constantFrom('[rules]', '[cloud]', '[node compute1]', '[node a.b.c]', '# c', '; d', '', '  ', '  indented = 1'),
  );
  const generated = fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n'));

  test('values are those of the ini package', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.oneof(generated, soup('livemig-ini'), edited(SAMPLES['livemig-ini'], 'livemig-ini')), (text) => {
        if (!comparable(text)) return;
        compared++;
        assert.deepEqual(viaOurs(text), viaIni(text));
      }),
      { numRuns: 3000, seed: 20260401 },
    );
    assert.ok(compared > 500, `only ${compared} texts could be compared`);
  });
});
