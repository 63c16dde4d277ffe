import {
  l10n,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  type EventEmitter,
  type TreeDataProvider,
} from 'vscode';
import type { MigrationView } from '../../../server/src/fleet-protocol';
import { isThrough, type Drain, type DrainStore } from './drain/store';
import { drainText } from './drain/words';
import type { MigrationStore } from './store';
import { isOver, isStuck, linesOf, percentOf, phaseText, wayText } from './words';

/** A row of the view *Migrations*. */
export interface MigrationRow {
  readonly kind: 'migration' | 'drain';
  readonly id: string;
}

/** Running migrations and past ones, the newest first. */
export class MigrationTree implements TreeDataProvider<MigrationRow> {
  readonly #store: MigrationStore;
  readonly #drains: DrainStore;
  /** Rows that are told to have changed must be the same objects each time. */
  readonly #rows = new Map<string, MigrationRow>();
  readonly #listeners: readonly { dispose(): void }[];

  constructor(store: MigrationStore, drains: DrainStore, changed: EventEmitter<MigrationRow | undefined>) {
    this.#store = store;
    this.#drains = drains;
    const tell = (view: { readonly id: string } | undefined): void => changed.fire(view && this.#rows.get(view.id));
    this.#listeners = [store.onDidChange(tell), drains.onDidChange(tell)];
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose();
  }

  getChildren(row?: MigrationRow): MigrationRow[] {
    if (row) return [];
    const rowOf = (kind: MigrationRow['kind'], id: string): MigrationRow => {
      const known = this.#rows.get(id) ?? { kind, id };
      this.#rows.set(id, known);
      return known;
    };
    return [
      ...this.#drains.all.map(({ id }) => rowOf('drain', id)),
      ...this.#store.all.map(({ id }) => rowOf('migration', id)),
    ];
  }

  getTreeItem({ id }: MigrationRow): TreeItem {
    const drain = this.#drains.get(id);
    if (drain) return drainItem(drain);
    const view = this.#store.get(id);
    if (!view) return new TreeItem('');
    const item = new TreeItem(view.name);
    item.id = id;
    item.iconPath = iconOf(view);
    item.description = [wayText(view), stateText(view)].join(', ');
    item.contextValue = contextOf(view);
    item.accessibilityInformation = { label: `${view.name}, ${item.description}` };
    return item;
  }

  resolveTreeItem(item: TreeItem, { id }: MigrationRow): TreeItem {
    const view = this.#store.get(id);
    if (view) item.tooltip = tooltipOf(view);
    return item;
  }
}

function drainItem({ view, lost }: Drain): TreeItem {
  const label = l10n.t('Drain of {0}', view.node);
  const item = new TreeItem(label);
  const { state } = view;
  item.id = view.id;
  item.iconPath =
    state === 'done'
      ? new ThemeIcon('pass', new ThemeColor('testing.iconPassed'))
      : state === 'failed'
        ? new ThemeIcon('error', new ThemeColor('list.errorForeground'))
        : new ThemeIcon(state === 'running' ? 'sync' : state === 'paused' ? 'debug-pause' : 'circle-slash');
  item.description = drainText(view, lost !== undefined);
  item.contextValue = isThrough(view) ? 'drain.over' : `drain.${state}`;
  item.accessibilityInformation = { label: `${label}, ${item.description}` };
  item.command = {
    command: 'livemig.migrations.drainShow',
    title: l10n.t('Show'),
    arguments: [{ kind: 'drain', id: view.id }],
  };
  return item;
}

function stateText(view: MigrationView): string {
  const { progress, outcome } = view;
  if (progress.phase === 'lost') return l10n.t('not watched');
  if (outcome || progress.phase === 'failed') return phaseText(progress.phase);
  const percent = percentOf(progress);
  const words = progress.phase === 'post-copy' ? l10n.t('post-copy, ') : '';
  if (percent === undefined) return phaseText(progress.phase);
  return `${words}${percent} %${isStuck(view) ? l10n.t(', does not converge') : ''}`;
}

function iconOf(view: MigrationView): ThemeIcon {
  const { progress, outcome } = view;
  if (isStuck(view)) return new ThemeIcon('warning', new ThemeColor('list.warningForeground'));
  switch (progress.phase) {
    case 'starting':
      return new ThemeIcon('loading~spin');
    case 'memory':
      return new ThemeIcon('arrow-swap', new ThemeColor('charts.blue'));
    case 'post-copy':
      return new ThemeIcon('arrow-right', new ThemeColor('charts.orange'));
    case 'completed':
      return new ThemeIcon('pass', new ThemeColor('testing.iconPassed'));
    case 'failed':
      return new ThemeIcon(outcome?.broken ? 'flame' : 'error', new ThemeColor('list.errorForeground'));
    case 'cancelled':
      return new ThemeIcon('circle-slash', new ThemeColor('disabledForeground'));
    case 'lost':
      return new ThemeIcon('question', new ThemeColor('list.warningForeground'));
  }
}

/** Which commands there are: package.json asks for the words between the dots. */
function contextOf(view: MigrationView): string {
  const { progress, outcome, actions, explanation } = view;
  const words = ['migration'];
  if (isOver(view)) words.push('over', ...(outcome?.message === undefined ? [] : ['message']));
  else if (progress.phase === 'lost') words.push('lost');
  else words.push('running', ...actions);
  if (explanation && explanation.found.length > 0) words.push('cause');
  return words.join('.');
}

/** What nodes say is text in it, never Markdown. */
function tooltipOf(view: MigrationView): MarkdownString {
  const text = new MarkdownString();
  text.appendMarkdown('**').appendText(view.name).appendMarkdown('**');
  for (const [label, value] of linesOf(view))
    text
      .appendMarkdown('  \n')
      .appendText(`${label}: `)
      .appendText(value.replace(/\s*\n\s*/g, ' '));
  if (view.explanation) text.appendMarkdown('\n\n').appendText(view.explanation.means);
  return text;
}
