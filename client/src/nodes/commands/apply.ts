import { l10n, window, workspace, type TextDocument } from 'vscode';
import type { ApplyParams, ApplyPlan, ApplyResult, NodeParams } from '../../../../server/src/fleet-protocol';
import { confirm, tellFailed } from '../plan';
import { nameOf } from '../store';
import { FACTS, keyOf, placeOf } from '../uris';
import type { Tools } from './index';
import { fileOf, filesOf, nodesOf } from './targets';

/** Makes changes on nodes take effect: of the files named by rows or the document, else all changes of a node. */
export async function applyOn(tools: Tools, args: readonly unknown[]): Promise<void> {
  await tools.fleet.ensure();
  const wanted = await wantedOf(tools, args);
  if (!(await saveFirst(wanted))) return;
  const plans = await Promise.all(wanted.map(async (params) => ({ params, plan: await planOf(tools, params) })));
  const due = plans.filter(({ plan }) => plan.steps.length > 0);
  const names = (list: typeof plans): string => list.map(({ params }) => params.node).join(', ');
  if (due.length === 0) {
    if (plans.length === 0) return;
    const notes = [...new Set(plans.flatMap(({ plan }) => plan.notes))];
    void window.showInformationMessage([l10n.t('Nothing is to be applied on {0}.', names(plans)), ...notes].join(' '));
    return;
  }
  const title = l10n.t('Apply the changes on {0}?', names(due));
  const steps = due.flatMap(({ plan }) => plan.steps);
  const notes = [...new Set(due.flatMap(({ plan }) => plan.notes))];
  await confirm({ title, verb: l10n.t('Apply'), steps, notes }, tools.texts, async () => {
    // One node after another: what fails on one would fail on all.
    for (const { params } of due) if (!(await run(tools, params))) return;
  });
}

const planOf = ({ fleet }: Tools, params: ApplyParams): Promise<ApplyPlan> => fleet.request('fleet/applyPlan', params);

async function wantedOf({ store }: Tools, args: readonly unknown[]): Promise<readonly ApplyParams[]> {
  const files = new Map<string, NodeParams & { paths: string[] }>();
  const add = (node: NodeParams, path: string): void => {
    const known = files.get(keyOf(node));
    if (known) known.paths.push(path);
    else files.set(keyOf(node), { ...nameOf(node), paths: [path] });
  };
  for (const file of filesOf(args)) add(file, file.path);
  const uri = files.size === 0 && !isNodeRow(args[0]) ? fileOf(args) : undefined;
  const place = uri && placeOf(uri);
  if (place) add(place, place.path);
  if (files.size > 0) return [...files.values()];
  return nodesOf(store, args, l10n.t('Node on which changes are to take effect'));
}

const isNodeRow = (arg: unknown): boolean =>
  typeof arg === 'object' &&
  arg !== null &&
  ['node', 'cluster', 'group'].includes(String((arg as { kind?: unknown }).kind));

/** What is not saved does not lie on the node. */
async function saveFirst(wanted: readonly ApplyParams[]): Promise<boolean> {
  const unsaved = workspace.textDocuments.filter((document) => document.isDirty && isOf(document, wanted));
  if (unsaved.length === 0) return true;
  const save = l10n.t('Save and Apply');
  const names = unsaved.map(({ uri }) => uri.path.slice(uri.path.lastIndexOf('/') + 1)).join(', ');
  const question = l10n.t('{0} is not saved: what is applied is what lies on the node.', names);
  if ((await window.showWarningMessage(question, { modal: true }, save)) !== save) return false;
  return (await Promise.all(unsaved.map((document) => document.save()))).every((saved) => saved);
}

function isOf({ uri }: TextDocument, wanted: readonly ApplyParams[]): boolean {
  const place = placeOf(uri);
  if (!place || place.path === FACTS) return false;
  return wanted.some((w) => keyOf(w) === keyOf(place) && (w.paths?.includes(place.path) ?? true));
}

async function run({ fleet, progresses, store, texts }: Tools, params: ApplyParams): Promise<boolean> {
  const { node } = params;
  const result = await progresses.show(l10n.t('Applying on {0}', node), (token, cancel) =>
    fleet.request<ApplyResult>('fleet/apply', { ...params, token }, cancel),
  );
  store.refresh(params).catch(() => undefined); // seen in the tree
  const title = result.ok ? l10n.t('Applied on {0}.', node) : l10n.t('Could not be applied on {0}', node);
  const outcome = { ...result, title };
  if (result.ok) {
    const said = result.steps.filter(({ state, said }) => state === 'done' && said).at(-1)?.said;
    void window.showInformationMessage([title, said].filter((part) => part).join(' '));
    return true;
  }
  const back = result.restored.length > 0 ? l10n.t('Put back as it was: {0}', result.restored.join(', ')) : undefined;
  void tellFailed([`${title}: ${result.why ?? ''}`, back].filter((part) => part).join(' '), outcome, texts);
  return false;
}
