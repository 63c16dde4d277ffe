import { decodeOctal } from './octal';
import { splitOptions } from './options';
import { findSuppressions } from './suppressions';
import { type FstabDocument, type FstabEntry, type FstabField, type ListOption, type SyntaxProblem } from './types';

/**
 * What libmount (mount, findmnt) answers with `FILE: parse error at line N -- ignored`: it drops the line and reads on.
 * systemd's generator, which reads by getmntent, is laxer: it takes what is no number for 0.
 */
export type FstabProblemCode =
  /** Fewer than three fields; `values.missing` names the first one that is not there: `target` or `type`. */
  | 'missing-field'
  /** Something follows a blank after a comma in the options (`rw, hard`): the fifth field is no number. */
  | 'blank-in-options'
  /** The fifth field (dump) is no number. */
  | 'bad-dump'
  /** The sixth field (passno) is no number. */
  | 'bad-passno'
  /** A NUL character, in a comment too: libmount sees no line end behind it. */
  | 'nul-character';

const SPACE = 32;
const TAB = 9;
const HASH = 35;
const CR = 13;

const isBlank = (code: number): boolean => code === SPACE || code === TAB;

/** As strtol takes it: more white space than separates fields may stand before the sign; 32 bits are not checked. */
const WHOLE_NUMBER = /^[\v\f\r]*[+-]?\d+$/;

class FstabParser {
  readonly entries: FstabEntry[] = [];
  readonly problems: SyntaxProblem[] = [];
  #nextNul: number;

  constructor(readonly text: string) {
    this.#nextNul = text.indexOf('\0');
  }

  run(): void {
    const { text } = this;
    for (let start = 0; start < text.length;) {
      // libmount's lines end at `\n` only, with one `\r` before it dropped: a lone `\r` is part of a field.
      let end = text.indexOf('\n', start);
      if (end < 0) end = text.length;
      if (this.#nextNul >= 0 && this.#nextNul < start) this.#nextNul = text.indexOf('\0', start);
      if (this.#nextNul >= 0 && this.#nextNul < end) {
        this.#problem('nul-character', this.#nextNul, this.#nextNul + 1, '');
        start = end + 1;
        continue;
      }
      this.#line(start, end > start && text.charCodeAt(end - 1) === CR ? end - 1 : end);
      start = end + 1;
    }
  }

  #line(from: number, to: number): void {
    const { text } = this;
    let start = from;
    while (start < to && isBlank(text.charCodeAt(start))) start++;
    if (start === to || text.charCodeAt(start) === HASH) return;
    let end = to;
    while (isBlank(text.charCodeAt(end - 1))) end--;
    const fields = this.#fields(start, end);
    const [spec, file, type, options, dump, passno] = fields;
    if (!spec || !file || !type) {
      this.#problem('missing-field', start, end, text.slice(start, end), { missing: file ? 'type' : 'target' });
      return;
    }
    if (dump && !WHOLE_NUMBER.test(dump.raw)) {
      const code = options?.raw.endsWith(',') ? 'blank-in-options' : 'bad-dump';
      if (code === 'blank-in-options') this.#problem(code, options!.span.end, dump.span.start, dump.raw);
      else this.#problem(code, dump.span.start, dump.span.end, dump.raw);
    } else if (passno && !WHOLE_NUMBER.test(passno.raw)) {
      this.#problem('bad-passno', passno.span.start, passno.span.end, passno.raw);
    }
    const optionList: ListOption[] = options ? decoded(splitOptions(text, options.span.start, options.span.end)) : [];
    this.entries.push({ spec, file, type, options, optionList, dump, passno, span: { start, end } });
  }

  /** The first six; libmount never looks at what follows. */
  #fields(from: number, end: number): FstabField[] {
    const { text } = this;
    const fields: FstabField[] = [];
    for (let at = from; at < end && fields.length < 6;) {
      const start = at;
      while (at < end && !isBlank(text.charCodeAt(at))) at++;
      const raw = text.slice(start, at);
      fields.push({ raw, value: decodeOctal(raw), span: { start, end: at } });
      while (at < end && isBlank(text.charCodeAt(at))) at++;
    }
    return fields;
  }

  #problem(code: FstabProblemCode, start: number, end: number, shown: string, more?: Record<string, string>): void {
    this.problems.push({ code, span: { start, end }, values: { text: shown.slice(0, 120), ...more } });
  }
}

/** libmount decodes the field before it looks for commas, but a comma has no need of an escape: each word is decoded alone. */
function decoded(options: readonly ListOption[]): ListOption[] {
  return options.map((option) => ({
    name: decodeOctal(option.name),
    value: option.value === undefined ? undefined : decodeOctal(option.value),
    span: option.span,
  }));
}

/** Reads fstab as libmount does. An entry with a bad fifth or sixth field is given all the same, beside its problem. */
export function parseFstab(text: string): FstabDocument {
  const parser = new FstabParser(text);
  parser.run();
  const { entries, problems } = parser;
  return {
    dialect: 'fstab',
    text,
    entries,
    problems,
    suppressions: findSuppressions(text, { markers: '#', indented: true }),
  };
}
