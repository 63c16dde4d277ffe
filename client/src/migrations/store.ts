import { EventEmitter, type Disposable, type Memento } from 'vscode';
import type { MigrationView } from '../../../server/src/fleet-protocol';
import type { NodeStore } from '../nodes/store';
import { isOver } from './words';

const KEPT = 'livemig.migrations';
const MOST = 200;
/** So far apart may what two windows say of the begin, or the end, of one migration be: an answer takes a moment. */
const NEAR_MS = 5000;

/** The migrations of all clusters: as the fleet process tells them, and those of before, newest first. */
export class MigrationStore implements Disposable {
  readonly #state: Memento;
  readonly #views = new Map<string, MigrationView>();
  readonly #changed = new EventEmitter<MigrationView | undefined>();
  readonly #ended = new EventEmitter<MigrationView>();
  /** Cleared away: what another window keeps of them does not come back. */
  readonly #cleared = new Set<string>();
  /** What was read before is no news of those that nobody watched since. */
  #lostSince = Date.now() - 1;
  /** One, or undefined when the list is another. */
  readonly onDidChange = this.#changed.event;
  /** One that was running here has ended. */
  readonly onDidEnd = this.#ended.event;

  constructor(state: Memento) {
    this.#state = state;
    for (const view of this.#kept()) this.#views.set(view.id, isOver(view) ? settled(view) : lost(view));
  }

  dispose(): void {
    this.#changed.dispose();
    this.#ended.dispose();
  }

  get(id: string): MigrationView | undefined {
    return this.#views.get(id);
  }

  get all(): readonly MigrationView[] {
    return [...this.#views.values()].sort((a, b) => b.began - a.began);
  }

  take(view: MigrationView): void {
    const before = this.#views.get(view.id);
    // What a request answers may be older than what was told meanwhile.
    if (this.#cleared.has(view.id) || (before && isFinal(before))) return;
    // Its probe asks a little longer.
    if (before && isOver(before)) view = { ...before, ...(view.probe && { probe: view.probe }) };
    const [same] = before ? [] : this.all.filter((v) => v.progress.phase === 'lost' && isSame(v, view));
    // It was watched before the process was started anew, and is found again.
    if (same && !isOver(same)) {
      this.#views.delete(same.id);
      view = { ...view, began: same.began };
    } else if (before) view = { ...view, began: before.began };
    this.#views.set(view.id, view);
    this.#changed.fire(before ? view : undefined);
    if (!before || isOver(view)) this.#keep();
    if (isFinal(view)) this.#ended.fire(view);
  }

  /** Nobody watches any more: what was known last stays, until a node tells what became of it. */
  allLost(): void {
    this.#lostSince = Date.now();
    for (const view of this.#views.values())
      if (!isOver(view)) this.#views.set(view.id, lost(view));
      else if (!isFinal(view)) this.take(settled(view));
    this.#changed.fire(undefined);
  }

  /** What became of those that nobody watched, by the nodes as they were read since. */
  settle(nodes: NodeStore): void {
    for (const view of this.all) {
      if (isOver(view) || view.progress.phase !== 'lost') continue;
      const { cluster, uuid, source, destination, progress } = view;
      if (destination === undefined) continue;
      const ends = [source, destination].map((node) => ({ node, record: nodes.get({ cluster, node }) }));
      // That a node was read is told a moment before what was read there.
      const isRead = ends.every(
        ({ record }) =>
          record?.state.kind === 'ready' &&
          record.asked > this.#lostSince &&
          record.view?.complete === true &&
          record.view.taken > record.asked - 1000,
      );
      const there = ends.flatMap(({ node, record }) =>
        (record?.view?.instances ?? []).filter((i) => i.uuid === uuid).map((instance) => ({ node, instance })),
      );
      // As long as one says so it goes on, and is found: where a guest arrives it stands still.
      if (!isRead || there.some(({ instance }) => instance.migrating)) continue;
      const on = there.filter(({ instance: { state } }) => state !== 'shut off' && state !== 'crashed');
      if (on.length > 1) continue;
      const where = on[0]?.node;
      const phase = where === destination ? 'completed' : 'failed';
      this.take({
        ...view,
        ended: Date.now(),
        progress: { ...progress, phase },
        outcome: {
          phase,
          ...(where !== undefined && { on: where }),
          ...(phase === 'failed' && {
            message: 'it ended while nobody watched: libvirtd’s log on its source has the reason',
          }),
        },
      });
    }
  }

  /** Resolves with the end of one; with undefined when nobody watches it any more. */
  ended(id: string): Promise<MigrationView | undefined> {
    return new Promise((resolve) => {
      const look = (): void => {
        const view = this.#views.get(id);
        if (view && !isOver(view)) return;
        listener.dispose();
        resolve(view);
      };
      const listener = this.onDidChange(look);
      look();
    });
  }

  clearFinished(): void {
    for (const view of this.all)
      if (isOver(view) || view.progress.phase === 'lost') {
        this.#views.delete(view.id);
        this.#cleared.add(view.id);
      }
    this.#changed.fire(undefined);
    this.#keep();
  }

  #kept(): readonly MigrationView[] {
    const kept = this.#state.get<unknown>(KEPT);
    return Array.isArray(kept) ? (kept as readonly MigrationView[]) : [];
  }

  /** Other windows keep theirs in the same place. */
  #keep(): void {
    const merged = new Map(this.#kept().map((view) => [view.id, view]));
    for (const [id, view] of this.#views) merged.set(id, view);
    for (const [id, view] of merged)
      if (
        this.#cleared.has(id) ||
        (!this.#views.has(id) && (!isOver(view) || this.all.some((mine) => isOne(mine, view))))
      )
        merged.delete(id);
    const newest = [...merged.values()].sort((a, b) => b.began - a.began);
    for (const old of newest.slice(MOST)) if (isOver(old)) this.#views.delete(old.id);
    void this.#state.update(KEPT, newest.slice(0, MOST));
  }
}

/** Nothing more will be told of it. */
const isFinal = (view: MigrationView): boolean => isOver(view) && view.probe?.going !== true;

/** Nobody watches it any more, nor does a probe. */
function settled(view: MigrationView): MigrationView {
  if (!view.probe) return view;
  return { ...view, probe: { ...view.probe, going: false } };
}

const lost = (view: MigrationView): MigrationView => ({
  ...settled(view),
  progress: { ...view.progress, phase: 'lost' },
});

const isWay = (a: MigrationView, b: MigrationView): boolean =>
  a.cluster === b.cluster && a.uuid === b.uuid && a.source === b.source && a.destination === b.destination;

const isNear = (a: number | undefined, b: number | undefined): boolean =>
  a !== undefined && b !== undefined && Math.abs(a - b) < NEAR_MS;

/** The one that was lost, found again. When one was first seen says nothing where libvirt does not tell how long it takes. */
const isSame = (a: MigrationView, b: MigrationView): boolean =>
  isWay(a, b) && (a.progress.elapsed === undefined || b.progress.elapsed === undefined || isNear(a.began, b.began));

/** One migration that two windows watch: each gives it an id of its own. */
const isOne = (a: MigrationView, b: MigrationView): boolean =>
  isWay(a, b) && (isNear(a.began, b.began) || isNear(a.ended, b.ended));
