/** What holds of every parser on every text: no exception, spans in place and in order, nothing invented, linear time. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DIALECTS, parse, type Dialect, type ParsedDocument, type Span } from '../../server/src/syntax';
import { edited, soup } from './generators';
import { SAMPLES } from './samples';

const SEED = Number(process.env['LIVEMIG_SEED'] ?? 20260401);

/** Entries in the order of the file, whatever the dialect calls them. */
function entries(document: ParsedDocument): readonly { readonly span: Span }[] {
  if (document.dialect === 'shell') return document.assignments;
  if (document.dialect === 'upstart') return document.env;
  return document.entries;
}

/** Every span anywhere in the document. */
function* spans(value: unknown): Generator<Span> {
  const open = [value];
  for (let one = open.pop(); open.length > 0 || one !== undefined; one = open.pop()) {
    if (typeof one !== 'object' || one === null) continue;
    if ('start' in one && 'end' in one) yield one as Span;
    else open.push(...Object.values(one as Record<string, unknown>).filter((v) => typeof v === 'object'));
  }
}

function checkShape(text: string, document: ParsedDocument): void {
  assert.equal(document.text, text);
  for (const { start, end } of spans(document)) {
    assert.ok(0 <= start && start <= end && end <= text.length, `span ${start}..${end} of ${text.length}`);
  }
  let last = 0;
  for (const { span } of entries(document)) {
    assert.ok(span.start >= last, 'entries do not overlap and stand in order');
    last = span.end;
  }
  for (const { span, target, ids } of document.suppressions) {
    assert.ok(target > span.end || target === text.length);
    for (const one of ids) assert.equal(text.slice(one.span.start, one.span.end), one.id);
  }
}

