import { checkedHost, checkedId, nothing, type Call, type Dialect, type Service } from './commands';
import { listedServer, shownServer, tableOf } from './nova';

/** What a host of the first years has and has given away, by `nova-manage service describe_resource`. */
export interface Resources {
  readonly total: Amount;
  readonly used: Amount;
}

export interface Amount {
  readonly vcpus: number;
  /** MiB. */
  readonly memory: number;
  /** GiB. */
  readonly disk: number;
}

/**
 * `nova` and `nova-manage` as of Grizzly, and until there were microversions: nova kept no record of live migrations that
 * could be asked for. Its checks run before the command ends, and it prints nothing when they pass.
 */
export const grizzly: Dialect = {
  name: 'grizzly',
  servers: (host) => ({
    argv: ['nova', 'list', ...(host === undefined ? [] : ['--host', checkedHost(host)]), '--all-tenants'],
    read: (answer) => tableOf(answer).map((row) => ({ ...listedServer(row), host })),
  }),
  server: (id) => ({ argv: ['nova', 'show', checkedId(id)], read: shownServer }),
  migrate: (id, to, { storage }) => ({
    argv: [
      ...['nova', 'live-migration', ...(storage === 'copy' ? ['--block-migrate'] : [])],
      ...[checkedId(id), ...(to === undefined ? [] : [checkedHost(to)])],
    ],
    read: nothing,
  }),
  services: () => ({ argv: ['nova-manage', 'service', 'list'], root: true, read: readServices }),
  disable: (service) => switched('disable', service),
  enable: (service) => switched('enable', service),
};

/** Nova kept no reasons then. */
const switched = (word: 'disable' | 'enable', { host }: Service): Call<undefined> => ({
  argv: ['nova-manage', 'service', word, `--host=${checkedHost(host)}`, '--service=nova-compute'],
  root: true,
  read: nothing,
});

export const describeResource = (host: string): Call<Resources> => ({
  argv: ['nova-manage', 'service', 'describe_resource', checkedHost(host)],
  root: true,
  read: readResources,
});

/** Among lines of nova's log: `nova-compute  HostB  nova  enabled  :-)  2013-06-01 03:10:51`. */
export function readServices(answer: string): readonly Service[] {
  const found = [...answer.matchAll(/^nova-compute\s+(\S+)\s+(?:\S+\s+)?(enabled|disabled)\s+(:-\)|XXX)/gm)];
  if (found.length === 0 && !/^Binary\s+Host/m.test(answer))
    throw new TypeError('nova-manage did not answer with a list of services');
  return found.map(([, host, status, state]) => ({
    id: undefined,
    host: host!,
    enabled: status === 'enabled',
    up: state === ':-)',
    reason: undefined,
  }));
}

function readResources(answer: string): Resources {
  const amount = (what: string): Amount => {
    const found = new RegExp(`^\\S+\\s*\\(${what}\\)\\s+(\\d+)\\s+(\\d+)\\s+(\\d+)\\s*$`, 'm').exec(answer);
    if (!found) throw new TypeError('nova-manage did not answer with the resources of a host');
    const [vcpus, memory, disk] = found.slice(1).map(Number) as [number, number, number];
    return { vcpus, memory, disk };
  };
  return { total: amount('total'), used: amount('used(?:_now)?') };
}
