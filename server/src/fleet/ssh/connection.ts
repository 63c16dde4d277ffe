import { randomBytes } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import type { Client, ClientChannel, SFTPWrapper } from 'ssh2';
import {
  cancelled,
  endOf,
  GRACE_MS,
  logLine,
  Output,
  shellWords,
  sudoRefusal,
  timedOut,
  tooMuch,
  withSudo,
} from '../shell';
import { FleetError, type FleetLog, type Ran, type Runner, type RunOptions, type SshTarget } from '../types';
import { nameOf } from './names';

/** Sshd gives ten sessions to a connection (MaxSessions); one stays for SFTP, one for good measure. */
const SESSIONS = 8;

/** How often a session that was refused is asked for again, and after how many ms. */
const ATTEMPTS = 10;
const AGAIN_MS = 200;
/** Shells that people have open on one connection: the other sessions are for commands. */
const SHELLS = 4;
const ID_TIMEOUT_MS = 15_000;
const CLOSE_MS = 2000;

/**
 * Says which process group the command is in, then becomes the command. Sshd passes on no signal to what root runs, and
 * goes on silently when a channel is closed: a command that hangs is ended by name, or stays for good.
 */
export const WRAPPER = 'read -r _ _ _ _ g _ 2>/dev/null </proc/$$/stat; echo "$0 $g" >&2; exec "$@"';
/** Ends a process group, after the grace by force. */
export const END_GROUP = `kill -s TERM -- "-$1" && sleep ${GRACE_MS / 1000} && kill -s KILL -- "-$1"`;

/** What whoever reads and writes files of a node needs of its connection; a node may also be this machine. */
export interface NodeConnection extends Runner {
  readonly target: Pick<SshTarget, 'user'>;
  readonly closed: FleetError | undefined;
  onClose(listener: (why: FleetError) => void): () => void;
  sftp(): Promise<SFTPWrapper>;
}

/** In characters. */
export interface ShellSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ShellListener {
  data(text: string): void;
  /** Once; `why` in words, where it was not the user who ended it. */
  closed(why: string | undefined): void;
}

/** A login shell on a node, for people. */
export interface Shell {
  write(data: string): void;
  resize(size: ShellSize): void;
  /** What the node says waits there. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** A node that is connected. Its commands share one connection; more than it has sessions wait for each other. */
export class SshConnection implements NodeConnection {
  readonly #client: Client;
  readonly #listeners = new Set<(why: FleetError) => void>();
  readonly #waiting: (() => void)[] = [];
  readonly #name: string;
  /** Tells our line from whatever else is said before a command runs. */
  readonly #mark = `livemig-${randomBytes(9).toString('hex')}`;
  #busy = 0;
  #shells = 0;
  #why: FleetError | undefined;
  #isRoot: Promise<boolean> | undefined;
  #sftp: Promise<SFTPWrapper> | undefined;

