/** What the Compute API answers, of it what is needed. What is missing or of another kind is undefined, and no error. */

export interface Versions {
  /** N of 2.N. API v2, without microversions, has 1 for both. */
  readonly oldest: number;
  readonly newest: number;
  /** Path of API v2.1 where the answer is a list of all. */
  readonly path: string | undefined;
}

export interface Server {
  readonly id: string;
  readonly name: string;
  /** `ACTIVE`, `MIGRATING` … */
  readonly status: string;
  /** Null: none. */
  readonly task: string | null;
  /** Numbers of nova's: 1 runs, 3 paused, 4 shut down … */
  readonly power: number | undefined;
  /** Nova's name; only administrators are told. */
  readonly host: string | undefined;
  /** MiB; from 2.47 on. */
  readonly memory: number | undefined;
  readonly vcpus: number | undefined;
  /** What the last error was. */
  readonly fault: string | undefined;
}

export interface Migration {
  readonly id: number;
  /** From 2.59 on. */
  readonly uuid: string | undefined;
  readonly server: string;
  /** `accepted`, `queued`, `preparing`, `running`, `running (post-copy)`, `completed`, `failed`, `error`, `cancelled`. */
  readonly status: string;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  /** ms since 1970, by nova's clock. */
  readonly created: number | undefined;
  readonly updated: number | undefined;
  readonly memory: Amounts | undefined;
  readonly disk: Amounts | undefined;
}

interface Amounts {
  readonly total: number;
  readonly processed: number;
  readonly remaining: number;
}

export interface Action {
  readonly name: string;
  readonly request: string;
  /** ms since 1970, by nova's clock. */
  readonly started: number | undefined;
}

export interface Event {
  /** `compute_pre_live_migration`. */
  readonly name: string;
  readonly failed: boolean;
  readonly host: string | undefined;
  /** From 2.84 on. */
  readonly details: string | undefined;
  readonly traceback: string | undefined;
  readonly started: number | undefined;
}

export interface Service {
  readonly id: string;
  readonly host: string;
  readonly enabled: boolean;
  readonly up: boolean;
  readonly reason: string | undefined;
}

/** A part of a list. */
export interface Page<T> {
  readonly rows: readonly T[];
  /** There are more after the last one. */
  readonly more: boolean;
}

type Raw = Readonly<Record<string, unknown>>;

function raw(value: unknown): Raw {
  return typeof value === 'object' && value !== null ? (value as Raw) : {};
}

