/** Everything about migrations; a part of what is loaded for nodes. */
import { env, l10n, window, type ExtensionContext, type LogOutputChannel } from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { MigrationView } from '../../../server/src/fleet-protocol';
import { guard } from '../nodes/commands/guard';
import type { FleetProcess } from '../nodes/process';
import type { Surfaces } from '../nodes/register';
import type { NodeStore } from '../nodes/store';
import type { Texts } from '../nodes/texts';
import { showCause } from './cause';
import { exportHistory } from './export';
import type { MigrationCommandId, MigrationCommands } from './ids';
import { liveMigrate } from './launch';
import { reportEnd, reportStuck, showDetails } from './report';
import { MigrationStore } from './store';
import { MigrationTree, type MigrationRow } from './tree';
import { Convergence, steer, watch } from './watch';
import { isOver, phaseText, wayText } from './words';

export interface MigrationTools {
  readonly context: ExtensionContext;
  readonly surfaces: Surfaces;
  readonly fleet: FleetProcess;
  readonly nodes: NodeStore;
  readonly texts: Texts;
  readonly log: LogOutputChannel;
}

export class Migrations {
  readonly tree: MigrationTree;
  readonly commands: MigrationCommands;
  readonly store: MigrationStore;
  readonly #tools: MigrationTools;
  readonly #convergence: Convergence;
  readonly #listeners: readonly { dispose(): void }[];

  constructor(tools: MigrationTools) {
    this.#tools = tools;
    const { context, surfaces, fleet, nodes, texts, log } = tools;
    const store = (this.store = new MigrationStore(context.globalState));
    const failed = (error: unknown): void => log.error(String(error));
    const convergence = (this.#convergence = new Convergence(store, (view) => {
      guard(log, () => reportStuck(view, fleet)).catch(failed);
    }));
    this.tree = new MigrationTree(store, convergence, surfaces.migrationsChanged);
    this.commands = this.#commands();
    this.#listeners = [
      ...[store, convergence, this.tree],
      store.onDidEnd((view) => {
        for (const node of [view.source, view.outcome?.on ?? view.destination])
          if (node !== undefined)
            readAnew(nodes, { cluster: view.cluster, node }).catch((error: unknown) => log.debug(String(error)));
        guard(log, () => reportEnd(view, texts)).catch(failed);
      }),
      nodes.onDidChange(() => store.settle(nodes)),
    ];
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose();
  }

  /** Of every new process. */
  wire(connection: MessageConnection): void {
    connection.onNotification('fleet/migration', (view: MigrationView) => this.store.take(view));
  }

  /** Once a process knows its nodes: what runs there. */
  async recall(connection: MessageConnection): Promise<void> {
    for (const view of await connection.sendRequest<MigrationView[]>('fleet/migrations', {})) this.store.take(view);
    // Those that ran when the window was closed are found by reading their nodes, or what became of them is.
    const { nodes, log } = this.#tools;
    for (const { cluster, source, destination, progress } of this.store.all)
      if (progress.phase === 'lost')
        for (const node of [source, destination])
          if (node !== undefined) nodes.refresh({ cluster, node }).catch((error: unknown) => log.debug(String(error)));
  }

  /** An instance was dropped on a node. */
  async drop(rows: readonly unknown[], node: string): Promise<void> {
    await guard(this.#tools.log, () => liveMigrate(this.#launch, [rows[0], rows], node));
  }

  get #launch() {
    const { fleet, nodes } = this.#tools;
    return { fleet, nodes, store: this.store, convergence: this.#convergence };
  }

  #commands(): MigrationCommands {
    const { fleet, texts, log } = this.#tools;
    const { store } = this;
    const all: Readonly<Record<MigrationCommandId, (args: readonly unknown[]) => Promise<unknown>>> = {
      'migrations.migrate': (args) => liveMigrate(this.#launch, args),
      'migrations.watch': (args) =>
        this.#with(args, isRunning, (view) => watch(view.id, { store, fleet, convergence: this.#convergence })),
      'migrations.abort': (args) => this.#with(args, isRunning, (view) => steer(fleet, view, 'abort')),
      'migrations.postCopy': (args) =>
        this.#with(
          args,
          (v) => isRunning(v) && v.actions.includes('post-copy'),
          (view) => steer(fleet, view, 'post-copy'),
        ),
      'migrations.forceComplete': (args) =>
        this.#with(
          args,
          (v) => isRunning(v) && v.actions.includes('force-complete'),
          (view) => steer(fleet, view, 'force-complete'),
        ),
      'migrations.suspend': (args) => this.#with(args, isRunning, (view) => steer(fleet, view, 'suspend')),
      'migrations.showCause': (args) =>
        this.#with(
          args,
          (v) => (v.explanation?.found.length ?? 0) > 0,
          (view) => showCause(view.explanation?.found ?? []),
        ),
      'migrations.details': (args) =>
        this.#with(
          args,
          () => true,
          (view) => showDetails(view, texts),
        ),
      'migrations.copyMessage': (args) =>
        this.#with(
          args,
          (v) => v.outcome?.message !== undefined,
          async (view) => env.clipboard.writeText(view.outcome?.message ?? ''),
        ),
      'migrations.clearFinished': () => {
        store.clearFinished();
        return Promise.resolve();
      },
      'migrations.export': () => exportHistory(store.all),
    };
    const entries = Object.entries(all) as [MigrationCommandId, (typeof all)[MigrationCommandId]][];
    return Object.fromEntries(
      entries.map(([id, run]) => [id, (...args: unknown[]) => guard(log, () => run(args), !DIALS.has(id))]),
    ) as MigrationCommands;
  }

  /** The migration of a row, or one that is picked. */
  async #with(
    [row]: readonly unknown[],
    fits: (view: MigrationView) => boolean,
    work: (view: MigrationView) => Promise<unknown>,
  ): Promise<unknown> {
    const { kind, id } = (row ?? {}) as Partial<MigrationRow>;
    const known = kind === 'migration' && id !== undefined ? this.store.get(id) : undefined;
    if (known) return work(known);
    const items = this.store.all.filter(fits).map((view) => ({
      label: view.name,
      description: `${wayText(view)}, ${phaseText(view.progress.phase)}`,
      view,
    }));
    if (items.length === 0) {
      void window.showInformationMessage(l10n.t('There is no migration that this can be done with.'));
      return undefined;
    }
    const picked = await window.showQuickPick(items, { placeHolder: l10n.t('Migration') });
    return picked && work(picked.view);
  }
}

const DIALS: ReadonlySet<MigrationCommandId> = new Set(['migrations.migrate']);

const isRunning = (view: MigrationView): boolean => !isOver(view) && view.progress.phase !== 'lost';

/** A reading that began before the migration's end may show what was before. */
async function readAnew(nodes: NodeStore, node: { readonly cluster: string; readonly node: string }): Promise<void> {
  const now = Date.now();
  const record = nodes.get(node);
  if (!record) return;
  await nodes.refresh(node).catch(() => undefined);
  if (record.asked < now) await nodes.refresh(node);
}
