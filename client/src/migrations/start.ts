/** Everything about migrations; a part of what is loaded for nodes. */
import { env, l10n, window, type ExtensionContext, type LogOutputChannel } from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { DrainView, MigrationView } from '../../../server/src/fleet-protocol';
import { guard } from '../nodes/commands/guard';
import type { FleetProcess } from '../nodes/process';
import type { Surfaces } from '../nodes/register';
import type { NodeStore } from '../nodes/store';
import type { Texts } from '../nodes/texts';
import { showCause } from './cause';
import { Drains } from './drain';
import { isOver as isDrained } from './drain/store';
import { drainText } from './drain/words';
import { exportHistory } from './export';
import type { MigrationCommandId, MigrationCommands } from './ids';
import { liveMigrate } from './launch';
import { showChart } from './pages/chart';
import { showMatrix } from './pages/matrix';
import { reportEnd, reportStuck, showDetails } from './report';
import { MigrationStore } from './store';
import { MigrationTree, type MigrationRow } from './tree';
import { steer, watch } from './watch';
import { isOver, isStuck, phaseText, wayText } from './words';

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
  /** Of those it was said once that they do not converge. */
  readonly #stuck = new Set<string>();
  readonly #drains: Drains;
  readonly #listeners: readonly { dispose(): void }[];

  constructor(tools: MigrationTools) {
    this.#tools = tools;
    const { context, surfaces, fleet, nodes, texts, log } = tools;
    const store = (this.store = new MigrationStore(context.globalState));
    const failed = (error: unknown): void => log.error(String(error));
    const drains = (this.#drains = new Drains({ context, fleet, nodes, log }));
    this.tree = new MigrationTree(store, drains.store, surfaces.migrationsChanged);
    this.commands = this.#commands();
    this.#listeners = [
      ...[store, drains, this.tree],
      store.onDidChange((view) => {
        if (!view || !isStuck(view) || this.#stuck.has(view.id)) return;
        this.#stuck.add(view.id);
        guard(log, () => reportStuck(view, fleet)).catch(failed);
      }),
      store.onDidEnd((view) => {
        for (const node of [view.source, view.outcome?.on ?? view.destination])
          if (node !== undefined)
            readAnew(nodes, { cluster: view.cluster, node }).catch((error: unknown) => log.debug(String(error)));
        drains.store.settle(view);
        // Of a drain's the drain tells.
        if (!drains.store.has(view.id)) guard(log, () => reportEnd(view, texts)).catch(failed);
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
    connection.onNotification('fleet/drainState', (view: DrainView) => this.#drains.store.take(view));
  }

  /** Once a process knows its nodes: what runs there. */
  async recall(connection: MessageConnection): Promise<void> {
    for (const view of await connection.sendRequest<MigrationView[]>('fleet/migrations', {})) this.store.take(view);
    for (const view of this.store.all) this.#drains.store.settle(view);
    // Those that ran when the window was closed are found by reading their nodes, or what became of them is.
    const { nodes, log } = this.#tools;
    for (const { cluster, source, destination, progress } of this.store.all)
      if (progress.phase === 'lost')
        for (const node of [source, destination])
          if (node !== undefined) nodes.refresh({ cluster, node }).catch((error: unknown) => log.debug(String(error)));
  }

  /** The process is gone: nobody watches, and no drain is carried on. */
  allLost(): void {
    this.store.allLost();
    this.#drains.store.allLost();
  }

  /** An instance was dropped on a node. */
  async drop(rows: readonly unknown[], node: string): Promise<void> {
    await guard(this.#tools.log, () => liveMigrate(this.#launch, [rows[0], rows], node));
  }

  get #launch() {
    const { fleet, nodes } = this.#tools;
    return { fleet, nodes, store: this.store };
  }

  #commands(): MigrationCommands {
    const { fleet, texts, log } = this.#tools;
    const { store } = this;
    const drains = this.#drains;
    const all: Readonly<Record<MigrationCommandId, (args: readonly unknown[]) => Promise<unknown>>> = {
      'migrations.migrate': (args) => liveMigrate(this.#launch, args),
      'migrations.drain': (args) => drains.plan(args, false),
      'migrations.migrateAll': (args) => drains.plan(args, true),
      'migrations.matrix': (args) => showMatrix(this.#tools, args),
      'migrations.chart': (args) =>
        this.#with(
          args,
          () => true,
          (view) => showChart({ ...this.#tools, store }, view),
        ),
      'migrations.drainShow': (args) => this.#withDrain(args, (view) => drains.show(view), true),
      'migrations.drainPause': (args) => this.#withDrain(args, (view) => drains.steer(view, 'pause')),
      'migrations.drainResume': (args) => this.#withDrain(args, (view) => drains.steer(view, 'resume')),
      'migrations.drainCancel': (args) => this.#withDrain(args, (view) => drains.steer(view, 'cancel')),
      'migrations.watch': (args) => this.#with(args, isRunning, (view) => watch(view.id, { store, fleet })),
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
        drains.store.clearFinished();
        return Promise.resolve();
      },
      'migrations.export': () => exportHistory(store.all),
    };
    const entries = Object.entries(all) as [MigrationCommandId, (typeof all)[MigrationCommandId]][];
    return Object.fromEntries(
      entries.map(([id, run]) => [id, (...args: unknown[]) => guard(log, () => run(args), !DIALS.has(id))]),
    ) as MigrationCommands;
  }

  /** The drain of a row, or one of those that run. @param past those that are over, too */
  async #withDrain(
    [row]: readonly unknown[],
    work: (view: DrainView) => Promise<unknown>,
    past = false,
  ): Promise<unknown> {
    const { kind, id } = (row ?? {}) as Partial<MigrationRow>;
    const all = this.#drains.store.all;
    const known = kind === 'drain' ? all.find((view) => view.id === id) : undefined;
    if (known) return work(known);
    const items = all
      .filter((view) => past || !isDrained(view))
      .map((view) => ({ label: view.node, description: drainText(view), view }));
    if (items.length === 0) {
      void window.showInformationMessage(
        past ? l10n.t('No node was drained yet.') : l10n.t('No node is being drained.'),
      );
      return undefined;
    }
    const picked = await window.showQuickPick(items, { placeHolder: l10n.t('Drain') });
    return picked && work(picked.view);
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

const DIALS: ReadonlySet<MigrationCommandId> = new Set([
  'migrations.migrate',
  'migrations.drain',
  'migrations.migrateAll',
  'migrations.matrix',
]);

const isRunning = (view: MigrationView): boolean => !isOver(view) && view.progress.phase !== 'lost';

/** A reading that began before the migration's end may show what was before. */
async function readAnew(nodes: NodeStore, node: { readonly cluster: string; readonly node: string }): Promise<void> {
  const now = Date.now();
  const record = nodes.get(node);
  if (!record) return;
  await nodes.refresh(node).catch(() => undefined);
  if (record.asked < now) await nodes.refresh(node);
}
