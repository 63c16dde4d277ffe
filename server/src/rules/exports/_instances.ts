import {
  clientOptions,
  exportsOf,
  instancesStorage,
  isInstancesName,
  type Cluster,
  type Mount,
} from '../../model/cluster';
import { grantedTo, servedMount, type ExportedTo } from '../../model/exportTable';
import type { Host } from '../../model/host';
import { clientsOf, isStrayBracket } from '../../model/nfs';
import { isNfs } from '../../model/storage';
import { normalise } from '../../model/host';
import type { ExportClient, ListOption, Span } from '../../syntax/types';
import type { Related } from '../rule';
import { isBroken } from './_broken';

/** A client of a line that gives out the instances' directory. */
export interface InstancesGrant extends ExportedTo {
  readonly server: Host;
  readonly options: ReadonlyMap<string, string | undefined>;
  /** Mounts of instances_path that get these options; empty where only the directory's name tells what it is for. */
  readonly mounts: readonly Mount[];
}

const known = new WeakMap<Cluster, readonly InstancesGrant[]>();

/**
 * The clients that matter to the instances: those whose options a host in view gets for its instances_path; of a directory
 * that nobody in view mounts, all clients, if it is called as nova calls it or is the server's own instances_path.
 */
export function instancesGrants(cluster: Cluster): readonly InstancesGrant[] {
  const found = known.get(cluster);
  if (found) return found;
  const mounts = new Map<ExportClient, { to: ExportedTo; mounts: Mount[] }>();
  const used = new Set<string>();
  for (const host of cluster.hosts) {
    const mount = instancesStorage(host);
    if (!mount || !isNfs(mount.entry.type.value)) continue;
    const served = servedMount(cluster, mount);
    if (!served) continue;
    for (const directory of served.table.above(served.path)) used.add(placeOf(served.table.server, directory));
    const to = grantedTo(served);
    if (!to) continue;
    used.add(placeOf(served.table.server, normalise(to.export.entry.path)));
    const same = mounts.get(to.client);
    if (same) same.mounts.push(mount);
    else mounts.set(to.client, { to, mounts: [mount] });
  }
  const grants: InstancesGrant[] = [];
  for (const { to, mounts: list } of mounts.values()) grants.push(grantOf(to, list));
  for (const server of cluster.hosts) {
    if (server.filesOf('exports').length === 0) continue;
    for (const one of exportsOf(server)) {
      const path = normalise(one.entry.path);
      if (used.has(placeOf(server, path))) continue;
      if (!isInstancesName(path) && path !== server.instancesPath) continue;
      for (const client of clientsOf(one.entry)) grants.push(grantOf({ export: one, client }, []));
    }
  }
  // What a stray blank parts, or what stands in a line with wrong syntax, has a finding of its own, which comes first.
  const kept = grants.filter((g) => !isParted(g) && !isBroken(g.export));
  known.set(cluster, kept);
  return kept;
}

/** Whether a blank parts a client from the bracket that is meant for it, or this is that bracket. */
function isParted({ export: { entry, file }, client }: ExportedTo): boolean {
  const next = entry.clients[entry.clients.indexOf(client) + 1];
  return isStrayBracket(entry, client, file.text) || (next !== undefined && isStrayBracket(entry, next, file.text));
}

/** A directory of a server, as a key. */
export function placeOf(server: Host, directory: string): string {
  return `${server.folder}\0${server.name}\0${directory}`;
}

function grantOf(to: ExportedTo, mounts: readonly Mount[]): InstancesGrant {
  return { ...to, server: to.export.host, options: clientOptions(to.export.entry, to.client), mounts };
}

/** Options that count by security flavour (`sec=sys,rw,sec=krb5,ro`) are more than one map can say. */
export function hasFlavours({ export: { entry }, client }: ExportedTo): boolean {
  return [...(client.defaults ?? entry.defaults), ...client.options].filter((o) => o.name === 'sec').length > 1;
}

/** The word that gives a client an option, its own or the line's; the last one counts. */
export function writtenOption({ export: { entry }, client }: ExportedTo, name: string): ListOption | undefined {
  return [...(client.defaults ?? entry.defaults), ...client.options].findLast((o) => o.name === name);
}

/** A client with its bracket; the path where no client is written. */
export function clientSpan({ export: { entry }, client }: ExportedTo): Span {
  return client.span.start < client.span.end ? client.span : entry.pathSpan;
}

/** How messages call a client. */
export function clientName(client: ExportClient): string {
  return client.host === '' ? '*' : client.host;
}

export function mountsRelated(mounts: readonly Mount[]): Related[] {
  return mounts.slice(0, 20).map((m) => ({
    file: m.file,
    span: m.entry.spec.span,
    message: `${m.host.name} mounts it here`,
  }));
}
