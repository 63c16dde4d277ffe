import { cancelled } from '../shell';

/** A place among those who work. */
export interface Place {
  /** Somebody else may have it: what is left of the work is waiting. */
  leave(): void;
}

interface Waiting {
  readonly go: () => void;
}

/**
 * Lets so many work at a time, and the others wait in their order. Who keeps a place longer than the patience loses it to
 * the next, without being stopped: a host that does not answer costs nothing but time, and must not cost that of others.
 */
export class Queue {
  readonly #urgent: Waiting[] = [];
  readonly #others: Waiting[] = [];
  #busy = 0;

  /** @param patience in ms */
  constructor(
    private readonly limit: number,
    private readonly patience: number,
  ) {}

  /** @param urgent before all who are not: what has begun is brought to its end first */
  async run<T>(
    work: (place: Place) => Promise<T>,
    { urgent = false, signal }: { urgent?: boolean; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    await this.#turn(urgent ? this.#urgent : this.#others, signal);
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      clearTimeout(timer);
      this.#busy--;
      (this.#urgent.shift() ?? this.#others.shift())?.go();
    };
    const timer = setTimeout(leave, this.patience);
    try {
      return await work({ leave });
    } finally {
      leave();
    }
  }

  #turn(line: Waiting[], signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(cancelled('waiting'));
    if (this.#busy < this.limit) {
      this.#busy++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiting = {
        go: () => {
          signal?.removeEventListener('abort', stop);
          this.#busy++;
          resolve();
        },
      };
      const stop = (): void => {
        line.splice(line.indexOf(waiting), 1);
        reject(cancelled('waiting'));
      };
      line.push(waiting);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}
