import { FleetError } from '../../fleet/types';
import { ABILITIES, refuseOptions } from '../abilities';
import type {
  Action,
  ComputeService,
  ComputeServices,
  Driver,
  Instance,
  MigrationRequest,
  NovaRoom,
  RunningMigration,
  Site,
} from '../driver';
import { saidBy, innermost, type Migration, type Server, type Service } from './answers';
import { ComputeApi } from './api';
import * as compute from './compute';
import { readLogs } from './logs';
import { isOver, NovaMigration, type Begun, type Steering } from './migration';
import { HostNames } from './names';
import { roomOf } from './placement';
import { heldIn } from './status';
import { eventsOf, requestOf, Watch } from './watch';

/** From so many on one list of the newest tells of all, where it has pages: from 2.59 on. */
const MANY = 3;
const PAGED = 59;

/** Through nova's Compute API: what runs where, and how it goes on, is what nova says. */
export class NovaDriver implements Driver {
  readonly name = 'nova';
  readonly can = ABILITIES.nova;
  readonly services: ComputeServices;
  readonly #api: ComputeApi;
  readonly #names: HostNames;
  readonly #watch: Watch;
  readonly #steering: Steering;
  #minor = 1;

  constructor(private readonly site: Site) {
    this.#api = new ComputeApi(site);
    this.#names = new HostNames(site);
    this.#watch = new Watch(this.#api, this.#names, site);
    this.#steering = {
      minor: () => this.#minor,
      steer: (migration, action) => this.#steer(migration, action),
      leave: (migration) => this.#watch.leave(migration),
    };
    this.services = {
      list: async (signal) => (await this.#services(signal)).map((one) => this.#serviceOf(one)),
      disable: (node, reason, signal) => this.#setService(node, reason, signal),
      enable: (node, signal) => this.#setService(node, undefined, signal),
    };
  }

  async instances(signal: AbortSignal, node?: string): Promise<readonly Instance[]> {
    const host = node === undefined ? undefined : await this.#hostOf(node, signal);
    const all = await this.#servers({ host }, signal);
    return all.flatMap((server) => (server.host === undefined ? [] : this.#instanceOf(server, server.host)));
  }

  async migrate(request: MigrationRequest, signal: AbortSignal): Promise<RunningMigration> {
    const { uuid, source, destination, options } = request;
    refuseOptions(this.can, options);
    this.#minor = await this.#api.minor(signal);
    const { value: server } = await this.#api.ask(compute.oneServer(uuid), signal);
    const on = server.host && this.#names.nodeOf(server.host);
    if (on !== undefined && on !== source)
      throw new FleetError('refused', `${server.name} is not on ${source} any more: nova has it on ${on}`);
    if (server.task === 'migrating')
      throw new FleetError('refused', `${server.name} is being migrated already: watch that migration`);
    const host = destination === undefined ? undefined : await this.#hostOf(destination, signal);
    const earlier = await this.#api.ask((n) => compute.migrations({ server: uuid, limit: 1 }, n), signal);
    const begun: Begun = {
      ...{ uuid, name: server.name, source, destination, began: Date.now(), request: undefined },
      before: Math.max(0, ...earlier.value.rows.map(({ id }) => id)),
    };
    signal.throwIfAborted();
    // From here on nobody takes it back: once it is sent, what became of it is asked for until it is known.
    const sent = this.#api.ask(
      (n) => compute.migrateLive(uuid, host, options.storage, n),
      new AbortController().signal,
    );
    return this.#follow(
      await sent.then(
        ({ request: id }): Begun => ({ ...begun, request: id }),
        (error: unknown): Begun => {
          if (error instanceof FleetError && error.code === 'lost') return { ...begun, unanswered: true };
          throw refusedBy(error, destination);
        },
      ),
    );
  }

