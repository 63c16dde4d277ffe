import { randomUUID } from 'node:crypto';
import type { MigrateParams, MigrationView, SteerParams } from '../../fleet-protocol';
import { lint } from '../../lint';
import { causesAmong, explain } from '../../migration/explain';
import { LibvirtMigration, type End } from '../../migration/libvirt/migration';
import { wayTo } from '../../migration/libvirt/way';
import type { Outcome } from '../../migration/types';
import { RULES } from '../../rules/index';
import { FleetError, type Snapshot } from '../types';
import type { ClusterSession, Fleet } from './fleet';
import { clusterOf } from './refreshed';
import { fresh, reasonOf } from './verdicts';

/** Migrations that ended are told of until there are so many. */
const KEPT = 200;
const FOUND = 8;
/** After so long no reading of a node is under way any more that began before a migration's end. */
const SETTLED_MS = 60_000;

interface Running {
  view: MigrationView;
  readonly migration: LibvirtMigration;
}

/** The migrations of all clusters, as libvirt has them: those that were begun here and those that were found running. */
export class Migrations {
  readonly #all = new Map<string, Running>();
  /** Instances that are just being begun: nobody begins one twice. */
  readonly #beginning = new Set<string>();

  constructor(
    private readonly fleet: Fleet,
    private readonly tell: (view: MigrationView) => void,
  ) {}

