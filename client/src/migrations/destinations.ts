/** Where to: the list of destinations with their verdicts, and what is asked before one of them is taken. */
import { l10n, ThemeIcon, window, type QuickInputButton, type QuickPickItem } from 'vscode';
import type { VerdictView } from '../../../server/src/fleet-protocol';
import { hasCause, showCause, whereOf } from './cause';

/** Reasons that a question shows. */
const MOST = 6;
/** Letters of options beside which the line has room for where they are changed. */
const SHORT = 40;

interface Item extends QuickPickItem {
  /** Absent: nova's scheduler chooses. */
  readonly verdict?: VerdictView;
}

/** Undefined: nova's scheduler chooses. */
export interface Choice {
  readonly destination: string | undefined;
  /** Found by itself. */
  readonly storage?: 'copy';
}

export interface Asked {
  readonly title: string;
  readonly verdicts: readonly VerdictView[];
  /** Asks anew, once the options are others, or of one that was not read. @returns undefined when it was cancelled */
  judge(destination?: string): Promise<readonly VerdictView[] | undefined>;
  /** The one that is meant; it has only to be confirmed. */
  readonly destination?: string | undefined;
  /** Nova's scheduler may be asked to choose. */
  readonly scheduler: boolean;
  /** The page of options, and what was chosen there in a few words. */
  readonly options: { show(): Promise<void>; text(): string; short(): string };
}

/** @returns undefined when it was dismissed, or a line at fault is looked at instead */
export async function chooseDestination(asked: Asked): Promise<Choice | undefined> {
  let { verdicts } = asked;
  for (let wanted = asked.destination; ;) {
    const verdict = await pick({ ...asked, verdicts }, wanted);
    if (verdict === 'options') {
      await asked.options.show();
      verdicts = (await asked.judge(wanted)) ?? verdicts;
      continue;
    }
    if (!verdict) return undefined;
    if (verdict === 'scheduler') return { destination: undefined };
    wanted = verdict.node;
    if (verdict.unread === true) {
      // Now it is worth it. What it says is seen before anything is begun.
      verdicts = (await asked.judge(wanted)) ?? verdicts;
      if (!verdicts.some(({ node }) => node === wanted))
        void window.showInformationMessage(l10n.t('{0} was read: no instance can be moved there.', wanted));
      continue;
    }
    const sure = await confirmed(verdict, asked.title);
    if (sure === 'leave') return undefined;
    if (sure) return { destination: verdict.node, ...(verdict.storage && { storage: verdict.storage }) };
  }
}

function pick(
  { title, verdicts, options, scheduler }: Asked,
  wanted: string | undefined,
): Promise<VerdictView | 'options' | 'scheduler' | undefined> {
  return new Promise((resolve) => {
    const list = window.createQuickPick<Item>();
    const gear: QuickInputButton = { iconPath: new ThemeIcon('gear'), tooltip: l10n.t('Options: {0}', options.text()) };
    const jump: QuickInputButton = { iconPath: new ThemeIcon('go-to-file'), tooltip: l10n.t('Open the line at fault') };
    list.title = title;
    const short = options.short();
    list.placeholder =
      short.length > SHORT
        ? l10n.t('Destination ({0})', short)
        : l10n.t('Destination ({0}; the gear above changes that)', short);
    list.matchOnDescription = true;
    list.matchOnDetail = true;
    list.ignoreFocusOut = true;
    list.buttons = [gear];
    const chooser: Item = {
      label: `$(cloud) ${l10n.t('Nova’s scheduler chooses')}`,
      description: l10n.t('among the hosts that have room'),
    };
    list.items = [
      ...(scheduler ? [chooser] : []),
      ...verdicts.map((verdict): Item => ({
        verdict,
        label: `$(${verdict.unread === true ? 'circle-outline' : ICONS[verdict.state]}) ${verdict.node}`,
        ...withCopy(verdict, wordsOf(verdict)),
        buttons: hasCause(verdict.reasons) ? [jump] : [],
      })),
    ];
    const active = wanted === undefined ? undefined : list.items.find(({ verdict }) => verdict?.node === wanted);
    if (active) list.activeItems = [active];
    list.onDidTriggerButton(() => {
      resolve('options');
      list.hide();
    });
    list.onDidTriggerItemButton(({ item }) => {
      resolve(undefined);
      list.hide();
      void showCause(item.verdict?.reasons ?? []);
    });
    list.onDidAccept(() => {
      const [item] = list.activeItems;
      if (!item) return;
      resolve(item.verdict ?? 'scheduler');
      list.hide();
    });
    list.onDidHide(() => {
      resolve(undefined); // nothing, once something was chosen
      list.dispose();
    });
    list.show();
  });
}