  async running(signal: AbortSignal, watched: ReadonlySet<string>): Promise<readonly RunningMigration[]> {
    // Nobody is asked for a password by what goes on in the background.
    if (!this.#api.quiet) return [];
    this.#minor = await this.#api.minor(signal);
    const moving = await this.#servers({ status: 'MIGRATING' }, signal);
    const found: RunningMigration[] = [];
    const unknown = moving.filter(({ id }) => !watched.has(id));
    const newest = await this.#newest(unknown.length, signal);
    for (const { id: uuid, name, host } of unknown) {
      const row = newest.get(uuid) ?? (await this.#newestOf(uuid, signal));
      const from = row?.source ?? host;
      if (!row || from === undefined) continue;
      const begun = {
        ...{ uuid, name, before: row.id - 1, request: undefined },
        source: this.#names.nodeOf(from),
        destination: row.destination && this.#names.nodeOf(row.destination),
        began: Math.min(Date.now(), row.created ?? Infinity),
      };
      const migration = this.#follow(begun);
      migration.take(row, begun.destination);
      found.push(migration);
    }
    return found;
  }

  /** Of many servers: what one question tells of them, the newest of each that is not over. */
  async #newest(servers: number, signal: AbortSignal): Promise<ReadonlyMap<string, Migration>> {
    const newest = new Map<string, Migration>();
    // Before that there are no pages, and the answer has all that ever were.
    if (servers < MANY || this.#minor < PAGED) return newest;
    const { value } = await this.#api.ask((n) => compute.migrations({}, n), signal);
    for (const row of value.rows)
      if (!isOver(row) && row.id > (newest.get(row.server)?.id ?? 0)) newest.set(row.server, row);
    return newest;
  }

  async #newestOf(server: string, signal: AbortSignal): Promise<Migration | undefined> {
    const { value } = await this.#api.ask((n) => compute.migrations({ server, limit: 20 }, n), signal);
    return value.rows.filter((one) => !isOver(one)).sort((a, b) => b.id - a.id)[0];
  }

  async reasons(migration: RunningMigration, _: number, signal: AbortSignal): Promise<readonly string[]> {
    if (!(migration instanceof NovaMigration)) return [];
    const { uuid, source, destination } = migration;
    const events = await eventsOf(this.#api, migration, signal).catch(() => []);
    const request = await requestOf(this.#api, migration, signal).catch(() => undefined);
    const server = await this.#api.ask(compute.oneServer(uuid), signal).catch(() => undefined);
    const ends = [destination, source].filter((n) => n !== undefined && this.site.nodes.includes(n)) as string[];
    const logs =
      request === undefined ? [] : await Promise.all(ends.map((n) => readLogs(this.site, n, request, signal)));
    // The conductor repeats what the hosts said.
    const said = innermost(events).flatMap((event) => saidBy(event) ?? []);
    return [...logs.flat(), ...(server?.value.fault === undefined ? [] : [server.value.fault]), ...said.reverse()];
  }

  room(signal: AbortSignal): Promise<NovaRoom> {
    return roomOf(this.#api, this.#names, signal);
  }

  #follow(begun: Begun): NovaMigration {
    const migration = new NovaMigration(begun, this.#steering);
    this.#watch.add(migration);
    return migration;
  }

  async #steer({ uuid, name, row, actions }: NovaMigration, action: Action): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    if (action !== 'abort' && action !== 'force-complete')
      throw new FleetError('refused', 'nova knows abort and force-complete; post-copy is its own choice, by nova.conf');
    if (!row || !actions.includes(action))
      throw new FleetError(
        'refused',
        `${name}: nova cannot ${action === 'abort' ? 'abort' : 'force'} a migration that is ${row?.status ?? 'not yet on its list'}`,
      );
    const call = action === 'abort' ? compute.abort(uuid, row.id) : compute.forceComplete(uuid, row.id);
    await this.#api.ask(call, signal);
    this.#watch.look();
  }

  #servers(
    of: { readonly host?: string | undefined; readonly status?: string },
    signal: AbortSignal,
  ): Promise<Server[]> {
    return this.#api.all(
      (marker) => compute.servers({ ...of, marker }),
      ({ id }) => id,
      signal,
    );
  }

  async #services(signal: AbortSignal): Promise<readonly Service[]> {
    return (await this.#api.ask(compute.services, signal)).value;
  }

  async #hostOf(node: string, signal: AbortSignal): Promise<string> {
    return this.#names.hostOf(
      node,
      (await this.#services(signal)).map(({ host }) => host),
    );
  }

  #serviceOf({ host, enabled, up, reason }: Service): ComputeService {
    return { node: this.#names.nodeOf(host), enabled, up, ...(reason !== undefined && { reason }) };
  }

  async #setService(node: string, reason: string | undefined, signal: AbortSignal): Promise<void> {
    const services = await this.#services(signal);
    const host = this.#names.hostOf(
      node,
      services.map((s) => s.host),
    );
    const own = services.find((s) => s.host === host)!;
    await this.#api.ask((minor) => compute.setService(own, reason, minor), signal);
  }

  #instanceOf({ id: uuid, name, status, power, task, memory, vcpus }: Server, host: string): Instance {
    return {
      ...{ uuid, name, node: this.#names.nodeOf(host), state: STATES[power ?? 0] ?? 'no state' },
      migrating: task === 'migrating',
      ...heldIn(status),
      ...(memory !== undefined && { memory }),
      ...(vcpus !== undefined && { vcpus }),
    };
  }
}

/** Nova's numbers are libvirt's states. */
const STATES: Readonly<Record<number, string>> = {
  0: 'no state',
  1: 'running',
  3: 'paused',
  4: 'shut off',
  6: 'crashed',
  7: 'pmsuspended',
};

function refusedBy(error: unknown, destination: string | undefined): unknown {
  if (!(error instanceof FleetError) || error.code !== 'no-permission' || destination === undefined) return error;
  return new FleetError(
    error.code,
    `${error.message}; to name a host takes an administrator since 2025.2: leave the destination to nova’s scheduler`,
    error.detail,
  );
}
