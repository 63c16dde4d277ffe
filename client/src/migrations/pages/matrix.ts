/** *Migration Matrix*: which node could send its guests to which. */
import { l10n, ProgressLocation, window, type ExtensionContext, type LogOutputChannel } from 'vscode';
import type { ClusterView, MatrixParams, MatrixView } from '../../../../server/src/fleet-protocol';
import { guard } from '../../nodes/commands/guard';
import type { FleetProcess } from '../../nodes/process';
import type { NodeStore } from '../../nodes/store';
import type { Element } from '../../nodes/tree/elements';
import { showCause } from '../cause';
import { findingOf } from './findings';
import { Panel } from './panel';

export interface PageTools {
  readonly context: ExtensionContext;
  readonly fleet: FleetProcess;
  readonly nodes: NodeStore;
  readonly log: LogOutputChannel;
}

const panels = new Map<string, { readonly panel: Panel; take(view: MatrixView): void }>();

export async function showMatrix(tools: PageTools, args: readonly unknown[]): Promise<void> {
  await tools.fleet.ensure();
  const cluster = await clusterFor(tools.nodes, args[0] as Partial<Element> | undefined);
  if (!cluster) return;
  const view = await askMatrix(tools, cluster);
  const open = panels.get(cluster.id);
  if (open) {
    open.take(view);
    open.panel.reveal();
  } else openPanel(tools, cluster, view);
}

function openPanel(tools: PageTools, cluster: ClusterView, first: MatrixView): void {
  let view = first;
  const panel = new Panel({
    context: tools.context,
    title: l10n.t('Migration Matrix: {0}', cluster.name),
    script: 'webview-pages',
    page: () => ({ kind: 'matrix', page: pageOf(cluster, view) }),
    said: (message) =>
      void guard(tools.log, async () => {
        if (message.kind === 'open') await showCause(view.reasons.slice(message.finding, message.finding + 1));
        if (message.kind === 'again') panels.get(cluster.id)?.take(await askMatrix(tools, cluster));
      }),
    closed: () => panels.delete(cluster.id),
  });
  panels.set(cluster.id, {
    panel,
    take: (next) => {
      view = next;
      panel.update();
    },
  });
}

async function clusterFor(nodes: NodeStore, row: Partial<Element> | undefined): Promise<ClusterView | undefined> {
  if (row?.kind === 'cluster') return row.cluster;
  const id = typeof row?.cluster === 'string' ? row.cluster : undefined;
  const known = id === undefined ? undefined : nodes.cluster(id);
  if (known) return known;
  const { clusters } = nodes;
  if (clusters.length === 0) {
    void window.showInformationMessage(l10n.t('There is no livemig.ini with nodes in this workspace.'));
    return undefined;
  }
  if (clusters.length === 1) return clusters[0];
  const items = clusters.map((cluster) => ({ label: cluster.name, cluster }));
  return (await window.showQuickPick(items, { placeHolder: l10n.t('Cluster whose nodes are compared') }))?.cluster;
}

function askMatrix({ fleet }: PageTools, { id, name }: ClusterView): Thenable<MatrixView> {
  const title = l10n.t('Judging all pairs of nodes of {0}…', name);
  return window.withProgress({ location: ProgressLocation.Notification, title, cancellable: true }, (_, cancel) =>
    fleet.request<MatrixView>('fleet/matrix', { cluster: id } satisfies MatrixParams, cancel),
  );
}

const pageOf = ({ name }: ClusterView, { groups, cells, reasons, unread }: MatrixView) => ({
  ...{ groups, cells, unread },
  title: l10n.t('Migrations between the nodes of {0}', name),
  findings: reasons.map(findingOf),
  words: {
    ready: l10n.t('ready'),
    warnings: l10n.t('warnings'),
    blocked: l10n.t('blocked'),
    same: l10n.t('the same node'),
    from: l10n.t('from ↓'),
    to: l10n.t('to →'),
    again: l10n.t('Judge Again'),
    find: l10n.t('Find a node'),
    nothing: l10n.t(
      'Nothing speaks against it, as far as the nodes themselves go. What a guest needs is judged when it is moved.',
    ),
    unread: l10n.t('Not judged'),
    hint: l10n.t('Arrow keys move, Enter shows the findings.'),
    pair: l10n.t('{0} to {1}: {2}'),
    others: l10n.t('{0} and {1} more'),
    all: l10n.t('All {0} nodes that are like {1}'),
    missing: l10n.t('No such node'),
    example: l10n.t('Nodes that are alike are judged by one of them: the places are those of the first two.'),
  },
});
