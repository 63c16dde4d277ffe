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
  type Server,
} from './commands';
import { readLiteral } from './literal';
import { readProperties, readTable, type Row } from './table';

/** What the cloud's API offers and the client speaks, as 93 of 2.93; undefined where it knows no microversions. */
export const versions: Call<number | undefined> = {
  argv: ['nova', '--os-compute-api-version', '2.latest', 'version-list'],
  read(stdout) {
    const offered = (readTable(stdout) ?? []).flatMap((row) => /^2\.(\d+)$/.exec(row.version ?? '')?.[1] ?? []);
    const spoken = /^Maximum version 2\.(\d+)/m.exec(stdout)?.[1];
    if (offered.length === 0) return undefined;
    return Math.min(Math.max(...offered.map(Number)), Number(spoken ?? Infinity));
  },
};

/**
 * `nova` of python-novaclient, from 3.3 on.
 * @param version the newest microversion that both sides know; at least 24, since which a migration can be aborted
 */
export function nova(version: number): Dialect {
  const words = (...more: readonly string[]): readonly string[] => [
    'nova',
    '--os-compute-api-version',
    `2.${version}`,
    ...more,
  ];
  const lists = <T>(more: readonly string[], read: (row: Row) => T): Call<readonly T[]> => ({
    argv: words(...more),
    read: (answer) => tableOf(answer).map(read),
  });
  const does = (...more: string[]): Call<undefined> => ({ argv: words(...more), read: nothing });
  /** Services have UUIDs since 2.53; before, they are named by host and program. */
  const named = ({ id, host }: { readonly id: string | undefined; readonly host: string }): string[] =>
    version >= 53 && id !== undefined ? [checkedId(id)] : [checkedHost(host), 'nova-compute'];
  return {
    name: 'nova',
    servers(host) {
      const fields = ['name', 'status', 'OS-EXT-STS:task_state', 'OS-EXT-STS:power_state', 'OS-EXT-SRV-ATTR:host'];
      const only = host === undefined ? [] : ['--host', checkedHost(host)];
      return lists(['list', '--all-tenants', '--limit', '-1', ...only, '--fields', fields.join(',')], listedServer);
    },
    server: (id) => ({ argv: words('show', checkedId(id)), read: shownServer }),
    migrate(id, to, { storage }) {
      const copy = storage === 'copy' ? ['--block-migrate'] : [];
      return does('live-migration', ...copy, checkedId(id), ...(to === undefined ? [] : [checkedHost(to)]));
    },
    services: () =>
      lists(['service-list', '--binary', 'nova-compute'], (row) => ({
        id: row.id,
        host: row.host ?? '',
        enabled: row.status === 'enabled',
        up: row.state === 'up',
        reason: textOf(row.disabledreason),
      })),
    disable: (service, reason) => does('service-disable', `--reason=${reason}`, ...named(service)),
    enable: (service) => does('service-enable', ...named(service)),
    records: {
      abortsQueued: version >= 65,
      migrations: (limit) => {
        const call = lists(
          [
            'migration-list',
            ...(version >= 59 ? ['--migration-type', 'live-migration', '--limit', String(limit)] : []),
          ],
          (row) => ({
            id: Number(row.id),
            server: row.instanceuuid ?? '',
            status: row.status ?? '',
            source: textOf(row.sourcecompute),
            destination: textOf(row.destcompute),
            created: timeOf(row.createdat),
            updated: timeOf(row.updatedat),
            type: row.type,
          }),
        );
        return { ...call, read: (answer) => call.read(answer).filter(({ type }) => type === 'live-migration') };
      },
      migration: (server, id) => ({
        argv: words('server-migration-show', checkedId(server), String(id)),
        read(answer) {
          const of = propertiesOf(answer);
          const of3 = (what: string) =>
            amounts(
              of.get(`${what}_total_bytes`),
              of.get(`${what}_processed_bytes`),
              of.get(`${what}_remaining_bytes`),
            );
          return { updated: timeOf(of.get('updated_at')), memory: of3('memory'), disk: of3('disk') };
        },
      }),
      abort: (server, id) => does('live-migration-abort', checkedId(server), String(id)),
      forceComplete: (server, id) => does('live-migration-force-complete', checkedId(server), String(id)),
      actions: (server) =>
        lists(['instance-action-list', checkedId(server)], (row) => ({
          request: row.requestid ?? '',
          action: row.action ?? '',
          started: timeOf(row.starttime),
        })),
      events: (server, request) => ({
        argv: words('instance-action', checkedId(server), checkedRequest(request)),
        read(answer) {
          const all = readLiteral(propertiesOf(answer).get('events') ?? '');
          return Array.isArray(all) ? all.map(eventOf) : [];
        },
      }),
    },
  };
}

export function listedServer(row: Row): Server {
  return {
    id: row.id ?? '',
    name: row.name ?? '',
    status: row.status ?? '',
    task: textOf(row.osextststaskstate ?? row.taskstate),
    power: textOf(row.osextstspowerstate ?? row.powerstate),
    host: textOf(row.osextsrvattrhost),
  };
}

export function shownServer(answer: string): Server {
  const of = propertiesOf(answer);
  const memory = Number(of.get('flavor:ram'));
  const vcpus = Number(of.get('flavor:vcpus'));
  const fault = of.get('fault') ?? '';
  // What cannot be read whole may be cut off: its message stands at the front.
  const message = messageOf(readLiteral(fault)) ?? /["']message["']: u?(["'])(.*?)\1[,}]/s.exec(fault)?.[2];
  return {
    id: of.get('id') ?? '',
    name: of.get('name') ?? '',
    status: of.get('status') ?? '',
    task: textOf(of.get('OS-EXT-STS:task_state')),
    power: textOf(of.get('OS-EXT-STS:power_state')),
    host: textOf(of.get('OS-EXT-SRV-ATTR:host')),
    ...(memory > 0 && { memory }),
    ...(vcpus > 0 && { vcpus }),
    ...(message !== undefined && { fault: message }),
  };
}

export function tableOf(answer: string): readonly Row[] {
  const rows = readTable(answer);
  if (!rows) throw new TypeError('nova did not answer with a table');
  return rows;
}

function propertiesOf(answer: string): ReadonlyMap<string, string> {
  const properties = readProperties(answer);
  if (!properties) throw new TypeError('nova did not answer with a table');
  return properties;
}
