import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseOslo } from '../../server/src/syntax';
import { slice, table } from './table';

describe('oslo.config', () => {
  table(
    parseOslo,
    (document) =>
      document.entries.map(({ section, key, value }) => `[${section?.lookup ?? ''}] ${key}=${JSON.stringify(value)}`),
    [
      ['[DEFAULT]\nx = 1\n', ['[DEFAULT] x="1"']],
      ['[default]\nx=1\n[Default]\ny=2\n[LibVirt]\nz=3', ['[default] x="1"', '[default] y="2"', '[libvirt] z="3"']],
      ['[a]\nx = 1 # note\n', ['[a] x="1 # note"']],
      ['[a]\nx: 1=2\ny=1:2\n', ['[a] x="1=2"', '[a] y="1:2"']],
      ['[a]\nx = "1"\ny = \'1"\nz = "\n', ['[a] x="1"', '[a] y="\'1\\""', '[a] z=""']],
      ['[a]\nx = "A","B"\n', ['[a] x="A\\",\\"B"']],
      ['[a]\nx = 1\n  2\n\t# 3\n  [b]\ny=', ['[a] x="1\\n2\\n# 3\\n[b]"', '[a] y=""']],
      ['[a]\nx =\n  1\n', ['[a] x="\\n1"']],
      ['[a]\nx = 1\n\n  2\n', ['[a] x="1"'], ['unexpected-continuation⟨2⟩']],
      ['[a]\nx = 1\n# c\n  2\ny = 3', ['[a] x="1"', '[a] y="3"'], ['unexpected-continuation⟨2⟩']],
      ['[a]\n  x = 1\ny = 2', ['[a] y="2"'], ['unexpected-continuation⟨x = 1⟩']],
      ['[a]\nvirt_type kvm\ny = 2', ['[a] y="2"'], ['no-assignment⟨virt_type kvm⟩']],
      ['[a]\n= 1\ny = 2', ['[a] y="2"'], ['empty-key⟨= 1⟩']],
      ['[a\nx = 1', ['[a] x="1"'], ['unclosed-section⟨[a⟩']],
      ['[a] # c\nx = 1', ['[a] x="1"'], ['unclosed-section⟨[a] # c⟩']],
      ['[]\nx = 1', ['[] x="1"'], ['empty-section⟨[]⟩']],
      ['x = 1\ny = 2\n[a]\nz = 3', ['[] x="1"', '[] y="2"', '[a] z="3"'], ['key-before-section⟨x⟩']],
      ['\ufeff[a]\nx = 1', ['[a] x="1"'], ['byte-order-mark⟨\ufeff⟩']],
      ['[a]\rx = 1\r\ny = 2\r', ['[a] x="1"', '[a] y="2"']],
      ['[a]\n\u00a0x\u00a0=\u00a01\u00a0\n', ['[a] x="1"']],
      ['[a]\nx ＝ 1\n', [], ['no-assignment⟨x ＝ 1⟩']],
      ['[ a ]\nx = 1', ['[ a ] x="1"']],
      ['#x=1\n;y=2\n', []],
      ['', []],
    ],
  );

  test('spans of an entry with continuation lines', () => {
    const document = parseOslo('[a]\nkey =  "one\n   two" \nnext=');
    const [entry, empty] = document.entries;
    assert.equal(slice(document, entry!.keySpan), 'key');
    assert.equal(slice(document, entry!.rawSpan), '"one\n   two"');
    assert.equal(slice(document, entry!.span), 'key =  "one\n   two"');
    assert.deepEqual(
      entry!.continuations.map((one) => slice(document, one)),
      ['two"'],
    );
    assert.equal(entry!.quote, undefined);
    assert.deepEqual(empty!.rawSpan, { start: document.text.length, end: document.text.length });
    assert.equal(slice(document, document.sections[0]!.span), '[a]');
  });

  test('a broken header says so', () => {
    const { sections } = parseOslo('[a\n[b] # c\n[c]\n[]\n');
    assert.deepEqual(
      sections.map(({ name, broken }) => [name, broken]),
      [
        ['a', true],
        ['b', true],
        ['c', undefined],
        ['', true],
      ],
    );
  });
});
