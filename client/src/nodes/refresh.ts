import { workspace, type Disposable, type TreeView } from 'vscode';
import type { NodeRecord, NodeStore } from './store';
import type { Element } from './tree/elements';

/** An expanded node is read again when what is known of it is older. */
const STALE_MS = 5_000;

/** Reads nodes again by themselves: only while the tree is seen, and only those that somebody looked into. */
export class AutomaticRefresh implements Disposable {
  readonly #store: NodeStore;
  readonly #view: TreeView<Element>;
  readonly #read: (node: NodeRecord) => void;
  readonly #listeners: readonly Disposable[];
  #timer: NodeJS.Timeout | undefined;

  /** @param read reads a node; failures are shown by the tree */
  constructor(store: NodeStore, view: TreeView<Element>, read: (node: NodeRecord) => void) {
    this.#store = store;
    this.#view = view;
    this.#read = read;
    this.#listeners = [
      view.onDidChangeVisibility(({ visible }) => {
        // What was overdue meanwhile comes at once.
        if (visible) this.#due(this.#interval());
        this.#schedule();
      }),
      view.onDidExpandElement(({ element }) => {
        const record = element.kind === 'node' ? store.get(element) : undefined;
        if (record && Date.now() - record.asked > STALE_MS) read(record);
      }),
      workspace.onDidChangeConfiguration((e) => {
        if (e.affectsConfiguration('livemig.nodes.refresh')) this.#schedule();
      }),
    ];
    this.#schedule();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const listener of this.#listeners) listener.dispose();
  }

  /** ms; 0 for never. */
  #interval(): number {
    const seconds = workspace.getConfiguration('livemig').get<number>('nodes.refresh', 60);
    return Number.isFinite(seconds) && seconds > 0 ? Math.max(seconds, 2) * 1000 : 0;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const interval = this.#interval();
    if (!this.#view.visible || interval === 0) return;
    this.#timer = setTimeout(() => {
      this.#due(0);
      this.#schedule();
    }, interval);
  }

  #due(age: number): void {
    if (this.#interval() === 0) return;
    for (const record of this.#store.all) if (isDue(record) && Date.now() - record.asked >= age) this.#read(record);
  }
}

/** Nodes that failed are tried again only where time may help. */
function isDue({ state, asked }: NodeRecord): boolean {
  if (asked === 0) return false;
  if (state.kind === 'unreachable' || state.kind === 'lost') return state.retry !== undefined;
  return state.kind === 'ready';
}
