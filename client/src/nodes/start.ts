/** Everything about nodes, loaded on the first need as `dist/client-nodes.js`. */
import { window, type ExtensionContext } from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import type {
  ClusterView,
  InventoriesParams,
  LogParams,
  NodeState,
  ProgressParams,
  Refreshed,
} from '../../../server/src/fleet-protocol';
import type { Main } from '../main';
import { Migrations } from '../migrations/start';
import { createNodeCommands } from './commands';
import { NodeFiles } from './files';
import type { NodeCommands } from './ids';
import { Inventory } from './inventory';
import { Live } from './live';
import { ApplyOffer } from './offer';
import { Painter, showBadge } from './paint';
import { Problems } from './problems';
import { FleetProcess } from './process';
import { Progresses } from './progress';
import { Prompts } from './prompts';
import { AutomaticRefresh } from './refresh';
import type { Surfaces } from './register';
import { NodeStore, type NodeRecord } from './store';
import { Terminals } from './terminals';
import { Texts } from './texts';
import { fileTrouble } from './trouble';
import { NodeTree } from './tree/provider';
import { keyOf } from './uris';

export interface Nodes {
  readonly tree: NodeTree;
  readonly files: NodeFiles;
  readonly commands: NodeCommands;
  readonly migrations: Migrations;
  stop(): void;
}

export function start(context: ExtensionContext, surfaces: Surfaces, main: Promise<Main>): Nodes {
  const log = window.createOutputChannel('livemig nodes', { log: true });
  const prompts = new Prompts(context.secrets);
  const progresses = new Progresses();
  const terminals = new Terminals();
  const inventory = new Inventory(log, () => void again());
  const fleet = new FleetProcess(context.asAbsolutePath('dist/fleet.js'), log, {
    wire(connection) {
      prompts.wire(connection);
      terminals.wire(connection);
      migrations.wire(connection);
      connection.onNotification('fleet/state', (state: NodeState) => store.setState(state));
      connection.onNotification('fleet/refreshed', (refreshed: Refreshed) => store.take(refreshed));
      connection.onNotification('fleet/log', ({ lines }: LogParams) => lines.forEach((line) => log.info(line)));
      connection.onNotification('fleet/progress', (params: ProgressParams) => progresses.tell(params));
    },
    prepare: (connection) => tellInventories(connection),
    crashed() {
      store.allIdle();
      migrations.allLost();
      terminals.allClosed();
    },
    restarted() {
      for (const record of store.all) if (record.asked > 0) read(record);
    },
  });
  const live = new Live(main, surfaces.filesChanged);
  const store = new NodeStore(fleet, live);
  terminals.fleet = fleet;

  /** What the workspace's folders hold themselves comes first: a search takes longer than a tree may take to appear. */
  async function tellInventories(connection: MessageConnection): Promise<void> {
    const first = await inventory.first();
    const clusters = await connection.sendRequest<ClusterView[]>('fleet/inventories', first);
    store.setClusters(clusters);
    void migrations.recall(connection).catch((error: unknown) => log.error(String(error)));
    void tellRest(first).catch((error: unknown) => log.error(String(error)));
  }
  /** The clusters are known: to the tree by its own reading, before the process that talks to them runs. */
  async function known(): Promise<void> {
    const unknown = (): boolean => store.clusters.length === 0;
    if (unknown()) {
      const [{ readInventories }, { files }] = await Promise.all([import('./inventories'), inventory.first()]);
      if (unknown()) store.setClusters(readInventories(files).map(({ view }) => view));
    }
    // To start it takes a while; the rows are out before.
    setImmediate(() => void fleet.ensure().catch((error: unknown) => log.error(String(error))));
  }
  async function tellRest(told?: InventoriesParams): Promise<void> {
    const all = await inventory.everywhere(told);
    if (all) store.setClusters(await fleet.request<ClusterView[]>('fleet/inventories', all));
  }
  /** After a change, if anybody has asked before. */
  async function again(): Promise<void> {
    if (fleet.started) await tellRest().catch((error: unknown) => log.error(String(error)));
    else surfaces.treeChanged.fire(undefined);
  }
  /** For nobody in particular: what goes wrong is seen in the tree. */
  function read(record: NodeRecord): void {
    store.refresh(record).catch((error: unknown) => log.debug(String(error)));
  }

  const problems = new Problems((nodes) => {
    showBadge(surfaces, problems);
    painter.changed(nodes);
  });
  const tree = new NodeTree(store, problems, known, read);
  const painter = new Painter(surfaces, store, tree, problems);
  const texts = new Texts();
  const migrations = new Migrations({ context, surfaces, fleet, nodes: store, texts, log });
  const commands = createNodeCommands({ fleet, store, log, texts, progresses, terminals, surfaces });
  const disposables: readonly { dispose(): void }[] = [
    ...[inventory, fleet, live, migrations, store, problems, painter, texts, terminals, log],
    new AutomaticRefresh(store, surfaces.view, read),
    new ApplyOffer(fleet, log, commands),
    store.onDidChange((record) => painter.changed(record && [keyOf(record)])),
  ];
  showBadge(surfaces, problems);
  return {
    tree,
    files: new NodeFiles(fleet, fileTrouble(log)),
    commands,
    migrations,
    stop: () => {
      for (const disposable of disposables) disposable.dispose();
    },
  };
}
