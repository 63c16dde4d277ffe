import type { LiveFile, LiveParams, Refreshed } from '../../fleet-protocol';
import { Cluster } from '../../model/cluster';
import { decode } from '../../model/decode';
import { kindOf, type SourceFile } from '../../model/files';
import type { HostInput } from '../../model/host';
import type { Snapshot } from '../types';
import type { ReadCluster } from './inventories';
import { nodeUri, uriOf } from './uris';
import { viewOf } from './view';

/** What client and language server are told of a node that was read. */
export function refreshed(cluster: string, read: ReadCluster, snapshot: Snapshot): Refreshed {
  const alone = clusterOf(cluster, read, [snapshot], true);
  return {
    view: viewOf(cluster, alone.hosts[0]!, snapshot, Date.now()),
    live: liveOf(cluster, read, snapshot),
  };
}

/** The files as they are on the node, secrets and all: they are for the editor, and go nowhere else. */
function liveOf(cluster: string, { view }: ReadCluster, { node, files, facts }: Snapshot): LiveParams {
  const all: LiveFile[] = files.map(({ path, bytes }) => ({ path, base64: Buffer.from(bytes).toString('base64') }));
  all.push({ path: 'facts.json', base64: factsFile(facts).toString('base64') });
  return { cluster, node, inventory: view.uri, files: all };
}

/** `facts.json` of a node, for people to read. */
export function factsFile(facts: Snapshot['facts']): Buffer {
  return Buffer.from(`${JSON.stringify(facts, undefined, 2)}\n`);
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
  const hosts = snapshots.map(({ node, files, facts }): HostInput => {
    const all = [...files, { path: 'facts.json', bytes: factsFile(facts) }];
    return {
      name: node,
      folder: nodeUri(cluster, node),
      files: all.flatMap(({ path, bytes }) => sourceFile(cluster, node, path, bytes) ?? []),
    };
  });
  const root = `livemig:///${encodeURIComponent(cluster)}`;
  return new Cluster({ root, hosts, inventory: inventory.file, ...(partial && { partial: true }) });
}

function sourceFile(cluster: string, node: string, path: string, bytes: Uint8Array): SourceFile | undefined {
  const kind = kindOf(path);
  if (kind === undefined) return undefined;
  const { text, defect } = decode(bytes);
  const uri = uriOf({ cluster, node, path: `/${path}` });
  return { uri, path, kind, text: kind === 'wants' ? '' : text, ...(defect && { defect }) };
}
