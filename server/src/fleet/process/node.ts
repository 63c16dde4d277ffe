import type { NodeParams, NodeState, Refreshed } from '../../fleet-protocol';
import type { InventoryNode } from '../../model/inventory';
import type { PreviousVersions } from '../files/previous';
import { RemoteFiles } from '../files/remote';
import { orCancelled, type KeptState, type Pool } from '../pool';
import { takeSnapshot } from '../snapshot';
import { FleetError, type FleetLog, type Runner, type Snapshot } from '../types';
import type { Connection } from './connection';
import type { ReadCluster } from './inventories';
import type { Queue } from './queue';
import { refreshed } from './refreshed';

/** What the sessions of a cluster's nodes share. */
export interface Surroundings {
  readonly pool: Pool<Connection>;
  readonly queue: Queue;
  readonly log: FleetLog;
  readonly tell: (state: NodeState) => void;
  /** Shows what nobody asked for: a node that came back by itself, or of which more is known now. */
  readonly push: (refreshed: Refreshed) => void;
  /** livemig.ini as it is now. */
  readonly cluster: () => ReadCluster;
  readonly previous: PreviousVersions;
}

/** Who asks within this time before the next dialling waits for it, in ms; who comes sooner is told at once that it failed. */
const WORTH_WAITING_MS = 3000;

interface Run {
  done: Promise<Refreshed>;
  readonly stop: AbortController;
  users: number;
}

/** A node of livemig.ini: what was read of it last, and how its connection fares. */
export class NodeSession {
  readonly #surroundings: Surroundings;
  #run: Run | undefined;
  #snapshot: Snapshot | undefined;
  #readAt = 0;
  #files: RemoteFiles | undefined;
  #kept: (() => void) | undefined;
  #connected = false;
  /** Why it cannot be reached just now. */
  #failed: { readonly why: FleetError; readonly retry: number | undefined } | undefined;

  /** @param settings what its connection depends on */
  constructor(
    readonly params: NodeParams,
    readonly settings: string,
    surroundings: Surroundings,
  ) {
    this.#surroundings = surroundings;
  }

  /** What was read last. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** When that was, in ms since 1970; never the same twice. */
  get readAt(): number {
    return this.#readAt;
  }

