import { FleetError } from '../../fleet/types';
import * as read from './answers';

/**
 * A question to the Compute API. What is asked and how depends on the microversion: 2.N, of which N is told here.
 */
export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the API's URL, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** @param answer what JSON there was; undefined for none */
  readonly read: (answer: unknown) => T;
  /** ms; of what takes longer than others. */
  readonly timeout?: number;
}

/** The newest 2.N whose requests and answers are known here. */
export const NEWEST = 104;

/** Rows of a page. Nova's own limit is 1000 unless its nova.conf has another one. */
const PAGE = 1000;
/** Up to 2.33 the checks are made before the answer. */
const CHECKS_MS = 180_000;

const UUID = /^[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;

/** @throws FleetError of code `refused` for what is no id of a server: it is a part of a path */
function server(uuid: string): string {
  if (!UUID.test(uuid)) throw new FleetError('refused', `${JSON.stringify(uuid)} is no id of a server`);
  return `/servers/${uuid}`;
}

function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const set = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value !== undefined) set.set(key, String(value));
  return set.toString();
}

const nothing = (): null => null;

/** What the API can; answered without a token. */
export const versions: Call<read.Versions> = { method: 'GET', path: '/', read: read.versions };

/** A page of the servers of all projects. */
export function servers(of: {
  readonly host?: string | undefined;
  /** In `nova list`'s words: `MIGRATING`. */
  readonly status?: string;
  /** The last one of the page before. */
  readonly marker?: string | undefined;
}): Call<read.Page<read.Server>> {
  const { host, status, marker } = of;
  return {
    method: 'GET',
    path: `/servers/detail?${query({ all_tenants: 1, limit: PAGE, host, status, marker })}`,
    read: read.servers,
  };
}

export function oneServer(uuid: string): Call<read.Server> {
  return { method: 'GET', path: server(uuid), read: read.oneServer };
}

/** @param host nova's name; undefined: the scheduler chooses @param storage undefined: nova finds out, from 2.25 on */
export function migrateLive(
  uuid: string,
  host: string | undefined,
  storage: 'shared' | 'copy' | undefined,
  minor: number,
): Call<null> {
  const block = storage === undefined ? (minor >= 25 ? 'auto' : false) : storage === 'copy';
  return {
    method: 'POST',
    path: `${server(uuid)}/action`,
    body: {
      'os-migrateLive': {
        host: host ?? null,
        block_migration: block,
        ...(minor < 25 && { disk_over_commit: false }),
      },
    },
    read: nothing,
    ...(minor < 34 && { timeout: CHECKS_MS }),
  };
}

/**
 * Live migrations of all that ever were: of a server, or those that changed since a time.
 * @param since ISO 8601; from 2.59 on
 */
export function migrations(
  of: {
    readonly server?: string;
    readonly since?: string;
    readonly limit?: number;
    /** UUID of the last migration of the page before; from 2.59 on. */
    readonly marker?: string | undefined;
  },
  minor: number,
): Call<read.Page<read.Migration>> {
  const { server: instance, since, marker, limit = PAGE } = of;
  if (instance !== undefined) server(instance);
  const paged = minor >= 59 ? { limit, marker, 'changes-since': since } : {};
  return {
    method: 'GET',
    path: `/os-migrations?${query({ instance_uuid: instance, migration_type: minor >= 23 ? 'live-migration' : undefined, ...paged })}`,
    read: read.migrations,
  };
}

/** How those of a server that run go on; from 2.23 on. */
export function progress(uuid: string): Call<readonly read.Migration[]> {
  return { method: 'GET', path: `${server(uuid)}/migrations`, read: (answer) => read.migrations(answer).rows };
}

/** From 2.24 on; of one that is queued or being prepared from 2.65 on. */
export function abort(uuid: string, migration: number): Call<null> {
  return { method: 'DELETE', path: `${server(uuid)}/migrations/${migration}`, read: nothing };
}

/** From 2.22 on. */
export function forceComplete(uuid: string, migration: number): Call<null> {
  return {
    method: 'POST',
    path: `${server(uuid)}/migrations/${migration}/action`,
    body: { force_complete: null },
    read: nothing,
  };
}

/** What was done to a server, the newest first. */
export function actions(uuid: string): Call<readonly read.Action[]> {
  return { method: 'GET', path: `${server(uuid)}/os-instance-actions`, read: read.actions };
}

/** With its events, the last one first. */
export function action(uuid: string, request: string): Call<readonly read.Event[]> {
  return {
    method: 'GET',
    path: `${server(uuid)}/os-instance-actions/${encodeURIComponent(request)}`,
    read: read.events,
  };
}

export const services: Call<readonly read.Service[]> = {
  method: 'GET',
  path: '/os-services?binary=nova-compute',
  read: read.services,
};

/** @param reason undefined: enables it */
export function setService({ id, host }: read.Service, reason: string | undefined, minor: number): Call<null> {
  if (minor >= 53)
    return {
      method: 'PUT',
      path: `/os-services/${encodeURIComponent(id)}`,
      body: reason === undefined ? { status: 'enabled' } : { status: 'disabled', disabled_reason: reason },
      read: nothing,
    };
  const body = { host, binary: 'nova-compute' };
  return reason === undefined
    ? { method: 'PUT', path: '/os-services/enable', body, read: nothing }
    : {
        method: 'PUT',
        path: '/os-services/disable-log-reason',
        body: { ...body, disabled_reason: reason },
        read: nothing,
      };
}

/** The headers that name a microversion. */
export function versionHeaders(minor: number): Record<string, string> {
  // The header of all services is understood since 2.27.
  if (minor <= 1) return {};
  return minor < 27
    ? { 'X-OpenStack-Nova-API-Version': `2.${minor}` }
    : { 'OpenStack-API-Version': `compute 2.${minor}` };
}
