import { spawn, type ChildProcess } from 'node:child_process';
import { userInfo } from 'node:os';
import { FleetError, type Ran, type Runner, type RunOptions } from './types';

/** What a command may answer on standard output and standard error together, in bytes. */
export const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/** How long a command that was told to end has for its tidying up, in ms. */
export const GRACE_MS = 1000;

/**
 * The one way from words to a command line: a login shell, whichever it is (sh, bash, busybox, csh, fish), reads it as
 * exactly these words. Words of printable ASCII are quoted as they are; one with anything else in it makes all of them travel
 * encoded, and `sh` decodes them: for a line break csh and sh have no common spelling, for a backslash sh and fish.
 * @throws TypeError for a word with a NUL, which no program can be given
 */
export function shellWords(argv: readonly string[]): string {
  if (argv.length === 0) throw new TypeError('no command');
  if (argv.some((word) => word.includes('\0'))) throw new TypeError('a word of a command line has a NUL in it');
  const plain = argv.map(quoted).join(' ');
  if (argv.every((word) => /^[ -[\]-~]*$/.test(word))) return plain;
  // As long as a character is one byte, printf and every shell agree on what an octal number is.
  const encoded = Array.from(Buffer.from(argv.map(quotedForSh).join(' ')), (byte) => {
    const char = String.fromCharCode(byte);
    return /[\w./:=,@-]/.test(char) ? char : `\\0${byte.toString(8).padStart(3, '0')}`;
  }).join('');
  return `sh -c 'eval "$(printf %b "$1")"' sh '${encoded}'`;
}

/** For any shell: csh replaces an exclamation mark even between single quotes. */
function quoted(word: string): string {
  return `'${word.replace(/['!]/g, (c) => `'\\${c}'`)}'`;
}

function quotedForSh(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The same words, run as root by sudo, which may not ask for a password and answers in English. */
export function withSudo(argv: readonly string[]): readonly string[] {
  return ['env', 'LC_ALL=C', 'sudo', '-n', '--', ...argv];
}

/**
 * Sudo tells by its words only that it did not run the command.
 * @returns the error of code `sudo`, or undefined when the command itself ended so
 */
export function sudoRefusal(ran: Ran, where: string): FleetError | undefined {
  // A host that does not know its own name is complained of, and the command run all the same.
  const said = ran.stderr.replace(/^sudo: unable to resolve host .*\n?/gm, '').trim();
  if (ran.code === 1 && /^(?:sudo: |Sorry, user |\S+ is not (?:in the sudoers file|allowed to run sudo))/m.test(said))
    return new FleetError(
      'sudo',
      `${where}: sudo does not let this account run the command without a password: allow it in sudoers (ACCOUNT ALL=(root) NOPASSWD: ALL), or log in as root`,
      said,
    );
  if (ran.code === 127 && /^env: .*\bsudo\b/m.test(said))
    return new FleetError('sudo', `${where}: sudo is not installed, and the account is not root`, said);
  return undefined;
}

/** Takes up what a command says, up to the limit. */
export class Output {
  readonly #stdout: Uint8Array[] = [];
  readonly #stderr: Uint8Array[] = [];
  #bytes = 0;

  /** @returns whether it still fits */
  take(stream: 'stdout' | 'stderr', chunk: Uint8Array): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > OUTPUT_LIMIT_BYTES) return false;
    (stream === 'stdout' ? this.#stdout : this.#stderr).push(chunk);
    return true;
  }

  /** Standard error so far. */
  said(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  ran(code: number | undefined, signal: string | undefined): Ran {
    return { code, signal, stdout: Buffer.concat(this.#stdout), stderr: this.said() };
  }
}

export function tooMuch(where: string, program: string): FleetError {
  return new FleetError('refused', `${where}: ${program} answers with more than ${OUTPUT_LIMIT_BYTES >> 20} MiB`);
}

export function timedOut(where: string, program: string, ms: number): FleetError {
  return new FleetError('timeout', `${where}: ${program} did not end within ${seconds(ms)}`);
}

export function cancelled(what: string): FleetError {
  return new FleetError('cancelled', `${what}: cancelled`);
}

/** `15 s`, `0.2 s`. */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}

/** The line of the log for a command that ended, or did not. Words are cut: a log is read, not run. */
export function logLine(where: string, argv: readonly string[], started: number, end: string): string {
  const words = argv.map((w) => (/^[\w./:=,@%+-]+$/.test(w) ? w : JSON.stringify(w))).join(' ');
  const short = words.length > 300 ? `${words.slice(0, 300)}…` : words;
  return `${where}: ${short} → ${end} (${Math.round(performance.now() - started)} ms)`;
}

/** `0`, `SIGKILL`. */
export function endOf({ code, signal }: Ran): string {
  return String(code ?? signal ?? 'no status');
}

/** Runs commands on this machine, without a shell; one that cannot be found ends as in a shell, with 127 or 126. */
export function localRunner(log: (line: string) => void = () => undefined): Runner {
  return {
    async run(argv, options) {
      const sudo = options.root === true && userInfo().uid !== 0;
      const started = performance.now();
      try {
        const ran = await spawned(sudo ? withSudo(argv) : argv, options);
        log(logLine('local', argv, started, endOf(ran)));
        const refusal = sudo ? sudoRefusal(ran, 'local') : undefined;
        if (refusal) throw refusal;
        return ran;
      } catch (error) {
        if (error instanceof FleetError) log(logLine('local', argv, started, error.code));
        throw error;
      }
    },
  };
}

function spawned(argv: readonly string[], { input, timeout, signal, heard }: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(cancelled(argv[0] ?? ''));
      return;
    }
    // A process group of its own, so that its children end with it.
    const child = spawn(argv[0] ?? '', argv.slice(1), { detached: true, stdio: 'pipe', windowsHide: true });
    const output = new Output();
    const timer = setTimeout(() => give(timedOut('local', argv[0] ?? '', timeout)), timeout);
    const abort = () => give(cancelled(argv[0] ?? ''));
    signal?.addEventListener('abort', abort, { once: true });
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const give = (error: FleetError) => {
      done();
      // What still has its output open and left the group is not waited for.
      child.stdout.destroy();
      child.stderr.destroy();
      endGroup(child);
      reject(error);
    };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (chunk: Uint8Array) => {
        if (heard && stream === 'stdout') heard(chunk);
        else if (!output.take(stream, chunk)) give(tooMuch('local', argv[0] ?? ''));
      });
    child.on('error', (error: NodeJS.ErrnoException) => {
      done();
      const code = error.code === 'ENOENT' ? 127 : 126;
      resolve({ code, signal: undefined, stdout: new Uint8Array(), stderr: `${argv[0] ?? ''}: ${error.message}\n` });
    });
    child.on('close', (code, sig) => {
      done();
      resolve(output.ran(code ?? undefined, sig ?? undefined));
    });
    // A command that does not read its input is its own business.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Tells a process group to end, and after the grace ends it. */
export function endGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (process.platform === 'win32') child.kill(signal);
      else process.kill(-pid, signal);
      return true;
    } catch {
      return false; // nothing of it is left
    }
  };
  if (kill('SIGTERM')) setTimeout(() => kill('SIGKILL'), GRACE_MS);
}
