import { l10n } from 'vscode';
import type { Problems } from './problems';
import type { Surfaces } from './register';
import { stateText, type NodeRecord, type NodeStore } from './store';
import type { NodeTree } from './tree/provider';
import { keyOf } from './uris';

/** 20 nodes that are read at a time tell more than a tree has to show of them. */
const SETTLE_MS = 60;

export function showBadge({ view }: Surfaces, { total }: Problems): void {
  const tooltip = total === 1 ? l10n.t('1 problem on the nodes') : l10n.t('{0} problems on the nodes', total);
  view.badge = total > 0 ? { value: total, tooltip } : undefined;
}

/** Paints again the rows of nodes of which something else is to be seen, and only those. */
export class Painter {
  readonly #surfaces: Surfaces;
  readonly #store: NodeStore;
  readonly #tree: NodeTree;
  readonly #problems: Problems;
  readonly #painted = new Map<string, string>();
  readonly #waiting = new Set<string>();
  #all = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(surfaces: Surfaces, store: NodeStore, tree: NodeTree, problems: Problems) {
    this.#surfaces = surfaces;
    this.#store = store;
    this.#tree = tree;
    this.#problems = problems;
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  /** @param keys of nodes; all and the list of them without */
  changed(keys?: readonly string[]): void {
    if (keys) for (const key of keys) this.#waiting.add(key);
    else this.#all = true;
    this.#timer ??= setTimeout(() => this.#paint(), SETTLE_MS);
  }

  #paint(): void {
    this.#timer = undefined;
    const records = this.#store.all.filter((record) => this.#all || this.#waiting.has(keyOf(record)));
    this.#waiting.clear();
    const others = records.filter((record) => {
      const key = keyOf(record);
      const now = this.#looks(record);
      if (this.#painted.get(key) === now) return false;
      this.#painted.set(key, now);
      return true;
    });
    if (this.#all) this.#surfaces.treeChanged.fire(undefined);
    else if (others.length > 0) this.#surfaces.treeChanged.fire(others.map((record) => this.#tree.node(record)));
    this.#all = false;
  }

  /** All that a node's rows are made of. */
  #looks(record: NodeRecord): string {
    const { head, state, view } = record;
    const files = view?.files.map(({ path }) => path);
    return JSON.stringify([
      ...[head.address, head.roles, state.why, state.detail, stateText(record), state.kind === 'reading' && !view],
      ...[this.#problems.ofNode(record), view?.release, files, view?.services, view?.instances, view?.facts],
      ...[view?.failures, state.kind === 'ready' || state.kind === 'reading'],
    ]);
  }
}
