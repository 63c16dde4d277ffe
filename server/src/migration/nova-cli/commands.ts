import type { MigrateOptions } from '../types';

/** A command on the controller: its words, and what its answer says. */
export interface Call<T> {
  readonly argv: readonly string[];
  /** As root: `nova-manage` reads nova's database. */
  readonly root?: boolean;
  /** @throws TypeError for what is no answer of it */
  read(stdout: string): T;
}

/** A server of nova, as much as a list tells. */
export interface Server {
  readonly id: string;
  readonly name: string;
  /** `ACTIVE`, `MIGRATING` … */
  readonly status: string;
  readonly task: string | undefined;
  /** `Running` …, or its number. */
  readonly power: string | undefined;
  /** Nova's name of the host; undefined where the list does not say, or who asks may not know. */
  readonly host: string | undefined;
  readonly flavor?: string;
  /** MiB. */
  readonly memory?: number;
  readonly vcpus?: number;
  /** Message of what went wrong with it last. */
  readonly fault?: string;
}

/** A live migration that nova keeps a record of. */
export interface MigrationRecord {
  readonly id: number;
  readonly server: string;
  /** `queued`, `running`, `completed` … */
  readonly status: string;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  /** ms since 1970, by nova's clock. */
  readonly created: number;
  readonly updated: number;
}

/** What one that runs has sent, in bytes. */
export interface MigrationDetail {
  readonly updated: number;
  readonly memory: { readonly total: number; readonly processed: number; readonly remaining: number } | undefined;
  readonly disk: { readonly total: number; readonly processed: number; readonly remaining: number } | undefined;
}

export interface ServerAction {
  readonly request: string;
  readonly action: string;
  /** ms since 1970, by nova's clock. */
  readonly started: number;
}

export interface ServerEvent {
  readonly event: string;
  readonly result: string;
  readonly host: string | undefined;
  /** Why, where it failed. */
  readonly details: string | undefined;
}

export interface Service {
  readonly id: string | undefined;
  readonly host: string;
  readonly enabled: boolean;
  readonly up: boolean;
  readonly reason: string | undefined;
}

/** How one of the programs is asked. Servers are named by id, requests by theirs: no answer becomes an option of a command. */
export interface Dialect {
  readonly name: 'openstack' | 'nova' | 'grizzly';
  /** @param host nova's name; servers of that host alone */
  servers(host?: string): Call<readonly Server[]>;
  server(id: string): Call<Server>;
  /** @param to nova's name of the host; undefined: its scheduler chooses */
  migrate(id: string, to: string | undefined, options: MigrateOptions): Call<undefined>;
  services(): Call<readonly Service[]>;
  disable(service: Service, reason: string): Call<undefined>;
  enable(service: Service): Call<undefined>;
  /** Sizes of flavors by name, where servers do not tell theirs. */
  flavors?(): Call<ReadonlyMap<string, { readonly memory: number; readonly vcpus: number }>>;
  /** Absent in the first years, when nova kept none that could be asked for. */
  readonly records?: Records;
}

export interface Records {
  /** One that waits may be aborted, too. */
  readonly abortsQueued: boolean;
  /** Live migrations of all servers, those that ended too, the newest first. */
  migrations(limit: number): Call<readonly MigrationRecord[]>;
  migration(server: string, id: number): Call<MigrationDetail>;
  abort(server: string, id: number): Call<undefined>;
  forceComplete(server: string, id: number): Call<undefined>;
  actions(server: string): Call<readonly ServerAction[]>;
  events(server: string, request: string): Call<readonly ServerEvent[]>;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws TypeError for what is no id of a server */
export function checkedId(id: string): string {
  if (!UUID.test(id)) throw new TypeError(`${JSON.stringify(id)} is no id of a server`);
  return id;
}

/** @throws TypeError for what is no name of a host, or could be an option */
export function checkedHost(host: string): string {
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.:@#-]*$/u.test(host))
    throw new TypeError(`${JSON.stringify(host)} is no name of a host`);
  return host;
}

/** @throws TypeError for what is no id of a request */
export function checkedRequest(request: string): string {
  if (!/^req-[0-9a-f-]{36}$/i.test(request)) throw new TypeError(`${JSON.stringify(request)} is no id of a request`);
  return request;
}

export const nothing = (): undefined => undefined;

/** Nova's times are UTC, and do not say so. */
export function timeOf(text: unknown): number {
  if (typeof text !== 'string') return 0;
  const time = Date.parse(/[zZ]$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? 0 : time;
}

/** @returns undefined where there is nothing to send, or it is not known yet */
export function amounts(total: unknown, processed: unknown, remaining: unknown): MigrationDetail['memory'] {
  const whole = Number(total);
  return total === '' || !(whole > 0)
    ? undefined
    : { total: whole, processed: Number(processed) || 0, remaining: Number(remaining) || 0 };
}

/** Of an event, in whatever form it came. Before nova told details there was the traceback, for administrators. */
export function eventOf(given: unknown): ServerEvent {
  const { event, result, host, details, traceback } = (given ?? {}) as Readonly<Record<string, unknown>>;
  const last = typeof traceback === 'string' ? traceback.trim().split('\n').at(-1)!.trim() : '';
  const raised = /^[\w.]+(?:Error|Exception|[A-Z]\w+): (.+)$/.exec(last)?.[1];
  return {
    event: textOf(event) ?? '',
    result: textOf(result) ?? '',
    host: textOf(host),
    details: textOf(details) ?? raised,
  };
}

/** @returns undefined for nothing */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
}

export function messageOf(fault: unknown): string | undefined {
  return typeof fault === 'object' && fault !== null ? textOf((fault as { message?: unknown }).message) : undefined;
}
