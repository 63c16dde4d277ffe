import type { Outcome } from '../types';

/** How far a move of a drain is. `left`: nothing was begun, and `why` says why. */
export type Step = 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled' | 'left';

export interface MoveState<M> {
  readonly move: M;
  readonly step: Step;
  /** Id of its migration, once there is one. */
  readonly migration?: string;
  /** Where it went, once that is known. */
  readonly destination?: string;
  readonly why?: string;
}

export interface DrainState<M> {
  /** `cancelled`: nothing more is begun. `failed`: something is left that was to go. */
  readonly state: 'running' | 'paused' | 'cancelled' | 'done' | 'failed';
  readonly moves: readonly MoveState<M>[];
}

/** A move that is not begun. */
export interface Left<M = never> {
  readonly left: string;
  /** With what speaks against it now. */
  readonly move?: M;
  /** There is nothing to move any more. */
  readonly gone?: boolean;
}

export interface Launched {
  readonly migration: string;
  readonly destination: string | undefined;
  readonly outcome: Promise<Outcome>;
}

/** What a drain lets others do. */
export interface Work<M> {
  /** Looks once more whether, and where, it can go: as it is to be launched, or why not. */
  verify(move: M): Promise<M | Left<M>>;
  launch(move: M): Promise<Launched | Left<M>>;
}

export interface RunOptions {
  /** How many at a time; 1 or more. */
  readonly parallel: number;
  /** `stop`: after the first that fails nothing more is begun. A failed one stays where it was, so the others go on otherwise. */
  readonly onFailure?: 'continue' | 'stop' | undefined;
}

const CANCELLED = 'the rest was cancelled';

/** Carries out a plan: so many at a time, in its order. */
export class DrainRun<M> {
  readonly #moves: MoveState<M>[];
  readonly #finished: () => void;
  #state: DrainState<M>['state'] = 'running';
  #busy = 0;
  #failed = false;
  /** One that failed ended it. */
  #halted = false;
  /** Settles when nothing runs any more and nothing will be begun; never rejects. */
  readonly ended: Promise<void>;

  constructor(
    moves: readonly M[],
    private readonly work: Work<M>,
    private readonly options: RunOptions,
    private readonly tell: (state: DrainState<M>) => void,
  ) {
    this.#moves = moves.map((move) => ({ move, step: 'waiting' }));
    let finished: () => void = () => undefined;
    this.ended = new Promise((resolve) => (finished = resolve));
    this.#finished = finished;
  }

  get state(): DrainState<M> {
    return { state: this.#state, moves: [...this.#moves] };
  }

  start(): void {
    this.#next();
  }

  /** What runs goes on; nothing more is begun until it is resumed. */
  pause(): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.#changed();
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    this.#changed();
    this.#next();
  }

  /** What runs goes on; nothing more is begun. */
  cancel(why = CANCELLED): void {
    if (this.#state !== 'running' && this.#state !== 'paused') return;
    this.#state = 'cancelled';
    this.#moves.forEach(({ move, step }, i) => {
      if (step === 'waiting') this.#moves[i] = { move, step: 'cancelled', why };
    });
    this.#changed();
    this.#next();
  }

  #next(): void {
    while (this.#state === 'running' && this.#busy < this.options.parallel) {
      const i = this.#moves.findIndex(({ step }) => step === 'waiting');
      if (i < 0) break;
      this.#busy++;
      this.#set(i, { step: 'running' });
      void this.#go(i).then(() => {
        this.#busy--;
        this.#next();
      });
    }
    const waiting = this.#moves.some(({ step }) => step === 'waiting');
    if (this.#busy > 0 || (waiting && this.#state !== 'cancelled')) return;
    if (this.#state !== 'cancelled' || this.#halted) this.#state = this.#failed ? 'failed' : 'done';
    this.#changed();
    this.#finished();
  }

  async #go(i: number): Promise<void> {
    const { move } = this.#moves[i]!;
    try {
      const verified = await this.work.verify(move);
      if (isLeft(verified)) {
        this.#left(i, verified);
        return;
      }
      // Looking took its time: whoever stopped the drain meanwhile meant this one, too.
      if (this.#state === 'paused') {
        this.#set(i, { step: 'waiting' });
        return;
      }
      if (this.#stopped()) {
        this.#set(i, { step: 'cancelled', why: CANCELLED });
        return;
      }
      const launched = await this.work.launch(verified);
      if (isLeft(launched)) {
        this.#left(i, launched);
        return;
      }
      const { migration, destination } = launched;
      const known = { migration, ...(destination !== undefined && { destination }) };
      this.#moves[i] = { move: verified, step: 'running', ...known };
      this.#changed();
      const { phase, on, message } = await launched.outcome;
      if (phase !== 'completed') this.#fail(phase);
      const why = message !== undefined && phase !== 'completed' ? { why: message } : {};
      const arrived = phase === 'completed' && on !== undefined ? { destination: on } : {};
      this.#set(i, { step: phase, ...known, ...arrived, ...why });
    } catch (error) {
      this.#fail('failed');
      this.#set(i, { step: 'failed', why: error instanceof Error ? error.message : String(error) });
    }
  }

  #left(i: number, { left, gone = false, move = this.#moves[i]!.move }: Left<M>): void {
    if (!gone) this.#failed = true;
    this.#moves[i] = { move, step: 'left', why: left };
    this.#changed();
  }

  /** One that somebody aborted is no fault of the way that the others go. */
  #fail(phase: 'failed' | 'cancelled'): void {
    this.#failed = true;
    if (phase !== 'failed' || this.options.onFailure !== 'stop' || this.#stopped()) return;
    this.#halted = true;
    this.cancel('one before it failed');
  }

  #stopped(): boolean {
    return this.#state !== 'running' && this.#state !== 'paused';
  }

  #set(i: number, now: Omit<MoveState<M>, 'move'>): void {
    this.#moves[i] = { move: this.#moves[i]!.move, ...now };
    this.#changed();
  }

  #changed(): void {
    this.tell(this.state);
  }
}

function isLeft<M>(value: Launched | M | Left<M>): value is Left<M> {
  return typeof value === 'object' && value !== null && 'left' in value;
}
