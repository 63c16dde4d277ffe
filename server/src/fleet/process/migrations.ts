import { randomUUID } from 'node:crypto';
import type { MigrateParams, MigrationView, SteerParams } from '../../fleet-protocol';
import { driverName, driverOf } from '../../migration/choose';
import { Convergence } from '../../migration/convergence';
import type { Driver, RunningMigration } from '../../migration/driver';
import type { Probe } from '../../migration/probe';
import { isEnd, type Outcome } from '../../migration/types';
import { FleetError } from '../types';
import { causesOf } from './causes';
import type { Fleet } from './fleet';
import type { Asker } from './prompts';
import { startProbe, tellProbe } from './probes';
import { Samples } from './samples';
import { siteOf } from './site';
import { reasonOf } from './verdicts';

/** Migrations that ended are told of until there are so many. */
const KEPT = 200;
const FOUND = 8;
/** After so long no reading of a node is under way any more that began before a migration's end. */
const SETTLED_MS = 60_000;
/** As long as one runs, the cloud is asked for others so often; and at most so often when nodes are read, ms. */
const LOOK_MS = 10_000;
const SOONEST_MS = 5_000;

interface Running {
  view: MigrationView;
  readonly migration: RunningMigration;
  readonly probe: Probe | undefined;
}

/** The migrations of all clusters, as their drivers tell them: those that were begun here and those that were found running. */
export class Migrations {
  readonly samples = new Samples();
  readonly #all = new Map<string, Running>();
  /** Instances that are just being begun: nobody begins one twice. */
  readonly #beginning = new Set<string>();
  readonly #drivers = new Map<string, Driver>();
  /** Clusters whose cloud is just being asked, or was a moment ago: when, ms since 1970. */
  readonly #looked = new Map<string, number>();
  readonly #next = new Map<string, NodeJS.Timeout>();
  readonly #complaints = new Map<string, string>();

  constructor(
    private readonly fleet: Fleet,
    private readonly asker: Asker,
    private readonly tell: (view: MigrationView) => void,
  ) {}

