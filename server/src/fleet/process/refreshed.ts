import type { LiveFile, LiveParams, Refreshed } from '../../fleet-protocol';
import { Cluster } from '../../model/cluster';
import { sourceOf } from '../../model/decode';
import { ABILITIES } from '../../migration/abilities';
import { driverName } from '../../migration/choose';
import type { MatrixRequest } from '../../migration/matrix';
import type { HostInput } from '../../model/host';
import type { Snapshot } from '../types';
import type { ReadCluster } from './inventories';
import { nodeUri, uriOf } from './uris';
import { viewOf } from './view';

/** What client and language server are told of a node that was read. */
export function refreshed(cluster: string, read: ReadCluster, snapshot: Snapshot): Refreshed {
  const alone = clusterOf(cluster, read, [snapshot], true);
  return {
    view: {
      ...viewOf(cluster, alone.hosts[0]!, snapshot, Date.now()),
      can: ABILITIES[driverName({ inventory: read.inventory, known: () => [snapshot] })],
    },
    live: liveOf(cluster, read, snapshot),
  };
}

/** The files as they are on the node, secrets and all: they are for the editor, and go nowhere else. */
function liveOf(cluster: string, { view }: ReadCluster, snapshot: Snapshot): LiveParams {
  const files = allFiles(snapshot).map(({ path, bytes }): LiveFile => ({
    path,
    base64: Buffer.from(bytes).toString('base64'),
  }));
  return { cluster, node: snapshot.node, inventory: view.uri, files };
}

function allFiles({ files, facts }: Snapshot): readonly { readonly path: string; readonly bytes: Uint8Array }[] {
  return [...files, { path: 'facts.json', bytes: factsFile(facts) }];
}

const factsFiles = new WeakMap<Snapshot['facts'], Buffer>();

/** `facts.json` of a node, for people to read. */
export function factsFile(facts: Snapshot['facts']): Buffer {
  let file = factsFiles.get(facts);
  if (!file) factsFiles.set(facts, (file = Buffer.from(`${JSON.stringify(facts, undefined, 2)}\n`)));
  return file;
}

/**
 * The model of nodes as they were read.
 * @param partial nodes of the cluster are missing
 */
export function clusterOf(
  cluster: string,
  { inventory }: ReadCluster,
  snapshots: readonly Snapshot[],
  partial: boolean,
): Cluster {
  const hosts = snapshots.map((snapshot) => hostInput(cluster, snapshot));
  const root = `livemig:///${encodeURIComponent(cluster)}`;
  return new Cluster({ root, hosts, inventory: inventory.file, ...(partial && { partial: true }) });
}

/** The same before anything is parsed. */
export function inputsOf(
  cluster: string,
  { inventory }: ReadCluster,
  snapshots: readonly Snapshot[],
): Pick<MatrixRequest, 'root' | 'hosts' | 'inventory'> {
  return {
    root: `livemig:///${encodeURIComponent(cluster)}`,
    hosts: snapshots.map((snapshot) => ({ ...hostInput(cluster, snapshot), facts: snapshot.facts })),
    inventory: inventory.file,
  };
}

/** The same objects as long as the node is not read again: what was parsed of them stays. */
const inputs = new WeakMap<Snapshot, HostInput>();

function hostInput(cluster: string, snapshot: Snapshot): HostInput {
  const folder = nodeUri(cluster, snapshot.node);
  const known = inputs.get(snapshot);
  if (known?.folder === folder) return known;
  const files = allFiles(snapshot).flatMap(
    ({ path, bytes }) => sourceOf(uriOf({ cluster, node: snapshot.node, path: `/${path}` }), path, bytes) ?? [],
  );
  const input = { name: snapshot.node, folder, files };
  inputs.set(snapshot, input);
  return input;
}
