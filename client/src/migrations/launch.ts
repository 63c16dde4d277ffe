/** *Live Migrate…*: which instances, where to, and then one after the other. */
import { l10n, ProgressLocation, window } from 'vscode';
import type { MigrateParams, MigrationView, VerdictsParams, VerdictView } from '../../../server/src/fleet-protocol';
import type { InstanceRow, NodeParams, NodeView } from '../../../server/src/fleet-protocol';
import type { FleetProcess } from '../nodes/process';
import type { NodeStore } from '../nodes/store';
import type { Element } from '../nodes/tree/elements';
import { chooseDestination, type Choice } from './destinations';
import { Options, type Takes } from './options';
import type { MigrationStore } from './store';
import { watch } from './watch';
import { wayText } from './words';

export interface LaunchTools {
  readonly fleet: FleetProcess;
  readonly nodes: NodeStore;
  readonly store: MigrationStore;
}

/** An instance on its node. */
export interface Movable extends NodeParams {
  readonly instance: InstanceRow;
}

/** A row of the tree, or what a document's or another extension's command gives: its `uuid`. */
export function instancesOf(args: readonly unknown[]): readonly Movable[] {
  const [first, selected] = args;
  const rows = Array.isArray(selected) && selected.length > 0 ? (selected as readonly unknown[]) : [first];
  return rows.flatMap((row) => {
    const element = row as Partial<Element> | undefined;
    return element?.kind === 'instance' && element.instance
      ? [{ cluster: element.cluster!, node: element.node!, instance: element.instance }]
      : [];
  });
}

/** One that arrives from another node stands still here until it has. */
function isMovable(nodes: NodeStore, { node, cluster, instance }: Movable): boolean {
  const { uuid, state, migrating } = instance;
  if (migrating || (state !== 'running' && state !== 'paused')) return false;
  return !nodes.all.some(
    (other) =>
      other.cluster === cluster &&
      other.node !== node &&
      other.view?.instances.some((i) => i.uuid === uuid && i.migrating),
  );
}

/** What can be asked of its migrations. */
function abilitiesOf(nodes: NodeStore, node: NodeParams): NodeView['can'] | undefined {
  return nodes.get(node)?.view?.can;
}

/** What is asked of all of them at once. */
function takenByAll(nodes: NodeStore, instances: readonly Movable[]): Takes {
  const [first = [], ...others] = instances.map((one) => abilitiesOf(nodes, one)?.takes ?? []);
  return first.filter((option) => others.every((takes) => takes.includes(option)));
}

const nameOf = ({ instance }: Movable): string => instance.title ?? instance.name;

/**
 * Asks for all destinations first; then each instance is moved when the one before has arrived.
 * @param destination that is meant already: an instance was dropped there
 */
export async function liveMigrate(tools: LaunchTools, args: readonly unknown[], destination?: string): Promise<void> {
  await tools.fleet.ensure();
  const given = instancesOf(args);
  const instances = given.length > 0 ? given.filter((one) => isMovable(tools.nodes, one)) : await pickInstance(tools);
  if (given.length > 0 && instances.length === 0) {
    void window.showInformationMessage(
      l10n.t('Only an instance that runs can be moved live, and only once at a time.'),
    );
    return;
  }
  const [only] = instances;
  const probers = tools.nodes.all.filter(({ cluster }) => cluster === only?.cluster).map(({ node }) => node);
  const options = new Options(takenByAll(tools.nodes, instances), instances.length === 1 ? probers : undefined);
  const chosen: (Choice & { readonly instance: Movable })[] = [];
  for (const [i, instance] of instances.entries()) {
    const many = instances.length > 1 ? ` (${l10n.t('{0} of {1}', i + 1, instances.length)})` : '';
    const title = l10n.t('Live Migrate {0}', nameOf(instance)) + many;
    const judge = (to?: string) => askVerdicts(tools, instance, options, to);
    const verdicts = await judge(destination ?? chosen.at(-1)?.destination);
    if (!verdicts) return;
    const where = await chooseDestination({
      ...{ title, verdicts, judge, options },
      scheduler: destination === undefined && abilitiesOf(tools.nodes, instance)?.scheduler === true,
      destination: destination ?? chosen.at(-1)?.destination,
    });
    if (where === undefined) return;
    chosen.push({ instance, ...where });
  }
  for (const [i, one] of chosen.entries()) {
    const view = await begin(tools, one.instance, one, options);
    const watching = watch(view.id, { ...tools });
    const rest = chosen.slice(i + 1);
    if (rest.length === 0) {
      await watching;
      return;
    }
    const end = await tools.store.ended(view.id);
    if (end?.outcome?.phase === 'completed') continue;
    const names = rest.map(({ instance }) => nameOf(instance)).join(', ');
    void window.showWarningMessage(l10n.t('{0} did not arrive. Not begun any more: {1}', view.name, names));
    return;
  }
}

