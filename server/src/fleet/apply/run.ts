import type { ApplyResult, StepDone } from '../../fleet-protocol';
import type { RemoteFiles } from '../files/remote';
import { FleetError, type Runner } from '../types';
import { check, clock, lastWords, text, TIMES, type RunTimes } from './check';
import { sequence } from './commands';
import type { Action, Effect, Plan } from './types';

export type { RunTimes } from './check';

/** What the daemons are allowed to say, in characters. */
const SAID = 4000;

/** The node cannot be asked, or was not let do anything: nothing is to be taken back now. */
const NOTHING_TO_TAKE_BACK: ReadonlySet<FleetError['code']> = new Set([
  'lost',
  'unreachable',
  'sudo',
  'cancelled',
  'authentication',
  'host-key',
]);

/**
 * Makes changed files take effect, one after the other; where a daemon does not come up and listen, puts back what its files
 * were when it last ran, restarts it again, says why in its own words, and stops.
 *
 * @param files undefined: nothing can be put back
 * @param tell what is done now, and how much of it that was, in per cent
 * @param signal heard between one effect and the next: nothing is left stopped
 * @returns `restored` as `etc/…`; never rejects with a FleetError
 */
export async function runApply(
  plan: Plan,
  runner: Runner,
  files: RemoteFiles | undefined,
  tell: (message: string, increment?: number) => void,
  signal: AbortSignal | undefined,
  times: RunTimes = TIMES,
): Promise<ApplyResult> {
  const run = new Run(plan, runner, files, tell, times);
  for (const effect of plan.effects) {
    if (signal?.aborted) {
      run.why = `Cancelled: ${effect.files.join(', ')} did not take effect. What was written stays written`;
      break;
    }
    if (!(await run.effect(effect))) break;
  }
  run.skipRest();
  return {
    ok: run.why === undefined,
    steps: run.steps,
    restored: run.restored,
    ...(run.why !== undefined && { why: run.why }),
  };
}

interface Failure {
  readonly words: string;
  readonly said: string;
  readonly code?: FleetError['code'];
}

class Run {
  readonly steps: StepDone[] = [];
  readonly restored: string[] = [];
  why: string | undefined;
  #done = 0;

  constructor(
    private readonly plan: Plan,
    private readonly runner: Runner,
    private readonly files: RemoteFiles | undefined,
    private readonly tell: (message: string, increment?: number) => void,
    private readonly times: RunTimes,
  ) {}

  /** @returns whether it took effect */
  async effect(effect: Effect): Promise<boolean> {
    let failure = await this.#actions(effect.actions, true);
    if (!failure) {
      await this.files?.applied(effect.files);
      return true;
    }
    const { node } = this.plan;
    const first = `${node}: ${effect.title}: ${failure.words}`;
    if (failure.code && NOTHING_TO_TAKE_BACK.has(failure.code)) {
      this.why = `${first}. The files stay as they were written`;
      return false;
    }
    const { done, not } = await this.#takeBack(effect);
    if (done.length === 0) {
      this.why = `${first}. ${not.length > 0 ? not.join('; ') : 'Nothing was put back'}`;
      return false;
    }
    const put = `${done.join(', ')} ${done.length === 1 ? 'was' : 'were'} put back as before`;
    failure = await this.#actions(effect.actions.map(withoutPorts), false);
    this.why = [
      `${first}. ${put}, and with that ${failure ? `it still fails: ${failure.words}` : 'all is up again'}`,
      ...not,
    ].join('; ');
    return false;
  }

  /** What was not come to. */
  skipRest(): void {
    for (const { title } of this.plan.steps.slice(this.#done)) this.steps.push({ title, state: 'skipped', ms: 0 });
  }

  async #actions(actions: readonly Action[], first: boolean): Promise<Failure | undefined> {
    const services = actions.flatMap((a) => a.check?.services ?? []);
    let since = 0;
    for (const action of actions) {
      const title = first ? action.title : `Again: ${action.title}`;
      this.tell(title, first ? 100 / this.plan.steps.length : undefined);
      const began = performance.now();
      let failure: Failure | undefined;
      try {
        if (since === 0) since = await clock(this.runner);
        failure = await this.#action(action);
        if (failure && services.length > 0) {
          const words = await lastWords(this.runner, services, since);
          failure = { ...failure, said: [failure.said, words].filter(Boolean).join('\n') };
        }
      } catch (error) {
        if (!(error instanceof FleetError)) throw error;
        failure = { words: error.message, said: error.detail ?? '', code: error.code };
      }
      const said = failure?.said.slice(-SAID);
      const ms = Math.round(performance.now() - began);
      this.steps.push({ title, state: failure ? 'failed' : 'done', ms, ...(said ? { said } : {}) });
      if (first) this.#done++;
      if (failure) return failure;
    }
    return undefined;
  }

  async #action({ commands, check: wanted }: Action): Promise<Failure | undefined> {
    if (commands.length > 0) {
      const { argv, timeout } = sequence(commands);
      const { code, signal, stdout, stderr } = await this.runner.run(argv, { timeout, root: true });
      if (code !== 0) {
        const said = [stderr.trim(), text(stdout).trim()].filter((t) => t !== '').join('\n');
        return { words: lastLine(said) ?? `ended with ${code ?? signal ?? 'no status'}`, said };
      }
    }
    const wrong = wanted && (await check(this.runner, wanted, this.times));
    return wrong === undefined ? undefined : { words: wrong, said: '' };
  }

  /** Puts the files of an effect back as they were when its daemons last came up with them. */
  async #takeBack({ files: paths, daemons }: Effect): Promise<{ done: string[]; not: string[] }> {
    const done: string[] = [];
    const not: string[] = [];
    if (!this.files) return { done, not };
    const started = Math.max(0, ...daemons.map((d) => this.plan.started[d] ?? 0)) * 1000;
    for (const path of paths) {
      const title = `Put back ${path}`;
      this.tell(title);
      const began = performance.now();
      try {
        const since = Math.max(started, await this.files.appliedAt(path));
        await this.files.takeBack(path, since);
        done.push(path);
        this.restored.push(path.slice(1));
        this.steps.push({ title, state: 'done', ms: Math.round(performance.now() - began) });
      } catch (error) {
        if (!(error instanceof FleetError)) throw error;
        // What livemig did not write it cannot put back.
        const state = error.code === 'not-found' ? 'skipped' : 'failed';
        this.steps.push({ title, state, ms: Math.round(performance.now() - began), said: error.message });
        not.push(error.message);
      }
    }
    return { done, not };
  }
}

/** With the old file nobody may be meant to listen: that the daemon is up is enough. */
function withoutPorts(action: Action): Action {
  return action.check ? { ...action, check: { ...action.check, ports: [] } } : action;
}

/** The line that says what happened; others say where to read about it. */
function lastLine(said: string): string | undefined {
  const lines = said.split('\n').filter((l) => l.trim() !== '');
  return lines.find((l) => /^(?:Job for|Failed to|A dependency|\w[\w-]*: |.*\berror\b)/i.test(l)) ?? lines.at(-1);
}
