import { FleetError, type Ran } from '../../fleet/types';
import type { End } from '../driver';
import type { MigrateOptions, Movable, Outcome, Progress } from '../types';
import * as virsh from './commands';
import { readJobInfo, type JobInfo } from './jobinfo';
import { hasArrived, isBroken, readState, type DomainState } from './state';

export interface MigrationRequest {
  readonly instance: Movable;
  readonly source: End;
  readonly destination: End;
  readonly way: virsh.Way;
  readonly options: MigrateOptions;
}

/** `virsh migrate` runs as long as the migration does. */
const LONGEST_MS = 7 * 24 * 3600_000;
const ASK_TIMEOUT_MS = 20_000;
/** Between two looks, ms: until it has begun, then. */
const FIRST_MS = 150;
const LOOK_MS = 1000;
/** Both ends may be without the guest for a moment: this often is it asked for before that is believed. */
const LOOKS = 15;

/**
 * A live migration by libvirt itself, from peer to peer: once it has begun, the two daemons go on with it whatever becomes of
 * us. What is shown is always what libvirt says.
 */
export class LibvirtMigration {
  readonly #listeners = new Set<(progress: Progress) => void>();
  #progress: Progress = { phase: 'starting' };
  #begun: (() => void) | undefined;
  readonly #left = new AbortController();

  private constructor(readonly request: MigrationRequest) {}

  /**
   * Begins it, and resolves when libvirt has taken it up or said no; the end is in `outcome`.
   * @throws FleetError of code `refused` where a job of that guest runs already, or it does not run on the source
   */
  static async start(request: MigrationRequest): Promise<{ migration: LibvirtMigration; outcome: Promise<Outcome> }> {
    const { source, instance, way, options } = request;
    const { info, state } = await look(source, instance);
    if (!state) throw new FleetError('refused', `${instance.name} is not on ${source.node} any more`);
    if (info && info.type !== 'none')
      throw new FleetError('refused', `${instance.name} is being migrated already, or has another job: watch that one`);
    if (state.state !== 'running' && state.state !== 'paused')
      throw new FleetError(
        'refused',
        `${instance.name} is ${state.state} on ${source.node}: only a guest that runs moves live`,
      );
    const migration = new LibvirtMigration(request);
    const begun = new Promise<void>((resolve) => (migration.#begun = resolve));
    const command = source.runner.run(virsh.migrate(instance.uuid, way, options), { root: true, timeout: LONGEST_MS });
    if (options.downtime !== undefined)
      void begun.then(() => migration.setDowntime(options.downtime!)).catch(() => undefined);
    const outcome = migration.#follow(command);
    await Promise.race([begun, outcome]);
    return { migration, outcome };
  }

  /** Watches one that somebody else began, or we before we were started anew. */
  static watch(request: Omit<MigrationRequest, 'way' | 'options'>): {
    migration: LibvirtMigration;
    outcome: Promise<Outcome>;
  } {
    const migration = new LibvirtMigration({ ...request, way: { uri: '' }, options: {} });
    return { migration, outcome: migration.#follow(undefined) };
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** @returns ends it */
  onProgress(listener: (progress: Progress) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws FleetError with libvirt's words: in post-copy there is no way back */
  abort(): Promise<void> {
    return this.#steer(virsh.abort(this.request.instance.uuid));
  }

  /**
   * As soon as memory is being sent; before that QEMU would refuse it.
   * @throws FleetError with libvirt's words: it has to be allowed from the start
   */
  async switchToPostCopy(): Promise<void> {
    if (this.#progress.phase === 'starting')
      await new Promise<void>((resolve) => {
        const stop = this.onProgress(({ phase }) => {
          if (phase === 'starting') return;
          stop();
          resolve();
        });
      });
    return this.#steer(virsh.postCopy(this.request.instance.uuid));
  }

  /** The guest stands still until it has arrived. */
  suspend(): Promise<void> {
    return this.#steer(virsh.suspend(this.request.instance.uuid));
  }

  /** Nobody watches any more, and its outcome stays open: it goes on. */
  leave(): void {
    this.#left.abort();
    this.#listeners.clear();
  }

  /** @param limit MiB/s */
  setBandwidth(limit: number): Promise<void> {
    return this.#steer(virsh.setSpeed(this.request.instance.uuid, limit));
  }

  /** @param downtime ms */
  setDowntime(downtime: number): Promise<void> {
    return this.#steer(virsh.setDowntime(this.request.instance.uuid, downtime));
  }

  async #steer(argv: readonly string[]): Promise<void> {
    const { source } = this.request;
    const ran = await source.runner.run(argv, { root: true, timeout: ASK_TIMEOUT_MS });
    if (ran.code !== 0) throw new FleetError('refused', `${source.node}: ${saidBy(ran)}`, ran.stderr.trim());
  }

  async #follow(command: Promise<Ran> | undefined): Promise<Outcome> {
    const watching = this.#poll(command === undefined);
    try {
      const ran = command && (await command.catch(() => undefined));
      // Without an answer of its own (the connection was lost, somebody ended virsh) the two ends tell.
      const answered = ran?.code === undefined ? undefined : ran;
      if (!answered) return await watching.ended;
      watching.stop();
      return answered.code === 0 ? await this.#completed() : await this.#notCompleted(saidBy(answered));
    } finally {
      watching.stop();
      this.#begun?.();
    }
  }

  /** Looks again and again; `ended` settles when the source has no job any more. */
  #poll(adopted: boolean): { readonly ended: Promise<Outcome>; readonly stop: () => void } {
    const { source, instance } = this.request;
    const stopped = new AbortController();
    const either = AbortSignal.any([stopped.signal, this.#left.signal]);
    const isStopped = (): boolean => either.aborted;
    const loop = async (): Promise<Outcome> => {
      let seen = adopted;
      let quiet = 0;
      for (let pause = FIRST_MS; !isStopped();) {
        await sleep(pause, either);
        try {
          const { info, state } = await look(source, instance);
          if (isStopped()) break;
          if (info && info.type !== 'none' && info.operation !== 'other') {
            seen = true;
            quiet = 0;
            pause = LOOK_MS;
            this.#tell({ phase: phaseOf(info, state), ...info.progress });
            this.#begun?.();
          } else if (seen && ++quiet >= 2) {
            const end = await this.#endedBehindUs();
            if (end) return end;
          }
        } catch (error) {
          if (!(error instanceof FleetError)) throw error;
          if (isStopped()) break;
          this.#tell({ ...this.#progress, phase: 'lost' });
          pause = Math.min(pause * 2, 5 * LOOK_MS);
        }
      }
      return await new Promise<never>(() => undefined);
    };
    const ended = loop();
    ended.catch(() => undefined);
    return { ended, stop: () => stopped.abort() };
  }

  /** What became of it, by where the guest is now; undefined as long as that is open. */
  async #endedBehindUs(): Promise<Outcome | undefined> {
    const { source, destination, instance } = this.request;
    for (let i = 0; i < LOOKS; i++) {
      const [here, there] = await Promise.all([look(source, instance), look(destination, instance)]);
      if (there.state && hasArrived(there.state) && !isActive(here.state)) return this.#completed();
      if (here.state && isActive(here.state) && !there.state && (here.info?.type ?? 'none') === 'none')
        return this.#end({
          phase: 'failed',
          on: source.node,
          message:
            'it ended while nobody watched, and the guest is still on its source: libvirtd’s log there has the reason',
        });
      if ((here.state && isBroken(here.state)) || (there.state && isBroken(there.state)))
        return this.#notCompleted('post-copy broke while nobody watched');
      await sleep(LOOK_MS);
    }
    return undefined;
  }

  async #completed(): Promise<Outcome> {
    const { destination, instance } = this.request;
    const progress = await statistics(destination, instance).catch(() => undefined);
    // What was expected of the pause is not what it was.
    const { elapsed, memory } = this.#progress;
    this.#progress = {
      phase: 'completed',
      ...(elapsed !== undefined && { elapsed }),
      ...(memory && { memory: { ...memory, remaining: 0 } }),
    };
    return this.#end({
      phase: 'completed',
      on: destination.node,
      progress: { ...this.#progress, ...progress, phase: 'completed' },
    });
  }

  async #notCompleted(message: string): Promise<Outcome> {
    const { source, destination, instance } = this.request;
    const ask = (end: End) => look(end, instance).catch(() => ({ info: undefined, state: undefined }));
    const [here, there] = await Promise.all([ask(source), ask(destination)]);
    const broken = [here.state, there.state].some((s) => s !== undefined && isBroken(s));
    const arrived = there.state !== undefined && hasArrived(there.state) && !isActive(here.state);
    const on = arrived ? destination.node : isActive(here.state) ? source.node : undefined;
    return this.#end({
      phase: /cancel/i.test(message) && !broken ? 'cancelled' : 'failed',
      message,
      ...(on !== undefined && !broken && { on }),
      ...(broken && { broken }),
    });
  }

  #end(outcome: Outcome): Outcome {
    this.#tell({ ...this.#progress, ...outcome.progress, phase: outcome.phase });
    return outcome;
  }

  #tell(progress: Progress): void {
    this.#progress = progress;
    for (const listener of this.#listeners) listener(progress);
  }
}

