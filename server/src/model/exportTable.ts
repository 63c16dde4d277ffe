import type { ExportClient, ListOption } from '../syntax/types';
import {
  clientOptions,
  covers,
  exportsOf,
  hostsAddresses,
  isAddress,
  nfsSource,
  type Cluster,
  type Export,
  type Mount,
} from './cluster';
import { normalise, type Host } from './host';
import {
  bytesOf,
  clientForm,
  clientsOf,
  exportMatches,
  isRootId,
  neighbours,
  nfsVersion,
  type Match,
  type NfsClient,
  type Resolved,
} from './nfs';

/** One client of one line. */
export interface ExportedTo {
  readonly export: Export;
  readonly client: ExportClient;
}

/** What a host gets of a directory. */
export interface Grant {
  /** Whether any client of the directory's lines is this host. */
  readonly match: Match;
  /** The client whose options count; undefined where that cannot be known. */
  readonly client: ExportedTo | undefined;
}

interface Directory {
  readonly path: string;
  readonly exports: Export[];
  /** Clients by what decides at once whether they are a host. */
  readonly byName: Map<string, ExportedTo>;
  readonly byHost: Map<Host, ExportedTo>;
  readonly byAddress: Map<string, ExportedTo>;
  readonly networks: ExportedTo[];
  readonly wildcards: ExportedTo[];
  world: ExportedTo | undefined;
  /** A netgroup, or a name that only DNS knows: it may be anybody. */
  unknownName: boolean;
  netgroup: boolean;
}

/** All that a server exports, arranged so that a fleet of clients can be looked up one by one. */
export class ExportTable {
  readonly server: Host;
  readonly exports: readonly Export[];
  /** The lines with `fsid=0`, whose directories are `/` to NFSv4. */
  readonly roots: readonly (ExportedTo & { readonly path: string; readonly option: ListOption })[];
  readonly #cluster: Cluster;
  readonly #directories = new Map<string, Directory>();

  constructor(cluster: Cluster, server: Host) {
    this.#cluster = cluster;
    this.server = server;
    this.exports = exportsOf(server);
    const roots: (ExportedTo & { path: string; option: ListOption })[] = [];
    for (const one of this.exports) {
      const path = normalise(one.entry.path);
      const directory = this.#directory(path);
      directory.exports.push(one);
      for (const client of clientsOf(one.entry)) {
        this.#add(directory, { export: one, client });
        if (!isRootId(clientOptions(one.entry, client).get('fsid'))) continue;
        const listed = [...(client.defaults ?? one.entry.defaults), ...client.options];
        const option = listed.findLast((o) => o.name === 'fsid');
        if (option) roots.push({ export: one, client, path, option });
      }
    }
    this.roots = roots;
  }

  /** Every directory that is the path or holds it, the longest first. */
  above(path: string): readonly string[] {
    const found: string[] = [];
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/') {
      if (this.#directories.has(at)) found.push(at);
      if (at === '/' || !at.startsWith('/')) return found;
    }
  }

  /** Whether a directory below the path is exported. */
  below(path: string): boolean {
    for (const directory of this.#directories.keys()) if (directory !== path && covers(path, directory)) return true;
    return false;
  }

  exportsAt(directory: string): readonly Export[] {
    return this.#directories.get(directory)?.exports ?? [];
  }

  /** As rpc.mountd decides: names before addresses before patterns before netgroups before the world, then the order of the lines. */
  grant(directory: string, client: NfsClient): Grant {
    const at = this.#directories.get(directory);
    if (!at) return { match: 'no', client: undefined };
    const named = at.byHost.get(client.host) ?? first([...client.names].map((n) => at.byName.get(n)));
    if (named) return { match: 'yes', client: named };
    let certain = !at.unknownName;
    const addressed = first([
      ...client.addresses.map((a) => at.byAddress.get(addressKey(a))),
      at.networks.find((n) => exportMatches(n.client.host, client) === 'yes'),
    ]);
    if (addressed) return { match: 'yes', client: certain ? addressed : undefined };
    if (!client.certain && (at.networks.length > 0 || at.byAddress.size > 0)) certain = false;
    const fits = at.wildcards.find((w) => exportMatches(w.client.host, client) === 'yes');
    if (fits) return { match: 'yes', client: certain ? fits : undefined };
    if (at.wildcards.length > 0 || at.netgroup) certain = false;
    if (at.world) return { match: 'yes', client: certain ? at.world : undefined };
    return { match: certain ? 'no' : 'unknown', client: undefined };
  }

  #directory(path: string): Directory {
    let found = this.#directories.get(path);
    if (!found) {
      found = {
        path,
        exports: [],
        byName: new Map(),
        byHost: new Map(),
        byAddress: new Map(),
        networks: [],
        wildcards: [],
        world: undefined,
        unknownName: false,
        netgroup: false,
      };
      this.#directories.set(path, found);
    }
    return found;
  }

