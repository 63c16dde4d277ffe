import { type ExportsToken, ExportsReader } from './exportsReader';
import { BYTE, joinBytes } from './octal';
import { readOption } from './options';
import { findSuppressions } from './suppressions';
import {
  type ExportClient,
  type ExportEntry,
  type ExportsDocument,
  type ListOption,
  type Span,
  type SyntaxProblem,
} from './types';

/**
 * What exportfs (support/nfs/exports.c of nfs-utils) complains of. Each but `relative-path` ends the reading: this line
 * and all later ones are not exported, earlier ones stay.
 */
export type ExportsProblemCode =
  /** `syntax error: bad option list`: a blank inside the brackets, `host(rw, sync)`. */
  | 'blank-in-options'
  /** `syntax error: bad option list`: the line continues (`\`) inside the brackets. */
  | 'continuation-in-options'
  /** `syntax error: bad option list`: no closing bracket. */
  | 'unclosed-options'
  /** `syntax error: bad option list`: anything directly after the closing bracket, `host(rw)(ro)`, `host(rw)# note`. */
  | 'text-after-options'
  /** `unknown keyword ""`: a comma too many, `(,rw)` or `(rw,,sync)`; only the last option may have one after it. */
  | 'empty-option'
  /** `Failed to stat srv/nfs: No such file or directory`: a path has to begin with `/`. Only this entry is lost. */
  | 'relative-path'
  /** A quote that is not closed on its line; nfs-utils reads on to the next quote, lines and all, and finds no such path. */
  | 'unterminated-quote'
  /** No message at all: a line that begins with `""` is taken for the end of the file. */
  | 'empty-path'
  /** No message at all: a CR, form feed or vertical tab where a path should begin, as in a blank line of a CRLF file, is taken for the end of the file. Reported once. */
  | 'carriage-return'
  /** `syntax error` / `expected client(options...)`: a client with its options takes 512 bytes or more. */
  | 'client-too-long'
  /** No message at all: a path of 1025 bytes or more is taken for the end of the file. */
  | 'path-too-long';

/** nfs-utils reads a client into `char exp[512]` and a path into `char e_path[NFS_MAXPATHLEN + 1]`, bytes. */
const CLIENT_BYTES = 512;
const PATH_BYTES = 1025;

const LF = 10;
const OPEN = 40;
const CLOSE = 41;
const COMMA = 44;
const DASH = 45;
const SLASH = 47;
const TAB = 9;
const SPACE = 32;

/** Codes of one or several tokens with where they stand. */
type Codes = Pick<ExportsToken, 'codes' | 'at' | 'ends'>;

/** Each `-…` word between clients makes a longer list; nobody writes a line with more than a few, and noise may hold thousands. */
const MOST_DEFAULTS = 1000;

interface Draft {
  path: string;
  pathSpan: Span;
  defaults: ListOption[];
  defaultsSpan: Span | undefined;
  clients: ExportClient[];
  end: number;
}

class ExportsParser {
  readonly entries: ExportEntry[] = [];
  readonly problems: SyntaxProblem[] = [];
  readonly #reader: ExportsReader;
  #sawCarriageReturn = false;

  constructor(readonly text: string) {
    this.#reader = new ExportsReader(text);
  }

  run(): void {
    const reader = this.#reader;
    for (;;) {
      reader.skip(true);
      if (reader.at >= this.text.length) return;
      const token = reader.token();
      const draft = this.#path(token);
      if (!draft) continue;
      this.#clients(draft);
      const { end, ...entry } = draft;
      this.entries.push({ ...entry, span: { start: draft.pathSpan.start, end } });
    }
  }

