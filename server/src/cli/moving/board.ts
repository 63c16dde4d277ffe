import { printable } from '../ask';

/** Lines at the foot of the terminal that are drawn anew in place; silent where no one looks on. */
export class Board {
  readonly #terminal: NodeJS.WriteStream | undefined;
  #lines: readonly string[] = [];
  #shown = 0;
  #held = 0;

  constructor(quiet: boolean) {
    const { stderr, env } = process;
    this.#terminal = !quiet && stderr.isTTY && env.TERM !== 'dumb' ? stderr : undefined;
  }

  show(lines: readonly string[]): void {
    this.#lines = lines;
    if (this.#held === 0) this.#draw(lines);
  }

  /** Something else is to be printed, or asked: all is taken away until it is let go. */
  hold(): void {
    this.#draw([]);
    this.#held++;
  }

  letGo(): void {
    if (--this.#held === 0) this.#draw(this.#lines);
  }

  #draw(lines: readonly string[]): void {
    if (!this.#terminal) return;
    // A terminal that does not know its size says 0.
    const columns = this.#terminal.columns || 80;
    const most = Math.max(1, (this.#terminal.rows || 24) - 1);
    const fit = lines.length > most ? [...lines.slice(0, most - 1), `and ${lines.length - most + 1} more`] : lines;
    const up = this.#shown > 0 ? `\r\u001b[${this.#shown}A\u001b[J` : '';
    // A line that wraps could not be taken back.
    const text = fit.map((line) => `${printable(line).slice(0, columns - 1)}\n`).join('');
    if (up !== '' || text !== '') this.#terminal.write(up + text);
    this.#shown = fit.length;
  }
}
