import { l10n, window, type QuickPickItem } from 'vscode';
import type { DrainPlanView, MigrateParams } from '../../../server/src/fleet-protocol';
import { askProbe, probeText, shortProbeText } from './probe';

type MigrateOptions = MigrateParams['options'];
/** Options that migrations of a cluster take. */
export type Takes = DrainPlanView['takes'];

/** More than any network carries, MiB/s. */
const MOST_BANDWIDTH = 1_000_000;

/** How instances are to be moved, as long as one command asks. */
export class Options {
  #options: MigrateOptions;
  #probe: MigrateParams['probe'];

  /**
   * @param takes what is offered
   * @param probers nodes that a probe can ask from; undefined where several instances are moved, which one cannot ask
   */
  constructor(
    private readonly takes: Takes,
    private readonly probers: readonly string[] | undefined,
  ) {
    this.#options = takes.includes('autoConverge') ? { autoConverge: true } : {};
  }

  get value(): MigrateOptions {
    return this.#options;
  }

  get probe(): MigrateParams['probe'] {
    return this.#probe;
  }

  /** A few words, all that is to be known. */
  text(): string {
    const { storage } = this.#options;
    const probe = this.#probe && l10n.t('probe of {0}', probeText(this.#probe));
    const disks = storage === 'copy' ? undefined : this.#asFound;
    return [disks, ...this.#chosen, probe].filter((part) => part).join(', ');
  }

  /** The same for a line that is soon cut off: what was chosen, else what holds by itself. */
  short(): string {
    const probe = this.#probe && shortProbeText(this.#probe);
    const chosen = [...this.#chosen, probe].filter((part) => part);
    const { storage, postCopy, bandwidth } = this.#options;
    const isPlain = storage === undefined && !postCopy && !bandwidth && !probe;
    return [...(isPlain ? [this.#asFound] : []), ...chosen].join(', ');
  }

  get #asFound(): string {
    return this.#isNovas ? l10n.t('as nova is configured') : l10n.t('disks as they are found');
  }

  get #chosen(): readonly (string | undefined)[] {
    const { storage, postCopy, autoConverge, bandwidth } = this.#options;
    return [
      storage === 'copy' ? l10n.t('disks are copied') : undefined,
      postCopy ? l10n.t('post-copy') : undefined,
      autoConverge ? l10n.t('auto-converge') : undefined,
      bandwidth ? l10n.t('{0} MiB/s', bandwidth) : undefined,
    ];
  }

  /** Nova finds out by itself where disks lie, and takes all else from its hosts' configuration. */
  get #isNovas(): boolean {
    return !this.takes.includes('autoConverge');
  }

  /** What is dismissed changes nothing. */
  async show(): Promise<void> {
    const { storage, postCopy, autoConverge, bandwidth } = this.#options;
    const probe = this.#probe;
    type Option = 'storage' | 'postCopy' | 'autoConverge' | 'bandwidth' | 'probe';
    const all: (QuickPickItem & { readonly option: Option })[] = [
      {
        option: 'storage',
        label: l10n.t('Copy its disks'),
        detail: l10n.t('For disks that only the source has. Done anyway where that is found out.'),
        picked: storage === 'copy',
      },
      {
        option: 'postCopy',
        label: l10n.t('Allow post-copy'),
        detail: l10n.t('Lets it end for certain; a failure after the switch ends the guest.'),
        picked: postCopy === true,
      },
      {
        option: 'autoConverge',
        label: l10n.t('Auto-converge'),
        detail: l10n.t('Slows the guest down where it writes memory faster than the network carries it.'),
        picked: autoConverge === true,
      },
      {
        option: 'bandwidth',
        label: l10n.t('Limit the bandwidth…'),
        description: bandwidth ? l10n.t('{0} MiB/s', bandwidth) : '',
        detail: l10n.t('So that other traffic on that network has room.'),
        picked: bandwidth !== undefined,
      },
    ];
    if (this.probers)
      all.push({
        option: 'probe',
        label: l10n.t('Probe…'),
        description: probe ? probeText(probe) : '',
        detail: l10n.t('The guest is asked again and again whether it answers: that measures its downtime.'),
        picked: probe !== undefined,
      });
    const items = all.filter(({ option }) => option === 'probe' || this.takes.includes(option));
    const picked = await window.showQuickPick(items, {
      title: l10n.t('Options of the Migration'),
      placeHolder: this.#isNovas
        ? l10n.t('Tick what you want; all else is set in nova.conf of the hosts')
        : l10n.t('Tick what you want'),
      canPickMany: true,
      ignoreFocusOut: true,
    });
    if (!picked) return;
    const has = (option: Option): boolean => picked.some((item) => item.option === option);
    const limit = has('bandwidth') ? await askBandwidth(bandwidth) : undefined;
    this.#probe = has('probe') && this.probers ? await askProbe(probe, this.probers) : undefined;
    this.#options = {
      ...(has('storage') && { storage: 'copy' as const }),
      ...(has('postCopy') && { postCopy: true }),
      ...(has('autoConverge') && { autoConverge: true }),
      ...(limit !== undefined && { bandwidth: limit }),
    };
  }
}

/** MiB/s; as it was when it is dismissed. */
async function askBandwidth(before: number | undefined): Promise<number | undefined> {
  const answer = await window.showInputBox({
    title: l10n.t('Bandwidth Limit'),
    prompt: l10n.t('MiB per second'),
    value: before === undefined ? '' : String(before),
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^\d+$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= MOST_BANDWIDTH
        ? undefined
        : l10n.t('A whole number from 1 to {0}', MOST_BANDWIDTH),
  });
  return answer === undefined ? before : Number(answer);
}
