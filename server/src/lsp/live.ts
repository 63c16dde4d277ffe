import type { LiveParams } from '../fleet-protocol';
import { sourceOf } from '../model/decode';
import type { SourceFile } from '../model/files';
import type { HostInput } from '../model/host';
import { discover } from '../workspace/discover';
import type { FileSource } from '../workspace/source';
import { sameFile } from './disk';
import type { JudgedCluster } from './judged';
import { isLive, isWithin, keyOf, liveKey, type Key } from './uris';

/** A connected node: its files by path. */
type Node = HostInput;

/** A cluster of connected nodes. */
export interface LiveCluster {
  readonly root: Key;
  /** Its livemig.ini. */
  inventory: Key;
  /** By name, as they were told. */
  readonly nodes: Map<string, Node>;
  /** Those of them that are judged. */
  readonly judgedNodes: Map<string, Node>;
  /** Names of nodes that are not judged as they are. */
  readonly changed: Set<string>;
  /** So may livemig.ini be. */
  stale: boolean;
  judged: JudgedCluster | undefined;
}

/**
 * What is known of connected nodes: their files as the client told them last, or as it saved them since. A file that did
 * not change stays the same object, which keeps all caches warm.
 */
export class LiveNodes {
  readonly #clusters = new Map<Key, LiveCluster>();

  get clusters(): Iterable<LiveCluster> {
    return this.#clusters.values();
  }

  clusterOf(key: Key): LiveCluster | undefined {
    return isLive(key) ? this.#clusters.get(key.split('/').slice(0, 4).join('/')) : undefined;
  }

  /** A file as it lies on its node, as far as is known. */
  file(key: Key): SourceFile | undefined {
    return this.#nodeOf(key)?.files.find((f) => f.uri === key);
  }

  /** Takes in what the client tells of a node; what makes no sense is passed over. */
  tell(raw: unknown): void {
    const told = readParams(raw);
    if (!told) return;
    const { cluster, node, inventory, files } = told;
    const root = liveKey(cluster);
    if (files === null) {
      this.#forget(this.#clusters.get(root), node);
      return;
    }
    let known = this.#clusters.get(root);
    if (!known) {
      known = {
        root,
        inventory,
        nodes: new Map(),
        judgedNodes: new Map(),
        changed: new Set(),
        stale: false,
        judged: undefined,
      };
      this.#clusters.set(root, known);
    }
    known.inventory = keyOf(inventory);
    const before = new Map(known.nodes.get(node)?.files.map((f) => [f.uri, f]));
    const now = new Map<Key, SourceFile>();
    for (const { path, base64 } of files) {
      const file = sourceFile(cluster, node, path, base64);
      const old = file && before.get(file.uri);
      if (file) now.set(file.uri, old && sameFile(old, file) ? old : file);
    }
    this.#set(known, { name: node, folder: liveKey(cluster, node), files: [...now.values()] });
  }

  /** False where the node is not known. */
  put(file: SourceFile): boolean {
    const node = this.#nodeOf(file.uri);
    if (!node) return false;
    const others = node.files.filter((f) => f.uri !== file.uri);
    this.#set(this.clusterOf(file.uri)!, { ...node, files: [...others, file] });
    return true;
  }

  /** A file or folder of a node is no more. */
  remove(key: Key): void {
    const node = this.#nodeOf(key);
    const files = node?.files.filter((f) => !isWithin(f.uri, key));
    if (node && files && files.length < node.files.length) this.#set(this.clusterOf(key)!, { ...node, files });
  }

  drop(cluster: LiveCluster): void {
    this.#clusters.delete(cluster.root);
  }

  /**
   * Whether a file in this place would be taken from its node: the same that `livemig lint` takes from a folder.
   * @returns the file's path on the node
   */
  async placeOf(key: Key): Promise<Pick<SourceFile, 'path' | 'kind'> | undefined> {
    const node = this.#nodeOf(key);
    if (!node || key === node.folder) return undefined;
    const { clusters } = await discover(alone(key), node.folder, (uri, path, kind) =>
      Promise.resolve({ uri, path, kind, text: '' }),
    );
    // What lies bare in a folder of its own is a host only where somebody put it there.
    const hosts = clusters.flatMap((c) => c.hosts).filter((h) => h.folder === node.folder);
    return hosts.flatMap((h) => h.files).find((f) => f.uri === key);
  }

  #forget(cluster: LiveCluster | undefined, node: string): void {
    if (cluster?.nodes.delete(node)) cluster.changed.add(node);
  }

  #set(cluster: LiveCluster, node: Node): void {
    const files = [...node.files].sort((a, b) => (a.path < b.path ? -1 : 1));
    const before = cluster.nodes.get(node.name);
    if (before?.files.length === files.length && files.every((f, i) => f === before.files[i])) return;
    cluster.nodes.set(node.name, { ...node, files });
    cluster.changed.add(node.name);
  }

  #nodeOf(key: Key): Node | undefined {
    const name = key.split('/')[4];
    const cluster = this.clusterOf(key);
    if (!cluster || name === undefined) return undefined;
    try {
      return cluster.nodes.get(decodeURIComponent(name));
    } catch {
      return undefined;
    }
  }
}

/** A cluster's livemig.ini is none of a node's files. */
function sourceFile(cluster: string, node: string, path: string, base64: string): SourceFile | undefined {
  const file = sourceOf(liveKey(cluster, node, path), path, Buffer.from(base64, 'base64'));
  return file?.kind === 'livemig-ini' ? undefined : file;
}

function readParams(raw: unknown): LiveParams | undefined {
  const { cluster, node, inventory, files } = record(raw);
  if (!isName(cluster) || !isName(node) || typeof inventory !== 'string') return undefined;
  if (files === null) return { cluster, node, inventory, files };
  if (!Array.isArray(files)) return undefined;
  const read = files.flatMap((file) => {
    const { path, base64 } = record(file);
    return isPath(path) && typeof base64 === 'string' ? [{ path, base64 }] : [];
  });
  return { cluster, node, inventory, files: read };
}

function record(raw: unknown): Record<string, unknown> {
  return typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
}

/** One that a URI can have between two slashes. */
function isName(raw: unknown): raw is string {
  return typeof raw === 'string' && raw !== '' && raw !== '.' && raw !== '..' && !/\p{Surrogate}/u.test(raw);
}

function isPath(raw: unknown): raw is string {
  return typeof raw === 'string' && raw.split('/').every(isName);
}

/** A file system of one file. */
function alone(key: Key): FileSource {
  return {
    list: (folder) => {
      if (!isWithin(key, folder)) return Promise.resolve([]);
      const below = key.slice(folder.length + 1).split('/');
      const name = decodeURIComponent(below[0]!);
      return Promise.resolve([{ name, type: below.length > 1 ? 'folder' : 'file' }]);
    },
    read: () => Promise.resolve(new Uint8Array()),
  };
}