  list(): MigrationView[] {
    return [...this.#all.values()].map(({ view }) => view);
  }

  /** @throws FleetError of code `refused` where it is nova's to migrate, or runs already */
  async migrate(params: MigrateParams, signal: AbortSignal): Promise<MigrationView> {
    const { cluster, node, uuid, destination, options } = params;
    const mark = `${cluster}\0${uuid}`;
    if (this.#beginning.has(mark) || this.#running(cluster, uuid))
      throw new FleetError('refused', 'the instance is being migrated already: watch that migration');
    this.#beginning.add(mark);
    // A probe that cannot run tells so, and stops nothing.
    const probe = params.probe && startProbe(this.fleet, cluster, params.probe);
    try {
      this.fleet.allowed();
      const site = siteOf(this.fleet, this.asker, cluster);
      // Who runs its instances, where livemig.ini does not say so, is known of a node that was read.
      const { driver: named } = site.inventory;
      if (named === undefined || this.driver(cluster).can.asksNodes) await site.snapshot(node, signal);
      const driver = this.driver(cluster);
      const migration = await driver.migrate({ uuid, source: node, destination, options }, signal);
      return this.#follow(cluster, driver, migration, probe);
    } catch (error) {
      probe?.stop();
      throw error;
    } finally {
      this.#beginning.delete(mark);
    }
  }

  /** @throws FleetError with libvirt's or nova's words */
  async steer({ id, action }: SteerParams): Promise<null> {
    const found = this.#all.get(id);
    if (!found || found.view.outcome) throw new FleetError('not-found', 'that migration is over');
    await found.migration.steer(action);
    return null;
  }

  /** One that runs or ran, as its driver has it. */
  running(id: string): RunningMigration | undefined {
    return this.#all.get(id)?.migration;
  }

  /** Watches what runs in a cluster, of which a node was just read. */
  look(cluster: string): void {
    this.#look(cluster).then(
      () => this.#complaints.delete(cluster),
      (error: unknown) => {
        // A cloud that cannot be asked is no news each time.
        const complaint = `migrations of ${cluster}: ${error instanceof Error ? error.message : String(error)}`;
        if (this.#complaints.get(cluster) !== complaint) this.fleet.log(complaint);
        this.#complaints.set(cluster, complaint);
      },
    );
  }

  /** Nothing is looked for any more, and no guest is asked. */
  close(): void {
    for (const { probe } of this.#all.values()) probe?.stop();
    for (const timer of this.#next.values()) clearTimeout(timer);
    this.#next.clear();
  }

  /**
   * One for each cluster as long as it is launched in the same way.
   * @throws FleetError of code `refused`
   */
  driver(cluster: string): Driver {
    this.fleet.allowed();
    const site = siteOf(this.fleet, this.asker, cluster);
    const known = this.#drivers.get(cluster);
    if (known?.name === driverName(site)) return known;
    const driver = driverOf(site);
    this.#drivers.set(cluster, driver);
    return driver;
  }

  async #look(cluster: string): Promise<void> {
    if (this.driver(cluster).can.asksNodes || this.#isDue(cluster)) await this.find(cluster);
  }

  /** The same, for who waits for it. @throws FleetError when who runs its instances cannot be asked */
  async find(cluster: string): Promise<void> {
    const driver = this.driver(cluster);
    const { asksNodes } = driver.can;
    const mine = [...this.#all.values()].filter(({ view }) => view.cluster === cluster && !view.outcome);
    const watched = new Set(mine.map(({ view }) => view.uuid));
    for (const migration of await driver.running(AbortSignal.timeout(60_000), watched)) {
      const { uuid, source } = migration;
      const known = this.#beginning.has(`${cluster}\0${uuid}`) || this.#running(cluster, uuid);
      const settled = asksNodes ? SETTLED_MS : LOOK_MS;
      if (known || this.#justEnded(cluster, uuid, source, settled)) {
        migration.leave();
        if (!known && !asksNodes) this.#lookIn(cluster, LOOK_MS);
      } else this.#follow(cluster, driver, migration);
    }
    if (!asksNodes && mine.some(({ view }) => !view.outcome)) this.#lookIn(cluster, LOOK_MS);
  }

  /** A cloud is asked once for all of its nodes, and again later where that was just done. */
  #isDue(cluster: string): boolean {
    const wait = (this.#looked.get(cluster) ?? 0) + SOONEST_MS - Date.now();
    if (wait <= 0) {
      this.#looked.set(cluster, Date.now());
      return true;
    }
    this.#lookIn(cluster, wait);
    return false;
  }

  #lookIn(cluster: string, ms: number): void {
    if (this.#next.has(cluster)) return;
    const timer = setTimeout(() => {
      this.#next.delete(cluster);
      // The cluster may be gone meanwhile.
      this.look(cluster);
    }, ms);
    timer.unref();
    this.#next.set(cluster, timer);
  }

  /** What a node told of it may have been read before its end. */
  #justEnded(cluster: string, uuid: string, source: string, settled: number): boolean {
    return [...this.#all.values()].some(
      ({ view }) =>
        view.cluster === cluster &&
        view.uuid === uuid &&
        view.source === source &&
        view.ended !== undefined &&
        view.ended > Date.now() - settled,
    );
  }

  #running(cluster: string, uuid: string): Running | undefined {
    return [...this.#all.values()].find(({ view }) => view.cluster === cluster && view.uuid === uuid && !view.outcome);
  }

  #follow(cluster: string, driver: Driver, migration: RunningMigration, probe?: Probe): MigrationView {
    const id = randomUUID();
    // By libvirt's clock, so that all who watch it agree.
    const began = Date.now() - (migration.progress.elapsed ?? 0);
    const { uuid, name, source } = migration;
    const now = (): Pick<MigrationView, 'progress' | 'actions' | 'destination'> => ({
      ...{ progress: migration.progress, actions: migration.actions },
      ...(migration.destination !== undefined && { destination: migration.destination }),
    });
    const view = { id, cluster, uuid, name, source, began, ...now(), ...(probe && { probe: probe.view }) };
    const running: Running = { view, migration, probe };
    this.#all.set(id, running);
    if (!driver.can.asksNodes) this.#lookIn(cluster, LOOK_MS);
    this.samples.add(id, running.view.progress);
    for (const [old, { view }] of this.#all)
      if (this.#all.size > KEPT && view.outcome) {
        this.#all.delete(old);
        this.samples.forget(old);
      }
    const change = (view: Partial<MigrationView>): void => {
      running.view = { ...running.view, ...view };
      this.samples.add(id, running.view.progress);
      this.tell(running.view);
    };
    if (probe) tellProbe(probe, migration.outcome, (seen) => change({ probe: seen }));
    const convergence = new Convergence();
    const stop = migration.onProgress((progress) => {
      const stuck = convergence.take(progress);
      // The end is told with its reason.
      if (!isEnd(progress.phase)) change({ ...now(), stuck });
    });
    void migration.outcome.then(async (end) => {
      stop();
      const progress = end.progress ?? { ...migration.progress, phase: end.phase };
      // The cause takes a while: both nodes are read for it.
      if (end.phase === 'failed') change({ ...now(), progress, actions: [], stuck: false });
      const explanation =
        end.phase === 'failed' ? await this.#explain(driver, running.view, migration, end) : undefined;
      const over = { outcome: end, ended: Date.now(), stuck: false, actions: [] };
      change({ ...now(), progress, ...over, ...(explanation && { explanation }) });
    });
    return running.view;
  }

  /** The cause, from both nodes as they are now: one message may have nine. */
  async #explain(
    driver: Driver,
    { cluster: id, began, ...view }: MigrationView,
    migration: RunningMigration,
    { message = '' }: Outcome,
  ): Promise<MigrationView['explanation']> {
    const signal = AbortSignal.timeout(90_000);
    const reasons = await driver.reasons(migration, began, signal).catch(() => []);
    const why = await causesOf(this.fleet, this.fleet.cluster(id), view, [message, ...reasons], signal);
    if (!why) return undefined;
    const { means, causes } = why.explanation;
    return {
      means,
      found: why.found.slice(0, FOUND).map(reasonOf),
      causes: causes.map(({ text, remedy }) => ({ text, ...(remedy !== undefined && { remedy }) })),
    };
  }
}