const ICONS = { ready: 'pass', warnings: 'warning', blocked: 'error', unknown: 'question' } as const;

function wordsOf({ node, state, reasons, why, unread }: VerdictView): Pick<QuickPickItem, 'description' | 'detail'> {
  const [reason] = reasons;
  // What stands on the source is no matter of the row's node.
  const first =
    reason && (reason.host === undefined || reason.host === node ? '' : `${reason.host}: `) + reason.message;
  switch (state) {
    case 'ready':
      return { description: l10n.t('ready') };
    case 'warnings':
      return {
        description: reasons.length === 1 ? l10n.t('1 warning') : l10n.t('{0} warnings', reasons.length),
        ...(first !== undefined && { detail: first }),
      };
    case 'blocked':
      return {
        description: reasons.length <= 1 ? l10n.t('blocked') : l10n.t('blocked, {0} reasons', reasons.length),
        ...((why ?? first) !== undefined && { detail: (why ?? first)! }),
      };
    case 'unknown':
      if (unread === true) return { description: l10n.t('not read yet: choose it, and it is read and judged') };
      return { description: l10n.t('unknown'), ...(why !== undefined && { detail: why }) };
  }
}

function withCopy({ storage }: VerdictView, words: Pick<QuickPickItem, 'description' | 'detail'>): typeof words {
  if (storage !== 'copy') return words;
  return { ...words, description: `${words.description}, ${l10n.t('its disks are copied')}` };
}

/** @returns false: another may be chosen; `leave`: a line at fault is looked at */
async function confirmed(verdict: VerdictView, title: string): Promise<boolean | 'leave'> {
  const { state, node, reasons, why } = verdict;
  const show = l10n.t('Show Cause');
  if (state === 'ready') return true;
  if (state === 'warnings') {
    const go = l10n.t('Migrate');
    const answer = await window.showWarningMessage(
      l10n.t('{0} to {1} with warnings?', title, node),
      { modal: true, detail: reasonsText(verdict) },
      ...[go, ...(hasCause(reasons) ? [show] : [])],
    );
    if (answer === show) {
      await showCause(reasons);
      return 'leave';
    }
    return answer === go;
  }
  const anyway = l10n.t('Migrate Anyway…');
  const text =
    state === 'blocked'
      ? l10n.t('{0} to {1}: this migration would fail', title, node)
      : l10n.t('{0} to {1}: nothing is known of this node', title, node);
  const detail = state === 'blocked' ? reasonsText(verdict) : (why ?? '');
  const answer = await window.showErrorMessage(
    text,
    { modal: true, detail },
    ...[...(hasCause(reasons) ? [show] : []), anyway],
  );
  if (answer === show) {
    await showCause(reasons);
    return 'leave';
  }
  return answer === anyway && typed(verdict);
}

function reasonsText({ reasons, why }: VerdictView): string {
  const all = [
    ...(why === undefined ? [] : [why]),
    ...reasons.map((reason) => `${whereOf(reason)}: ${reason.message}`),
  ];
  const lines = all.slice(0, MOST).map((message) => `• ${message}`);
  if (all.length > MOST) lines.push(l10n.t('… and {0} more', all.length - MOST));
  return lines.join('\n\n');
}

async function typed({ node, state }: VerdictView): Promise<boolean> {
  const answer = await window.showInputBox({
    title: l10n.t('Migrate Anyway'),
    prompt:
      state === 'blocked'
        ? l10n.t('Type {0} to begin a migration that is expected to fail.', node)
        : l10n.t('Type {0} to begin a migration of which nobody knows whether it will go well.', node),
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === node || text === '' ? undefined : l10n.t('That is not {0}.', node)),
  });
  return answer?.trim() === node;
}