  /** One for all who ask: it remembers what it told last. */
  get files(): RemoteFiles {
    const { previous, log } = this.#surroundings;
    return (this.#files ??= new RemoteFiles(() => this.connection(), this.params.node, previous, log));
  }

  /** As livemig.ini has it now. */
  get inventory(): InventoryNode | undefined {
    return this.#surroundings.cluster().nodes.get(this.params.node);
  }

  /**
   * The node's connection, which is dialled if need be.
   * @param now whatever failed before
   * @throws FleetError as the last dialling did, where the next one is not due
   */
  async connection({ now = false, signal }: { now?: boolean; signal?: AbortSignal } = {}): Promise<Connection> {
    const { pool } = this.#surroundings;
    this.#kept ??= pool.keep(this.params.node, (state) => this.#changed(state));
    const due = this.#failed?.retry ?? 0;
    if (!now && this.#failed && due > Date.now() + WORTH_WAITING_MS) throw this.#failed.why;
    return pool.get(this.params.node, { now, ...(signal && { signal }) });
  }

  /**
   * Runs commands over the connection that the node has by then.
   * @param now it is dialled whatever failed before
   */
  runner({ now = false } = {}): Runner {
    return {
      run: async (argv, options) => {
        const connection = await this.connection({ now, ...(options.signal && { signal: options.signal }) });
        return connection.run(argv, options);
      },
    };
  }

  /**
   * What was read within `age` ms, else what is read now.
   * @param age whatever is known will do if it is not given
   * @throws FleetError when it cannot be read
   */
  async recent(signal: AbortSignal, age = Infinity): Promise<Snapshot> {
    if (!this.#snapshot || this.#readAt <= Date.now() - age) await this.refresh({ signal });
    if (!this.#snapshot) throw new FleetError('unreachable', `${this.params.node} could not be read`);
    return this.#snapshot;
  }

  /** Reads the node; all who ask at once get the same answer. The last who goes away ends the reading. */
  async refresh({ now = false, signal }: { now?: boolean; signal?: AbortSignal } = {}): Promise<Refreshed> {
    let run = this.#run;
    if (!run) {
      const stop = new AbortController();
      run = this.#run = { stop, users: 0, done: this.#read(now, stop.signal) };
      const forget = () => {
        if (this.#run === run) this.#run = undefined;
      };
      run.done.then(forget, forget);
    } else if (now) this.connection({ now }).catch(() => undefined);
    run.users++;
    try {
      return await orCancelled(run.done, this.params.node, signal);
    } finally {
      if (--run.users === 0 && this.#run === run) {
        this.#run = undefined;
        run.stop.abort();
      }
    }
  }

  /** Reads the node from now on: a reading that goes on already may have passed what changed a moment ago. */
  async readAnew(signal?: AbortSignal): Promise<Refreshed> {
    await this.#run?.done.catch(() => undefined);
    return this.refresh({ now: true, ...(signal && { signal }) });
  }

  /** More is known of what was read: it counts until the node is read again, if it was not meanwhile. */
  amend(read: Snapshot, more: Snapshot): void {
    if (this.#snapshot !== read || more === read) return;
    this.#snapshot = more;
    const { cluster, push } = this.#surroundings;
    push(refreshed(this.params.cluster, cluster(), more));
  }

  /** Closes the connection; it is dialled again when somebody asks. */
  disconnect(): void {
    this.#run?.stop.abort();
    this.#run = undefined;
    this.#kept = undefined;
    this.#connected = false;
    this.#failed = undefined;
    this.#surroundings.pool.drop(this.params.node);
    this.tell({ kind: 'idle' });
  }

  tell(state: Omit<NodeState, keyof NodeParams>): void {
    this.#surroundings.tell({ ...this.params, ...state });
  }

  async #read(now: boolean, signal: AbortSignal): Promise<Refreshed> {
    const { queue, log, cluster } = this.#surroundings;
    const connection = await this.connection({ now, signal });
    try {
      const snapshot = await queue.run(
        () => {
          this.tell({ kind: 'reading' });
          return takeSnapshot(connection, { node: this.params.node, peers: this.#peers(), signal }, log);
        },
        { urgent: true, signal },
      );
      this.#snapshot = snapshot;
      this.#readAt = Math.max(Date.now(), this.#readAt + 1);
      const answer = refreshed(this.params.cluster, cluster(), snapshot);
      this.tell({ kind: 'ready' });
      return answer;
    } catch (error) {
      // Of a lost connection its pool tells.
      if (!connection.closed) this.#unread(error);
      throw error;
    }
  }

  #unread(error: unknown): void {
    const why = error instanceof FleetError ? error : undefined;
    if (why?.code === 'cancelled') this.tell({ kind: this.#snapshot ? 'ready' : 'idle' });
    else this.tell({ kind: 'unreachable', ...words(why ?? new FleetError('refused', String(error))) });
  }

  /** By which names the others are looked up there; an address says nothing about a resolver. */
  #peers(): readonly string[] {
    const others = [...this.#surroundings.cluster().nodes.values()].filter((n) => n.name !== this.params.node);
    const named = others.flatMap(({ address }) =>
      address && /[a-z]/i.test(address) && !address.includes(':') ? address : [],
    );
    return [...new Set([...others.map((n) => n.name), ...named])].filter((n) => n !== 'local');
  }

  #changed(state: KeptState): void {
    if (state.kind === 'connected') {
      const lost = this.#failed !== undefined;
      this.#connected = true;
      this.#failed = undefined;
      // Who reads it tells how that goes.
      if (this.#run) return;
      this.tell({ kind: 'ready' });
      // What happened meanwhile, a restart perhaps, nobody has seen.
      if (lost && this.#snapshot) this.refresh().then(this.#surroundings.push, () => undefined);
      return;
    }
    const { why, retry } = state;
    this.#failed = { why, retry };
    this.tell({ kind: this.#connected ? 'lost' : 'unreachable', ...words(why), ...(retry !== undefined && { retry }) });
    this.#connected = false;
  }
}

function words({ message, detail }: FleetError): { why: string; detail?: string } {
  return { why: message, ...(detail !== undefined && { detail }) };
}
