import { EventEmitter, type Disposable, type Memento } from 'vscode';
import type { DrainPlanView, DrainView, MigrationView } from '../../../../server/src/fleet-protocol';

const KEPT = 'livemig.drains';
const MOST = 20;
/** What comes closer is written down at once, ms. */
const APART_MS = 1000;

type Move = DrainView['moves'][number];

/** A drain that was begun, with the plan that it carries out. */
export interface Drain {
  readonly plan: DrainPlanView;
  readonly view: DrainView;
  /** Since when nothing more of it is begun, ms since 1970: its window was closed, or its process ended, before it was through. */
  readonly lost?: number;
  /** The service that it disabled is enabled again. */
  readonly enabled?: boolean;
}

export const isOver = ({ state }: DrainView): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled';

/** Cancelled, it is not through before the last that runs has ended. */
export const isThrough = (view: DrainView): boolean =>
  isOver(view) && !view.moves.some(({ progress }) => progress === 'running');

/** Drains that were begun in this window, or in this workspace before it was opened anew, newest first. */
export class DrainStore implements Disposable {
  readonly #state: Memento;
  readonly #plans = new Map<string, DrainPlanView>();
  readonly #drains = new Map<string, Drain>();
  readonly #changed = new EventEmitter<DrainView | undefined>();
  readonly #through = new EventEmitter<DrainView>();
  #timer: NodeJS.Timeout | undefined;
  /** One, or undefined when the list is another. */
  readonly onDidChange = this.#changed.event;
  readonly onDidEnd = this.#through.event;

  constructor(state: Memento) {
    this.#state = state;
    const kept = state.get<unknown>(KEPT);
    for (const drain of Array.isArray(kept) ? (kept as readonly Drain[]) : [])
      this.#drains.set(drain.view.id, isThrough(drain.view) ? drain : lost(drain));
  }

  dispose(): void {
    if (this.#timer) this.#write();
    this.#changed.dispose();
    this.#through.dispose();
  }

  get all(): readonly DrainView[] {
    return [...this.#drains.values()].map(({ view }) => view).reverse();
  }

  get(id: string): Drain | undefined {
    return this.#drains.get(id);
  }

  /** Whether a migration is a part of one of them: it is told of there. */
  has(migration: string): boolean {
    return this.all.some((view) => view.moves.some((move) => move.migration === migration));
  }

  /** What `take` will be told of, if it is begun. */
  planned(plan: DrainPlanView): void {
    this.#plans.set(plan.id, plan);
  }

  forget(id: string): void {
    this.#plans.delete(id);
  }

  take(view: DrainView): void {
    const before = this.#drains.get(view.id);
    const plan = before?.plan ?? this.#plans.get(view.id);
    // The answer to the request may come after what was told of it.
    if (!plan || (before && (before.lost !== undefined || isThrough(before.view)))) return;
    this.#plans.delete(view.id);
    this.#set({ ...before, plan, view });
  }

  enabled(id: string): void {
    const drain = this.#drains.get(id);
    if (drain) this.#set({ ...drain, enabled: true });
  }

  /** The process that carried them out is gone: what runs goes on, nothing more is begun. */
  allLost(): void {
    for (const drain of this.#drains.values()) if (!isThrough(drain.view)) this.#set(lost(drain));
  }

  /** What became of a migration that may be one of a drain that was lost: it is found again by itself. */
  settle({ id, cluster, uuid, source, outcome, ended = 0 }: MigrationView): void {
    if (!outcome) return;
    for (const drain of this.#drains.values()) {
      const { view } = drain;
      const { lost } = drain;
      if (lost === undefined || view.cluster !== cluster || view.node !== source) continue;
      const isIt = (move: Move): boolean =>
        move.progress !== 'completed' && (move.migration === id || (move.uuid === uuid && ended >= lost));
      if (!view.moves.some(isIt)) continue;
      const { message } = outcome;
      const end = { progress: outcome.phase, ...(message !== undefined && { why: message }) };
      this.#set({
        ...drain,
        view: { ...view, moves: view.moves.map((move) => (isIt(move) ? { ...move, ...end } : move)) },
      });
    }
  }

  /** Those that nobody carries on, too: of what runs the view *Migrations* tells. */
  clearFinished(): void {
    for (const [id, { view, lost }] of this.#drains) if (lost !== undefined || isThrough(view)) this.#drains.delete(id);
    this.#changed.fire(undefined);
    this.#write();
  }

  #set(drain: Drain): void {
    const { id } = drain.view;
    const before = this.#drains.get(id);
    this.#drains.set(id, drain);
    this.#changed.fire(before ? drain.view : undefined);
    this.#timer ??= setTimeout(() => this.#write(), APART_MS);
    if (isThrough(drain.view) && !(before && isThrough(before.view))) this.#through.fire(drain.view);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#state.update(KEPT, [...this.#drains.values()].slice(-MOST));
  }
}

const lost = (drain: Drain): Drain => ({
  ...drain,
  lost: Date.now(),
  view: {
    ...drain.view,
    state: 'cancelled',
    // One without a migration was only being looked at.
    moves: drain.view.moves.map((move) =>
      move.progress === 'waiting' || (move.progress === 'running' && move.migration === undefined)
        ? { ...move, progress: 'left' }
        : move,
    ),
  },
});