  #add(directory: Directory, to: ExportedTo): void {
    const spec = to.client.host;
    switch (clientForm(spec)) {
      case 'world':
        directory.world ??= to;
        return;
      case 'gss':
      case 'netgroup':
        directory.netgroup = true;
        return;
      case 'wildcard':
        directory.wildcards.push(to);
        return;
      case 'network':
        if (spec.includes('/')) directory.networks.push(to);
        else setOnce(directory.byAddress, addressKey(spec), to);
        return;
      case 'name': {
        const name = spec.toLowerCase();
        const found = resolveAt(this.#cluster, this.server, name);
        setOnce(directory.byName, name, to);
        if (!found) directory.unknownName = true;
        if (found?.host) setOnce(directory.byHost, found.host, to);
        for (const address of found?.addresses ?? []) setOnce(directory.byAddress, addressKey(address), to);
      }
    }
  }
}

/** One key for all spellings of an address. */
function addressKey(address: string): string {
  return bytesOf(address)?.join('.') ?? address;
}

function first<T>(list: readonly (T | undefined)[]): T | undefined {
  return list.find((t) => t !== undefined);
}

function setOnce<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (!map.has(key)) map.set(key, value);
}

/** A name as the server resolves it: by its etc/hosts, else by what the cluster's hosts are called. */
export function resolveAt(cluster: Cluster, server: Host, name: string): Resolved | undefined {
  const addresses = hostsAddresses(server, name);
  const host = cluster.host(name, server);
  return host || addresses.length > 0 ? { host, addresses } : undefined;
}

const tables = new WeakMap<Cluster, Map<Host, ExportTable>>();

/** The server's table, made once for a cluster; undefined when no exports of it are in view. */
export function exportTable(cluster: Cluster, server: Host): ExportTable | undefined {
  let all = tables.get(cluster);
  if (!all) tables.set(cluster, (all = new Map<Host, ExportTable>()));
  let table = all.get(server);
  if (!table) all.set(server, (table = new ExportTable(cluster, server)));
  return table.exports.length > 0 ? table : undefined;
}

/** How the server sees a host that dials it: by the address on the server's own network, where one is known. */
export function clientOf(cluster: Cluster, host: Host, server: Host, dialled: string): NfsClient {
  const own = cluster.addressesOf(host);
  const written = isAddress(dialled) ? [dialled] : hostsAddresses(host, dialled);
  const towards = written.length > 0 ? written : cluster.addressesOf(server);
  // Of a server on several networks nobody knows which one DNS would give.
  const met = towards.every((t) => own.some((a) => neighbours(a, t)));
  const near = met ? own.filter((a) => towards.some((t) => neighbours(a, t))) : [];
  const measured = Object.keys(host.facts?.addresses ?? {}).length > 0;
  return {
    host,
    names: host.aliases,
    addresses: near.length > 0 ? near : own,
    certain: near.length > 0 || measured,
  };
}

/** A mount whose server's exports are in view. */
export interface ServedMount {
  readonly mount: Mount;
  readonly table: ExportTable;
  /** As fstab writes it. */
  readonly path: string;
  readonly client: NfsClient;
  readonly version: 3 | 4 | undefined;
}

export function servedMount(cluster: Cluster, mount: Mount): ServedMount | undefined {
  const source = nfsSource(mount.entry.spec.value);
  const found = cluster.served(mount);
  const table = found && exportTable(cluster, found.server);
  if (!source || !found || !table) return undefined;
  return {
    mount,
    table,
    path: found.path,
    client: clientOf(cluster, mount.host, found.server, source.host),
    version: nfsVersion(mount.entry),
  };
}

/** The directory of the server, and the line, that a mount gets; undefined where none is sure to be the one. */
export function grantedTo(served: ServedMount): ExportedTo | undefined {
  const { table, path, client, version } = served;
  const root = version === 3 ? undefined : table.roots.find((r) => r.path !== '/');
  // A full path is no path of the tree below fsid=0: if it can be mounted, then by NFSv3.
  const real = root && !(path !== '/' && covers(root.path, path)) ? normalise(`${root.path}/${path}`) : path;
  for (const directory of table.above(real)) {
    const grant = table.grant(directory, client);
    if (grant.match !== 'no') return grant.client;
  }
  return undefined;
}
