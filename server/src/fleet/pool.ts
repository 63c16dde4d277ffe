import { cancelled } from './shell';
import { FleetError, type Runner } from './types';

/** What the pool has to know of a connection. */
export interface Pooled extends Runner {
  readonly closed: FleetError | undefined;
  onClose(listener: (why: FleetError) => void): () => void;
  close(): void;
}

/** What became of a node that is kept. `retry` is when it is dialled again, in ms since 1970; without it nobody will. */
export type KeptState =
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly why: FleetError; readonly retry: number | undefined };

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

/** Dialling again would only ask the same people the same questions. */
const FOR_PEOPLE: ReadonlySet<FleetError['code']> = new Set(['host-key', 'authentication', 'cancelled', 'refused']);

interface Dialling<C> {
  done: Promise<C>;
  readonly stop: AbortController;
  /** Those who wait for it. */
  users: number;
  /** Ends the waiting before it. */
  wake: () => void;
}

interface Slot<C> {
  connection: C | undefined;
  dialling: Dialling<C> | undefined;
  /** Failures and losses since it last worked. */
  failures: number;
  /** Before this nobody dials it of themselves; ms since 1970. */
  notBefore: number;
  readonly keepers: Set<(state: KeptState) => void>;
  retry: NodeJS.Timeout | undefined;
}

/**
 * One connection per node for all who use it. A node is dialled when somebody asks, and only then; after a failure or a
 * loss those who ask wait 1, 2, 4 … 60 s, unless they say that it is urgent.
 */
export class Pool<C extends Pooled> {
  readonly #slots = new Map<string, Slot<C>>();
  #closed = false;

  constructor(private readonly dial: (node: string, signal: AbortSignal) => Promise<C>) {}

  /**
   * @param now at once, whatever failed before: somebody pressed *retry*
   * @throws FleetError as the dialling did; `cancelled` by the signal or by `close()`
   */
  async get(node: string, { signal, now = false }: { signal?: AbortSignal; now?: boolean } = {}): Promise<C> {
    if (this.#closed || signal?.aborted) throw cancelled(node);
    const slot = this.#slot(node);
    if (slot.connection) return slot.connection;
    if (now) slot.notBefore = 0;
    const dialling = (slot.dialling ??= this.#dial(node, slot));
    if (now) dialling.wake();
    dialling.users++;
    try {
      return await orCancelled(dialling.done, node, signal);
    } finally {
      if (--dialling.users === 0 && slot.keepers.size === 0) stop(slot, dialling);
    }
  }

  /** Runs over the node's connection, whichever it is then. */
  runner(node: string): Runner {
    return {
      run: async (argv, options) => {
        const connection = await this.get(node, options.signal ? { signal: options.signal } : {});
        return connection.run(argv, options);
      },
    };
  }

  /**
   * As long as it is kept, a node that was connected and got lost is dialled again, until it is back or only people can
   * help. It is not dialled for being kept.
   * @returns ends it
   */
  keep(node: string, changed: (state: KeptState) => void): () => void {
    const slot = this.#slot(node);
    slot.keepers.add(changed);
    return () => {
      slot.keepers.delete(changed);
      if (slot.keepers.size > 0) return;
      clearTimeout(slot.retry);
      if (slot.dialling?.users === 0) stop(slot, slot.dialling);
    };
  }

  /** Closes the node's connection, or stops dialling it; whoever keeps it keeps it no more, and is told nothing. */
  drop(node: string): void {
    const slot = this.#slots.get(node);
    if (!slot) return;
    this.#slots.delete(node);
    clearTimeout(slot.retry);
    slot.keepers.clear();
    if (slot.dialling) stop(slot, slot.dialling);
    const { connection } = slot;
    slot.connection = undefined;
    connection?.close();
  }

  /** Closes all; nothing is dialled any more. */
  close(): void {
    this.#closed = true;
    for (const slot of this.#slots.values()) {
      clearTimeout(slot.retry);
      slot.keepers.clear();
      if (slot.dialling) stop(slot, slot.dialling);
      slot.connection?.close();
    }
    this.#slots.clear();
  }

  #slot(node: string): Slot<C> {
    let slot = this.#slots.get(node);
    if (!slot) {
      slot = {
        ...{ connection: undefined, dialling: undefined, failures: 0, notBefore: 0 },
        ...{ keepers: new Set(), retry: undefined },
      };
      this.#slots.set(node, slot);
    }
    return slot;
  }

  #dial(node: string, slot: Slot<C>): Dialling<C> {
    clearTimeout(slot.retry);
    const woken = new AbortController();
    const stop = new AbortController();
    const attempt = async (): Promise<C> => {
      await until(slot.notBefore, woken.signal, stop.signal);
      if (stop.signal.aborted) throw cancelled(node);
      return this.dial(node, stop.signal);
    };
    const dialling: Dialling<C> = { stop, users: 0, wake: () => woken.abort(), done: attempt() };
    dialling.done = dialling.done.then(
      (connection) => {
        if (stop.signal.aborted) {
          connection.close();
          throw cancelled(node);
        }
        slot.dialling = undefined;
        this.#connected(node, slot, connection);
        return connection;
      },
      (error: unknown) => {
        if (stop.signal.aborted) throw cancelled(node);
        slot.dialling = undefined;
        if (error instanceof FleetError) this.#failed(node, slot, error);
        throw error;
      },
    );
    // Those who wait get to know; if all went away nobody has to.
    dialling.done.catch(() => undefined);
    return dialling;
  }

  #connected(node: string, slot: Slot<C>, connection: C): void {
    slot.failures = 0;
    slot.notBefore = 0;
    slot.connection = connection;
    for (const tell of slot.keepers) tell({ kind: 'connected' });
    connection.onClose((why) => {
      if (slot.connection !== connection) return;
      slot.connection = undefined;
      this.#failed(node, slot, why);
    });
  }

  #failed(node: string, slot: Slot<C>, why: FleetError): void {
    if (this.#closed) return;
    if (!FOR_PEOPLE.has(why.code)) {
      const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** slot.failures++);
      slot.notBefore = Date.now() + delay;
      if (slot.keepers.size > 0) {
        clearTimeout(slot.retry);
        slot.retry = setTimeout(() => void this.get(node).catch(() => undefined), delay);
      }
    }
    const retry = FOR_PEOPLE.has(why.code) ? undefined : slot.notBefore;
    for (const tell of slot.keepers) tell({ kind: 'lost', why, retry });
  }
}

/** Nobody waits for it any more; who asks from now on has it dialled anew. */
function stop<C>(slot: Slot<C>, dialling: Dialling<C>): void {
  // One that is through has no dialling left to stop.
  if (slot.dialling !== dialling) return;
  slot.dialling = undefined;
  dialling.stop.abort();
}

/** Resolves at a time, or at the first of the signals. */
function until(time: number, ...signals: readonly AbortSignal[]): Promise<void> {
  const left = time - Date.now();
  if (left <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(go, left);
    for (const signal of signals) signal.addEventListener('abort', go, { once: true });
  });
}

/** The signal of one who waits ends his waiting, not what he waits for. */
export function orCancelled<T>(done: Promise<T>, what: string, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return done;
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled(what));
    signal.addEventListener('abort', abort, { once: true });
    void done.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
