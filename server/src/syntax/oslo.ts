import { LineReader } from './lines';
import { findSuppressions } from './suppressions';
import { type OsloDocument, type OsloEntry, type OsloSection, type Span, type SyntaxProblem } from './types';

/**
 * What stops a service that reads the file, in the words of oslo.config (iniparser.py, cfg.py), which gives up at the
 * first one.
 */
export type OsloProblemCode =
  /** U+FEFF before the first character belongs to the first line: `No ':' or '=' found in assignment: '\ufeff[DEFAULT]'`. */
  | 'byte-order-mark'
  /** `No ':' or '=' found in assignment: 'virt_type kvm'` */
  | 'no-assignment'
  /** `Key cannot be empty: '= kvm'` */
  | 'empty-key'
  /** `Unexpected continuation line: '  # a comment'`: indented, but not directly under an assignment. */
  | 'unexpected-continuation'
  /** `Invalid section (must end with ]): '[libvirt'`, also for `[libvirt] # comment`. */
  | 'unclosed-section'
  /** `Empty section name: '[]'` */
  | 'empty-section'
  /** `Section must be started before assignment: None`; reported at the first such key only. */
  | 'key-before-section';

/** Python's `str.isspace`: what `strip()` removes. Unlike JavaScript's `trim` it has 0x1C..0x1F and 0x85, and no BOM. */
export function isPythonSpace(code: number): boolean {
  if (code < 0x80) return code === 32 || (code >= 9 && code <= 13) || (code >= 0x1c && code <= 0x1f);
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

const HASH = 35;
const SEMICOLON = 59;
const OPEN = 91;
const CLOSE = 93;
const COLON = 58;
const EQUALS = 61;
const SPACE = 32;
const TAB = 9;
const DOUBLE = 34;
const SINGLE = 39;

const ENTRY_COMMENTS = { markers: '#;', indented: false };

interface Pending {
  section: OsloSection | undefined;
  keySpan: Span;
  separatorAt: number;
  /** Value on the key's own line, stripped. */
  first: Span;
  continuations: Span[];
  lineEnd: number;
}

class OsloParser {
  readonly sections: OsloSection[] = [];
  readonly entries: OsloEntry[] = [];
  readonly problems: SyntaxProblem[] = [];
  #section: OsloSection | undefined;
  #pending: Pending | undefined;
  #reportedOrphan = false;

  constructor(readonly text: string) {}

  run(): void {
    const { text } = this;
    let from = 0;
    if (text.charCodeAt(0) === 0xfeff) {
      this.#problem('byte-order-mark', 0, 1);
      from = 1;
    }
    // Python opens the file with universal newlines, which are the protocol's lines.
    const lines = new LineReader(text, from);
    while (lines.next()) this.#line(lines.start, lines.end);
    this.#flush();
  }

  #line(start: number, untrimmed: number): void {
    const { text } = this;
    const first = text.charCodeAt(start);
    if ((first === HASH || first === SEMICOLON) && start < untrimmed) {
      if (this.#pending) this.#flush();
      return;
    }
    let end = untrimmed;
    while (end > start && isPythonSpace(text.charCodeAt(end - 1))) end--;
    if (end === start) {
      if (this.#pending) this.#flush();
      return;
    }
    if (first === SPACE || first === TAB) {
      let at = start;
      while (isPythonSpace(text.charCodeAt(at))) at++;
      if (this.#pending) {
        this.#pending.continuations.push({ start: at, end });
        this.#pending.lineEnd = end;
      } else this.#problem('unexpected-continuation', at, end);
      return;
    }
    this.#flush();
    if (first === OPEN) this.#header(start, end);
    else this.#assignment(start, end);
  }

  #header(start: number, end: number): void {
    const { text } = this;
    const closed = text.charCodeAt(end - 1) === CLOSE;
    const usable = closed && end - start > 2;
    let nameEnd = end - 1;
    let headerEnd = end;
    if (!closed) {
      this.#problem('unclosed-section', start, end);
      // What was meant is plain enough to file the keys below under it: no second complaint for each of them.
      const close = text.indexOf(']', start);
      nameEnd = close > 0 && close < end ? close : end;
      headerEnd = close > 0 && close < end ? close + 1 : end;
    } else if (!usable) this.#problem('empty-section', start, end);
    const name = text.slice(start + 1, nameEnd);
    const section: OsloSection = {
      name,
      nameSpan: { start: start + 1, end: nameEnd },
      span: { start, end: headerEnd },
      lookup: name === 'DEFAULT' ? name : name.toLowerCase(),
      ...(usable ? {} : { broken: true as const }),
    };
    this.sections.push(section);
    this.#section = section;
  }

  #assignment(start: number, end: number): void {
    const { text } = this;
    // Whichever of the two comes first splits.
    let separatorAt = start;
    while (separatorAt < end) {
      const code = text.charCodeAt(separatorAt);
      if (code === EQUALS || code === COLON) break;
      separatorAt++;
    }
    let keyStart = start;
    while (keyStart < separatorAt && isPythonSpace(text.charCodeAt(keyStart))) keyStart++;
    if (separatorAt === end) {
      this.#problem('no-assignment', keyStart, end);
      return;
    }
    let keyEnd = separatorAt;
    while (keyEnd > keyStart && isPythonSpace(text.charCodeAt(keyEnd - 1))) keyEnd--;
    if (keyEnd === keyStart) {
      this.#problem('empty-key', start, end);
      return;
    }
    let valueStart = separatorAt + 1;
    while (valueStart < end && isPythonSpace(text.charCodeAt(valueStart))) valueStart++;
    this.#pending = {
      section: this.#section,
      keySpan: { start: keyStart, end: keyEnd },
      separatorAt,
      first: valueStart < end ? { start: valueStart, end } : { start: separatorAt + 1, end: separatorAt + 1 },
      continuations: [],
      lineEnd: end,
    };
  }

  #flush(): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = undefined;
    const { text } = this;
    const { keySpan, first, continuations, separatorAt } = pending;
    if (!pending.section && !this.#reportedOrphan) {
      this.#reportedOrphan = true;
      this.#problem('key-before-section', keySpan.start, keySpan.end);
    }
    let value = text.slice(first.start, first.end);
    let quote: '"' | "'" | undefined;
    const opening = value.charCodeAt(0);
    // A single quote character alone is first and last at once, and is stripped to nothing.
    if ((opening === DOUBLE || opening === SINGLE) && value.charCodeAt(value.length - 1) === opening) {
      quote = opening === DOUBLE ? '"' : "'";
      value = value.slice(1, -1);
    }
    if (continuations.length) {
      value = [value, ...continuations.map((c) => text.slice(c.start, c.end))].join('\n');
    }
    const end = pending.lineEnd;
    const rawStart = first.start < first.end ? first.start : (continuations[0]?.start ?? first.start);
    this.entries.push({
      section: pending.section,
      key: text.slice(keySpan.start, keySpan.end),
      keySpan,
      separator: text.charCodeAt(separatorAt) === COLON ? ':' : '=',
      separatorSpan: { start: separatorAt, end: separatorAt + 1 },
      rawSpan: { start: rawStart, end: continuations.at(-1)?.end ?? first.end },
      value,
      quote,
      continuations,
      span: { start: keySpan.start, end: Math.max(end, separatorAt + 1) },
    });
  }

  #problem(code: OsloProblemCode, start: number, end: number): void {
    const shown = this.text.slice(start, Math.min(end, start + 120));
    this.problems.push({ code, span: { start, end }, values: { text: shown } });
  }
}

/** Reads nova.conf and its kind as oslo.config's iniparser does. A problem does not end the reading: the next line goes on. */
export function parseOslo(text: string): OsloDocument {
  const parser = new OsloParser(text);
  parser.run();
  const { sections, entries, problems } = parser;
  return { dialect: 'oslo', text, sections, entries, problems, suppressions: findSuppressions(text, ENTRY_COMMENTS) };
}
