import { cancelled } from '../shell';

/**
 * How many may be on their way into one jump host at a time: beyond ten that have not logged in yet sshd drops some at
 * random (MaxStartups 10:30:100), and there are others who log in there.
 */
const AT_A_TIME = 4;

interface Gate {
  inside: number;
  readonly waiting: (() => void)[];
}

/** Lets so many at a time through to each host, the others in their order. */
export class Gates {
  readonly #gates = new Map<string, Gate>();

  constructor(private readonly limit = AT_A_TIME) {}

  /**
   * @returns to be called when the way is free again, once
   * @throws FleetError of code `cancelled`
   */
  async enter(host: string, signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) throw cancelled(host);
    let gate = this.#gates.get(host);
    if (!gate) this.#gates.set(host, (gate = { inside: 0, waiting: [] }));
    if (gate.inside < this.limit) gate.inside++;
    else await turn(gate, host, signal);
    let gone = false;
    return () => {
      if (gone) return;
      gone = true;
      const next = gate.waiting.shift();
      // Who waited takes the place.
      if (next) next();
      else if (--gate.inside === 0) this.#gates.delete(host);
    };
  }
}

function turn({ waiting }: Gate, host: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = (): void => {
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    const stop = (): void => {
      waiting.splice(waiting.indexOf(go), 1);
      reject(cancelled(host));
    };
    waiting.push(go);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