  /** @param clients from the first hop to the node itself, all of them logged in */
  constructor(
    private readonly clients: readonly Client[],
    readonly target: SshTarget,
    private readonly log: FleetLog,
  ) {
    this.#client = clients.at(-1)!;
    this.#name = nameOf(target);
    for (const client of clients) {
      const name = client === this.#client ? this.#name : 'the jump host';
      client.on('error', (error) => this.#lost(new FleetError('lost', `${this.#name}: ${name}: ${error.message}`)));
      client.on('close', () => this.#lost(new FleetError('lost', `${this.#name}: the connection was lost`)));
    }
  }

  /** Why it is no more; undefined while it is. */
  get closed(): FleetError | undefined {
    return this.#why;
  }

  /** @returns undoes it. Called once, also when it is closed already */
  onClose(listener: (why: FleetError) => void): () => void {
    if (this.#why) listener(this.#why);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async run(argv: readonly string[], options: RunOptions): Promise<Ran> {
    const sudo = options.root === true && !(await this.#root(options.signal));
    const words = sudo ? withSudo(argv) : argv;
    shellWords(words); // what cannot be words at all
    await this.#session(options.signal);
    const started = performance.now();
    try {
      const ran = await this.#exec(words, argv[0] ?? '', options, sudo);
      this.log(logLine(this.#name, argv, started, endOf(ran)));
      const refusal = sudo ? sudoRefusal(ran, this.#name) : undefined;
      if (refusal) throw refusal;
      return ran;
    } catch (error) {
      if (error instanceof FleetError && error.code !== 'sudo')
        this.log(logLine(this.#name, argv, started, `${error.code}: ${error.message}`));
      throw error;
    } finally {
      this.#busy--;
      this.#waiting.shift()?.();
    }
  }

  /**
   * A login shell with a terminal.
   * @throws FleetError: `refused` where the host gives none, or too many are open; `lost`
   */
  async shell({ columns, rows }: ShellSize, listener: ShellListener): Promise<Shell> {
    if (this.#why) throw this.#why;
    if (this.#shells >= SHELLS)
      throw new FleetError('refused', `${this.#name}: ${SHELLS} terminals are open there: close one first`);
    this.#shells++;
    const started = performance.now();
    const done = (end: string) => {
      this.#shells--;
      this.log(logLine(this.#name, ['login shell'], started, end));
    };
    let channel: ClientChannel;
    try {
      channel = await new Promise<ClientChannel>((resolve, reject) => {
        this.#client.shell({ term: 'xterm-256color', cols: columns, rows, width: 0, height: 0 }, (error, opened) => {
          if (error) reject(error);
          else resolve(opened);
        });
      });
    } catch (error) {
      const { message } = error as Error;
      done(message);
      throw this.closed ?? new FleetError('refused', `${this.#name} gives no login shell: ${message}`, message);
    }
    // A character may arrive in two pieces.
    const decoder = new StringDecoder('utf8');
    let end: string | undefined;
    channel.on('data', (chunk: Buffer) => listener.data(decoder.write(chunk)));
    channel.stderr.on('data', (chunk: Buffer) => listener.data(decoder.write(chunk)));
    channel.on('error', () => undefined);
    channel.on('exit', (status: number | null, signal?: string) => {
      end = signal ?? (status === 0 || status === null ? undefined : `it ended with ${status}`);
    });
    channel.on('close', () => {
      done(end ?? '0');
      const lost = this.#why && this.#why.code !== 'cancelled' ? this.#why.message : undefined;
      listener.closed(lost ?? end);
    });
    return {
      write: (data) => void channel.write(data),
      resize: (size) => channel.setWindow(size.rows, size.columns, 0, 0),
      pause: () => void channel.pause(),
      resume: () => void channel.resume(),
      close: () => channel.close(),
    };
  }

  /** One channel for all who ask; a new one when it was closed. */
  sftp(): Promise<SFTPWrapper> {
    this.#sftp ??= new Promise<SFTPWrapper>((resolve, reject) => {
      const failed = (error: Error) => {
        this.#sftp = undefined;
        reject(this.#why ?? new FleetError('refused', `${this.#name} gives no SFTP: ${error.message}`, error.message));
      };
      if (this.#why) {
        failed(this.#why);
        return;
      }
      this.#client.sftp((error, sftp) => {
        if (error) {
          failed(error);
          return;
        }
        const gone = () => (this.#sftp = undefined);
        sftp.on('close', gone);
        sftp.on('error', gone);
        resolve(sftp);
      });
    });
    return this.#sftp;
  }

  /** Ends it and its hops; what still runs is told, and rejects with code `cancelled`. */
  close(): void {
    this.#lost(new FleetError('cancelled', `${this.#name}: the connection was closed`));
  }

  #lost(why: FleetError): void {
    if (this.#why) return;
    this.#why = why;
    this.log(`${this.#name}: ${why.code === 'cancelled' ? 'closed' : `lost: ${why.message}`}`);
    const [last, ...hops] = [...this.clients].reverse();
    last?.end();
    const rest = setTimeout(() => {
      for (const client of this.clients) client.destroy();
    }, CLOSE_MS);
    // A hop carries the next one's farewell.
    last?.once('close', () => {
      clearTimeout(rest);
      for (const client of hops) client.end();
    });
    if (why.code !== 'cancelled') for (const client of this.clients) client.destroy();
    for (const listener of this.#listeners) listener(why);
    this.#listeners.clear();
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Waits for one of the sessions. */
  async #session(signal: AbortSignal | undefined): Promise<void> {
    while (this.#busy >= SESSIONS && !this.#why && !signal?.aborted)
      await new Promise<void>((resolve) => {
        const go = () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        };
        // Whoever does not wait any more must not be woken in another's place.
        const stop = () => {
          this.#waiting.splice(this.#waiting.indexOf(go), 1);
          resolve();
        };
        this.#waiting.push(go);
        signal?.addEventListener('abort', stop, { once: true });
      });
    if (this.#why) throw this.#why;
    if (signal?.aborted) throw cancelled(this.#name);
    this.#busy++;
  }

  /** Whether the login has number 0, whatever it is called. */
  #root(signal: AbortSignal | undefined): Promise<boolean> {
    if (this.target.user === 'root') return Promise.resolve(true);
    this.#isRoot ??= this.run(['id', '-u'], { timeout: ID_TIMEOUT_MS, ...(signal ? { signal } : {}) }).then(
      ({ stdout }) => Buffer.from(stdout).toString().trim() === '0',
      (error: unknown) => {
        this.#isRoot = undefined;
        throw error;
      },
    );
    return this.#isRoot;
  }

  #exec(
    words: readonly string[],
    program: string,
    { input, timeout, signal, heard }: RunOptions,
    sudo: boolean,
  ): Promise<Ran> {
    return new Promise((resolve, reject) => {
      if (this.#why) {
        reject(this.#why);
        return;
      }
      const output = new Output();
      let channel: ClientChannel | undefined;
      let ended = false;
      const end = (settle: () => void) => {
        if (ended) return;
        ended = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        stopListening();
        settle();
      };
      const give = (error: FleetError) =>
        end(() => {
          if (channel) this.#end(channel, this.#marked(output.said()).group, sudo);
          reject(error);
        });
      const abort = () => give(cancelled(`${this.#name}: ${program}`));
      const timer = setTimeout(() => give(timedOut(this.#name, program, timeout)), timeout);
      signal?.addEventListener('abort', abort, { once: true });
      const stopListening = this.onClose((why) => end(() => reject(why)));

      const opened = (error: Error | undefined, opening: ClientChannel) => {
        if (error) {
          // The host frees a session a moment after it said that it was closed.
          if (!ended && !this.#why && /open failed/i.test(error.message) && attempts-- > 0) {
            setTimeout(open, AGAIN_MS);
            return;
          }
          give(
            this.#why ?? new FleetError('refused', `${this.#name} runs no command: ${error.message}`, error.message),
          );
          return;
        }
        channel = opening;
        if (ended) {
          channel.close();
          return;
        }
        let code: number | undefined;
        let sig: string | undefined;
        channel.on('exit', (status: number | null, name?: string) => {
          code = status ?? undefined;
          sig = name;
        });
        const take = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
          if (!ended && !output.take(stream, chunk)) give(tooMuch(this.#name, program));
        };
        channel.on('data', heard ? (chunk: Buffer) => !ended && heard(chunk) : take('stdout'));
        channel.stderr.on('data', take('stderr'));
        channel.on('error', () => undefined); // tells of input that nobody reads
        channel.on('close', () => {
          if (code === undefined && sig === undefined)
            give(new FleetError('lost', `${this.#name}: ${program} ended without a status`));
          else
            end(() => {
              const ran = output.ran(code, sig);
              resolve({ ...ran, stderr: this.#marked(ran.stderr).rest });
            });
        });
        channel.end(input === undefined || typeof input === 'string' ? input : Buffer.from(input));
      };
      let attempts = ATTEMPTS;
      const open = (): void => {
        if (ended) return;
        try {
          this.#client.exec(shellWords(['sh', '-c', WRAPPER, this.#mark, ...words]), opened);
        } catch (error) {
          give(new FleetError('lost', `${this.#name}: ${(error as Error).message}`));
        }
      };
      open();
    });
  }

  /** Finds our line in what a command said. */
  #marked(stderr: string): { group: string | undefined; rest: string } {
    const at = stderr.indexOf(`${this.#mark} `);
    const next = at < 0 ? 0 : stderr.indexOf('\n', at) + 1;
    if (next === 0) return { group: undefined, rest: stderr };
    const group = stderr.slice(at + this.#mark.length + 1, next - 1);
    return { group: /^\d+$/.test(group) ? group : undefined, rest: stderr.slice(0, at) + stderr.slice(next) };
  }

  /** Ends a command and its children on the node; then its channel, whose output has nowhere to go any more. */
  #end(channel: ClientChannel, group: string | undefined, sudo: boolean): void {
    channel.resume();
    channel.stderr.resume();
    const close = () => {
      clearTimeout(late);
      channel.close();
    };
    const late = setTimeout(close, 3 * GRACE_MS);
    channel.on('close', () => clearTimeout(late));
    if (group === undefined || this.#why) {
      close();
      return;
    }
    const kill = ['sh', '-c', END_GROUP, 'sh', group];
    this.#client.exec(shellWords(sudo ? withSudo(kill) : kill), (error, killing) => {
      if (error) {
        close();
        return;
      }
      killing.on('close', close);
      killing.on('error', () => undefined);
      killing.resume();
      killing.stderr.resume();
      killing.end();
    });
  }
}
