import { lineEnd, nextLine } from './lines';
import { ShellParser, enclosingQuote } from './shell';
import { findSuppressions } from './suppressions';
import { type ShellAssignment, type Span, type SyntaxProblem, type UpstartDocument } from './types';

/** What init refuses the job file with (libnih's config.c, init/parse_job.c). */
export type UpstartProblemCode =
  /** `Unterminated quoted string` */
  | 'unterminated-quote'
  /** `Trailing slash in file`: a backslash is the last character. */
  | 'trailing-slash'
  /** `Unterminated block`: no `end script`. */
  | 'unterminated-block'
  /** `Unknown stanza` */
  | 'unknown-stanza'
  /** `Expected token`: `exec` or `env` with nothing behind it. */
  | 'expected-token'
  /** `Unexpected token`: `env A=1 B=2`, `script x`. */
  | 'unexpected-token';

/** Stanzas of upstart 0.6 to 1.13 (init(5)). */
const STANZAS = new Set(
  (
    'instance description author version env export start stop emits exec script pre-start post-start pre-stop ' +
    'post-stop expect task kill respawn normal console umask nice oom limit chroot chdir manual usage setuid setgid ' +
    'apparmor cgroup debug reload'
  ).split(' '),
);

const PROCESSES = new Set(['pre-start', 'post-start', 'pre-stop', 'post-stop']);

const LF = 10;
const BACKSLASH = 92;
const HASH = 35;
const OPEN = 40;
const CLOSE = 41;

/** libnih's WS: a CR is white space, so CR LF files are fine. */
const isBlank = (code: number): boolean => code === 32 || code === 9 || code === 13;

interface Token extends Span {
  /** Quotes and backslashes removed, a line break inside quotes made one blank. */
  readonly value: string;
  readonly problem: 'unterminated-quote' | 'trailing-slash' | undefined;
  readonly problemAt: number;
}

class UpstartParser {
  readonly env: ShellAssignment[] = [];
  readonly problems: SyntaxProblem[] = [];
  exec: { span: Span; command: string } | undefined;
  #at = 0;
  readonly #dead = new Set<number>();

  constructor(readonly text: string) {}

