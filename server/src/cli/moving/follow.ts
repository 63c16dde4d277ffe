import type { MigrationView } from '../../fleet-protocol';
import { Board } from './board';
import type { Cloud } from './cloud';
import { endLines, print, progressLine, say } from './words';

/** Shows how migrations go: bars on a terminal, their views as lines of JSON, or only how each ended. */
export class Follow {
  readonly board: Board;
  readonly #views = new Map<string, MigrationView>();
  readonly #waiting = new Set<() => void>();
  readonly #stop: () => void;
  /** What is printed, one after another. */
  #printed: Promise<void> = Promise.resolve();
  #heads: readonly string[] = [];

  constructor(
    cloud: Cloud,
    private readonly json: boolean,
    private readonly wanted: (view: MigrationView) => boolean = () => true,
  ) {
    this.board = new Board(json);
    this.#stop = cloud.onMigration((view) => this.take(view));
    for (const view of cloud.migrations.list()) this.take(view);
  }

  take(view: MigrationView): void {
    if (!this.wanted(view) || this.#views.get(view.id)?.outcome) return;
    this.#views.set(view.id, view);
    if (this.json) this.tell({ kind: 'migration', ...view });
    else if (view.outcome) this.line(endLines(view), view.outcome.phase !== 'completed');
    this.#draw();
    for (const look of this.#waiting) look();
  }

  /** Lines above those of the migrations. */
  heads(lines: readonly string[]): void {
    this.#heads = lines;
    this.#draw();
  }

  /** A line of its own, above the bars. */
  line(text: string, failed = false): void {
    this.#printed = this.#printed.then(async () => {
      this.board.hold();
      if (failed) say(text);
      else await print(text);
      this.board.letGo();
    });
  }

  tell(value: object): void {
    this.#printed = this.#printed.then(() => print(JSON.stringify(value)));
  }

  /** Waits for the end of a migration. */
  async end(id: string): Promise<MigrationView> {
    const view = await new Promise<MigrationView>((resolve) => {
      const look = (): void => {
        const found = this.#views.get(id);
        if (!found?.outcome) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
    await this.#printed;
    return view;
  }

  /** All is printed, and nothing is drawn any more. */
  async close(): Promise<void> {
    this.#stop();
    await this.#printed;
    this.board.show([]);
  }

  #draw(): void {
    const running = [...this.#views.values()].filter((view) => !view.outcome);
    this.board.show([...this.#heads, ...running.map(progressLine)]);
  }
}
