import {
  amounts,
  checkedHost,
  checkedId,
  checkedRequest,
  eventOf,
  messageOf,
  nothing,
  textOf,
  timeOf,
  type Call,
  type Dialect,
  type MigrationRecord,
  type Server,
  type Service,
} from './commands';
import { readLiteral } from './literal';

type Json = Readonly<Record<string, unknown>>;

/** Nothing above it says more of a migration, and no client that can do what is needed here is without it. */
const NEWEST = 84;

/** What the cloud's API offers, asked for without a microversion: that of an openrc may be above what the client knows. */
export const versions: Call<number | undefined> = {
  argv: ['openstack', '--os-compute-api-version', '2.1', 'versions', 'show', '--service', 'compute', '-f', 'json'],
  read(stdout) {
    const found = list(stdout).flatMap((row) => /^2\.(\d+)$/.exec(textOf(row['Max Microversion']) ?? '')?.[1] ?? []);
    return found.length === 0 ? undefined : Math.max(...found.map(Number));
  },
};

/**
 * `openstack` of python-openstackclient, from 5.5 on.
 * @param offered the API's newest microversion, as 93 of 2.93; at least 30, since which a host can be named
 */
export function openstack(offered: number): Dialect {
  const openstackWords = ['openstack', '--os-compute-api-version', `2.${Math.min(offered, NEWEST)}`];
  const asks = <T>(words: readonly string[], read: (answer: string) => T): Call<T> => ({
    argv: [...openstackWords, ...words, '-f', 'json'],
    read,
  });
  const does = (...words: string[]): Call<undefined> => ({ argv: [...openstackWords, ...words], read: nothing });
  return {
    name: 'openstack',
    servers(host) {
      const words = ['server', 'list', '--all-projects', '--long', '--no-name-lookup', '--limit', '-1'];
      const columns = ['ID', 'Name', 'Status', 'Task State', 'Power State', 'Host', 'Flavor', 'Flavor Name'];
      const only = host === undefined ? [] : ['--host', checkedHost(host)];
      return asks([...words, ...only, ...columns.flatMap((column) => ['-c', column])], (answer) =>
        list(answer).map(listedServer),
      );
    },
    server: (id) => asks(['server', 'show', checkedId(id)], (answer) => shownServer(one(answer))),
    migrate(id, to, { storage }) {
      const host = to === undefined ? [] : ['--host', checkedHost(to)];
      // Nova finds out by itself whether disks are to be copied, if nobody says so.
      const disks = storage === undefined ? [] : [storage === 'copy' ? '--block-migration' : '--shared-migration'];
      return does('server', 'migrate', '--live-migration', ...host, ...disks, checkedId(id));
    },
    flavors: () =>
      asks(
        ['flavor', 'list', '--all', '--limit', '1000', '-c', 'Name', '-c', 'RAM', '-c', 'VCPUs'],
        (answer) =>
          new Map(
            list(answer).map((row) => [
              textOf(row.Name) ?? '',
              { memory: Number(row.RAM) || 0, vcpus: Number(row.VCPUs) || 0 },
            ]),
          ),
      ),
    services: () =>
      asks(['compute', 'service', 'list', '--service', 'nova-compute', '--long'], (answer) =>
        list(answer).map(serviceOf),
      ),
    disable: ({ host }, reason) =>
      does(
        ...['compute', 'service', 'set', '--disable', `--disable-reason=${reason}`],
        ...[checkedHost(host), 'nova-compute'],
      ),
    enable: ({ host }) => does('compute', 'service', 'set', '--enable', checkedHost(host), 'nova-compute'),
    records: {
      abortsQueued: offered >= 65,
      migrations: (limit) =>
        asks(['server', 'migration', 'list', '--type', 'live-migration', ...paged(offered, limit)], (answer) =>
          list(answer).map(recordOf),
        ),
      migration: (server, id) =>
        asks(['server', 'migration', 'show', checkedId(server), String(id)], (answer) => detailOf(one(answer))),
      abort: (server, id) => does('server', 'migration', 'abort', checkedId(server), String(id)),
      forceComplete: (server, id) => does('server', 'migration', 'force', 'complete', checkedId(server), String(id)),
      actions: (server) =>
        asks(['server', 'event', 'list', '--long', checkedId(server)], (answer) =>
          list(answer).map((row) => ({
            request: textOf(row['Request ID']) ?? '',
            action: textOf(row.Action) ?? '',
            started: timeOf(row['Start Time']),
          })),
        ),
      events: (server, request) =>
        asks(['server', 'event', 'show', checkedId(server), checkedRequest(request)], (answer) => {
          const { events } = one(answer);
          const all = typeof events === 'string' ? readLiteral(events) : events;
          return Array.isArray(all) ? all.map(eventOf) : [];
        }),
    },
  };
}