  run(): void {
    const { text } = this;
    while (this.#at < text.length) {
      while (isBlank(text.charCodeAt(this.#at))) this.#at++;
      if (this.#hasToken()) this.#stanza();
      else this.#skipLine();
    }
  }

  #hasToken(): boolean {
    const code = this.text.charCodeAt(this.#at);
    return this.#at < this.text.length && code !== HASH && code !== LF;
  }

  #skipLine(): void {
    const end = this.text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.text.length : end + 1;
  }

  #stanza(): void {
    const start = this.#at;
    const name = this.#argument();
    if (!name) return;
    switch (name.value) {
      case 'env':
        this.#env(start);
        return;
      case 'exec':
        this.#exec(start, true);
        return;
      case 'script':
        this.#script(true);
        return;
      case 'start':
      case 'stop':
        this.#events();
        return;
      default:
    }
    if (PROCESSES.has(name.value)) {
      const kind = this.#hasToken() ? this.#argument() : undefined;
      if (kind?.value === 'exec') this.#exec(start, false);
      else if (kind?.value === 'script') this.#script(false);
      else {
        if (kind) this.#problem('unknown-stanza', kind.start, kind.end);
        else this.#problem('expected-token', name.start, name.end);
        this.#skipLine();
      }
      return;
    }
    if (!STANZAS.has(name.value)) {
      this.#problem('unknown-stanza', name.start, name.end);
      this.#skipLine();
      return;
    }
    // Other stanzas: their arguments only have to be passed over, quotes and continued lines included.
    while (this.#hasToken()) if (!this.#argument()) return;
    this.#skipLine();
  }

  /** A word with the blanks and continued lines after it; undefined when it is not closed, the line then passed over. */
  #argument(): Token | undefined {
    const { text } = this;
    const token = this.#token(this.#at, isWordEnd);
    if (token.problem) {
      this.#problem(token.problem, token.problemAt, lineEnd(text, token.problemAt));
      this.#at = nextLine(text, token.problemAt);
      return undefined;
    }
    this.#at = token.end;
    for (;;) {
      if (isBlank(text.charCodeAt(this.#at))) this.#at++;
      else if (text.startsWith('\\\n', this.#at)) this.#at += 2;
      else return token;
    }
  }

  #env(start: number): void {
    const { text } = this;
    if (!this.#hasToken()) {
      this.#problem('expected-token', start, this.#at);
      this.#skipLine();
      return;
    }
    const token = this.#argument();
    if (!token) return;
    const raw = text.slice(token.start, token.end);
    const equals = raw.indexOf('=');
    const name = /^[A-Za-z_][A-Za-z0-9_]*(?==)/.exec(raw)?.[0];
    if (name !== undefined) {
      const from = token.start + equals + 1;
      const value = token.value.slice(name.length + 1);
      this.env.push({
        name,
        nameSpan: { start: token.start, end: token.start + name.length },
        rawSpan: { start: from, end: token.end },
        // init may expand variables of the starting event here.
        value: value.includes('$') ? undefined : value,
        quote: enclosingQuote(text.slice(from, token.end)),
        exported: true,
        span: { start, end: token.end },
      });
    }
    this.#endOfLine();
  }

  /** Nothing but a comment may follow. */
  #endOfLine(): void {
    if (this.#hasToken()) this.#problem('unexpected-token', this.#at, lineEnd(this.text, this.#at));
    this.#skipLine();
  }

  #exec(start: number, main: boolean): void {
    const { text } = this;
    if (!this.#hasToken()) {
      this.#problem('expected-token', start, this.#at);
      this.#skipLine();
      return;
    }
    const from = this.#at;
    const token = this.#token(from, (code) => code === HASH || code === LF);
    if (token.problem) {
      this.#problem(token.problem, token.problemAt, lineEnd(text, token.problemAt));
      this.#at = nextLine(text, token.problemAt);
      return;
    }
    let { end } = token;
    while (end > from && isBlank(text.charCodeAt(end - 1))) end--;
    // Of two, init takes the last.
    if (main) this.exec = { span: { start, end }, command: text.slice(from, end) };
    this.#at = token.end;
    this.#skipLine();
  }

  #script(main: boolean): void {
    const { text } = this;
    const opener = this.#at;
    if (this.#hasToken()) this.#problem('unexpected-token', this.#at, lineEnd(text, this.#at));
    this.#skipLine();
    const start = this.#at;
    for (;;) {
      if (this.#at >= text.length) {
        // As for init, the block has swallowed the rest of the file.
        const line = text.lastIndexOf('\n', Math.max(0, opener - 1)) + 1;
        this.#problem('unterminated-block', line, lineEnd(text, line));
        return;
      }
      const end = this.#blockEnd();
      if (end) break;
      this.#skipLine();
    }
    const end = this.#at;
    this.#skipLine();
    if (main) this.#execIn(start, end);
  }

  /** `WS? end WS script WS? comment?` */
  #blockEnd(): boolean {
    let to = this.text.indexOf('\n', this.#at);
    if (to < 0) to = this.text.length;
    const first = this.text.charCodeAt(this.#at);
    if (first !== 101 && !isBlank(first)) return false;
    return /^[ \t\r]*end[ \t\r]+script[ \t\r]*(?:#.*)?$/.test(this.text.slice(this.#at, to));
  }

  /** The last `exec` command of the script that stands alone: it becomes the daemon. */
  #execIn(start: number, end: number): void {
    const shell = new ShellParser(this.text, start, end);
    shell.run();
    this.exec = undefined;
    for (const { word, span } of shell.commands) {
      if (word !== 'exec') continue;
      const from = span.start + 'exec'.length;
      this.exec = { span, command: this.text.slice(from, span.end).trim() };
    }
  }

  /** `start on (a and b)`: inside brackets line ends do not count. */
  #events(): void {
    const { text } = this;
    let depth = 0;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      if (code === OPEN || code === CLOSE) {
        depth += code === OPEN ? 1 : -1;
        this.#at++;
      } else if (isBlank(code)) this.#at++;
      else if (code === HASH || code === LF) {
        this.#skipLine();
        if (depth <= 0) return;
      } else {
        const token = this.#token(this.#at, (c) => isWordEnd(c) || c === OPEN || c === CLOSE);
        if (token.problem) {
          this.#problem(token.problem, token.problemAt, lineEnd(text, token.problemAt));
          this.#at = nextLine(text, token.problemAt);
          return;
        }
        this.#at = Math.max(token.end, this.#at + 1);
      }
    }
  }

  /** As nih_config_token, quotes and backslashes removed. */
  #token(start: number, ends: (code: number) => boolean): Token {
    const { text } = this;
    let value = '';
    let pending = '';
    let broken = false;
    let quote = 0;
    let quoteAt = start;
    let at = start;
    const put = (characters: string): void => {
      value += (broken ? ' ' : pending) + characters;
      pending = '';
      broken = false;
    };
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH) {
        if (at + 1 === text.length) {
          return { start, end: text.length, value, problem: 'trailing-slash', problemAt: at };
        }
        at++;
        if (text.charCodeAt(at) === LF) broken = true;
        else put(text.charAt(at));
      } else if (quote) {
        if (code === quote) {
          quote = 0;
          put('');
        } else if (code === LF) broken = true;
        else if (isBlank(code)) pending += text.charAt(at);
        else put(text.charAt(at));
      } else if (code === 34 || code === 39) {
        if (this.#dead.has(code)) return { start, end: at, value, problem: 'unterminated-quote', problemAt: at };
        quote = code;
        quoteAt = at;
        put('');
      } else if (ends(code)) break;
      else if (isBlank(code)) pending += text.charAt(at);
      else put(text.charAt(at));
    }
    if (quote) {
      this.#dead.add(quote);
      return { start, end: at, value, problem: 'unterminated-quote', problemAt: quoteAt };
    }
    return { start, end: at, value, problem: undefined, problemAt: start };
  }

  #problem(code: UpstartProblemCode, start: number, end: number): void {
    const shown = this.text.slice(start, Math.min(end, start + 120));
    this.problems.push({ code, span: { start, end: Math.max(start, end) }, values: { text: shown } });
  }
}

const isWordEnd = (code: number): boolean => isBlank(code) || code === HASH || code === LF;

/** Reads an upstart job (/etc/init/libvirt-bin.conf) as init does, as far as the daemon's arguments need it. */
export function parseUpstart(text: string): UpstartDocument {
  const parser = new UpstartParser(text);
  parser.run();
  const { env, exec, problems } = parser;
  const inside = env.map((assignment) => assignment.span);
  const suppressions = findSuppressions(text, { markers: '#', indented: true }, inside);
  return { dialect: 'upstart', text, env, exec, problems, suppressions };
}
