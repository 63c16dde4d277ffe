import { l10n, Range, Uri, window, workspace } from 'vscode';
import type { NodeParams } from '../../../../server/src/fleet-protocol';
import { failureOf } from '../failure';
import { FACTS, uriOf } from '../uris';
import type { Tools } from './index';
import { nodesOf } from './targets';

/** The view's own bar runs while nodes are read. Failures are seen on the nodes; one that was asked for alone tells it. */
async function read({ store }: Tools, nodes: readonly NodeParams[], now: boolean): Promise<void> {
  await window.withProgress({ location: { viewId: 'livemig.nodes' } }, async () => {
    const done = await Promise.allSettled(nodes.map((node) => store.refresh(node, now)));
    const [only] = done;
    if (done.length === 1 && only?.status === 'rejected') throw failureOf(only.reason);
  });
}

export async function refresh(tools: Tools, args: readonly unknown[], now: boolean): Promise<void> {
  await tools.fleet.ensure();
  await read(tools, await nodesOf(tools.store, args, l10n.t('Node to read again')), now);
}

export async function refreshAll(tools: Tools): Promise<void> {
  await tools.fleet.ensure();
  await read(tools, tools.store.all, true);
}

export async function disconnect(tools: Tools, args: readonly unknown[]): Promise<void> {
  await tools.fleet.ensure();
  const nodes = await nodesOf(tools.store, args, l10n.t('Node to disconnect from'));
  await Promise.all(nodes.map((node) => tools.store.disconnect(node)));
}

export async function openTerminal(tools: Tools, args: readonly unknown[]): Promise<void> {
  await tools.fleet.ensure();
  for (const node of await nodesOf(tools.store, args, l10n.t('Node to open a terminal on'))) tools.terminals.open(node);
}

/** livemig.ini, at the node's section. */
export async function openInventory(tools: Tools, args: readonly unknown[]): Promise<void> {
  await tools.fleet.ensure();
  const [row] = args as readonly { kind?: string; cluster?: { uri?: string } }[];
  if (row?.kind === 'cluster' && row.cluster?.uri) return showLine(Uri.parse(row.cluster.uri), 0);
  const [node] = await nodesOf(tools.store, args, l10n.t('Node to look up in livemig.ini'));
  const record = node && tools.store.get(node);
  const cluster = node && tools.store.cluster(node.cluster);
  if (record && cluster) await showLine(Uri.parse(cluster.uri), record.head.line);
}

export async function showLine(uri: Uri, line: number): Promise<void> {
  await window.showTextDocument(await workspace.openTextDocument(uri), { selection: new Range(line, 0, line, 0) });
}

export async function openFacts(tools: Tools, args: readonly unknown[]): Promise<void> {
  await tools.fleet.ensure();
  const [node] = await nodesOf(tools.store, args, l10n.t('Node whose facts to show'));
  if (node) await window.showTextDocument(await workspace.openTextDocument(uriOf(node, FACTS)));
}