const paged = (offered: number, limit: number): string[] => (offered >= 59 ? ['--limit', String(limit)] : []);

function listedServer(row: Json): Server {
  const flavor = textOf(row.Flavor) ?? textOf(row['Flavor Name']);
  return {
    id: textOf(row.ID) ?? '',
    name: textOf(row.Name) ?? '',
    status: textOf(row.Status) ?? '',
    task: known(row['Task State']),
    power: textOf(row['Power State']),
    host: known(row.Host),
    ...(flavor !== undefined && { flavor }),
  };
}

function shownServer(row: Json): Server {
  const flavor = (typeof row.flavor === 'object' ? row.flavor : undefined) as
    { ram?: unknown; vcpus?: unknown } | null | undefined;
  const fault = messageOf(typeof row.fault === 'string' ? readLiteral(row.fault) : row.fault);
  return {
    id: textOf(row.id) ?? '',
    name: textOf(row.name) ?? '',
    status: textOf(row.status) ?? '',
    task: known(row['OS-EXT-STS:task_state']),
    power: textOf(row['OS-EXT-STS:power_state']),
    host: known(row['OS-EXT-SRV-ATTR:host']),
    ...(typeof flavor?.ram === 'number' && { memory: flavor.ram }),
    ...(typeof flavor?.vcpus === 'number' && { vcpus: flavor.vcpus }),
    ...(fault !== undefined && { fault }),
  };
}

function recordOf(row: Json): MigrationRecord {
  return {
    id: Number(row.Id),
    server: textOf(row['Server UUID']) ?? '',
    status: textOf(row.Status) ?? '',
    source: textOf(row['Source Compute']),
    destination: textOf(row['Dest Compute']),
    created: timeOf(row['Created At']),
    updated: timeOf(row['Updated At']),
  };
}

const detailOf = (row: Json) => ({
  updated: timeOf(row['Updated At']),
  memory: amounts(row['Memory Total Bytes'], row['Memory Processed Bytes'], row['Memory Remaining Bytes']),
  disk: amounts(row['Disk Total Bytes'], row['Disk Processed Bytes'], row['Disk Remaining Bytes']),
});

function serviceOf(row: Json): Service {
  return {
    id: textOf(row.ID),
    host: textOf(row.Host) ?? '',
    enabled: row.Status === 'enabled',
    up: row.State === 'up',
    reason: textOf(row['Disabled Reason']),
  };
}

/** Old clients write None as a word. */
const known = (value: unknown): string | undefined => (value === 'None' ? undefined : textOf(value));

function list(stdout: string): readonly Json[] {
  const value = parsed(stdout);
  if (!Array.isArray(value)) throw new TypeError('openstack did not answer with a list');
  return value as readonly Json[];
}

function one(stdout: string): Json {
  const value = parsed(stdout);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('openstack did not answer with an object');
  return value as Json;
}

function parsed(stdout: string): unknown {
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    throw new TypeError('openstack did not answer in JSON');
  }
}
