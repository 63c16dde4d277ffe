import { FleetError } from '../../fleet/types';
import { ABILITIES, refuseOptions } from '../abilities';
import type {
  Action,
  ComputeService,
  ComputeServices,
  Driver,
  Instance,
  MigrationRequest,
  RunningMigration,
  Site,
} from '../driver';
import { readLogs } from '../nova/logs';
import { HostNames } from '../nova/names';
import { isEnd } from '../types';
import type { Dialect, Server, Service } from './commands';
import { Controller } from './controller';
import { Endings } from './ending';
import { describeResource } from './grizzly';
import { instanceOf, isMigrating } from './instance';
import { Kept } from './kept';
import { NovaCliMigration, phaseOf, type Keeper } from './migration';
import { Watcher } from './watcher';

/** What nova's services are is asked for again after so long. */
const SERVICES_MS = 60_000;
/** Sizes of flavors hardly change. */
const FLAVORS_MS = 600_000;
/** Each node that is read asks what runs: one answer serves all who ask within it. */
const ROWS_MS = 3000;
const ROWS = 200;

/** Nova, asked by the commands on a controller: for clouds whose API is out of reach, and for those of the first years. */
export class NovaCliDriver implements Driver {
  readonly name = 'nova-cli';
  readonly can = ABILITIES['nova-cli'];
  readonly services: ComputeServices;
  readonly #controller: Controller;
  readonly #watcher: Watcher;
  readonly #endings: Endings;
  readonly #keeper: Keeper;
  readonly #kept = new Kept();
  /** Names of servers, as the last list had them. */
  readonly #called = new Map<string, string>();
  readonly #names: HostNames;

  constructor(private readonly site: Site) {
    this.#names = new HostNames(site);
    this.#controller = new Controller(site);
    this.#endings = new Endings(this.#controller, (host) => this.#nodeOf(host));
    this.#watcher = new Watcher(this.#controller, (migration, status) => void this.#endings.tell(migration, status));
    this.#keeper = {
      nodeOf: (host) => this.#nodeOf(host),
      leave: (migration) => this.#watcher.leave(migration),
      steer: (migration, action) => this.#steer(migration, action),
    };
    this.services = {
      list: async () => (await this.#services(true)).map((service) => this.#viewOf(service)),
      disable: (node, reason, signal) => this.#switch(node, (d, service) => d.disable(service, reason), signal),
      enable: (node, signal) => this.#switch(node, (d, service) => d.enable(service), signal),
    };
  }

