import { setTimeout as sleep } from 'node:timers/promises';
import { lintSteps } from '../lint';
import { Cluster, type ClusterInput } from '../model/cluster';
import type { SourceFile } from '../model/files';
import { readInventory } from '../model/inventory';
import { parsed } from '../model/parsed';
import { factsIn } from '../model/readFacts';
import type { FolderSettings } from './configuration';
import { JudgedCluster } from './judged';
import { LiveNodes, type LiveCluster } from './live';
import { inSlices } from './slices';
import { type Key } from './uris';

/** Nodes come in swarms: they are compared when no more came for so long, or after so long at most. In ms. */
const QUIET = 100;
const LONGEST = 1500;
/** Between one comparison and the next. */
const INTERVAL = 500;

/** What the clusters of connected nodes need of all else. */
export interface Surroundings {
  /** Rejects when there is no such livemig.ini. */
  readonly inventory: (key: Key) => Promise<SourceFile>;
  readonly settings: (inventory: Key) => FolderSettings;
  /** The open documents of connected nodes. */
  readonly open: () => readonly Key[];
  /** A file with what an editor has laid over it, if anything. */
  readonly laid: (file: SourceFile) => SourceFile;
  /** Called when clusters came, changed or went. */
  readonly taken: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Judges connected nodes. Hundreds of them may be told of within seconds while somebody types: they are judged in slices of
 * the loop's turns, by themselves and then beside each other, and shown when that is done, all that came at once.
 */
export class LiveClusters {
  readonly nodes = new LiveNodes();
  readonly #around: Surroundings;
  /** Files that nobody told of or saved. */
  readonly #onlyOpen = new Set<Key>();
  #running = false;
  /** When a node was told of last, by `performance.now()`. */
  #told = 0;
  /** When they were taken in last. */
  #taken = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get judged(): JudgedCluster[] {
    return [...this.nodes.clusters].flatMap((c) => c.judged ?? []);
  }

  /** `livemig/live` */
  tell(params: unknown): void {
    this.nodes.tell(params);
    this.#told = performance.now();
    this.#start();
  }

  /** A document is open from a node that was not told of: a new file, in most cases. */
  opened(file: SourceFile): void {
    if (!this.nodes.put(file)) return;
    this.#onlyOpen.add(file.uri);
    this.#start();
  }

  /** A file was written to its node: it is that until the client tells otherwise. */
  saved(file: SourceFile): void {
    this.#onlyOpen.delete(file.uri);
    this.nodes.put(file);
    this.#start();
  }

  closed(key: Key): void {
    if (this.#onlyOpen.delete(key)) this.remove(key);
  }

  remove(key: Key): void {
    this.nodes.remove(key);
    this.#start();
  }

  /** @param key of the livemig.ini that changed; undefined: any may have */
  inventoryChanged(key?: Key): void {
    for (const cluster of this.nodes.clusters) if (key === undefined || cluster.inventory === key) cluster.stale = true;
    this.#start();
  }

  configure(): void {
    for (const { judged, inventory } of this.nodes.clusters)
      judged?.update(judged.input, this.#around.settings(inventory));
  }

  #start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#run()
      .catch(this.#around.failed)
      .finally(() => (this.#running = false));
  }

  async #run(): Promise<void> {
    while (this.#due().length > 0) {
      await this.#quiet();
      for (const cluster of this.#due()) await this.#take(cluster);
      this.#taken = performance.now();
      this.#around.taken();
    }
  }

  /** One node alone is taken in at once: what comes before others is known only when they come. */
  async #quiet(): Promise<void> {
    const until = performance.now() + LONGEST;
    for (;;) {
      const swarm = this.#due().some((c) => c.changed.size > 1 || c.judgedNodes.size > 1);
      const now = performance.now();
      const left = Math.max(this.#taken + INTERVAL, Math.min(until, this.#told + QUIET)) - now;
      if (!swarm || left <= 0) return;
      await sleep(left, undefined, { ref: false });
    }
  }

  #due(): readonly LiveCluster[] {
    return [...this.nodes.clusters].filter((c) => c.stale || c.changed.size > 0);
  }

  async #take(cluster: LiveCluster): Promise<void> {
    cluster.stale = false;
    const inventory = await this.#around.inventory(cluster.inventory).catch(() => undefined);
    for (const name of cluster.changed) {
      const node = cluster.nodes.get(name);
      if (node) cluster.judgedNodes.set(name, node);
      else cluster.judgedNodes.delete(name);
    }
    cluster.changed.clear();
    if (cluster.nodes.size === 0) {
      this.nodes.drop(cluster);
      return;
    }
    const settings = this.#around.settings(cluster.inventory);
    const input = this.#inputOf(cluster, inventory);
    await inSlices(readAhead(input));
    const model = new Cluster(input, settings.release, cluster.judged?.cluster);
    const lint = await inSlices(lintSteps(model, settings.lint));
    cluster.judged ??= new JudgedCluster(input, settings);
    cluster.judged.adopt({ input, settings, cluster: model, lint });
    // They may have been changed meanwhile.
    cluster.judged.update(cluster.judged.input, this.#around.settings(cluster.inventory));
  }

  #inputOf({ root, judgedNodes }: LiveCluster, inventory: SourceFile | undefined): ClusterInput {
    const edited = new Set(this.#around.open().map((key) => key.split('/').slice(0, 5).join('/')));
    return {
      root,
      hosts: [...judgedNodes.values()]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((node) => (edited.has(node.folder) ? { ...node, files: node.files.map(this.#around.laid) } : node)),
      inventory,
      // The folder of livemig.ini may have hosts of its own.
      sharesInventory: true,
      // What is missing may well be on the nodes that are not connected: nothing follows from it.
      ...(!isWhole(inventory, judgedNodes) && { partial: true }),
    };
  }
}

/** Parses what was not parsed yet, a file at a step: of all nodes that came at once it takes too long for one turn. */
function* readAhead({ hosts }: ClusterInput): Generator<void, void> {
  for (const { files } of hosts)
    for (const file of files) {
      if (file.kind === 'facts') factsIn(file);
      else parsed(file);
      yield;
    }
}

function isWhole(inventory: SourceFile | undefined, nodes: ReadonlyMap<string, unknown>): boolean {
  return inventory !== undefined && readInventory(inventory).nodes.every((n) => nodes.has(n.name));
}