function rows<T>(answer: unknown, key: string, read: (row: Raw) => T | undefined): T[] {
  const list = raw(answer)[key];
  return (Array.isArray(list) ? list : []).flatMap((row) => read(raw(row)) ?? []);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Nova's times are UTC, with and without saying so. */
function time(value: unknown): number | undefined {
  const said = text(value);
  const at = Date.parse(said === undefined || /Z$|[+-]\d\d:\d\d$/.test(said) ? (said ?? '') : `${said}Z`);
  return Number.isNaN(at) ? undefined : at;
}

export function versions(answer: unknown): Versions {
  const minor = (value: unknown): number => Number(/^2\.(\d+)$/.exec(text(value) ?? '')?.[1] ?? 1);
  const all = rows(answer, 'versions', (row) => row);
  const one = all.find((v) => v.id === 'v2.1') ?? raw(raw(answer).version);
  return {
    oldest: minor(one.min_version),
    newest: minor(one.version),
    path: all.length === 0 ? undefined : one.id === 'v2.1' ? '/v2.1' : '/v2',
  };
}

function page<T>(answer: unknown, key: string, read: (row: Raw) => T | undefined): Page<T> {
  const links = rows(answer, `${key}_links`, (row) => text(row.rel));
  return { rows: rows(answer, key, read), more: links.includes('next') };
}

export function servers(answer: unknown): Page<Server> {
  return page(answer, 'servers', server);
}

export function oneServer(answer: unknown): Server {
  return server(raw(raw(answer).server));
}

function server(row: Raw): Server {
  const flavor = raw(row.flavor);
  const id = text(row.id) ?? '';
  return {
    id,
    name: text(row.name) ?? id,
    status: text(row.status) ?? 'UNKNOWN',
    task: text(row['OS-EXT-STS:task_state']) ?? null,
    power: count(row['OS-EXT-STS:power_state']),
    host: text(row['OS-EXT-SRV-ATTR:host']),
    memory: count(flavor.ram),
    vcpus: count(flavor.vcpus),
    fault: text(raw(row.fault).message),
  };
}

/** @returns live ones only, where the answer says of which kind they are */
export function migrations(answer: unknown): Page<Migration> {
  return page(answer, 'migrations', (row) => {
    const id = count(row.id);
    const kind = text(row.migration_type);
    if (id === undefined || (kind !== undefined && kind !== 'live-migration')) return undefined;
    return {
      id,
      uuid: text(row.uuid),
      server: text(row.instance_uuid) ?? text(row.server_uuid) ?? '',
      status: text(row.status) ?? '',
      source: text(row.source_compute),
      destination: text(row.dest_compute),
      created: time(row.created_at),
      updated: time(row.updated_at),
      memory: amounts(row, 'memory'),
      disk: amounts(row, 'disk'),
    };
  });
}

function amounts(row: Raw, what: string): Amounts | undefined {
  const of = (key: string): number | undefined => count(row[`${what}_${key}_bytes`]);
  const [total, processed, remaining] = [of('total'), of('processed'), of('remaining')];
  // Disks have zeros in many releases, also where they are copied.
  if (total === undefined || total === 0 || processed === undefined || remaining === undefined) return undefined;
  return { total, processed, remaining };
}

export function actions(answer: unknown): Action[] {
  return rows(answer, 'instanceActions', (row) => {
    const [name, request] = [text(row.action), text(row.request_id)];
    return name !== undefined && request !== undefined ? { name, request, started: time(row.start_time) } : undefined;
  });
}

export function events(answer: unknown): Event[] {
  return rows(raw(answer).instanceAction, 'events', (row) => ({
    name: text(row.event) ?? '',
    failed: row.result === 'Error',
    host: text(row.host),
    details: text(row.details),
    traceback: text(row.traceback),
    started: time(row.start_time),
  }));
}

export function services(answer: unknown): Service[] {
  return rows(answer, 'services', (row) => {
    const host = text(row.host);
    if (host === undefined) return undefined;
    return {
      id: text(row.id) ?? String(row.id),
      host,
      enabled: row.status === 'enabled',
      up: row.state === 'up',
      reason: text(row.disabled_reason),
    };
  });
}

/**
 * Events whose failure is not merely what another one's led to, the innermost first: the checks on the hosts before the
 * conductor, which repeats them or says that no host was left.
 */
export function innermost(all: readonly Event[]): Event[] {
  const order = [
    /pre_live_migration|post_live_migration/,
    /check_can_live_migrate_source/,
    /check_can_live_migrate_dest/,
    /^compute_/,
  ];
  const depth = ({ name }: Event): number => {
    const at = order.findIndex((pattern) => pattern.test(name));
    return at < 0 ? order.length : at;
  };
  return all.filter((e) => e.failed).sort((a, b) => depth(a) - depth(b) || (b.started ?? 0) - (a.started ?? 0));
}

/** What an event says went wrong: its details, else the end of its traceback. */
export function saidBy({ details, traceback }: Event): string | undefined {
  // A remote error carries the other side's traceback.
  if (details !== undefined) return details.replace(/\n\s*Traceback \(most recent call last\):[^]*$/, '').trim();
  const lines = (traceback ?? '').split('\n').filter((line) => /^\S/.test(line));
  const last = lines.filter((line) => !line.startsWith('Traceback')).at(-1);
  // `nova.exception.NoValidHost: No valid host was found.`
  return last?.replace(/^[\w.]+:\s+/, '').trim();
}
