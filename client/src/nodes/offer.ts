import { ConfigurationTarget, l10n, window, workspace, type Disposable, type LogOutputChannel, type Uri } from 'vscode';
import type { ApplyPlan } from '../../../server/src/fleet-protocol';
import type { NodeCommands } from './ids';
import type { FleetProcess } from './process';
import { FACTS, placeOf } from './uris';

/** After a file of a node was saved: offers to let it take effect, where a daemon has to be told. */
export class ApplyOffer implements Disposable {
  readonly #fleet: FleetProcess;
  readonly #log: LogOutputChannel;
  readonly #commands: NodeCommands;
  readonly #listener: Disposable;

  constructor(fleet: FleetProcess, log: LogOutputChannel, commands: NodeCommands) {
    this.#fleet = fleet;
    this.#log = log;
    this.#commands = commands;
    this.#listener = workspace.onDidSaveTextDocument(({ uri }) => {
      this.#offer(uri).catch((error: unknown) => log.debug(`no offer to apply: ${String(error)}`));
    });
  }

  dispose(): void {
    this.#listener.dispose();
  }

  async #offer(uri: Uri): Promise<void> {
    const place = placeOf(uri);
    if (!place || place.path === FACTS) return;
    const wanted = (): boolean => workspace.getConfiguration('livemig').get<boolean>('nodes.offerApply', true);
    if (!wanted()) return;
    const { cluster, node, path } = place;
    const plan = await this.#fleet.request<ApplyPlan>('fleet/applyPlan', { cluster, node, paths: [path] });
    if (plan.steps.length === 0 || !wanted()) return;
    const [apply, never] = [l10n.t('Apply…'), l10n.t("Don't Offer Again")];
    const name = path.slice(path.lastIndexOf('/') + 1);
    const text = l10n.t('{0} is saved on {1}. It takes effect when it is applied.', name, node);
    // VS Code itself closes the one that stands there from the save before.
    const answer = await window.showInformationMessage(text, apply, never);
    if (answer === apply) await this.#commands['nodes.apply'](uri);
    if (answer === never) await this.#silence();
  }

  async #silence(): Promise<void> {
    await workspace.getConfiguration('livemig').update('nodes.offerApply', false, ConfigurationTarget.Global);
    this.#log.info('livemig.nodes.offerApply is off now');
  }
}
