/** *Drain Node…* and *Migrate All To…*: the plan is shown, then carried out where it is asked for. */
import { l10n, ProgressLocation, window, type Disposable } from 'vscode';
import type {
  DrainParams,
  DrainPlanParams,
  DrainPlanView,
  DrainSteerParams,
  DrainView,
  NodeParams,
} from '../../../../server/src/fleet-protocol';
import { guard } from '../../nodes/commands/guard';
import { nodesOf, pickNode } from '../../nodes/commands/targets';
import { showCause } from '../cause';
import { Options } from '../options';
import { Panel } from '../pages/panel';
import type { PageTools } from '../pages/matrix';
import { DrainStore } from './store';
import { drainPage, drainText, type Shown } from './words';

/** A page of a hundred instances is not made anew for each word that is told of one, ms. */
const APART_MS = 200;

export class Drains implements Disposable {
  readonly store: DrainStore;
  readonly #tools: PageTools;
  readonly #pages = new Map<string, DrainPanel>();
  readonly #listeners: readonly { dispose(): void }[];

  constructor(tools: PageTools) {
    this.#tools = tools;
    this.store = new DrainStore(tools.context.workspaceState);
    this.#listeners = [
      this.store,
      this.store.onDidChange((view) => {
        if (view) this.#pages.get(view.id)?.soon();
      }),
      this.store.onDidEnd((view) => void guard(tools.log, () => this.#told(view))),
    ];
  }

  dispose(): void {
    for (const listener of this.#listeners) listener.dispose();
  }

  /** @param all to one destination, which is asked for */
  async plan(args: readonly unknown[], all: boolean): Promise<void> {
    const { fleet, nodes } = this.#tools;
    await fleet.ensure();
    const [node] = await nodesOf(nodes, args, l10n.t('Node to drain'));
    if (!node) return;
    const target = all
      ? await pickNode(
          nodes,
          l10n.t('Where all instances of {0} go', node.node),
          (other) => other.cluster === node.cluster && other.node !== node.node,
        )
      : undefined;
    if (all && !target) return;
    const params: DrainPlanParams = { ...node, ...(target && { destination: target.node }) };
    const title = l10n.t('Planning how {0} is drained…', node.node);
    const plan = await window.withProgress(
      { location: ProgressLocation.Notification, title, cancellable: true },
      (_, cancel) => fleet.request<DrainPlanView>('fleet/drainPlan', params, cancel),
    );
    this.store.planned(plan);
    this.#open(plan);
  }

  /** The page of one that was begun, also when it was closed meanwhile. */
  show({ id }: DrainView): Promise<void> {
    const page = this.#pages.get(id);
    const plan = this.store.get(id)?.plan;
    if (page) page.reveal();
    else if (plan) this.#open(plan);
    return Promise.resolve();
  }

  #open(plan: DrainPlanView): void {
    const closed = (): void => {
      this.#pages.delete(plan.id);
    };
    this.#pages.set(plan.id, new DrainPanel(this.#tools, this.store, plan, closed));
  }

  async steer({ id }: DrainView, action: DrainSteerParams['action']): Promise<void> {
    await this.#tools.fleet.request('fleet/drainSteer', { id, action } satisfies DrainSteerParams);
  }

  async #told(view: DrainView): Promise<void> {
    const { id, node, state, disabled } = view;
    const show = l10n.t('Show');
    const enable = l10n.t('Enable the Service Again');
    const text =
      state === 'done'
        ? l10n.t('{0} is drained: {1}.', node, drainText(view))
        : l10n.t('{0} is not drained: {1}.', node, drainText(view));
    const buttons = [...(disabled ? [enable] : []), show];
    const answer = await (state === 'done'
      ? window.showInformationMessage(text, ...buttons)
      : window.showWarningMessage(text, ...buttons));
    if (answer === show) await this.show(view);
    if (answer !== enable) return;
    await enableService(this.#tools, this.store, view);
    this.#pages.get(id)?.soon();
  }
}

async function enableService({ fleet }: PageTools, store: DrainStore, view: DrainView): Promise<void> {
  const { id, cluster, node } = view;
  await fleet.request('fleet/serviceEnable', { cluster, node } satisfies NodeParams);
  store.enabled(id);
  void window.showInformationMessage(l10n.t('Nova places instances on {0} again.', node));
}

class DrainPanel {
  readonly #tools: PageTools;
  readonly #store: DrainStore;
  readonly #plan: DrainPlanView;
  readonly #options: Options;
  readonly #panel: Panel;
  #beginning = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(tools: PageTools, store: DrainStore, plan: DrainPlanView, closed: () => void) {
    this.#tools = tools;
    this.#store = store;
    this.#plan = plan;
    this.#options = new Options(plan.takes, undefined);
    this.#panel = new Panel({
      context: tools.context,
      title: l10n.t('Drain {0}', plan.node),
      script: 'webview-pages',
      page: () => ({ kind: 'drain', page: drainPage(this.#shown).page }),
      said: (message) =>
        void guard(tools.log, async () => {
          if (message.kind === 'open')
            await showCause(drainPage(this.#shown).reasons.slice(message.finding, message.finding + 1));
          else if (message.kind === 'close') this.#panel.dispose();
          else if (message.kind === 'options') {
            await this.#options.show();
            this.#panel.update();
          } else if (message.kind === 'start') await this.#begin(message.parallel, message.disable);
          else if (message.kind === 'action') await this.#act(message.action);
        }),
      closed: () => {
        clearTimeout(this.#timer);
        // What was not begun is planned anew another time.
        if (!this.#beginning) store.forget(plan.id);
        closed();
      },
    });
  }

  reveal(): void {
    this.#panel.reveal();
  }

  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#panel.update();
    }, APART_MS);
  }

  get #shown(): Shown {
    return {
      plan: this.#plan,
      drain: this.#store.get(this.#plan.id),
      options: this.#options.text(),
      beginning: this.#beginning,
    };
  }

  async #begin(parallel: number, disable: string | undefined): Promise<void> {
    if (this.#beginning) return;
    this.#beginning = true;
    this.#panel.update();
    const { id } = this.#plan;
    const params: DrainParams = {
      id,
      options: this.#options.value,
      parallel,
      ...(disable !== undefined && { disable }),
    };
    try {
      this.#store.take(await this.#tools.fleet.request<DrainView>('fleet/drain', params));
    } finally {
      this.#beginning = false;
      this.#panel.update();
    }
  }

  async #act(action: string): Promise<void> {
    const drain = this.#store.get(this.#plan.id);
    if (action === 'enable' && drain) await enableService(this.#tools, this.#store, drain.view);
    else if (action === 'pause' || action === 'resume' || action === 'cancel')
      await this.#tools.fleet.request('fleet/drainSteer', { id: this.#plan.id, action } satisfies DrainSteerParams);
  }
}
