/** The process that dials nodes: started on the first need, again after a crash, ended with the extension. */
import { fork, type ChildProcess } from 'node:child_process';
import { l10n, window, type Disposable, type LogOutputChannel } from 'vscode';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { FleetFailed, failureOf } from './failure';
import { withProxies } from './proxy';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** One that ran that long did not crash because it was started. */
const HEALTHY_MS = 60_000;
/** After so many crashes in a row it is started again only when somebody asks for something. */
const MOST_CRASHES = 5;
/** It closes its connections and ends by itself; then it is ended. */
const FAREWELL_MS = 1000;

export interface FleetHooks {
  /** For every new process, before anything is sent. */
  wire(connection: MessageConnection): void;
  /** Tells a new process what it must know first. */
  prepare(connection: MessageConnection): Promise<void>;
  /** It has crashed: what it knew of nodes is gone. */
  crashed(): void;
  /** After a crash it runs again. */
  restarted(): void;
}

interface Running {
  readonly child: ChildProcess;
  readonly connection: MessageConnection;
  readonly ready: Promise<void>;
  readonly since: number;
}

export class FleetProcess implements Disposable {
  readonly #module: string;
  readonly #log: LogOutputChannel;
  readonly #hooks: FleetHooks;
  #running: Running | undefined;
  #crashes = 0;
  #again: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(module: string, log: LogOutputChannel, hooks: FleetHooks) {
    this.#module = module;
    this.#log = log;
    this.#hooks = hooks;
  }

  get started(): boolean {
    return this.#running !== undefined;
  }

  /** It runs and knows the inventories. @throws FleetFailed with words for the user */
  async ensure(): Promise<void> {
    try {
      await this.#start().ready;
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** @throws FleetFailed with words for the user */
  async request<T>(method: string, params: unknown, token?: CancellationToken): Promise<T> {
    const running = this.#start();
    try {
      await running.ready;
      return await (token
        ? running.connection.sendRequest<T>(method, params, token)
        : running.connection.sendRequest<T>(method, params));
    } catch (error) {
      if (this.#running !== running)
        throw new FleetFailed('gone', l10n.t('The process that talks to nodes ended while it worked on this.'));
      throw failureOf(error);
    }
  }

  /** Nothing is started for it. */
  notify(method: string, params: unknown): void {
    const connection = this.#running?.connection;
    connection
      ?.sendNotification(method, params)
      .catch((error: unknown) => this.#log.warn(`${method}: ${String(error)}`));
  }

  dispose(): void {
    this.#ended = true;
    clearTimeout(this.#again);
    const running = this.#running;
    this.#running = undefined;
    if (!running) return;
    running.connection.dispose();
    if (running.child.connected) running.child.disconnect();
    setTimeout(() => running.child.kill(), FAREWELL_MS).unref();
  }

  #start(): Running {
    if (this.#ended) throw new FleetFailed('cancelled', l10n.t('livemig is being ended.'));
    if (this.#running) return this.#running;
    clearTimeout(this.#again);
    const child = fork(this.#module, [], {
      execArgv: [],
      env: { ...withProxies(process.env), ELECTRON_RUN_AS_NODE: '1', ELECTRON_NO_ASAR: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => this.#log.error(chunk.toString().trimEnd()));
    this.#hooks.wire(connection);
    connection.onError(([error]) => this.#log.error(String(error)));
    connection.listen();
    const running: Running = { child, connection, since: Date.now(), ready: this.#hooks.prepare(connection) };
    running.ready.catch(() => undefined); // those who ask get to know
    this.#running = running;
    child.once('error', (error) => this.#over(running, error.message));
    child.once('exit', (code, signal) => this.#over(running, signal ?? l10n.t('exit code {0}', String(code))));
    return running;
  }

  #over(running: Running, how: string): void {
    if (this.#running !== running) return;
    this.#running = undefined;
    running.connection.dispose();
    this.#crashes = Date.now() - running.since > HEALTHY_MS ? 1 : this.#crashes + 1;
    this.#log.error(`The process that talks to nodes ended: ${how}`);
    this.#hooks.crashed();
    const givenUp = this.#crashes >= MOST_CRASHES;
    if (!givenUp) {
      const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#crashes - 1));
      this.#again = setTimeout(() => this.#restart(), delay);
    }
    void this.#tell(how, givenUp);
  }

  #restart(): void {
    if (this.#ended || this.#running) return;
    this.#start().ready.then(
      () => this.#hooks.restarted(),
      (error: unknown) => this.#log.error(String(error)),
    );
  }

  async #tell(how: string, givenUp: boolean): Promise<void> {
    const log = l10n.t('Show Log');
    const start = l10n.t('Start Again');
    const text = givenUp
      ? l10n.t('The process that talks to nodes keeps ending ({0}). No node is read until it is started again.', how)
      : l10n.t(
          'The process that talks to nodes has ended ({0}). It is started again; nothing on a node was left half-written.',
          how,
        );
    const answer = await (givenUp ? window.showErrorMessage(text, start, log) : window.showWarningMessage(text, log));
    if (answer === log) this.#log.show();
    if (answer === start) this.#restart();
  }
}
