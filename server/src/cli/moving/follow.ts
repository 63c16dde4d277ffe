import type { MigrationView } from '../../fleet-protocol';
import { isEnd } from '../../migration/types';
import { Board } from './board';
import type { Cloud } from './cloud';
import { endLines, print, probeFailed, progressLine, say } from './words';

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
    const before = this.#views.get(view.id);
    if (!this.wanted(view) || (before && isFinal(before))) return;
    this.#views.set(view.id, view);
    if (this.json) this.tell({ kind: 'migration', ...view });
    else if (isFinal(view)) this.line(endLines(view), view.outcome?.phase !== 'completed');
    // Why nothing is measured is told while something can still be done about it.
    else if (!isEnd(view.progress.phase) && view.probe?.failed !== undefined && before?.probe?.failed === undefined)
      this.line(probeFailed(view.name, view.probe.failed), true);
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
  end(id: string): Promise<MigrationView> {
    return this.#until(id, (view) => view.outcome !== undefined);
  }

  /** The same, and for that of its probe, which asks a little longer. */
  final(id: string): Promise<MigrationView> {
    return this.#until(id, isFinal);
  }

  async #until(id: string, holds: (view: MigrationView) => boolean): Promise<MigrationView> {
    const view = await new Promise<MigrationView>((resolve) => {
      const look = (): void => {
        const found = this.#views.get(id);
        if (!found || !holds(found)) return;
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
    const running = [...this.#views.values()].filter((view) => !isFinal(view));
    this.board.show([...this.#heads, ...running.map(progressLine)]);
  }
}

/** Nothing more is told of it. */
function isFinal({ outcome, probe }: MigrationView): boolean {
  return outcome !== undefined && probe?.going !== true;
}