/** @returns undefined when it was cancelled, or there is no other node */
async function askVerdicts(
  { fleet }: LaunchTools,
  { cluster, node, instance }: Movable,
  options: Options,
  destination: string | undefined,
): Promise<readonly VerdictView[] | undefined> {
  const title = l10n.t('Looking where {0} can go…', instance.title ?? instance.name);
  const params: VerdictsParams = {
    cluster,
    node,
    uuid: instance.uuid,
    options: options.value,
    ...(destination !== undefined && { destination }),
  };
  const found = await window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    (_, cancel) => fleet.request<readonly VerdictView[]>('fleet/verdicts', params, cancel),
  );
  if (found.length > 0) return found;
  void window.showInformationMessage(
    l10n.t('There is no other node in livemig.ini that runs instances. Add one to have somewhere to migrate to.'),
  );
  return undefined;
}

function begin(
  { fleet, store, nodes }: LaunchTools,
  { cluster, node, instance }: Movable,
  { destination, storage }: Choice,
  { value, probe }: Options,
): Thenable<MigrationView> {
  const params: MigrateParams = {
    cluster,
    node,
    uuid: instance.uuid,
    ...(destination !== undefined && { destination }),
    options: { ...value, ...(storage && { storage }) },
    ...(probe && { probe }),
  };
  const title = `${instance.title ?? instance.name}, ${wayText({ source: node, ...(destination !== undefined && { destination }) })}`;
  return window.withProgress({ location: ProgressLocation.Notification, title }, async (progress) => {
    progress.report({ message: l10n.t('beginning') });
    const view = await fleet.request<MigrationView>('fleet/migrate', params);
    store.take(view);
    // The rows of the instance say so, too.
    for (const end of [node, destination])
      if (end !== undefined) nodes.refresh({ cluster, node: end }).catch(() => undefined);
    return store.get(view.id) ?? view;
  });
}

async function pickInstance({ nodes }: LaunchTools): Promise<readonly Movable[]> {
  const all = (): readonly Movable[] =>
    nodes.all.flatMap(({ cluster, node, view }) =>
      (view?.instances ?? []).map((instance) => ({ cluster, node, instance })).filter((one) => isMovable(nodes, one)),
    );
  if (all().length === 0) await readAll(nodes);
  const items = all().map((movable) => ({
    label: nameOf(movable),
    description: movable.node,
    detail: movable.instance.title === undefined ? '' : movable.instance.name,
    movable,
  }));
  if (items.length === 0) {
    void window.showInformationMessage(l10n.t('No instance runs on the nodes that can be read.'));
    return [];
  }
  const placeHolder = l10n.t('Instance to move');
  const picked = await window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true });
  return picked ? [picked.movable] : [];
}

/** Nobody has looked into the tree yet. */
async function readAll(nodes: NodeStore): Promise<void> {
  const title = l10n.t('Looking for instances…');
  await window.withProgress({ location: ProgressLocation.Notification, title }, () =>
    Promise.allSettled(nodes.all.map((node) => nodes.refresh(node))),
  );
}
