/** What is done sooner shows nothing, in ms since the program's start. */
const THRESHOLD = 1000;

/** The least time between two pictures, in ms. */
const INTERVAL = 100;

const BAR = 24;

/** Tells how far a long run is. */
export interface Progress {
  /** @param total left out while nobody knows how many there will be */
  at(what: string, done: number, total?: number): void;
  /** Takes away what is shown; to be called before anything is printed. */
  end(): void;
}

export const SILENT: Progress = { at: () => undefined, end: () => undefined };

/** One line on the terminal, for a run that takes longer than a second; silent where no one looks on. */
export function progress(): Progress {
  const { stdout, stderr, env } = process;
  const watched = stdout.isTTY && stderr.isTTY && env.TERM !== 'dumb' && !(env.CI && env.CI !== 'false');
  return watched ? new Line(stderr) : SILENT;
}

class Line implements Progress {
  readonly #terminal: NodeJS.WriteStream;
  /** Something that takes long by itself, such as a slow disk, reports nothing meanwhile. */
  readonly #timer = setInterval(() => this.#draw(), INTERVAL).unref();
  readonly #exit = (): void => this.end();
  #text = '';
  #shown = '';
  #next = THRESHOLD;

  constructor(terminal: NodeJS.WriteStream) {
    this.#terminal = terminal;
    process.once('exit', this.#exit);
  }

  at(what: string, done: number, total?: number): void {
    if (total === undefined) this.#text = `${what} ${done}`;
    else {
      const filled = Math.floor((BAR * done) / Math.max(1, total));
      this.#text = `${what} [${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${done}/${total}`;
    }
    // Judging lets no timer run.
    this.#draw();
  }

  end(): void {
    clearInterval(this.#timer);
    process.off('exit', this.#exit);
    this.#text = '';
    if (this.#shown !== '') this.#write('');
  }

  #draw(): void {
    const now = performance.now();
    if (now < this.#next || this.#text === this.#shown) return;
    this.#next = now + INTERVAL;
    this.#write(this.#text);
  }

  /** Never wider than the terminal: a line that wraps cannot be taken back. */
  #write(text: string): void {
    this.#shown = text;
    this.#terminal.write(`\r\u001b[K${text.slice(0, (this.#terminal.columns || 80) - 1)}`);
  }
}
