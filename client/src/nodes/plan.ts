/** Plans before they are run, and what became of them, in words. */
import { l10n, window } from 'vscode';
import type { StepDone, StepView } from '../../../server/src/fleet-protocol';
import type { Texts } from './texts';

/** What a question shows without scrolling on a small screen; a longer plan is shown as a document. */
const MOST_LINES = 18;

export interface Plan {
  readonly title: string;
  /** On the button. */
  readonly verb: string;
  readonly steps: readonly StepView[];
  readonly notes: readonly string[];
}

/**
 * Shows the plan and asks. Where it is too long for a question, or on wish, it is a document with a button above.
 * @param run what is done after a yes
 */
export async function confirm(plan: Plan, texts: Texts, run: () => Promise<unknown>): Promise<unknown> {
  const asDocument = (): Promise<void> =>
    texts.show(l10n.t('Plan') + '.md', { content: planText(plan), action: { title: plan.verb, run } });
  const detail = summary(plan);
  if (detail.split('\n').length > MOST_LINES) {
    await asDocument();
    return undefined;
  }
  const show = l10n.t('Show Plan');
  const answer = await window.showInformationMessage(plan.title, { modal: true, detail }, plan.verb, show);
  if (answer === show) await asDocument();
  return answer === plan.verb ? run() : undefined;
}

function summary({ steps, notes }: Plan): string {
  const several = new Set(steps.map((s) => s.node)).size > 1;
  const lines = steps.flatMap(({ node, title, command }, i) => [
    `${i + 1}. ${several ? `${node}: ` : ''}${title}`,
    ...(command === undefined ? [] : [`    ${firstLine(command)}`]),
  ]);
  return [...lines, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

const firstLine = (command: string): string =>
  command.includes('\n') ? `${command.slice(0, command.indexOf('\n'))} …` : command;

function planText({ title, verb, steps, notes }: Plan): string {
  const parts = [
    `# ${title}`,
    l10n.t('Nothing has been done yet. "{0}" above runs these steps, and stops at the first that fails.', verb),
    ...notes,
  ];
  let node: string | undefined;
  for (const [i, step] of steps.entries()) {
    if (step.node !== node) parts.push(`## ${(node = step.node)}`);
    parts.push(`${i + 1}. ${step.title}${step.check ? ` (${l10n.t('only looked at')})` : ''}`);
    if (step.command !== undefined) parts.push(fenced(step.command));
  }
  return `${parts.join('\n\n')}\n`;
}

/** A block that the text cannot end by itself. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [fence, text, fence].map((part) => part.replace(/^/gm, '   ')).join('\n');
}

export interface Outcome {
  readonly title: string;
  readonly why?: string | undefined;
  readonly steps: readonly (StepDone & { readonly node?: string })[];
  /** Files that were put back. */
  readonly restored?: readonly string[];
}

/** What was done and what not, with what the programs said. */
export function outcomeText({ title, why, steps, restored = [] }: Outcome): string {
  const parts = [`# ${title}`, ...(why === undefined ? [] : [why])];
  if (restored.length > 0) parts.push(l10n.t('Put back as it was: {0}', restored.join(', ')));
  for (const [i, { node, title: step, state, ms, said }] of steps.entries()) {
    const words = { done: l10n.t('done'), failed: l10n.t('failed'), skipped: l10n.t('not done') };
    const time = state === 'skipped' ? '' : `, ${(ms / 1000).toFixed(1)} s`;
    parts.push(`${i + 1}. ${node === undefined ? '' : `${node}: `}${step} (${words[state]}${time})`);
    if (said) parts.push(fenced(said));
  }
  return `${parts.join('\n\n')}\n`;
}

/** Tells that it did not work, with a way to the details. */
export async function tellFailed(message: string, outcome: Outcome, texts: Texts): Promise<void> {
  const show = l10n.t('Show Details');
  if ((await window.showErrorMessage(message, show)) === show)
    await texts.show(l10n.t('Details') + '.md', { content: outcomeText(outcome) });
}
