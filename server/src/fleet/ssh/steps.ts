import { seconds } from '../shell';
import { FleetError, type Prompts } from '../types';

/** How long each step on the way to a node may take, in ms; the time that people take to answer is not counted. */
export interface StepTimeouts {
  /** Name looked up, TCP connection made; or the jump host's connection to the next. */
  readonly dial: number;
  /** Until the keys are exchanged. */
  readonly handshake: number;
  readonly login: number;
}

export const TIMEOUTS: StepTimeouts = { dial: 15_000, handshake: 15_000, login: 30_000 };

const WORDS: Readonly<Record<keyof StepTimeouts, string>> = {
  dial: 'does not answer',
  handshake: 'accepts connections, but says nothing that is SSH',
  login: 'does not say whether it lets the account in',
};

/** One clock for one host: runs through its steps, and stands while somebody is asked. */
export class Steps {
  #step: keyof StepTimeouts = 'dial';
  #left: number;
  #since = 0;
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly where: string,
    private readonly timeouts: StepTimeouts,
    private readonly expired: (error: FleetError) => void,
  ) {
    this.#left = timeouts.dial;
    this.#start();
  }

  next(step: keyof StepTimeouts): void {
    this.#stop();
    this.#step = step;
    this.#left = this.timeouts[step];
    this.#start();
  }

  end(): void {
    this.#stop();
    this.#waiting = Infinity;
  }

  /** The same questions, with the clock standing meanwhile. */
  patient(prompts: Prompts): Prompts {
    const wait = async <T>(answer: Promise<T>): Promise<T> => {
      this.#stop();
      this.#waiting++;
      try {
        return await answer;
      } finally {
        this.#waiting--;
        this.#start();
      }
    };
    return {
      hostKey: (question) => wait(prompts.hostKey(question)),
      passphrase: (question) => wait(prompts.passphrase(question)),
      password: (question) => wait(prompts.password(question)),
      answers: (question) => wait(prompts.answers(question)),
    };
  }

  #start(): void {
    if (this.#waiting > 0 || this.#timer) return;
    this.#since = performance.now();
    this.#timer = setTimeout(() => {
      const took = seconds(this.timeouts[this.#step]);
      this.expired(new FleetError('timeout', `${this.where} ${WORDS[this.#step]} (${took})`));
    }, this.#left);
  }

  #stop(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#left = Math.max(0, this.#left - (performance.now() - this.#since));
  }
}