  list(): MigrationView[] {
    return [...this.#all.values()].map(({ view }) => view);
  }

  /** @throws FleetError of code `refused` where it is nova's to migrate, or runs already */
  async migrate(params: MigrateParams, signal: AbortSignal): Promise<MigrationView> {
    const { cluster: id, node, uuid, destination, options } = params;
    const session = this.fleet.cluster(id);
    const mark = `${id}\0${uuid}`;
    if (this.#beginning.has(mark) || this.#running(id, uuid))
      throw new FleetError('refused', 'the instance is being migrated already: watch that migration');
    this.#beginning.add(mark);
    try {
      const snapshots = [
        await this.#snapshot(id, node, signal),
        await this.#snapshot(id, destination, signal),
      ] as const;
      const instance = snapshots[0].facts.instances?.find((i) => i.uuid === uuid);
      if (!instance) throw new FleetError('not-found', `${node}: there is no such instance any more: refresh the node`);
      refuseNovas(session, snapshots[0]);
      const cluster = clusterOf(id, session.read, snapshots, true);
      const way = wayTo(
        cluster,
        cluster.hosts.find((h) => h.name === destination)!,
      );
      const request = { instance, source: this.#end(id, node), destination: this.#end(id, destination), way, options };
      const { migration, outcome } = await LibvirtMigration.start(request);
      return this.#follow(session, migration, outcome, {
        ...{ cluster: id, uuid, name: instance.title ?? instance.name, source: node, destination },
        postCopy: options.postCopy === true,
      });
    } finally {
      this.#beginning.delete(mark);
    }
  }

  /** @throws FleetError with libvirt's words */
  async steer({ id, action }: SteerParams): Promise<null> {
    const found = this.#all.get(id);
    if (!found || found.view.outcome) throw new FleetError('not-found', 'that migration is over');
    if (action === 'abort') await found.migration.abort();
    else if (action === 'post-copy') await found.migration.switchToPostCopy();
    else await found.migration.suspend();
    return null;
  }

  /** Watches what runs from or to a node that was just read, whoever began it; where its guest waits is where it goes to. */
  found(id: string, { node, facts }: Snapshot): void {
    const session = this.fleet.cluster(id);
    const waiting = (at: Snapshot | undefined, uuid: string): boolean =>
      at?.facts.instances?.some((i) => i.uuid === uuid && i.state === 'paused') === true;
    const nodes = [...session.nodes.values()].map(({ params, snapshot }) => ({ name: params.node, snapshot }));
    for (const { name: source, snapshot } of nodes)
      for (const instance of source === node ? (facts.instances ?? []) : (snapshot?.facts.instances ?? [])) {
        const { uuid } = instance;
        if (!instance.migrating || instance.state !== 'running' || this.#running(id, uuid)) continue;
        if (this.#beginning.has(`${id}\0${uuid}`) || this.#justEnded(id, uuid, source)) continue;
        const destination = nodes.find(
          ({ name, snapshot: at }) => name !== source && (source === node || name === node) && waiting(at, uuid),
        )?.name;
        if (destination === undefined) continue;
        const { migration, outcome } = LibvirtMigration.watch({
          ...{ instance, source: this.#end(id, source), destination: this.#end(id, destination) },
        });
        this.#follow(session, migration, outcome, {
          ...{ cluster: id, uuid, name: instance.title ?? instance.name, source, destination },
          postCopy: true,
        });
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

  #follow(
    session: ClusterSession,
    migration: LibvirtMigration,
    outcome: Promise<Outcome>,
    about: Pick<MigrationView, 'cluster' | 'uuid' | 'name' | 'source' | 'destination' | 'postCopy'>,
  ): MigrationView {
    const id = randomUUID();
    const running: Running = { view: { id, ...about, began: Date.now(), progress: migration.progress }, migration };
    this.#all.set(id, running);
    for (const [old, { view }] of this.#all) if (this.#all.size > KEPT && view.outcome) this.#all.delete(old);
    const change = (view: Partial<MigrationView>): void => {
      running.view = { ...running.view, ...view };
      this.tell(running.view);
    };
    migration.onProgress((progress) => {
      // The end is told with its reason.
      if (!['completed', 'failed', 'cancelled'].includes(progress.phase)) change({ progress });
    });
    void outcome
      .catch((error: unknown): Outcome => ({
        phase: 'failed',
        message: error instanceof Error ? error.message : String(error),
      }))
      .then(async (end) => {
        const progress = end.progress ?? { ...migration.progress, phase: end.phase };
        const explanation = end.phase === 'failed' ? await this.#explain(session, running.view, end) : undefined;
        change({ progress, outcome: end, ended: Date.now(), ...(explanation && { explanation }) });
      });
    return running.view;
  }

  /** The cause, from both nodes as they are now: one message may have nine. */
  async #explain(
    session: ClusterSession,
    { source, destination }: MigrationView,
    { message = '' }: Outcome,
  ): Promise<MigrationView['explanation']> {
    const [first] = explain(message, RULES);
    if (!first) return undefined;
    const signal = AbortSignal.timeout(90_000);
    const snapshots = await fresh(this.fleet, session, signal, 0).then(
      (read) => read.snapshots,
      () => [],
    );
    const cluster = clusterOf(session.id, session.read, snapshots, snapshots.length < session.read.nodes.size);
    const findings = lint(cluster).findings.filter(
      ({ host }) => host === undefined || host.name === source || host.name === destination || !host.isCompute,
    );
    return {
      means: first.means,
      found: causesAmong(findings, first).slice(0, FOUND).map(reasonOf),
      causes: first.causes.map(({ text, remedy }) => ({ text, ...(remedy !== undefined && { remedy }) })),
    };
  }

  async #snapshot(cluster: string, name: string, signal: AbortSignal): Promise<Snapshot> {
    const node = this.fleet.node({ cluster, node: name });
    if (!node.snapshot) await node.refresh({ signal });
    if (!node.snapshot) throw new FleetError('unreachable', `${name} could not be read`);
    return node.snapshot;
  }

  #end(cluster: string, name: string): End {
    const node = this.fleet.node({ cluster, node: name });
    return {
      node: name,
      runner: { run: async (argv, options) => (await node.connection()).run(argv, options) },
    };
  }
}

/** Behind nova's back its database would go on naming the old host. */
function refuseNovas({ read }: ClusterSession, { node, facts }: Snapshot): void {
  const driver = read.inventory.driver ?? (facts.started?.['nova-compute'] === undefined ? 'libvirt' : 'nova');
  if (driver === 'libvirt') return;
  throw new FleetError(
    'refused',
    `${node}: nova manages its instances, and would not hear of a migration by libvirt: use \`openstack server migrate --live-migration\`; or write driver = libvirt below [cloud] in livemig.ini where no nova does`,
  );
}
