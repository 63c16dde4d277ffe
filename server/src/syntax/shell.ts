import { lineEnd, nextLine } from './lines';
import { isLineEnd, isMeta, type ShellWord, WordReader } from './shellWord';
import { findSuppressions } from './suppressions';
import { type ShellAssignment, type ShellDocument, type Span, type SyntaxProblem } from './types';

/** What the shell (dash) that sources the file says, or does without a word. */
export type ShellProblemCode =
  /** `Syntax error: Unterminated quoted string`: this line and all later ones are not read. */
  | 'unterminated-quote'
  /** `Syntax error: Missing '}'`, `end of file unexpected (expecting ")")`, `EOF in backquote substitution` */
  | 'unterminated-substitution'
  /**
   * `X=-d -l`: `-l: not found`. An assignment before a command holds for that command only, so X stays what it was.
   * (systemd's EnvironmentFile takes the rest of the line for the value.)
   */
  | 'command-after-assignment'
  /** `X = "-d"`: `X: not found`. No blanks round the `=`. */
  | 'blank-before-equals'
  /** The file has CR LF line ends; the shell takes the CR for the last character of each value. Reported once. */
  | 'carriage-return'
  /** `Syntax error: "(" unexpected`: a bracket in an unquoted value. */
  | 'unexpected-bracket'
  /** `Syntax error: ";" unexpected`: an operator with no command before it. */
  | 'unexpected-operator'
  /** `export X=-d -l`: `export: Illegal option -l`, `export: 1x: bad variable name`; the shell stops there. */
  | 'bad-export';

const CR = 13;
const SPACE = 32;
const TAB = 9;
const HASH = 35;
const OPEN_PAREN = 40;
const CLOSE_PAREN = 41;

/** Words after which the commands that follow run or do not run, depending on what a linter cannot know. */
const OPENERS = new Set(['if', 'while', 'until', 'for', 'case', '{']);
const CLOSERS = new Set(['fi', 'done', 'esac', '}']);
const LEADERS = new Set(['then', 'else', 'elif', 'do', '!']);

const COMMAND_ENDS = new Set([';', ';;', '&', '&&', '|', '||']);

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

/** One simple command: its words up to an operator. */
interface Command {
  readonly words: readonly ShellWord[];
  /** The operator before it: an assignment behind `&&` may not happen, one in a pipe happens to a subshell. */
  readonly conditional: boolean;
}

export class ShellParser {
  readonly assignments: ShellAssignment[] = [];
  readonly problems: SyntaxProblem[] = [];
  /** First word of each command with the command's extent: upstart looks for `exec` among them. */
  readonly commands: { readonly word: string; readonly span: Span }[] = [];
  readonly #words: WordReader;
  #depth = 0;
  #at: number;
  #heredocs: string[] = [];
  #sawCarriageReturn = false;
  /** The command has a redirection: it is one, even without a word. */
  #redirected = false;

  constructor(
    readonly text: string,
    from = 0,
    readonly to = text.length,
  ) {
    this.#at = from;
    // A block of a job file is read as if the file ended with it.
    this.#words = new WordReader(to < text.length ? text.slice(0, to) : text);
  }

  run(): void {
    let conditional = false;
    let closed = false;
    while (this.#at < this.to) {
      const problems = this.problems.length;
      const words = this.#simpleCommand();
      const whole = problems === this.problems.length;
      const at = this.#at;
      // Before the operator is consumed: a closing bracket ends what the command stands in.
      this.#command({ words, conditional: conditional || this.#endsInSubshell() });
      const operator = this.#operator();
      const bare = words.length === 0 && !this.#redirected && !closed && COMMAND_ENDS.has(operator);
      // `;;` has no place outside of `case` at all.
      if ((bare || operator === ';;') && this.#depth === 0 && whole) {
        this.#problem('unexpected-operator', at, at + operator.length);
      }
      closed = operator === ')';
      conditional = operator === '&&' || operator === '||' || operator === '|';
    }
  }

