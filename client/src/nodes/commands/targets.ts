/** What a command was called for: rows of the tree, a document, or what is asked for then. */
import { l10n, Uri, window } from 'vscode';
import type { NodeParams } from '../../../../server/src/fleet-protocol';
import { nameOf, stateText, type NodeStore } from '../store';
import type { Element } from '../tree/elements';
import { FACTS, keyOf, placeOf, SCHEME, uriOf } from '../uris';

/** The row that the menu was opened on, or all that are selected with it. */
function rows([first, selected]: readonly unknown[]): readonly Element[] {
  if (Array.isArray(selected) && selected.length > 0) return selected.filter(isRow);
  return isRow(first) ? [first] : [];
}

const isRow = (arg: unknown): arg is Element =>
  typeof arg === 'object' &&
  arg !== null &&
  !(arg instanceof Uri) &&
  typeof (arg as { kind?: unknown }).kind === 'string';

/** The nodes meant: those of the rows (all of a cluster's row), of the document, else one that is picked. */
export async function nodesOf(
  store: NodeStore,
  args: readonly unknown[],
  placeHolder: string,
): Promise<readonly NodeParams[]> {
  const found = new Map<string, NodeParams>();
  for (const row of rows(args))
    for (const node of row.kind === 'cluster'
      ? row.cluster.nodes.map((n) => ({ cluster: row.cluster.id, node: n.name }))
      : [row])
      if (store.get(node)) found.set(keyOf(node), nameOf(node));
  if (found.size > 0) return [...found.values()];
  const [uri] = args;
  const place = uri instanceof Uri ? placeOf(uri) : undefined;
  if (place && store.get(place)) return [nameOf(place)];
  const picked = await pickNode(store, placeHolder);
  return picked ? [picked] : [];
}

/** Files named by rows of the tree. */
export const filesOf = (args: readonly unknown[]): readonly (NodeParams & { readonly path: string })[] =>
  rows(args).flatMap((row) =>
    row.kind === 'file' ? [{ cluster: row.cluster, node: row.node, path: row.file.path }] : [],
  );

/** The file meant: of a row, of a document, or the one in the active editor. */
export function fileOf(args: readonly unknown[]): Uri | undefined {
  const [row] = filesOf(args);
  if (row) return uriOf(row, row.path);
  const uri = args[0] instanceof Uri ? args[0] : window.activeTextEditor?.document.uri;
  return uri?.scheme === SCHEME && placeOf(uri)?.path !== FACTS ? uri : undefined;
}

export function noFile(): void {
  void window.showInformationMessage(
    l10n.t('Open a file of a node first, or choose one in the tree "Live Migration".'),
  );
}

/** @param except nodes that are not offered */
export async function pickNode(
  store: NodeStore,
  placeHolder: string,
  offered: (node: NodeParams) => boolean = () => true,
): Promise<NodeParams | undefined> {
  const several = store.clusters.length > 1;
  const items = store.all.filter(offered).map((record) => ({
    label: record.node,
    description: [
      several ? store.cluster(record.cluster)?.name : undefined,
      record.head.roles.join(', '),
      stateText(record),
    ]
      .filter((part) => part)
      .join(' · '),
    node: nameOf(record),
  }));
  if (items.length === 0) {
    void window.showInformationMessage(l10n.t('There is no such node in livemig.ini.'));
    return undefined;
  }
  return (await window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.node;
}
