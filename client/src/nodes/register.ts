/**
 * What VS Code must find when `activate` returns: the file system, the tree and the commands. All of it waits for `./main`,
 * which is loaded on the first need, and with it the process that talks to nodes is started.
 */
import {
  commands,
  Disposable,
  EventEmitter,
  window,
  workspace,
  type ExtensionContext,
  type FileChangeEvent,
  type FileSystemProvider,
  type TreeDataProvider,
  type TreeView,
} from 'vscode';
import type { Main } from '../main';
import { instanceDrag } from '../migrations/drag';
import { migrationCommandIds } from '../migrations/ids';
import type { MigrationRow } from '../migrations/tree';
import { innerNodeCommandIds, nodeCommandIds } from './ids';
import type { Nodes } from './start';
import type { Element } from './tree/elements';

/** What `activate` made, for the rest to fill. */
export interface Surfaces {
  readonly view: TreeView<Element>;
  readonly treeChanged: EventEmitter<Element | Element[] | undefined>;
  readonly filesChanged: EventEmitter<FileChangeEvent[]>;
  readonly migrationsChanged: EventEmitter<MigrationRow | undefined>;
}

export interface RegisteredNodes {
  /** Loads the rest, once. */
  load(): Promise<Nodes>;
  /** Settles when the tree, if it was asked for, has told its first rows. */
  painted(): Promise<unknown>;
  /** Ends what was loaded. */
  stop(): Promise<void>;
}

export function registerNodes(context: ExtensionContext, main: Promise<Main>): RegisteredNodes {
  let loading: Promise<Nodes> | undefined;
  let loaded: Nodes | undefined;
  let first: Promise<unknown> | undefined;
  const treeChanged = new EventEmitter<Element | Element[] | undefined>();
  const filesChanged = new EventEmitter<FileChangeEvent[]>();
  const migrationsChanged = new EventEmitter<MigrationRow | undefined>();
  const load = (): Promise<Nodes> =>
    (loading ??= import('./start').then(
      ({ start }) => (loaded = start(context, { view, treeChanged, filesChanged, migrationsChanged }, main)),
    ));

  const tree: TreeDataProvider<Element> = {
    onDidChangeTreeData: treeChanged.event,
    getChildren: (element) => {
      const rows = load().then((nodes) => nodes.tree.getChildren(element));
      first ??= rows;
      return rows;
    },
    // There are no elements before it is loaded.
    getTreeItem: (element) => loaded!.tree.getTreeItem(element),
    getParent: (element) => loaded!.tree.getParent(element),
    resolveTreeItem: (item, element) => loaded!.tree.resolveTreeItem(item, element),
  };
  const files: FileSystemProvider = {
    onDidChangeFile: filesChanged.event,
    // Nodes tell nothing by themselves: changes are told after each refresh, for all files.
    watch: () => new Disposable(() => undefined),
    stat: async (uri) => (await load()).files.stat(uri),
    readDirectory: async (uri) => (await load()).files.readDirectory(uri),
    readFile: async (uri) => (await load()).files.readFile(uri),
    writeFile: async (uri, bytes, options) => (await load()).files.writeFile(uri, bytes, options),
    createDirectory: async (uri) => (await load()).files.createDirectory(uri),
    delete: async (uri) => (await load()).files.delete(uri),
    rename: async (from) => (await load()).files.rename(from),
  };
  const view = window.createTreeView('livemig.nodes', {
    treeDataProvider: tree,
    canSelectMany: true,
    showCollapseAll: true,
    dragAndDropController: instanceDrag(async (rows, node) => (await load()).migrations.drop(rows, node)),
  });
  const migrations: TreeDataProvider<MigrationRow> = {
    onDidChangeTreeData: migrationsChanged.event,
    getChildren: async (row) => (await load()).migrations.tree.getChildren(row),
    getTreeItem: (row) => loaded!.migrations.tree.getTreeItem(row),
    resolveTreeItem: (item, row) => loaded!.migrations.tree.resolveTreeItem(item, row),
  };
  context.subscriptions.push(
    view,
    treeChanged,
    filesChanged,
    migrationsChanged,
    window.createTreeView('livemig.migrations', { treeDataProvider: migrations }),
    workspace.registerFileSystemProvider('livemig', files, { isCaseSensitive: true }),
    ...[...nodeCommandIds, ...innerNodeCommandIds].map((id) =>
      commands.registerCommand(`livemig.${id}`, async (...args: unknown[]) => (await load()).commands[id](...args)),
    ),
    ...migrationCommandIds.map((id) =>
      commands.registerCommand(`livemig.${id}`, async (...args: unknown[]) =>
        (await load()).migrations.commands[id](...args),
      ),
    ),
  );
  return {
    load,
    painted: () => first ?? Promise.resolve(),
    stop: async () => (await loading?.catch(() => undefined))?.stop(),
  };
}