  /** `A=1 | x`, `A=1 &`; and `A=(`, which is no assignment in this shell. */
  #endsInSubshell(): boolean {
    const operator = this.text.charAt(this.#at);
    if (operator === '(') return true;
    return (operator === '|' || operator === '&') && this.text.charAt(this.#at + 1) !== operator;
  }

  /** Words up to the next operator or line end. */
  #simpleCommand(): ShellWord[] {
    const { text } = this;
    const words: ShellWord[] = [];
    this.#redirected = false;
    while (this.#at < this.to) {
      const code = text.charCodeAt(this.#at);
      if (code === SPACE || code === TAB) this.#at++;
      else if (code === HASH) this.#at = Math.min(this.to, lineFeed(text, this.#at));
      else if (text.startsWith('\\\n', this.#at)) this.#at += 2;
      else if (isLineEnd(text, this.#at)) break;
      else if (code === 60 || code === 62) this.#redirection(words);
      else if (isMeta(code)) break;
      else {
        const word = this.#words.read(this.#at);
        if (word.problem) {
          this.#problem(word.problem, word.problemAt, lineEnd(text, word.problemAt));
          // The shell reads no further; the lines below are given as they would be without the slip.
          this.#at = Math.min(this.to, nextLine(text, word.problemAt));
          this.#depth = 0;
          return [];
        }
        this.#at = word.end;
        words.push(word);
      }
    }
    return words;
  }

  /** `>file`, `2>&1`, `<<EOF`; what is redirected where does not matter here, only that it is no word of the command. */
  #redirection(words: ShellWord[]): void {
    const { text } = this;
    this.#redirected = true;
    const last = words.at(-1);
    if (last && last.end === this.#at && /^\d$/.test(last.value ?? '')) words.pop();
    const operator = /^(?:<<-|<<|<&|<>|>>|>&|>\||<|>)/.exec(text.slice(this.#at, this.#at + 3))![0];
    this.#at += operator.length;
    while (text.charCodeAt(this.#at) === SPACE || text.charCodeAt(this.#at) === TAB) this.#at++;
    const next = text.charCodeAt(this.#at);
    if (this.#at >= this.to || isMeta(next) || isLineEnd(text, this.#at)) return;
    const target = this.#words.read(this.#at);
    if (target.problem) return;
    this.#at = target.end;
    if (operator === '<<' || operator === '<<-')
      this.#heredocs.push(target.value ?? text.slice(target.start, target.end));
  }

  /** Consumes and gives the operator; a line end is `\n`. */
  #operator(): string {
    const { text } = this;
    if (this.#at >= this.to) return '';
    if (isLineEnd(text, this.#at)) {
      if (text.charCodeAt(this.#at) === CR && !this.#sawCarriageReturn) {
        this.#sawCarriageReturn = true;
        this.#problem('carriage-return', this.#at, this.#at + 1);
      }
      this.#at = Math.min(this.to, lineFeed(text, this.#at) + 1);
      this.#skipHeredocs();
      return '\n';
    }
    const two = text.slice(this.#at, this.#at + 2);
    const operator = two === '&&' || two === '||' || two === ';;' ? two : text.charAt(this.#at);
    const code = text.charCodeAt(this.#at);
    if (!isMeta(code)) return '\n'; // an unterminated word was passed over: a new line begins here
    if (code === OPEN_PAREN) this.#openBracket();
    else if (code === CLOSE_PAREN) this.#depth = Math.max(0, this.#depth - 1);
    this.#at += operator.length;
    return operator;
  }

  #openBracket(): void {
    const { text } = this;
    this.#depth++;
    const before = text.charCodeAt(this.#at - 1);
    // `X=(…)` and `X=a(b)`: only a bare name may have brackets behind it, and they make a function of it.
    if (this.#at === 0 || isMeta(before) || before === 10) return;
    if (text.charCodeAt(this.#at + 1) === CLOSE_PAREN) return;
    this.#problem('unexpected-bracket', this.#at, this.#at + 1);
  }

  #skipHeredocs(): void {
    const { text } = this;
    for (const delimiter of this.#heredocs) {
      while (this.#at < this.to) {
        const end = Math.min(this.to, lineFeed(text, this.#at));
        const line = text.slice(this.#at, end).replace(/^\t+/, '').replace(/\r$/, '');
        this.#at = Math.min(this.to, end + 1);
        if (line === delimiter) break;
      }
    }
    this.#heredocs = [];
  }

  #command({ words, conditional }: Command): void {
    let i = 0;
    for (; i < words.length; i++) {
      const word = words[i]!;
      if (word.quoted || word.value === undefined) break;
      if (OPENERS.has(word.value)) this.#depth++;
      else if (CLOSERS.has(word.value)) this.#depth = Math.max(0, this.#depth - 1);
      else if (!LEADERS.has(word.value)) break;
      // What follows these on the line are no commands.
      if (word.value === 'for' || word.value === 'case') return;
    }
    const rest = words.slice(i);
    const first = rest[0];
    if (!first) return;
    this.commands.push({ word: first.value ?? '', span: { start: first.start, end: rest.at(-1)!.end } });
    const known = this.#depth === 0 && !conditional;
    let assigned = 0;
    while (assigned < rest.length && assignedName(this.text, rest[assigned]!) !== undefined) assigned++;
    const builtin = rest[assigned]?.value;
    const exporting = builtin === 'export' || builtin === 'readonly';
    // What stands before a special built-in command stays assigned (POSIX 2.14).
    const alone = assigned === rest.length || exporting;
    for (const word of rest.slice(0, assigned)) this.#assignment(word, known && alone, false, undefined);
    if (exporting) this.#export(rest.slice(assigned + 1), known, builtin === 'export');
    else if (assigned > 0 && !alone) {
      this.#problem('command-after-assignment', rest[assigned]!.start, rest.at(-1)!.end);
    } else if (assigned === 0) this.#spacedAssignment(rest);
  }

  #export(words: readonly ShellWord[], known: boolean, exported: boolean): void {
    for (const [i, word] of words.entries()) {
      const name = word.value?.split('=', 1)[0];
      const option = i === 0 && word.value === '-p';
      if (name !== undefined && !option && NAME.exec(name)?.[0] !== name) {
        this.#problem('bad-export', word.start, word.end);
      } else this.#assignment(word, known, exported, name);
    }
  }

  #spacedAssignment(words: readonly ShellWord[]): void {
    const [name, equals] = words;
    if (!name || !equals || this.text.charAt(equals.start) !== '=') return;
    const written = this.text.slice(name.start, name.end);
    if (NAME.exec(written)?.[0] === written) this.#problem('blank-before-equals', name.start, equals.start + 1);
  }

  /** `argument` is the name where the word is an argument of export: there it may be quoted, `export "X=1"`. */
  #assignment(word: ShellWord, known: boolean, exported: boolean, argument: string | undefined): void {
    const name = argument ?? assignedName(this.text, word);
    if (name === undefined) return;
    const written = this.text.slice(word.start, word.end);
    const nameAt = written.indexOf(`${name}=`);
    if (nameAt < 0) return; // no value, or a name put together from quoted parts
    const nameStart = word.start + nameAt;
    const from = nameStart + name.length + 1;
    const raw = this.text.slice(from, word.end);
    // What the name and the `=` hold is known, so the value is what remains of the word's.
    let value = known && word.value !== undefined ? word.value.slice(name.length + 1) : undefined;
    // Tildes expand in a value; as an argument of export so do patterns in some shells.
    if (/^~|:~/.test(raw) || (argument !== undefined && /[*?[{]/.test(raw))) value = undefined;
    const quote = enclosingQuote(raw);
    this.assignments.push({
      name,
      nameSpan: { start: nameStart, end: from - 1 },
      rawSpan: { start: from, end: word.end },
      value,
      quote,
      exported,
      span: { start: word.start, end: word.end },
    });
  }

  #problem(code: ShellProblemCode, start: number, end: number): void {
    const shown = this.text.slice(start, Math.min(end, start + 120));
    this.problems.push({ code, span: { start, end: Math.max(start, end) }, values: { text: shown } });
  }
}

function lineFeed(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}

/** The name of a word `NAME=…`, which must stand there without quotes. */
function assignedName(text: string, word: ShellWord): string | undefined {
  const written = text.slice(word.start, Math.min(word.end, word.start + 256));
  const name = NAME.exec(written)?.[0];
  return name !== undefined && written.charAt(name.length) === '=' ? name : undefined;
}

/** The quote at both ends, if nothing between closes it. */
export function enclosingQuote(raw: string): '"' | "'" | undefined {
  const quote = raw.charAt(0);
  if ((quote !== '"' && quote !== "'") || raw.length < 2) return undefined;
  for (let at = 1; at < raw.length; at++) {
    if (raw.charAt(at) === '\\' && quote === '"') at++;
    else if (raw.charAt(at) === quote) return at === raw.length - 1 ? quote : undefined;
  }
  return undefined;
}

/**
 * Reads /etc/default/libvirtd and its kind as a shell does that sources it, evaluating nothing: a value that depends on
 * an expansion, a condition or a command is undefined.
 */
export function parseShell(text: string): ShellDocument {
  const parser = new ShellParser(text);
  parser.run();
  const { assignments, problems } = parser;
  const inside = assignments.map((assignment) => assignment.span);
  const suppressions = findSuppressions(text, { markers: '#', indented: true }, inside);
  return { dialect: 'shell', text, assignments, problems, suppressions };
}
