import type { LiveFile, LiveParams, Refreshed } from '../../fleet-protocol';
import { Cluster } from '../../model/cluster';
import { sourceOf } from '../../model/decode';
import { ABILITIES } from '../../migration/abilities';
import { driverName } from '../../migration/choose';
import type { MatrixRequest } from '../../migration/matrix';
import type { SourceFile } from '../../model/files';
import type { Host, HostInput } from '../../model/host';
import { keepFacts } from '../../model/readFacts';
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
  const inputs = snapshots.map((snapshot) => hostInput(cluster, snapshot));
  const root = `livemig:///${encodeURIComponent(cluster)}`;
  // What was parsed of a node, and found on it by itself, stays until it is read again; so does what was read of livemig.ini.
  const { release } = inventory;
  const known = inputs.flatMap((input) => {
    const host = made.get(input);
    return host && host.release === release ? host.host : [];
  });
  const model = new Cluster(
    { root, hosts: inputs, inventory: inventory.file, ...(partial && { partial: true }) },
    undefined,
    { hosts: known, inventory, declared: undefined },
  );
  model.hosts.forEach((host, i) => made.set(inputs[i]!, { host, release }));
  return model;
}

/** The hosts that nodes became last, with the release that livemig.ini had for all of them. */
const made = new WeakMap<HostInput, { readonly host: Host; readonly release: string | undefined }>();

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
  const files = allFiles(snapshot).flatMap(({ path, bytes }) => {
    const uri = uriOf({ cluster, node: snapshot.node, path: `/${path}` });
    const source = sources.get(bytes);
    if (source?.uri === uri) return source;
    const decoded = sourceOf(uri, path, bytes);
    if (decoded?.kind === 'facts') keepFacts(decoded, snapshot.facts);
    if (decoded) sources.set(bytes, decoded);
    return decoded ?? [];
  });
  const input = { name: snapshot.node, folder, files };
  inputs.set(snapshot, input);
  return input;
}

/** The same as long as the bytes are the same object: more may be known of a node while its files are what they were. */
const sources = new WeakMap<Uint8Array, SourceFile>();
