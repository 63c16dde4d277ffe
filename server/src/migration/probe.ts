import type { ProbeOptions, ProbeView } from '../fleet-protocol';
import { FleetError, type Ran, type Runner } from '../fleet/types';
import { Gaps } from './probe/gaps';
import { nextPing, PingReader, PINGS } from './probe/ping';
import { LOGINS, LOGINS_MS, LoginsReader, sshWords } from './probe/ssh';
import { CONNECTS, connectsFromHere, ConnectsReader } from './probe/tcp';
import { wrongIn } from './probe/wrong';

/** As long as a migration may run. */
const LONGEST_MS = 7 * 24 * 3600_000;

/** Asks a guest again and again whether it answers: ten times a second, by ssh once. One that cannot run says why, and harms nothing. */
export class Probe {
  readonly #gaps = new Gaps();
  readonly #stop = new AbortController();
  /** What the asking node's clock lacks to this machine's, ms: no answer was heard before it came. */
  #ahead: number | undefined;
  #failed: string | undefined;
  /** What was said instead of an answer. */
  #said: string | undefined;
  #over = false;

  /** @param runner of the node that asks, or of this machine */
  constructor(
    private readonly options: ProbeOptions,
    private readonly runner: Runner,
  ) {}

  get view(): ProbeView {
    const { address } = this.options;
    const now = Date.now() - (this.#ahead ?? 0);
    return {
      ...{ address, ...this.#gaps.view(now, this.#ahead ?? 0) },
      ...(this.#failed !== undefined && { failed: this.#failed }),
      ...(!this.#over && { going: true }),
    };
  }

  /** It answered before, and does not just now. */
  get isSilent(): boolean {
    return !this.#over && this.#gaps.isGoingOn(Date.now() - (this.#ahead ?? 0));
  }

  get isOver(): boolean {
    return this.#over;
  }

  start(): void {
    void this.#run()
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#failed = error instanceof Error ? error.message : String(error);
      })
      .finally(() => this.stop());
  }

  /** Nothing is asked any more. */
  stop(): void {
    if (this.#over) return;
    this.#gaps.close(Date.now() - (this.#ahead ?? 0));
    if (this.#failed === undefined && !this.#gaps.any)
      this.#failed = `${this.options.address} has not answered once${this.#said ? `: ${this.#said}` : ''}`;
    this.#over = true;
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { address, port, node } = this.options;
    const wrong = wrongIn(this.options);
    if (wrong !== undefined) throw new FleetError('refused', wrong);
    if (this.options.ssh) await this.#logins();
    else if (port === undefined) await this.#ping(address);
    else if (node === undefined) await connectsFromHere({ address, port }, this.#gaps, this.#stop.signal);
    else await this.#connects(address, port);
  }

  async #connects(address: string, port: number): Promise<void> {
    const reader = new ConnectsReader(this.#gaps, this);
    const ran = await this.#hear(['bash', '-c', CONNECTS, 'bash', address, String(port)], (text) => {
      reader.take(text);
      if (reader.unknown && !this.#gaps.any) {
        this.#failed = `${this.#where}: ${address}: the name is not known there`;
        this.#stop.abort();
      }
    });
    throw this.#ended(ran, 'bash');
  }

  async #logins(): Promise<void> {
    this.#gaps.interval = LOGINS_MS;
    const reader = new LoginsReader(this.#gaps, this);
    const ran = await this.#hear(['sh', '-c', LOGINS, 'sh', ...sshWords(this.options)], (text) => {
      reader.take(text);
      this.#said = reader.last;
      if (reader.isHopeless) this.stop();
    });
    throw this.#ended(ran, 'sh');
  }

  async #ping(address: string): Promise<void> {
    for (let way = 0; ;) {
      const { words, interval } = PINGS[way]!;
      this.#gaps.interval = interval;
      const reader = new PingReader(this.#gaps, this);
      const ran = await this.#hear(['env', 'LC_ALL=C', 'ping', ...words, address], (text) => reader.take(text));
      const next = this.#gaps.any ? undefined : nextPing(way, ran.stderr);
      if (next === undefined) throw this.#ended(ran, 'ping');
      way = next;
    }
  }

  #hear(argv: readonly string[], heard: (text: string) => void): Promise<Ran> {
    const decoder = new TextDecoder();
    return this.runner.run(argv, {
      ...{ timeout: LONGEST_MS, signal: this.#stop.signal },
      heard: (chunk) => heard(decoder.decode(chunk, { stream: true })),
    });
  }

  /** It ended of itself, which it never should. */
  #ended({ code, signal, stderr }: Ran, program: string): FleetError {
    const last = stderr.trim().split('\n').at(-1) ?? '';
    const said = last === '' ? `${program} ended with ${code ?? signal ?? 'no status'}` : last;
    const missing = code === 127 || code === 126;
    const help =
      program === 'ping' ? 'install iputils-ping there, or give a TCP port of the guest' : 'install bash there';
    return new FleetError('refused', `${this.#where}: ${missing ? `there is no ${program}: ${help}` : said}`, stderr);
  }

  get #where(): string {
    return this.options.node ?? 'this machine';
  }

  /** Of an answer. @param stamp ms by the node's clock, where it is told @returns when it came, by that clock */
  heard(stamp: number | undefined): number {
    const now = Date.now();
    if (stamp === undefined) return now;
    this.#ahead = Math.min(this.#ahead ?? Infinity, now - stamp);
    return stamp;
  }
}