  async instances(signal: AbortSignal, node?: string): Promise<readonly Instance[]> {
    const dialect = await this.#controller.dialect();
    const services = node !== undefined || !dialect.records ? await this.#services() : [];
    const mine = services.filter(({ host }) => node === undefined || this.#nodeOf(host) === node);
    // Without a host the lists of the first years do not tell where a server is.
    const hosts = node === undefined && dialect.records ? [undefined] : mine.map(({ host }) => host);
    const [lists, flavors] = await Promise.all([
      Promise.all(hosts.map((host) => this.#controller.ask((d) => d.servers(host), signal))),
      this.#flavors(dialect),
    ]);
    return lists.flat().map((server): Instance => {
      this.#called.set(server.id, server.name);
      return { ...instanceOf(server, (host) => this.#nodeOf(host)), ...flavors?.get(server.flavor ?? '') };
    });
  }

  async migrate(request: MigrationRequest, signal: AbortSignal): Promise<RunningMigration> {
    const { uuid, source, destination, options } = request;
    refuseOptions(this.can, options);
    const { records } = await this.#controller.dialect();
    const [server, rows, to] = await Promise.all([
      this.#controller.ask((d) => d.server(uuid), signal),
      records ? this.#controller.ask((d) => d.records!.migrations(ROWS), signal) : [],
      destination === undefined ? undefined : this.#serviceOf(destination),
    ]);
    const on = server.host === undefined ? source : this.#nodeOf(server.host);
    if (on !== source) throw new FleetError('refused', `${server.name} is not on ${source} any more, but on ${on}`);
    if (isMigrating(server))
      throw new FleetError('refused', `${server.name} is being migrated already: watch that migration`);
    const mine = rows.filter((row) => row.server === uuid).map(({ id }) => id);
    await this.#controller.ask((d) => d.migrate(uuid, to?.host, options), signal);
    return this.#watch(server, source, destination, Math.max(0, ...mine), records);
  }

  async running(signal: AbortSignal, watched: ReadonlySet<string>): Promise<readonly RunningMigration[]> {
    const { records } = await this.#controller.dialect();
    if (!records) {
      const all = await this.instances(signal);
      return all
        .filter(({ uuid, migrating }) => migrating && !watched.has(uuid))
        .map(({ uuid, name, node }) => this.#watch({ id: uuid, name }, node, undefined, 0, undefined));
    }
    const rows = await this.#kept.of('rows', ROWS_MS, () => this.#controller.ask((d) => d.records!.migrations(ROWS)));
    const found = rows.filter((row) => !isEnd(phaseOf(row.status)) && !watched.has(row.server));
    const names = await Promise.all(found.map(({ server }) => this.#nameOf(server, signal)));
    return found.map((row, i) => {
      const source = row.source === undefined ? '' : this.#nodeOf(row.source);
      const migration = this.#watch({ id: row.server, name: names[i]! }, source, undefined, row.id - 1, records);
      migration.recorded(row);
      return migration;
    });
  }

  async reasons(migration: RunningMigration, _: number, signal: AbortSignal): Promise<readonly string[]> {
    const { request, lines } = this.#endings.why(migration);
    const { records } = await this.#controller.dialect();
    const ends = [migration.source, ...(migration.destination === undefined ? [] : [migration.destination])];
    if (records && request !== undefined)
      return [...(await Promise.all(ends.map((node) => readLogs(this.site, node, request, signal)))).flat(), ...lines];
    if (records || migration.destination === undefined) return lines;
    // All that could be asked for then: how much the destination has, and has given away.
    const { host } = await this.#serviceOf(migration.destination);
    const { total, used } = await this.#controller.ask(() => describeResource(host), signal);
    return [
      ...lines,
      `${host}: ${used.vcpus} of ${total.vcpus} CPUs, ${used.memory} of ${total.memory} MiB, ${used.disk} of ${total.disk} GiB are given away`,
    ];
  }

  #watch(
    { id, name }: Pick<Server, 'id' | 'name'>,
    source: string,
    destination: string | undefined,
    after: number,
    records: Dialect['records'],
  ): NovaCliMigration {
    const can = { steered: records !== undefined, abortsQueued: records?.abortsQueued === true };
    const migration = new NovaCliMigration({ uuid: id, name, source, destination, after, ...can }, this.#keeper);
    this.#watcher.watch(migration);
    return migration;
  }

  async #steer({ uuid, record, begun }: NovaCliMigration, action: Action): Promise<void> {
    if (!begun.steered) throw new FleetError('refused', 'nova of that time lets nobody steer a migration');
    if (!record) throw new FleetError('refused', 'nova has not taken it up yet: try again in a moment');
    await this.#controller.ask(({ records }) =>
      action === 'abort' ? records!.abort(uuid, record.id) : records!.forceComplete(uuid, record.id),
    );
  }

  /** The list tells no sizes: they are the flavors', and nobody waits in vain for them. */
  async #flavors(dialect: Dialect): Promise<ReadonlyMap<string, { memory: number; vcpus: number }> | undefined> {
    if (!dialect.flavors) return undefined;
    return this.#kept.of('flavors', FLAVORS_MS, () => this.#controller.ask((d) => d.flavors!())).catch(() => undefined);
  }

  async #nameOf(uuid: string, signal: AbortSignal): Promise<string> {
    const known = this.#called.get(uuid);
    if (known !== undefined) return known;
    const { name } = await this.#controller.ask((d) => d.server(uuid), signal);
    this.#called.set(uuid, name);
    return name;
  }

  async #switch(
    node: string,
    call: (dialect: Dialect, service: Service) => ReturnType<Dialect['enable']>,
    signal: AbortSignal,
  ): Promise<void> {
    const service = await this.#serviceOf(node);
    await this.#controller.ask((dialect) => call(dialect, service), signal);
    this.#kept.forget('services');
  }

  async #serviceOf(node: string): Promise<Service> {
    const find = (all: readonly Service[]) => all.find(({ host }) => this.#nodeOf(host) === node);
    const known = find(await this.#services());
    if (known) return known;
    const all = await this.#services(true);
    const found = find(all);
    if (found) return found;
    const names = all.map(({ host }) => host).slice(0, 12);
    throw new FleetError(
      'not-found',
      `nova has no compute service on ${node}: it knows ${names.length === 0 ? 'none at all' : names.join(', ')}`,
    );
  }

  #services(anew = false): Promise<readonly Service[]> {
    if (anew) this.#kept.forget('services');
    return this.#kept.of('services', SERVICES_MS, () => this.#controller.ask((d) => d.services()));
  }

  #nodeOf(host: string): string {
    return this.#names.nodeOf(host);
  }

  #viewOf({ host, enabled, up, reason }: Service): ComputeService {
    return { node: this.#nodeOf(host), enabled, up, ...(reason !== undefined && { reason }) };
  }
}