  #path(token: ExportsToken): Draft | undefined {
    const { start, end } = token;
    if (token.openQuote !== undefined) {
      this.#problem('unterminated-quote', token.openQuote, end);
      return undefined;
    }
    if (token.codes.length === 0) {
      if (start < end) {
        this.#problem('empty-path', start, end);
        this.#skipLine();
      } else if (!this.#sawCarriageReturn) {
        this.#sawCarriageReturn = true;
        this.#problem('carriage-return', start, start + 1);
      }
      return undefined;
    }
    if (byteLength(token.codes) >= PATH_BYTES) {
      this.#problem('path-too-long', start, end);
      this.#skipLine();
      return undefined;
    }
    if (token.codes[0] !== SLASH) this.#problem('relative-path', start, end);
    return {
      path: joinBytes(token.codes),
      pathSpan: { start, end },
      defaults: [],
      defaultsSpan: undefined,
      clients: [],
      end,
    };
  }

  #clients(draft: Draft): void {
    const reader = this.#reader;
    let { defaults } = draft;
    for (let first = true; ; first = false) {
      reader.skip(false);
      let token = reader.token();
      const isDefaults = token.codes[0] === DASH && token.openQuote === undefined;
      if (isDefaults) {
        const own = this.#options(token, 1, token.codes.length);
        if (defaults.length < MOST_DEFAULTS) defaults = [...defaults, ...own];
        draft.end = token.end;
        if (draft.clients.length === 0) {
          draft.defaults = defaults;
          draft.defaultsSpan = { start: draft.defaultsSpan?.start ?? token.start, end: token.end };
        }
        reader.skip(false);
        token = reader.token();
      }
      const inherited = defaults === draft.defaults ? undefined : defaults;
      if (token.codes.length === 0) {
        if (!first && !isDefaults) return;
        // No client here means the world. It goes without saying where nothing follows the path and its options.
        if (draft.clients.length > 0 || !this.#atLineEnd()) draft.clients.push(world(draft.end, inherited));
        continue;
      }
      draft.end = token.end;
      const client = this.#client(token, draft);
      if (client) draft.clients.push(inherited ? { ...client, defaults: inherited } : client);
    }
  }

  #atLineEnd(): boolean {
    return this.#reader.at >= this.text.length || this.text.charCodeAt(this.#reader.at) === LF;
  }

  #client(token: ExportsToken, draft: Draft): ExportClient | undefined {
    const { codes, at, ends } = token;
    if (token.openQuote !== undefined) {
      this.#problem('unterminated-quote', token.openQuote, token.end);
      return undefined;
    }
    if (byteLength(codes) >= CLIENT_BYTES) {
      this.#problem('client-too-long', token.start, token.end);
      return undefined;
    }
    const open = codes.indexOf(OPEN);
    const hostEnd = open < 0 ? codes.length : open;
    const host = joinBytes(codes.slice(0, hostEnd));
    const hostSpan = hostEnd > 0 ? { start: at[0]!, end: ends[hostEnd - 1]! } : { start: at[open]!, end: at[open]! };
    const span = { start: token.start, end: token.end };
    if (open < 0) return { host, hostSpan, optionsSpan: undefined, options: [], span };
    const close = codes.indexOf(CLOSE, open);
    if (close >= 0) {
      if (close < codes.length - 1) this.#problem('text-after-options', at[close + 1]!, token.end);
      const options = this.#options(token, open + 1, close);
      return { host, hostSpan, optionsSpan: { start: ends[open]!, end: at[close]! }, options, span };
    }
    const whole = this.#untilBracket(token, at[open]!);
    const wholeClose = whole.codes.indexOf(CLOSE, open);
    const end = wholeClose < 0 ? token.end : whole.ends[wholeClose]!;
    draft.end = end;
    const optionsEnd = wholeClose < 0 ? token.end : whole.at[wholeClose]!;
    return {
      host,
      hostSpan,
      optionsSpan: { start: ends[open]!, end: optionsEnd },
      options: this.#options(whole, open + 1, wholeClose < 0 ? whole.codes.length : wholeClose),
      span: { start: token.start, end },
    };
  }

  /**
   * The bracket is not closed in its word. If it is closed further on in the line, before another one opens, what stands
   * between was plainly meant for options: they are given, so that one stray blank does not make three complaints.
   */
  #untilBracket(token: ExportsToken, bracket: number): Codes {
    const reader = this.#reader;
    const resume = reader.at;
    const codes = [...token.codes];
    const at = [...token.at];
    const ends = [...token.ends];
    let gap: Span | undefined;
    let last = token;
    for (;;) {
      reader.skip(false);
      const next = reader.token();
      const close = next.codes.indexOf(CLOSE);
      const open = next.codes.indexOf(OPEN);
      const stop = next.codes.length === 0 || next.openQuote !== undefined;
      if (stop || codes.length > CLIENT_BYTES || (open >= 0 && (close < 0 || open < close))) break;
      gap ??= { start: last.end, end: next.start };
      // `(rw sync)`: the blank stands where the comma should.
      if (codes.at(-1) !== COMMA && next.codes[0] !== COMMA && codes.at(-1) !== OPEN && next.codes[0] !== CLOSE) {
        codes.push(COMMA);
        at.push(last.end);
        ends.push(last.end);
      }
      codes.push(...next.codes);
      at.push(...next.at);
      ends.push(...next.ends);
      last = next;
      if (close < 0) continue;
      const continued = this.text.slice(gap.start, next.start).includes('\\\n');
      this.#problem(continued ? 'continuation-in-options' : 'blank-in-options', gap.start, gap.end);
      if (close < next.codes.length - 1) this.#problem('text-after-options', next.at[close + 1]!, next.end);
      return { codes, at, ends };
    }
    reader.at = resume;
    this.#problem('unclosed-options', bracket, token.end);
    return token;
  }

  /** As parseopts: blanks (which only quotes or escapes can bring in) before an option are skipped. */
  #options({ codes, at, ends }: Codes, from: number, to: number): ListOption[] {
    const options: ListOption[] = [];
    for (let start = from; start < to;) {
      while (start < to && (codes[start] === SPACE || codes[start] === TAB)) start++;
      if (start === to) break;
      let end = codes.indexOf(COMMA, start);
      if (end < 0 || end > to) end = to;
      if (end === start) this.#problem('empty-option', at[start]!, ends[start]!);
      else options.push(readOption(joinBytes(codes.slice(start, end)), at[start]!, ends[end - 1]!));
      start = end + 1;
    }
    return options;
  }

  #skipLine(): void {
    const end = this.text.indexOf('\n', this.#reader.at);
    this.#reader.at = end < 0 ? this.text.length : end;
  }

  #problem(code: ExportsProblemCode, start: number, end: number): void {
    const shown = this.text.slice(start, Math.min(end, start + 120));
    this.problems.push({ code, span: { start, end }, values: { text: shown } });
  }
}

function world(at: number, defaults: readonly ListOption[] | undefined): ExportClient {
  const span = { start: at, end: at };
  const client = { host: '', hostSpan: span, optionsSpan: undefined, options: [], span };
  return defaults ? { ...client, defaults } : client;
}

/** Bytes the word takes in the file's UTF-8. */
function byteLength(codes: readonly number[]): number {
  let bytes = 0;
  for (const code of codes) {
    // A surrogate pair is four bytes, two for each half.
    if (code >= BYTE || code < 0x80) bytes += 1;
    else bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}

/** Reads /etc/exports as nfs-utils does. A problem does not end the reading. */
export function parseExports(text: string): ExportsDocument {
  const parser = new ExportsParser(text);
  parser.run();
  const { entries, problems } = parser;
  const suppressions = findSuppressions(text, { markers: '#', indented: true });
  return { dialect: 'exports', text, entries, problems, suppressions };
}
