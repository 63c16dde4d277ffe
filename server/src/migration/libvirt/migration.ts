import { FleetError, type Ran } from '../../fleet/types';
import type { End } from '../driver';
import type { MigrateOptions, Movable, Outcome, Progress } from '../types';
import * as virsh from './commands';
import { isMigrating, isReason, look, phaseOf, saidBy, statistics, tell, tryLook, type Looked } from './look';
import { sleep } from './sleep';
import { standingOf, type Standing } from './standing';

export interface MigrationRequest {
  readonly instance: Movable;
  readonly source: End;
  readonly destination: End;
  readonly way: virsh.Way;
  readonly options: MigrateOptions;
}

/** `virsh migrate` runs as long as the migration does. */
const LONGEST_MS = 7 * 24 * 3600_000;
/** Between two looks, ms: until it has begun, then, and where nobody answers. */
const FIRST_MS = 150;
const LOOK_MS = 1000;
const LOST_MS = 2000;
/** What has not sent anything after so long, ms, waits for something else than QEMU: it is aborted all the same. */
const BEGINS_MS = 10_000;
/** So often in a row there is no job any more, and virsh, that we began it with, says nothing: we do not hear it any more. */
const UNHEARD = 4;
/** The guest may be at both ends, or at none, for a moment: so often it is asked for before nobody is said to know. */
const LOOKS = 15;

const UNWATCHED = 'it ended while nobody watched: libvirtd’s log on its source has the reason';

/**
 * A live migration by libvirt itself, from peer to peer: once it has begun, the two daemons go on with it whatever becomes of
 * us. What is shown is always what libvirt says.
 */
export class LibvirtMigration {
  readonly #listeners = new Set<(progress: Progress) => void>();
  #progress: Progress;
  #begun: (() => void) | undefined;
  #ours = true;
  #aborted = false;
  readonly #left = new AbortController();

  private constructor(
    readonly request: MigrationRequest,
    progress: Progress = { phase: 'starting' },
  ) {
    this.#progress = progress;
  }

  /**
   * Begins it, and resolves when libvirt has taken it up or said no; the end is in `outcome`.
   * @throws FleetError of code `refused` where a job of that guest runs already, or it does not run on the source
   */
  static async start(request: MigrationRequest): Promise<{ migration: LibvirtMigration; outcome: Promise<Outcome> }> {
    const { source, instance, options } = request;
    const { info, state } = await look(source, instance);
    const another = `${instance.name} is being migrated already, or has another job: watch that one`;
    if (!state) throw new FleetError('refused', `${instance.name} is not on ${source.node} any more`);
    if (info && info.type !== 'none') throw new FleetError('refused', another);
    if (state.state !== 'running' && state.state !== 'paused')
      throw new FleetError(
        'refused',
        `${instance.name} is ${state.state} on ${source.node}: only a guest that runs moves live`,
      );
    const migration = new LibvirtMigration(request);
    const begun = new Promise<void>((resolve) => (migration.#begun = resolve));
    const command = migration.#begin();
    const busy = command.then(
      ({ code }) => code === virsh.BUSY && !migration.#ours,
      () => false,
    );
    if (options.downtime !== undefined)
      void begun.then(() => migration.setDowntime(options.downtime!)).catch(() => undefined);
    const outcome = migration.#follow(command);
    const refused = busy.then((is) => is || new Promise<never>(() => undefined));
    if ((await Promise.race([begun, outcome, refused])) === true) {
      migration.leave();
      throw new FleetError('refused', another);
    }
    return { migration, outcome };
  }

  /**
   * Watches one that somebody else began, or we before we were started anew.
   * @param seen what its source said of it
   */
  static watch(
    request: Omit<MigrationRequest, 'way' | 'options'>,
    seen?: Looked,
  ): {
    migration: LibvirtMigration;
    outcome: Promise<Outcome>;
  } {
    const progress: Progress | undefined = seen?.info && { phase: phaseOf(seen), ...seen.info.progress };
    const migration = new LibvirtMigration({ ...request, way: { uri: '' }, options: {} }, progress);
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

  /**
   * Not while QEMU is being told to begin: libvirt may miss that it was cancelled just then, and wait for good for a migration that
   * is none any more, until it is restarted.
   * @throws FleetError with libvirt's words: in post-copy there is no way back
   */
  async abort(): Promise<void> {
    await this.#until(({ phase, disk }) => phase !== 'starting' || disk !== undefined, BEGINS_MS);
    // Its end may be seen before the answer comes.
    this.#aborted = true;
    try {
      await this.#steer(virsh.abort(this.request.instance.uuid));
    } catch (error) {
      this.#aborted = false;
      throw error;
    }
  }

  /**
   * As soon as memory is being sent; before that QEMU would refuse it.
   * @throws FleetError with libvirt's words: it has to be allowed from the start
   */
  async switchToPostCopy(): Promise<void> {
    await this.#until(({ phase }) => phase !== 'starting');
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

  async #begin(): Promise<Ran> {
    const { source, instance, way, options } = this.request;
    const rights = { root: true, timeout: LONGEST_MS };
    this.#ours = false;
    try {
      return await source.runner.run(virsh.migrate(instance, way, options), {
        ...rights,
        heard: () => (this.#ours = true),
      });
    } catch (error) {
      if (!(error instanceof FleetError) || error.code !== 'sudo') throw error;
      // `sh` may be refused where `virsh` is not, as it was for the first look.
      this.#ours = true;
      return source.runner.run(virsh.migrateUnguarded(instance.uuid, way, options), rights);
    }
  }

  /** Waits for a progress, but no longer than so many ms. */
  async #until(holds: (progress: Progress) => boolean, limit?: number): Promise<void> {
    if (holds(this.#progress)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stop();
        clearTimeout(timer);
        resolve();
      };
      const stop = this.onProgress((progress) => {
        if (holds(progress)) done();
      });
      const timer = limit === undefined ? undefined : setTimeout(done, limit);
    });
  }

  #steer(argv: readonly string[]): Promise<void> {
    return tell(this.request.source, argv);
  }

  async #follow(command: Promise<Ran> | undefined): Promise<Outcome> {
    try {
      return await this.#toItsEnd(command);
    } finally {
      this.#begun?.();
    }
  }

