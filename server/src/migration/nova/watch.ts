import { FleetError } from '../../fleet/types';
import type { Site } from '../driver';
import type { Outcome } from '../types';
import { innermost, saidBy, type Event, type Migration, type Server } from './answers';
import type { ComputeApi } from './api';
import * as compute from './compute';
import { isOver, type NovaMigration } from './migration';
import type { HostNames } from './names';

/** Between two looks, ms: at one migration, at very many, and where nobody answers. */
const LOOK_MS = 1000;
const SLOWEST_MS = 5000;
/** So many more are watched for each look a second later. */
const FEW = 8;
/** From so many on one list tells of all. */
const MANY = 3;
/** Whose amounts are asked for in one look; by default nova runs one of a source at a time. */
const AMOUNTS = 8;
/** A request that nova took leaves its record in a second or two; then it is believed that there was none, ms. */
const RECORD_MS = 20_000;
/** Nova's clock need not be ours; nor are its times finer than a second. */
const SLACK_MS = 5000;
/** What is told of the end may come a little before it: so often is the server asked again. */
const SETTLING = 5;

/** Looks after all migrations that are watched, as long as there are any: nova's database is the only one that knows. */
export class Watch {
  readonly #watched = new Set<NovaMigration>();
  #poke: (() => void) | undefined;
  #running = false;
  #turn = 0;

  constructor(
    private readonly api: ComputeApi,
    private readonly names: HostNames,
    private readonly site: Site,
  ) {}

