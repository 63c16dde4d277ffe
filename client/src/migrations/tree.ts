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
import type { Convergence } from './watch';
import type { MigrationStore } from './store';
import { isOver, linesOf, percentOf, phaseText, wayText } from './words';

/** A row of the view *Migrations*. */
export interface MigrationRow {
  readonly kind: 'migration';
  readonly id: string;
}

/** Running migrations and past ones, the newest first. */
export class MigrationTree implements TreeDataProvider<MigrationRow> {
  readonly #store: MigrationStore;
  readonly #convergence: Convergence;
  /** Rows that are told to have changed must be the same objects each time. */
  readonly #rows = new Map<string, MigrationRow>();
  readonly #listener: { dispose(): void };

  constructor(store: MigrationStore, convergence: Convergence, changed: EventEmitter<MigrationRow | undefined>) {
    this.#store = store;
    this.#convergence = convergence;
    this.#listener = store.onDidChange((view) => changed.fire(view && this.#rows.get(view.id)));
  }

  dispose(): void {
    this.#listener.dispose();
  }

  getChildren(row?: MigrationRow): MigrationRow[] {
    if (row) return [];
    return this.#store.all.map(({ id }) => {
      const known = this.#rows.get(id) ?? { kind: 'migration', id };
      this.#rows.set(id, known);
      return known;
    });
  }

  getTreeItem({ id }: MigrationRow): TreeItem {
    const view = this.#store.get(id);
    if (!view) return new TreeItem('');
    const item = new TreeItem(view.name);
    item.id = id;
    item.iconPath = iconOf(view);
    item.description = [wayText(view), stateText(view, this.#convergence.isStuck(id))].join(', ');
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

function stateText({ progress, outcome }: MigrationView, stuck: boolean): string {
  if (progress.phase === 'lost') return l10n.t('not watched');
  if (outcome || progress.phase === 'failed') return phaseText(progress.phase);
  const percent = percentOf(progress);
  const words = progress.phase === 'post-copy' ? l10n.t('post-copy, ') : '';
  if (percent === undefined) return phaseText(progress.phase);
  return `${words}${percent} %${stuck ? l10n.t(', does not converge') : ''}`;
}

function iconOf({ progress, outcome }: MigrationView): ThemeIcon {
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