  /**
   * Looks again and again until the two nodes say where the guest is without a migration of it. What virsh says when it ends
   * is the reason only: libvirtd may have ended under it, and the connection may be gone while the migration goes on.
   */
  async #toItsEnd(command: Promise<Ran> | undefined): Promise<Outcome> {
    const { source, destination, instance } = this.request;
    const woken = new AbortController();
    let ran: Ran | undefined;
    let ended = command === undefined;
    command
      ?.then(
        (done) => (ran = done),
        () => undefined,
      )
      .finally(() => {
        ended = true;
        woken.abort();
      });
    let seen = command === undefined;
    let [quiet, open] = [0, 0];
    let before: Standing | undefined;
    const isLeft = (): boolean => this.#left.signal.aborted;
    const lost = (): void => this.#tell({ ...this.#progress, phase: 'lost' });
    for (let pause = FIRST_MS; ;) {
      await sleep(pause, this.#left.signal, ...(ended ? [] : [woken.signal]));
      if (isLeft()) return await new Promise<never>(() => undefined);
      if (ran?.code === 0) return await this.#completed();
      const here = await tryLook(source, instance);
      if (isLeft()) continue;
      const moving = here !== undefined && isMigrating(here);
      pause = here ? (seen || ended ? LOOK_MS : FIRST_MS) : LOST_MS;
      if (moving && standingOf(here, undefined) === undefined) {
        this.#tell({ phase: phaseOf(here), ...here.info?.progress });
        if (this.#ours) {
          seen = true;
          this.#begun?.();
        }
        // It goes on without the virsh that began it, or is another's, whom ours was refused for.
        if (ended) ran = undefined;
        [quiet, open, before] = [0, 0, undefined];
        continue;
      }
      if (!here) lost();
      if (!ended && (!seen || ++quiet < UNHEARD)) continue;
      const there = await tryLook(destination, instance);
      const standing = standingOf(here, there);
      if (standing !== undefined && (standing === before || isReason(ran))) return await this.#ended(standing, ran);
      if (standing === undefined && (!there || ++open > LOOKS)) lost();
      before = standing;
    }
  }

  /** Libvirt said that it is through, or the guest runs there. @param message of a virsh that saw it otherwise */
  async #completed(message?: string): Promise<Outcome> {
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
      ...(message !== undefined && { message }),
      progress: { ...this.#progress, ...progress, phase: 'completed' },
    });
  }

  async #ended(standing: Standing, ran: Ran | undefined): Promise<Outcome> {
    const { source } = this.request;
    const said = ran?.code ? saidBy(ran) : undefined;
    switch (standing) {
      case 'destination':
        return this.#completed(said);
      case 'source': {
        const cancelled = said === undefined ? this.#aborted : /cancel/i.test(said);
        return this.#end({
          phase: cancelled ? 'cancelled' : 'failed',
          message: said ?? UNWATCHED,
          on: source.node,
        });
      }
      case 'broken':
        return this.#end({
          phase: 'failed',
          message: said ?? 'post-copy broke while nobody watched',
          broken: true,
        });
      case 'gone':
        return this.#end({
          phase: 'failed',
          message: said ?? 'the guest was shut down or ended while it was migrated: it runs on neither node',
        });
    }
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