  add(migration: NovaMigration): void {
    this.#watched.add(migration);
    if (!this.#running) void this.#loop();
  }

  leave(migration: NovaMigration): void {
    this.#watched.delete(migration);
    this.look();
  }

  /** Looks now, and not only in a second. */
  look(): void {
    this.#poke?.();
  }

  async #loop(): Promise<void> {
    this.#running = true;
    for (let lost = 0; this.#watched.size > 0;) {
      try {
        await this.#look(AbortSignal.timeout(60_000));
        lost = 0;
      } catch (error) {
        if (lost++ === 0)
          this.site.log(`nova: ${error instanceof FleetError ? error.message : String((error as Error).stack)}`);
        for (const migration of this.#watched) migration.lose();
      }
      if (this.#watched.size === 0) break;
      const pause = LOOK_MS * Math.ceil(Math.max(lost, this.#watched.size / FEW));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(pause, SLOWEST_MS));
        this.#poke = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#poke = undefined;
    }
    this.#running = false;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const all = [...this.#watched];
    const rows = await this.#rows(all, signal);
    const amounts = await this.#amounts(all, rows, signal);
    for (const migration of all) {
      if (!this.#watched.has(migration)) continue;
      const row = amounts.get(migration) ?? rows.get(migration);
      if (row) migration.take(row, row.destination && this.names.nodeOf(row.destination));
      const end = row
        ? isOver(row) && (await this.#end(migration, row, signal))
        : await this.#missing(migration, signal);
      if (!end) continue;
      this.#watched.delete(migration);
      migration.end(end);
    }
  }

  /** What nova says of each; those of which it says nothing new are left out. */
  async #rows(all: readonly NovaMigration[], signal: AbortSignal): Promise<Map<NovaMigration, Migration>> {
    const minor = await this.api.minor(signal);
    const found = new Map<NovaMigration, Migration>();
    const known = all.filter((m) => m.row !== undefined);
    const together = minor >= 59 && known.length >= MANY ? known : [];
    if (together.length > 0) {
      const oldest = Math.min(...together.map(({ row }) => row!.updated ?? row!.created ?? 0));
      const since = new Date(oldest - SLACK_MS).toISOString();
      const list = await this.api.all(
        (marker, n) => compute.migrations({ since, marker }, n),
        ({ uuid }) => uuid,
        signal,
      );
      const byId = new Map(list.map((row) => [row.id, row]));
      for (const m of together) found.set(m, byId.get(m.row!.id) ?? m.row!);
    }
    for (const m of all.filter((one) => !together.includes(one))) {
      const { value } = await this.api.ask((n) => compute.migrations({ server: m.uuid, limit: 20 }, n), signal);
      const own = value.rows.filter(({ id }) => (m.row ? id === m.row.id : id > m.begun.before));
      // The first one after the request is its own: nova takes no second one meanwhile.
      const row = own.sort((a, b) => a.id - b.id)[0];
      if (row) found.set(m, row);
    }
    return found;
  }

  async #amounts(
    all: readonly NovaMigration[],
    rows: ReadonlyMap<NovaMigration, Migration>,
    signal: AbortSignal,
  ): Promise<Map<NovaMigration, Migration>> {
    const found = new Map<NovaMigration, Migration>();
    if ((await this.api.minor(signal)) < 23) return found;
    const running = all.filter((m) => rows.get(m)?.status.startsWith('running'));
    const from = running.length > AMOUNTS ? (this.#turn = (this.#turn + AMOUNTS) % running.length) : 0;
    for (const m of [...running.slice(from), ...running.slice(0, from)].slice(0, AMOUNTS)) {
      const { value } = await this.api.ask(compute.progress(m.uuid), signal);
      const row = value.find(({ id }) => id === rows.get(m)!.id);
      if (row) found.set(m, row);
    }
    return found;
  }

  /** No record yet. @returns its end, where there will be none */
  async #missing(migration: NovaMigration, signal: AbortSignal): Promise<Outcome | undefined> {
    const { begun } = migration;
    if (Date.now() - begun.began < RECORD_MS) return undefined;
    const server = await this.#server(migration, signal);
    if (server === undefined) return { phase: 'failed', message: `${migration.name} is gone: somebody deleted it` };
    if (server.task !== null) return undefined;
    const said = begun.unanswered
      ? 'the request was not answered, and nova knows nothing of it: nothing was begun'
      : await this.#why(migration, server, signal);
    return { phase: 'failed', message: said, ...this.#on(server) };
  }

  async #end(migration: NovaMigration, row: Migration, signal: AbortSignal): Promise<Outcome> {
    let server = await this.#server(migration, signal);
    for (let i = 0; i < SETTLING && server?.task === 'migrating'; i++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      server = await this.#server(migration, signal);
    }
    if (!server) return { phase: 'failed', message: `${migration.name} is gone: somebody deleted it` };
    const on = this.#on(server);
    if (row.status === 'completed') return { phase: 'completed', ...on };
    if (row.status === 'cancelled') return { phase: 'cancelled', message: 'it was cancelled', ...on };
    return { phase: 'failed', message: await this.#why(migration, server, signal), ...on };
  }

  #on({ host }: Server): Pick<Outcome, 'on'> {
    return host === undefined ? {} : { on: this.names.nodeOf(host) };
  }

  async #server({ uuid }: NovaMigration, signal: AbortSignal): Promise<Server | undefined> {
    try {
      return (await this.api.ask(compute.oneServer(uuid), signal)).value;
    } catch (error) {
      if (error instanceof FleetError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  async #why(migration: NovaMigration, { fault, status }: Server, signal: AbortSignal): Promise<string> {
    const failed = innermost(await eventsOf(this.api, migration, signal)).flatMap((e) => saidBy(e) ?? []);
    const said = failed[0] ?? (status === 'ERROR' ? fault : undefined);
    return (
      said ??
      `nova does not say why: nova-compute.log on ${migration.source} does, in a line with “Live Migration failure”`
    );
  }
}

/** What nova wrote down of a migration; nothing where that cannot be had. */
export async function eventsOf(
  api: ComputeApi,
  migration: NovaMigration,
  signal: AbortSignal,
): Promise<readonly Event[]> {
  try {
    const request = await requestOf(api, migration, signal);
    return request === undefined ? [] : (await api.ask(compute.action(migration.uuid, request), signal)).value;
  } catch (error) {
    if (error instanceof FleetError && ['not-found', 'no-permission'].includes(error.code)) return [];
    throw error;
  }
}

/** The request that began it: by its answer, else the newest one at its time. */
export async function requestOf(
  api: ComputeApi,
  { uuid, begun, row }: NovaMigration,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (begun.request !== undefined) return begun.request;
  const { value } = await api.ask(compute.actions(uuid), signal);
  const created = row?.created;
  const own = value.filter(
    ({ name, started }) =>
      name === 'live-migration' && (created === undefined || started === undefined || started <= created + SLACK_MS),
  );
  return own.sort((a, b) => (b.started ?? 0) - (a.started ?? 0))[0]?.request;
}
