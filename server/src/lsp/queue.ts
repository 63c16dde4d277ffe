/** Runs tasks one after the other; a task that fails is reported, and the next goes on. */
export class Queue {
  readonly #failed: (error: unknown) => void;
  #tail: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add(task: () => Promise<void>): void {
    this.#pending++;
    this.#tail = this.#tail
      .then(task)
      .catch(this.#failed)
      .finally(() => this.#pending--);
  }

  get idle(): boolean {
    return this.#pending === 0;
  }

  /** Settles when nothing is left to do, tasks included that come in meanwhile. */
  async settled(): Promise<void> {
    while (this.#pending > 0) await this.#tail;
  }
}
