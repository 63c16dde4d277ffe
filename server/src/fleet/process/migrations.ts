import { randomUUID } from 'node:crypto';
import type { MigrateParams, MigrationView, SteerParams } from '../../fleet-protocol';
import { lint } from '../../lint';
import { driverName, driverOf } from '../../migration/choose';
import type { Driver, RunningMigration } from '../../migration/driver';
import { whyFailed } from '../../migration/explain';
import { runsGuests } from '../../migration/preflight';
import type { Outcome } from '../../migration/types';
import { RULES } from '../../rules/index';
import { FleetError } from '../types';
import type { Fleet } from './fleet';
import type { Asker } from './prompts';
import { clusterOf } from './refreshed';
import { Samples } from './samples';
import { siteOf } from './site';
import { fresh, reasonOf } from './verdicts';

/** Migrations that ended are told of until there are so many. */
const KEPT = 200;
const FOUND = 8;
/** After so long no reading of a node is under way any more that began before a migration's end. */
const SETTLED_MS = 60_000;

interface Running {
  view: MigrationView;
  readonly migration: RunningMigration;
}

/** The migrations of all clusters, as their drivers tell them: those that were begun here and those that were found running. */
export class Migrations {
  readonly samples = new Samples();
  readonly #all = new Map<string, Running>();
  /** Instances that are just being begun: nobody begins one twice. */
  readonly #beginning = new Set<string>();
  readonly #drivers = new Map<string, Driver>();

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
    try {
      // Who runs its instances is known of a node that was read.
      await siteOf(this.fleet, this.asker, cluster).snapshot(node, signal);
      const driver = this.driver(cluster);
      const migration = await driver.migrate({ uuid, source: node, destination, options }, signal);
      return this.#follow(cluster, driver, migration);
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
    this.#look(cluster).catch((error: unknown) => this.fleet.log(`migrations of ${cluster}: ${String(error)}`));
  }

  /**
   * One for each cluster as long as it is launched in the same way.
   * @throws FleetError of code `refused`
   */
  driver(cluster: string): Driver {
    const site = siteOf(this.fleet, this.asker, cluster);
    const known = this.#drivers.get(cluster);
    if (known?.name === driverName(site)) return known;
    const driver = driverOf(site);
    this.#drivers.set(cluster, driver);
    return driver;
  }

  async #look(cluster: string): Promise<void> {
    if (driverName(siteOf(this.fleet, this.asker, cluster)) === 'libvirt') await this.find(cluster);
  }

  /** The same, for who waits for it. @throws FleetError when who runs its instances cannot be asked */
  async find(cluster: string): Promise<void> {
    const driver = this.driver(cluster);
    const mine = [...this.#all.values()].filter(({ view }) => view.cluster === cluster && !view.outcome);
    const watched = new Set(mine.map(({ view }) => view.uuid));
    for (const migration of await driver.running(AbortSignal.timeout(60_000), watched)) {
      const { uuid, source } = migration;
      const known = this.#beginning.has(`${cluster}\0${uuid}`) || this.#running(cluster, uuid);
      if (known || this.#justEnded(cluster, uuid, source)) migration.leave();
      else this.#follow(cluster, driver, migration);
    }
  }

  /** What a node told of it may have been read before its end. */
  #justEnded(cluster: string, uuid: string, source: string): boolean {
    return [...this.#all.values()].some(
      ({ view }) =>
        view.cluster === cluster &&
        view.uuid === uuid &&
        view.source === source &&
        view.ended !== undefined &&
        view.ended > Date.now() - SETTLED_MS,
    );
  }

  #running(cluster: string, uuid: string): Running | undefined {
    return [...this.#all.values()].find(({ view }) => view.cluster === cluster && view.uuid === uuid && !view.outcome);
  }

  #follow(cluster: string, driver: Driver, migration: RunningMigration): MigrationView {
    const id = randomUUID();
    const began = Date.now();
    const { uuid, name, source } = migration;
    const now = (): Pick<MigrationView, 'progress' | 'actions' | 'destination'> => ({
      ...{ progress: migration.progress, actions: migration.actions },
      ...(migration.destination !== undefined && { destination: migration.destination }),
    });
    const running: Running = { view: { id, cluster, uuid, name, source, began, ...now() }, migration };
    this.#all.set(id, running);
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
    const stop = migration.onProgress(({ phase }) => {
      // The end is told with its reason.
      if (!['completed', 'failed', 'cancelled'].includes(phase)) change(now());
    });
    void migration.outcome.then(async (end) => {
      stop();
      const progress = end.progress ?? { ...migration.progress, phase: end.phase };
      const explanation =
        end.phase === 'failed' ? await this.#explain(driver, running.view, migration, end) : undefined;
      change({ ...now(), progress, actions: [], outcome: end, ended: Date.now(), ...(explanation && { explanation }) });
    });
    return running.view;
  }

  /** The cause, from both nodes as they are now: one message may have nine. */
  async #explain(
    driver: Driver,
    { cluster: id, source, destination, began }: MigrationView,
    migration: RunningMigration,
    { message = '' }: Outcome,
  ): Promise<MigrationView['explanation']> {
    const signal = AbortSignal.timeout(90_000);
    const reasons = await driver.reasons(migration, began, signal).catch(() => []);
    const session = this.fleet.cluster(id);
    const snapshots = await fresh(this.fleet, session, signal, 0).then(
      (read) => read.snapshots,
      () => [],
    );
    const cluster = clusterOf(id, session.read, snapshots, snapshots.length < session.read.nodes.size);
    const findings = lint(cluster).findings.filter(
      ({ host }) => host === undefined || host.name === source || host.name === destination || !runsGuests(host),
    );
    const why = whyFailed([message, ...reasons], findings, RULES);
    if (!why) return undefined;
    const { means, causes } = why.explanation;
    return {
      means,
      found: why.found.slice(0, FOUND).map(reasonOf),
      causes: causes.map(({ text, remedy }) => ({ text, ...(remedy !== undefined && { remedy }) })),
    };
  }
}
