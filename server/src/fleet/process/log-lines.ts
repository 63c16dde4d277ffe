import type { LogParams } from '../../fleet-protocol';

/** Who reads along does not notice so much, in ms. */
const WAIT_MS = 50;

/** Lines of the log, several in one message: each message is work for both sides, and a fleet has a thousand lines a second. */
export class LogLines {
  readonly #tell: (params: LogParams) => void;
  #lines: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (params: LogParams) => void) {
    this.#tell = tell;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#timer ??= setTimeout(() => this.tell(), WAIT_MS);
  }

  /** Now, and not in a moment: what is told next is about them. */
  tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#tell({ lines });
  }
}