/** What a span claims to be is what stands there. */
function checkSlices(document: ParsedDocument): void {
  const { text } = document;
  const at = ({ start, end }: Span): string => text.slice(start, end);
  switch (document.dialect) {
    case 'oslo':
      for (const section of document.sections) assert.equal(at(section.nameSpan), section.name);
      for (const entry of document.entries) {
        assert.equal(at(entry.keySpan), entry.key);
        assert.equal(at(entry.separatorSpan), entry.separator);
        const { quote, continuations, rawSpan } = entry;
        if (continuations.length === 0) {
          const raw = at(rawSpan);
          // A quote character alone is a pair of quotes to oslo.config.
          const written = quote === undefined || entry.value === '' ? raw : `${quote}${entry.value}${quote}`;
          assert.equal(raw, written);
          if (entry.value === '') assert.ok(['', '"', "'", '""', "''"].includes(raw));
        } else assert.ok(entry.value.endsWith(`\n${at(continuations.at(-1)!)}`));
      }
      return;
    case 'libvirt':
      for (const { key, keySpan, value } of document.entries) {
        assert.equal(at(keySpan), key);
        if (value.type === 'string') assert.equal(at(value.span), `${value.quote}${value.text}${value.quote}`);
        if (value.type === 'int') assert.equal(at(value.span), value.text);
        if (value.type === 'list') assert.match(at(value.span), /^\[[^]*\]$/);
      }
      return;
    case 'shell':
      for (const one of document.assignments) {
        assert.equal(at(one.nameSpan), one.name);
        assert.equal(text.charAt(one.nameSpan.end), '=');
        assert.equal(one.rawSpan.start, one.nameSpan.end + 1);
        if (one.quote !== undefined)
          assert.ok(at(one.rawSpan).startsWith(one.quote) && at(one.rawSpan).endsWith(one.quote));
        else if (one.value !== undefined && !/["'\\]/.test(at(one.span))) assert.equal(at(one.rawSpan), one.value);
      }
      return;
    case 'unit':
      for (const { name, nameSpan, span } of document.sections) {
        assert.equal(text.charAt(span.start), '[');
        if (!at(span).includes('\\')) assert.equal(at(nameSpan), name);
      }
      for (const { section, key, keySpan, value, rawSpan, span } of document.entries) {
        if (!at(span).includes('\\')) {
          assert.equal(at(keySpan), key);
          assert.equal(at(rawSpan), value);
        }
        assert.ok(section === undefined || section.span.end < span.start);
        assert.doesNotMatch(key, /^[ \t]|[ \t]$|=/);
        assert.doesNotMatch(value, /^[ \t]|[ \t]$/);
      }
      return;
    case 'upstart':
      for (const one of document.env) assert.equal(at(one.nameSpan), one.name);
      if (document.exec) assert.ok(at(document.exec.span).includes(document.exec.command));
      return;
    case 'exports':
      for (const entry of document.entries) {
        if (!/["\\\0]/.test(at(entry.pathSpan))) assert.equal(at(entry.pathSpan), entry.path);
        for (const client of entry.clients) {
          if (!/["\\\0]/.test(at(client.span))) {
            assert.equal(at(client.hostSpan), client.host);
            for (const { name, value, span } of client.options) {
              assert.equal(at(span), value === undefined ? name : `${name}=${value}`);
            }
          }
        }
      }
      return;
    case 'fstab':
      for (const entry of document.entries) {
        const { spec, file, type, options, dump, passno, optionList } = entry;
        for (const field of [spec, file, type, options, dump, passno])
          if (field) assert.equal(at(field.span), field.raw);
        for (const { name, value, span } of optionList) {
          if (!at(span).includes('\\')) assert.equal(at(span), value === undefined ? name : `${name}=${value}`);
        }
      }
      return;
    case 'hosts':
      for (const { address, addressSpan, names } of document.entries) {
        assert.equal(at(addressSpan), address);
        for (const { name, span } of names) assert.equal(at(span), name);
      }
      return;
    case 'passwd':
      for (const { name, nameSpan, uid, uidSpan, gid, gidSpan } of document.entries) {
        assert.equal(at(nameSpan), name);
        assert.equal(Number(at(uidSpan)), uid);
        assert.equal(Number(at(gidSpan)), gid);
      }
      return;
    case 'group':
      for (const { gid, gidSpan } of document.entries) assert.equal(Number(at(gidSpan)), gid);
      return;
    case 'livemig-ini':
      for (const { key, keySpan, value, valueSpan } of document.entries) {
        assert.equal(at(keySpan), key);
        if (!/["'\\]/.test(at(valueSpan))) assert.equal(at(valueSpan), value);
      }
      return;
  }
}

/** An entry cut out and parsed alone reads the same: its span holds all of it and nothing else. */
function checkAlone(document: ParsedDocument): void {
  const bare = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (k, v: unknown) =>
        /span|continuations|defaults$|section|exported/i.test(k) ? undefined : v,
      ),
    );
  for (const entry of entries(document).slice(0, 20)) {
    // A continued line that was cut off has only its blanks to tell it by; a CR at the end belongs to the line break.
    if (document.text.charCodeAt(entry.span.start) === 0xfeff) continue; // a mark there is another thing at the start of a file
    const alone = parse(document.dialect, `${document.text.slice(entry.span.start, entry.span.end)}\n`);
    const again = entries(alone)[0];
    assert.ok(again, 'an entry remains one');
    assert.deepEqual(bare(again), bare(entry));
  }
}

const check = (dialect: Dialect, text: string): ParsedDocument => {
  const document = parse(dialect, text);
  checkShape(text, document);
  checkSlices(document);
  return document;
};

/** Where the meaning of an entry lies partly outside of it. */
const CONTEXTUAL: ReadonlySet<Dialect> = new Set(['shell', 'upstart', 'exports']);

for (const dialect of DIALECTS) {
  describe(`every text, read as ${dialect}`, () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      soup(dialect, 30),
      edited(SAMPLES[dialect], dialect),
    );

    test('spans lie in the text, in order, and hold what they claim', () => {
      fc.assert(
        fc.property(anyText, (text) => void check(dialect, text)),
        { seed: SEED, numRuns: 1500 },
      );
    });

    test('entries cut out read the same', () => {
      const property = fc.property(anyText, (text) => {
        const document = parse(dialect, text);
        if (!CONTEXTUAL.has(dialect) || document.problems.length === 0) checkAlone(document);
      });
      fc.assert(property, { seed: SEED, numRuns: 800 });
    });

    test('half-typed: every beginning of a file', () => {
      const sample = SAMPLES[dialect];
      for (let end = 0; end <= sample.length; end++) check(dialect, sample.slice(0, end));
    });

    test('line ends, marks and bytes that do not belong there', () => {
      const sample = SAMPLES[dialect];
      for (const text of [
        sample.replaceAll('\n', '\r\n'),
        sample.replaceAll('\n', '\r'),
        `\ufeff${sample}`,
        sample.replaceAll(' ', '\0'),
        sample.replaceAll(' ', '\u00a0'),
        `${sample}${sample}`,
        sample.trimEnd(),
      ]) {
        check(dialect, text);
      }
    });

    test('a file from the field has no problem, and CR LF changes nothing in it', () => {
      const sample = SAMPLES[dialect];
      assert.deepEqual(check(dialect, sample).problems, []);
      const names = (text: string): unknown => entries(parse(dialect, text)).length;
      if (dialect !== 'exports') assert.equal(names(sample.replaceAll('\n', '\r\n')), names(sample));
    });
  });
}

/** Processor time, not the clock's: other work on the machine is no fault of ours. A quadratic parser would take hours. */
function assertLinear(dialect: Dialect, text: string): void {
  const before = process.cpuUsage();
  parse(dialect, text);
  const { user } = process.cpuUsage(before);
  assert.ok(user < 10_000_000, `${dialect}: ${user / 1000} ms`);
}

describe('two to ten million characters in one line', () => {
  const size = 10_000_000;
  const texts: Record<string, string> = {
    letters: 'x'.repeat(size),
    blanks: ' '.repeat(size),
    brackets: `a = ${'['.repeat(size)}`,
    quotes: `a = ${'"'.repeat(size)}`,
    'open quote': `A="${'x '.repeat(size / 10)}`,
    commas: `a b(${','.repeat(size / 5)}`,
    words: 'word '.repeat(size / 25),
    // Each of these is a problem with an object of its own: a tenth will do.
    'open brackets': 'a b(c '.repeat(size / 60),
    backslashes: `A=${'\\'.repeat(size)}`,
    substitutions: `A=${'$('.repeat(size / 10)}`,
    colons: ':'.repeat(size / 5),
  };
  for (const [what, text] of Object.entries(texts)) {
    test(what, () => {
      for (const dialect of DIALECTS) {
        assertLinear(dialect, text);
      }
    });
  }
});

describe('many lines', () => {
  const count = 100_000;
  const lines: Record<string, string> = {
    comments: '# comment\n',
    suppressions: '# livemig: ignore a/b -- c\n',
    'open quotes': 'A="x\n',
    'open single quotes': "A='x\n",
    'open lists': 'a = [ "x",\n',
    'open long strings': 'a = """x\n',
    'open brackets': '/a b(c\n',
    continuations: 'a \\\n',
    scripts: 'script\n',
    substitutions: 'A=$(x\n',
    'lone CR': 'a = b\r',
    'fstab without options': 'a /b nfs\n',
    indented: '  x\n',
  };
  for (const [what, line] of Object.entries(lines)) {
    test(what, () => {
      const text = line.repeat(count);
      for (const dialect of DIALECTS) {
        assertLinear(dialect, text);
      }
    });
  }
});

test('fifty thousand lines of nova.conf, mostly comments, take a few milliseconds', () => {
  const text =
    `[DEFAULT]\n${'# Some words on what the next option is for, as the sample file has them.\n'.repeat(9)}#my_ip = 10.0.0.1\nx = 1\n`.repeat(
      50_000 / 12,
    );
  let best = Infinity;
  for (let i = 0; i < 10; i++) {
    const before = performance.now();
    const { entries: found } = parse('oslo', text);
    best = Math.min(best, performance.now() - before);
    assert.equal(found.length, Math.floor(50_000 / 12));
  }
  // About 3 ms here; the bound is for slow and busy machines.
  assert.ok(best < 30, `${best} ms`);
});
