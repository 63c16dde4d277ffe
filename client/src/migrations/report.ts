/** What is said of migrations: at their end, and when they get nowhere. */
import { l10n, window } from 'vscode';
import type { MigrationView } from '../../../server/src/fleet-protocol';
import type { Requests } from '../nodes/store';
import type { Texts } from '../nodes/texts';
import { showCause, whereOf } from './cause';
import { measuredText } from './probe';
import { steer } from './watch';
import { linesOf, rateText, wayText } from './words';

/** One that was watched from here has ended. */
export async function reportEnd(view: MigrationView, texts: Texts): Promise<void> {
  const { name, outcome, explanation, progress } = view;
  const destination = outcome?.on ?? view.destination ?? '';
  const [show, details] = [l10n.t('Show Cause'), l10n.t('Details')];
  if (outcome?.phase === 'completed') {
    const text = l10n.t('{0} is on {1} now.', name, destination);
    const downtime =
      progress.downtime === undefined ? '' : ` ${l10n.t('It stood still for {0} ms.', progress.downtime)}`;
    const measured = view.probe ? ` ${l10n.t('The probe measured: {0}.', measuredText(view) ?? '')}` : '';
    // Without a button it is one line, and the rest is cut off.
    const answer = await window.showInformationMessage(text + downtime + measured, ...(measured ? [details] : []));
    if (answer === details) await showDetails(view, texts);
    return;
  }
  if (outcome?.phase === 'cancelled') {
    const on = outcome.on === undefined ? '' : ` ${l10n.t('It runs on, on {0}.', outcome.on)}`;
    void window.showInformationMessage(l10n.t('The migration of {0} was aborted.', name) + on);
    return;
  }
  const found = explanation?.found ?? [];
  const [first] = found;
  const parts = [
    l10n.t('{0} could not be migrated: {1}.', name, wayText(view)),
    explanation?.means ?? outcome?.message,
    first && `${whereOf(first)}: ${first.message}`,
  ];
  const answer = await window.showErrorMessage(
    parts.filter((part) => part).join(' '),
    ...[...(first ? [show] : []), details],
  );
  if (answer === show) await showCause(found);
  if (answer === details) await showDetails(view, texts);
}

/** It does not converge: what helps is offered. */
export async function reportStuck(view: MigrationView, fleet: Requests): Promise<void> {
  const { name, progress, actions } = view;
  const [over, pause] = [l10n.t('Switch to Post-Copy'), l10n.t('Pause the Guest')];
  const text = l10n.t(
    'The migration of {0} does not converge: the guest writes {1}, and {2} are sent.',
    name,
    rateText(progress.dirtyRate ?? 0),
    rateText(progress.rate ?? 0),
  );
  const force = l10n.t('Force to Complete');
  const offers: readonly (readonly [MigrationView['actions'][number], string])[] = [
    ['post-copy', over],
    ['force-complete', force],
    ['suspend', pause],
  ];
  const able = offers.filter(([action]) => actions.includes(action));
  const answer = await window.showWarningMessage(text, ...able.map(([, label]) => label));
  const chosen = able.find(([, label]) => label === answer);
  if (chosen) await steer(fleet, view, chosen[0]);
}

/** All that is known of it, as a document that is only read. */
export const showDetails = (view: MigrationView, texts: Texts): Promise<void> =>
  texts.show(`${view.name.replace(/[^\w.-]+/g, '-')}.md`, { content: detailsText(view) });

function detailsText(view: MigrationView): string {
  const { name, outcome, explanation } = view;
  const parts = [`# ${name}: ${wayText(view)}`];
  if (outcome?.message !== undefined) parts.push(`## ${l10n.t('Message')}`, fenced(outcome.message));
  if (explanation) {
    parts.push(explanation.means);
    if (explanation.found.length > 0)
      parts.push(
        `## ${l10n.t('Found on the nodes')}`,
        ...explanation.found.map((reason) => `- **${whereOf(reason)}**: ${reason.message} (${reason.rule})`),
      );
    if (explanation.causes.length > 0)
      parts.push(
        `## ${l10n.t('What it comes from')}`,
        ...explanation.causes.map(
          ({ text, remedy }, i) =>
            `${i + 1}. ${text}${remedy === undefined ? '' : `\n   ${l10n.t('What to do: {0}', remedy)}`}`,
        ),
      );
  }
  parts.push(
    `## ${l10n.t('Numbers')}`,
    linesOf(view)
      .map(([label, value]) => `- ${label}: ${value}`)
      .join('\n'),
  );
  return `${parts.join('\n\n')}\n`;
}

/** A block that the text cannot end by itself. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [fence, text, fence].join('\n');
}
