import { FleetError, type Snapshot } from '../../fleet/types';
import type { InstanceFacts } from '../../model/instance';
import { ABILITIES } from '../abilities';
import type { Action, Driver, Instance, MigrationRequest, RunningMigration, Site } from '../driver';
import type { Movable, Outcome, Progress } from '../types';
import { logged } from './logs';
import { isMigrating, tryLook } from './look';
import { LibvirtMigration } from './migration';
import { wayTo } from './way';

/** Nobody reads a node twice to learn who manages its guests, and then which there are. */
const JUST_READ_MS = 2000;

/** Plain libvirt: `virsh` on the nodes, which migrates from peer to peer. */
export class LibvirtDriver implements Driver {
  readonly name = 'libvirt';
  readonly can = ABILITIES.libvirt;

  constructor(private readonly site: Site) {}

  async instances(signal: AbortSignal, node?: string): Promise<readonly Instance[]> {
    const nodes = node === undefined ? this.site.nodes : [node];
    const read = await Promise.all(nodes.map((name) => this.site.snapshot(name, signal, JUST_READ_MS)));
    return read.flatMap(({ node: on, facts }) => (facts.instances ?? []).map((one) => instanceOf(one, on)));
  }

  async migrate(
    { uuid, source, destination, options }: MigrationRequest,
    signal: AbortSignal,
  ): Promise<RunningMigration> {
    if (destination === undefined)
      throw new FleetError('refused', 'libvirt has no scheduler: name the node that the instance is to move to');
    const { site } = this;
    const read = (node: string, age?: number) => site.snapshot(node, signal, age);
    const find = ({ facts }: Snapshot) => facts.instances?.find((i) => i.uuid === uuid);
    let snapshots = await Promise.all([read(source), read(destination)]);
    // It may have been started since.
    if (!find(snapshots[0])) snapshots = [await read(source, 0), snapshots[1]];
    const instance = find(snapshots[0]);
    if (!instance) throw new FleetError('not-found', `${source}: there is no such instance any more: refresh the node`);
    const cluster = site.model(snapshots, true);
    const way = wayTo(
      cluster,
      cluster.hosts.find((h) => h.name === destination)!,
    );
    const ends = { source: site.end(source), destination: site.end(destination) };
    return this.follow(await LibvirtMigration.start({ instance, ...ends, way, options }), instance);
  }

  /** One that was begun by other ways than `wayTo`. */
  follow(
    { migration, outcome }: { readonly migration: LibvirtMigration; readonly outcome: Promise<Outcome> },
    instance: Movable & Pick<InstanceFacts, 'title'>,
  ): RunningMigration {
    return new Watched(migration, outcome, instance, migration.request.options.postCopy === true);
  }

  /** Of those that two nodes have at once, as they were read: whose job it is says the source now. */
  async running(_: AbortSignal, watched: ReadonlySet<string>): Promise<readonly RunningMigration[]> {
    const { site } = this;
    const pairs = site.known().flatMap((at) =>
      (at.facts.instances ?? []).flatMap((instance) => {
        if (watched.has(instance.uuid) || !isActive(instance)) return [];
        const others = site.known().filter((other) => other.node !== at.node && has(other, instance.uuid));
        return others.map((other) => ({ instance, source: site.end(at.node), destination: site.end(other.node) }));
      }),
    );
    const found = pairs.map(async (pair): Promise<readonly RunningMigration[]> => {
      const seen = await tryLook(pair.source, pair.instance);
      if (!seen || !isMigrating(seen) || seen.info?.operation === 'incoming') return [];
      const { migration, outcome } = LibvirtMigration.watch(pair, seen);
      return [new Watched(migration, outcome, pair.instance, true)];
    });
    return (await Promise.all(found)).flat();
  }

  async reasons(migration: RunningMigration, since: number, signal: AbortSignal): Promise<readonly string[]> {
    const { site } = this;
    const nodes = [migration.source, migration.destination].filter((n) => n !== undefined);
    const known = new Map(site.known().map((s) => [s.node, s]));
    // Libvirt's name, which the log of its QEMU has, may not be that which people know.
    const name = [...known.values()]
      .flatMap(({ facts }) => facts.instances ?? [])
      .find((i) => i.uuid === migration.uuid)?.name;
    const cluster = site.model([...known.values()], true);
    const read = nodes.map(async (node): Promise<readonly string[]> => {
      const snapshot = known.get(node);
      return snapshot ? logged(site.end(node), cluster, snapshot, name ?? migration.name, since, signal) : [];
    });
    return (await Promise.all(read)).flat();
  }
}

/** A migration of it may be under way: one of its two ends stands still, or says so. */
function isActive({ state, migrating }: InstanceFacts): boolean {
  return state === 'paused' || (state === 'running' && migrating === true);
}

function has({ facts }: Snapshot, uuid: string): boolean {
  return facts.instances?.some((i) => i.uuid === uuid && (i.state === 'running' || i.state === 'paused')) === true;
}

function instanceOf(facts: InstanceFacts, node: string): Instance {
  const { uuid, name, title, state, memory, vcpus, migrating } = facts;
  return {
    ...{ uuid, name: title ?? name, node, state, migrating: migrating === true },
    ...(memory !== undefined && { memory }),
    ...(vcpus !== undefined && { vcpus }),
  };
}

class Watched implements RunningMigration {
  readonly uuid: string;
  readonly name: string;
  readonly outcome: Promise<Outcome>;

  constructor(
    private readonly migration: LibvirtMigration,
    outcome: Promise<Outcome>,
    instance: Movable & Pick<InstanceFacts, 'title'>,
    private readonly postCopy: boolean,
  ) {
    this.uuid = instance.uuid;
    this.name = instance.title ?? instance.name;
    this.outcome = outcome.catch((error: unknown): Outcome => ({
      phase: 'failed',
      message: error instanceof Error ? error.message : String(error),
    }));
  }

  get source(): string {
    return this.migration.request.source.node;
  }

  get destination(): string {
    return this.migration.request.destination.node;
  }

  get progress(): Progress {
    return this.migration.progress;
  }

  get actions(): readonly Action[] {
    switch (this.progress.phase) {
      case 'starting':
      case 'memory':
        return this.postCopy ? ['abort', 'suspend', 'post-copy'] : ['abort', 'suspend'];
      default:
        return [];
    }
  }

  onProgress(listener: (progress: Progress) => void): () => void {
    return this.migration.onProgress(listener);
  }

  async steer(action: Action): Promise<void> {
    switch (action) {
      case 'abort':
        return this.migration.abort();
      case 'post-copy':
        return this.migration.switchToPostCopy();
      case 'suspend':
        return this.migration.suspend();
      case 'force-complete':
        throw new FleetError('refused', 'libvirt knows post-copy and suspending the guest; forcing it is nova’s');
    }
  }

  setBandwidth(limit: number): Promise<void> {
    return this.migration.setBandwidth(limit);
  }

  setDowntime(downtime: number): Promise<void> {
    return this.migration.setDowntime(downtime);
  }

  leave(): void {
    this.migration.leave();
  }
}