interface Looked {
  readonly info: JobInfo | undefined;
  readonly state: DomainState | undefined;
}

/** What a node says of the guest; a state of undefined is none: it is not there. */
async function look({ node, runner }: End, { uuid }: Movable): Promise<Looked> {
  const ran = await runner.run(virsh.look(uuid), { root: true, timeout: ASK_TIMEOUT_MS });
  const text = Buffer.from(ran.stdout).toString();
  const state = readState(text);
  if (state) return { info: readJobInfo(text), state };
  if (/failed to get domain|no domain with matching/i.test(ran.stderr)) return { info: undefined, state: undefined };
  throw new FleetError('refused', `${node}: ${saidBy(ran)}`, ran.stderr.trim());
}

/** Statistics of the end. Libvirt before 6.0 forgets them once they are told. */
async function statistics({ runner }: End, { uuid }: Movable): Promise<Omit<Progress, 'phase'> | undefined> {
  for (const keep of [true, false]) {
    const ran = await runner.run(virsh.completed(uuid, keep), { root: true, timeout: ASK_TIMEOUT_MS });
    const info = readJobInfo(Buffer.from(ran.stdout).toString());
    if (info) return info.type === 'completed' ? info.progress : undefined;
  }
  return undefined;
}

/** The guest is there, running or standing still, and not merely defined. */
function isActive(state: DomainState | undefined): boolean {
  return state !== undefined && !['shut off', 'crashed'].includes(state.state);
}

function phaseOf(info: JobInfo, state: DomainState | undefined): Progress['phase'] {
  if (state?.reason.startsWith('post-copy')) return 'post-copy';
  return info.progress.memory && info.progress.memory.processed > 0 ? 'memory' : 'starting';
}

/** Virsh's own words, without its “error:”. */
function saidBy(ran: Ran): string {
  const lines = ran.stderr
    .split('\n')
    .map((line) => line.replace(/^error: /, '').trim())
    .filter((line) => line !== '');
  return lines.join(' ') || `virsh ended with ${ran.code ?? ran.signal ?? 'no status'}`;
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', go);
      resolve();
    };
    const timer = setTimeout(go, ms);
    signal?.addEventListener('abort', go);
  });
}
