import { EventEmitter, type Disposable } from 'vscode';
import type { DrainView } from '../../../../server/src/fleet-protocol';

export const isOver = ({ state }: DrainView): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled';

/** Cancelled, it is not through before the last that runs has ended. */
export const isThrough = (view: DrainView): boolean =>
  isOver(view) && !view.moves.some(({ progress }) => progress === 'running');

/** Drains that were begun here, newest first. */
export class DrainStore implements Disposable {
  readonly #views = new Map<string, DrainView>();
  readonly #ended = new Set<string>();
  readonly #changed = new EventEmitter<DrainView | undefined>();
  readonly #through = new EventEmitter<DrainView>();
  /** One, or undefined when the list is another. */
  readonly onDidChange = this.#changed.event;
  readonly onDidEnd = this.#through.event;

  dispose(): void {
    this.#changed.dispose();
    this.#through.dispose();
  }

  get all(): readonly DrainView[] {
    return [...this.#views.values()].reverse();
  }

  get(id: string): DrainView | undefined {
    return this.#views.get(id);
  }

  /** Whether a migration is a part of one of them: it is told of there. */
  has(migration: string): boolean {
    return this.all.some((view) => view.moves.some((move) => move.migration === migration));
  }

  take(view: DrainView): void {
    const before = this.#views.get(view.id);
    // The answer to the request may come after what was told of it.
    if (this.#ended.has(view.id)) return;
    this.#views.set(view.id, view);
    this.#changed.fire(before ? view : undefined);
    if (!isThrough(view)) return;
    this.#ended.add(view.id);
    this.#through.fire(view);
  }

  /** The process that carried them out is gone: what runs goes on, nothing more is begun. */
  allLost(): void {
    for (const view of this.all)
      if (!isThrough(view))
        this.take({
          ...view,
          state: 'cancelled',
          moves: view.moves.map((move) =>
            move.progress === 'waiting' || move.progress === 'running' ? { ...move, progress: 'left' } : move,
          ),
        });
  }

  clearFinished(): void {
    for (const view of this.all) if (isThrough(view)) this.#views.delete(view.id);
    this.#changed.fire(undefined);
  }
}
