import type { StepDone } from '../../fleet-protocol';
import { decode } from '../../model/decode';
import { runApply } from '../apply';
import { FleetError, type Ran, type Runner } from '../types';
import { readable, saidBy, type Plan, type Step } from './plan';

/** How files of a node are read and replaced whole: what `RemoteFiles` is. */
export interface NodeFiles {
  read(path: string): Promise<{ readonly bytes: Uint8Array }>;
  write(
    path: string,
    bytes: Uint8Array,
    options: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<unknown>;
}

export interface Repaired {
  /** Every step was done. Whether the finding is gone is for a new snapshot to say. */
  readonly ok: boolean;
  readonly steps: readonly (StepDone & { readonly node: string })[];
  /** What failed, what was done and what was not, and how to go on. */
  readonly why?: string;
}

const TIMEOUT_MS = 60_000;

/** A login that is not root may lack the folders of root's programs, and their words are judged. */
const ENV = ['env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C'];

/**
 * Does a plan step by step and stops at the first failure; then it does what makes up for steps that were begun: services
 * are started again, files put back.
 * @param filesOf the files of a node; a plan that writes one fails without
 */
export async function runRepair(
  plan: Plan,
  runnerOf: (node: string) => Runner,
  tell: (message: string, increment?: number) => void,
  signal: AbortSignal,
  filesOf: (node: string) => NodeFiles | undefined = () => undefined,
): Promise<Repaired> {
  if (plan.apply) {
    const { node } = plan.apply;
    // Nothing was written, so there is nothing to put back.
    const { ok, steps, why } = await runApply(plan.apply, runnerOf(node), undefined, tell, signal);
    return { ok, steps: steps.map((s) => ({ ...s, node })), ...(why !== undefined && { why }) };
  }
  const run = new Run(runnerOf, filesOf);
  const steps: (StepDone & { node: string })[] = [];
  const begun = new Set<Step>();
  let failed: { readonly step: Step; readonly said: string } | undefined;
  for (const step of plan.work) {
    const { node, title } = step;
    const makesUp = step.undoes !== undefined && begun.has(step.undoes);
    if (failed && !makesUp) {
      steps.push({ node, title, state: 'skipped', ms: 0 });
      continue;
    }
    tell(`${node}: ${title}`, 100 / plan.work.length);
    const began = performance.now();
    begun.add(step);
    try {
      // What makes up for something is done even for somebody who has had enough.
      const said = await run.step(step, failed ? undefined : signal);
      steps.push({ node, title, state: 'done', ms: since(began), ...(said !== undefined && { said }) });
    } catch (error) {
      const said = wordsOf(error);
      steps.push({ node, title, state: 'failed', ms: since(began), said });
      failed ??= { step, said };
    }
  }
  if (!failed) return { ok: true, steps };
  steps.push(...(await run.revert()));
  return { ok: false, steps, why: whyOf(plan, failed, steps) };
}

class Run {
  readonly #written: { readonly step: Step; readonly before: Uint8Array; readonly after: Uint8Array }[] = [];

  constructor(
    private readonly runnerOf: (node: string) => Runner,
    private readonly filesOf: (node: string) => NodeFiles | undefined,
  ) {}

  /** @returns what is worth knowing although it went well */
  async step(step: Step, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (signal?.aborted) throw new FleetError('cancelled', 'was cancelled before it began');
    if (step.write) await this.#write(step);
    if (!step.argv) return undefined;
    const options = { timeout: step.timeout ?? TIMEOUT_MS, root: true, ...(signal && { signal }) };
    const ran = await this.runnerOf(step.node).run([...ENV, ...step.argv], options);
    const wrong = (step.judge ?? judgeEnd)(ran);
    if (wrong !== undefined) throw new FleetError('refused', wrong);
    return ran.stderr.trim() === '' ? undefined : ran.stderr.trim().slice(0, 2000);
  }

  async #write(step: Step): Promise<void> {
    const files = this.#files(step);
    const { path, change, revert } = step.write!;
    let before: Uint8Array | undefined;
    try {
      before = (await files.read(path)).bytes;
    } catch (error) {
      if (!(error instanceof FleetError) || error.code !== 'not-found') throw error;
    }
    const decoded = before && decode(before);
    if (decoded?.defect) throw new FleetError('refused', `${path} is no text in UTF-8: it is repaired by hand`);
    const after = Buffer.from(change(decoded?.text));
    if (before && Buffer.compare(before, after) === 0) return;
    await files.write(path, after, { create: before === undefined, overwrite: before !== undefined });
    if (revert && before) this.#written.push({ step, before, after });
  }

  /** Puts files back, those that nobody has changed since. */
  async revert(): Promise<(StepDone & { node: string })[]> {
    const done: (StepDone & { node: string })[] = [];
    for (const { step, before, after } of this.#written.reverse()) {
      const { node } = step;
      const { path } = step.write!;
      const title = `Put ${path} back`;
      const began = performance.now();
      try {
        const files = this.#files(step);
        const { bytes } = await files.read(path);
        if (Buffer.compare(bytes, after) !== 0)
          throw new FleetError('conflict', 'it was changed meanwhile, and is left');
        await files.write(path, before, { create: false, overwrite: true });
        done.push({ node, title, state: 'done', ms: since(began) });
      } catch (error) {
        done.push({ node, title, state: 'failed', ms: since(began), said: wordsOf(error) });
      }
    }
    return done;
  }

  #files(step: Step): NodeFiles {
    const files = this.filesOf(step.node);
    if (files) return files;
    throw new FleetError('refused', `${step.node}: its files cannot be written`);
  }
}

function judgeEnd(ran: Ran): string | undefined {
  return ran.code === 0 ? undefined : saidBy(ran);
}

function whyOf(
  plan: Plan,
  { step, said }: { readonly step: Step; readonly said: string },
  steps: readonly (StepDone & { readonly node: string })[],
): string {
  const list = (state: StepDone['state'], what: string): readonly string[] => {
    const titles = steps.flatMap((s, i) =>
      s.state === state && !plan.work[i]?.check ? [`${s.node}: ${s.title}`] : [],
    );
    return titles.length === 0 ? [] : [`${what}: ${titles.join('; ')}.`];
  };
  const command = step.argv ? ` (${readable(step.argv)})` : '';
  return [
    `${step.node}: "${step.title}"${command} failed: ${said}${/[.!?]$/.test(said) ? '' : '.'}`,
    ...list('done', 'Done'),
    ...list('skipped', 'Not done'),
    ...steps.flatMap((s) =>
      s.state === 'failed' && s.title !== step.title ? [`Failed as well: ${s.title}: ${s.said ?? ''}.`] : [],
    ),
    ...(step.hint === undefined ? ['Read the node again: what is left is planned anew.'] : [step.hint]),
  ].join(' ');
}

function wordsOf(error: unknown): string {
  if (!(error instanceof FleetError)) throw error;
  return error.detail === undefined ? error.message : `${error.message}: ${error.detail}`;
}

function since(began: number): number {
  return Math.round(performance.now() - began);
}
