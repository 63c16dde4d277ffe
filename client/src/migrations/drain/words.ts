import { l10n } from 'vscode';
import type { DrainMove, DrainPlanView, DrainView, ReasonView } from '../../../../server/src/fleet-protocol';
import type { DrainPage } from '../../../webview/messages';
import { findingOf } from '../pages/findings';
import { isOver, isThrough, type Drain } from './store';

/** How a drain goes, in a line. @param lost nobody carries it on */
export function drainText({ state, moves }: DrainView, lost = false): string {
  const count = (progress: DrainView['moves'][number]['progress']): number =>
    moves.filter((move) => move.progress === progress).length;
  const parts = [
    state === 'paused' ? l10n.t('paused') : undefined,
    state === 'cancelled' ? (lost ? l10n.t('not carried on') : l10n.t('cancelled')) : undefined,
    l10n.t('{0} of {1} moved', count('completed'), moves.length),
    count('running') > 0 ? l10n.t('{0} on the way', count('running')) : undefined,
    count('failed') > 0 ? l10n.t('{0} failed', count('failed')) : undefined,
    count('left') + count('cancelled') > 0 ? l10n.t('{0} stayed', count('left') + count('cancelled')) : undefined,
  ];
  return parts.filter((part) => part).join(', ');
}

export interface Shown {
  readonly plan: DrainPlanView;
  /** Once it was begun. */
  readonly drain: Drain | undefined;
  /** Options in a few words. */
  readonly options: string;
  /** Something was asked, and the answer is awaited. */
  readonly beginning: boolean;
}

/** @returns the page, and the findings that its links lead to, by their index */
export function drainPage({ plan, drain, options, beginning }: Shown): {
  readonly page: DrainPage;
  readonly reasons: readonly ReasonView[];
} {
  const reasons: ReasonView[] = [];
  const linked = (list: readonly ReasonView[]) =>
    list.map((reason) => ({ ...findingOf(reason), index: reasons.push(reason) - 1 }));
  const view = drain?.view;
  const all: readonly (DrainMove & Partial<DrainView['moves'][number]>)[] = view?.moves ?? plan.moves;
  const { node, moves, stay, notes, service, parallel } = plan;
  const page: DrainPage = {
    title: l10n.t('Drain {0}', node),
    moves: all.map((move) => ({
      name: move.name,
      destination: move.destination ?? l10n.t('where nova chooses'),
      memory: move.memory === undefined ? '' : l10n.t('{0} MiB', move.memory),
      state: move.state,
      findings: linked(move.reasons),
      ...(move.storage && { copied: l10n.t('its disks are copied') }),
      ...(move.progress && { progress: move.progress }),
      ...(move.why !== undefined && { said: move.why }),
    })),
    stay: stay.map(({ name, why, reasons: list }) => ({ name, why, findings: linked(list) })),
    notes,
    ...(!view && !beginning && { form: { parallel, service: service?.enabled === true, options } }),
    status: drain
      ? statusOf(drain)
      : l10n.t('{0} would go, {1} would stay. Nothing was begun yet.', moves.length, stay.length),
    actions: drain ? actionsOf(drain) : [],
    words: {
      move: l10n.t('No.'),
      instance: l10n.t('Instance'),
      destination: l10n.t('Destination'),
      memory: l10n.t('Memory'),
      state: l10n.t('State'),
      stay: l10n.t('What stays, and why'),
      why: l10n.t('Why'),
      notes: l10n.t('Good to know'),
      parallel: l10n.t('At a time'),
      disable: l10n.t('First disable nova’s compute service, so that nothing new is placed there'),
      reason: l10n.t('Reason, for others who look at it'),
      start: l10n.t('Drain {0}', node),
      close: l10n.t('Close'),
      options: l10n.t('Options'),
      pause: l10n.t('Pause'),
      resume: l10n.t('Resume'),
      cancel: l10n.t('Cancel the Rest'),
      enable: l10n.t('Enable the Service Again'),
      nothing: l10n.t('No instance would be moved.'),
      ready: l10n.t('ready'),
      warnings: l10n.t('warnings'),
      waiting: l10n.t('waiting'),
      running: l10n.t('on the way'),
      completed: l10n.t('moved'),
      failed: l10n.t('failed'),
      cancelled: l10n.t('cancelled'),
      left: l10n.t('stayed'),
    },
  };
  return { page, reasons };
}

/** What was begun goes on by itself; a plan that nobody carries on is made anew. */
function statusOf({ view, lost }: Drain): string {
  if (lost === undefined) return drainText(view);
  return `${drainText(view, true)}. ${l10n.t('Its window was closed, or its process ended: nothing more is begun. Drain the node again for the rest.')}`;
}

function actionsOf({ view, enabled }: Drain): DrainPage['actions'] {
  if (isThrough(view)) return view.disabled && !enabled ? ['enable'] : [];
  if (isOver(view)) return [];
  return [view.state === 'paused' ? 'resume' : 'pause', 'cancel'];
}
