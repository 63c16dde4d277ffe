import { FileChangeType, type FileEvent } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { ClusterInput } from '../model/cluster';
import { kindOf, type FileKind, type SourceFile } from '../model/files';
import { discover, type Load } from '../workspace/discover';
import { nameOf, type FileSource } from '../workspace/source';
import { NO_SETTINGS, type FolderSettings } from './configuration';
import { DiskFiles } from './disk';
import { OpenDocuments } from './documents';
import { JudgedCluster } from './judged';
import { LiveClusters } from './liveClusters';
import { looseCluster } from './loose';
import { overlaySource } from './overlay';
import { Queue } from './queue';
import { describe, type Log } from './safe';
import { inSlices } from './slices';
import { isLive, isOnDisk, isWithin, keyOf, type Key } from './uris';

/** After the last key press, in ms: then an edited file is compared with those of many hosts. */
const SETTLE = 250;

interface Folder {
  readonly key: Key;
  clusters: JudgedCluster[];
  /** What could not be read below it, in words. */
  failures: ReadonlyMap<Key, string>;
  /** A walk through it is already on its way. */
  queued: boolean;
}

/**
 * Everything there is to judge: the hosts found in the editor's folders and connected nodes, with open documents laid over
 * them, and open documents that belong to none. What needs the disk runs in a queue; an edit is taken in at once.
 */
export class Workspace {
  readonly open = new OpenDocuments();
  readonly #disk: DiskFiles;
  readonly #source: FileSource;
  readonly #log: Log;
  readonly #changed: () => void;
  readonly #queue: Queue;
  readonly #folders = new Map<Key, Folder>();
  readonly #live: LiveClusters;
  readonly #loose = new Map<Key, JudgedCluster>();
  readonly #edited = new Set<Key>();
  readonly #complaints = new Set<string>();
  /** Those that were edited, and are yet to be compared with what stands beside it. */
  readonly #unsettled = new Set<JudgedCluster>();
  #settling: NodeJS.Timeout | undefined;
  #settings: ReadonlyMap<Key, FolderSettings> = new Map();
  #owners = new Map<Key, JudgedCluster>();

  /** @param changed called whenever findings may have changed, often */
  constructor(source: FileSource, log: Log, changed: () => void) {
    this.#source = source;
    this.#disk = new DiskFiles(source);
    this.#log = log;
    this.#changed = changed;
    const failed = (error: unknown): void => {
      log.error(describe(error));
      log.alert('livemig came upon an error of its own: what it shows may be incomplete.');
    };
    this.#queue = new Queue(failed);
    this.#live = new LiveClusters({
      inventory: (key) => this.#load(key, 'livemig.ini', 'livemig-ini'),
      settings: (key) => this.#settingsOf(key),
      open: () => [...this.open.keys()].filter(isLive),
      laid: (file) => this.#laid(file),
      taken: () => this.#takenLive(),
      failed,
    });
  }

  // ---- questions --------------------------------------------------------------------------------------------------

  /** Undefined when everything is up to date already, which saves a keystroke from waiting. */
  settled(): Promise<void> | undefined {
    return this.#queue.idle ? undefined : this.#queue.settled();
  }

  /** The cluster by which a file is judged. */
  ownerOf(key: Key): JudgedCluster | undefined {
    this.#takeEdits();
    return this.#owners.get(key);
  }

  /** Why a file or folder could not be read; undefined for those that could, be it that an editor has them open. */
  failureOf(key: Key): string | undefined {
    if (this.#owners.has(key)) return undefined;
    for (const { failures } of this.#folders.values()) {
      const reason = failures.get(key);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Every file that can have something to show. */
  keys(): Iterable<Key> {
    const failed = [...this.#folders.values()].flatMap((f) => [...f.failures.keys()]);
    return failed.length === 0 ? this.#owners.keys() : new Set([...this.#owners.keys(), ...failed]);
  }

  /** All clusters, those of single documents included. */
  clusters(): readonly JudgedCluster[] {
    this.#takeEdits();
    return [...new Set(this.#owners.values())];
  }

  get folders(): readonly Key[] {
    return [...this.#folders.keys()];
  }

  // ---- changes ----------------------------------------------------------------------------------------------------

  addFolders(uris: readonly string[]): void {
    for (const key of uris.map(keyOf)) {
      if (this.#folders.has(key)) continue;
      const folder: Folder = { key, clusters: [], failures: new Map(), queued: false };
      this.#folders.set(key, folder);
      // Other kinds of file system are the client's: what it opens there is judged file by file.
      if (isOnDisk(key)) this.#walk(folder);
    }
    this.#placeAll();
  }

  removeFolders(uris: readonly string[]): void {
    for (const uri of uris) this.#folders.delete(keyOf(uri));
    this.#assign();
    this.#placeAll();
  }

  /** @param settings by folder; under the empty key what holds for everything else */
  configure(settings: ReadonlyMap<Key, FolderSettings>): void {
    this.#settings = settings;
    for (const folder of this.#folders.values())
      for (const cluster of folder.clusters) cluster.update(cluster.input, this.#settingsOf(folder.key));
    for (const [key, cluster] of this.#loose) cluster.update(cluster.input, this.#settingsOf(key));
    this.#live.configure();
    this.#changed();
  }

  /** `livemig/live`: the files of a connected node. */
  live(params: unknown): void {
    this.#live.tell(params);
  }

  /** Work that the answers have to wait for. */
  enqueue(task: () => Promise<void>): void {
    this.#queue.add(task);
  }

  opened(document: TextDocument): void {
    const key = this.open.add(document);
    this.#edited.add(key);
    if (!this.#owners.has(key)) this.#queue.add(() => this.#place(key));
    if (isInventory(key)) this.#placeAll(true);
    this.#changed();
  }

  edited(document: TextDocument): void {
    this.#edited.add(keyOf(document.uri));
    this.#changed();
  }

  closed(uri: string): void {
    const key = this.open.remove(uri);
    this.#edited.delete(key);
    if (this.#loose.delete(key)) this.#assign();
    this.#disk.invalidate(key);
    this.#live.closed(key);
    if (this.#owners.has(key)) this.#queue.add(() => this.#reload(key));
    if (isInventory(key)) this.#placeAll(true);
    this.#changed();
  }

  /** @param blind the client tells of no changes on disk: anything may have changed */
  saved(uri: string, blind: boolean): void {
    if (isLive(keyOf(uri))) this.#savedLive(keyOf(uri));
    else if (blind) this.reread();
    else this.diskChanged([{ uri, type: FileChangeType.Changed }]);
  }

  /** Reads everything anew. */
  reread(): void {
    this.#disk.invalidateAll();
    for (const folder of this.#folders.values()) this.#walk(folder);
  }

  diskChanged(events: readonly FileEvent[]): void {
    for (const { uri, type } of events) {
      const key = keyOf(uri);
      if (isLive(key)) {
        // Of other changes the client tells by the node's files.
        if (type === FileChangeType.Deleted) this.#live.remove(key);
        continue;
      }
      this.#disk.invalidate(key);
      const owned = this.#owners.has(key);
      if (owned && type !== FileChangeType.Deleted) {
        this.#queue.add(() => this.#reload(key));
        continue;
      }
      if (isInventory(key)) {
        this.#placeAll(true);
        this.#live.inventoryChanged(key);
      }
      // Of a folder that went away only the folder itself may be told; other people's files are none of our business.
      const ours = type === FileChangeType.Deleted ? this.#holds(key) : kindOf(decoded(key), true) !== undefined;
      if (owned || ours) for (const folder of this.#folders.values()) if (isWithin(key, folder.key)) this.#walk(folder);
    }
  }

  // ---- inside -----------------------------------------------------------------------------------------------------

  #settingsOf(key: Key): FolderSettings {
    const inner = [...this.#settings.keys()]
      .filter((f) => f !== '' && isWithin(key, f))
      .sort((a, b) => b.length - a.length)[0];
    return this.#settings.get(inner ?? '') ?? NO_SETTINGS;
  }

  /** Hands out open documents before the disk; the disk is read all the same, since it knows the encoding. */
  readonly #load: Load = async (key, path, kind) => {
    if (!this.open.has(key)) return this.#read(key, path, kind);
    const saved = await this.#read(key, path, kind).catch(() => undefined);
    // It may have been closed meanwhile.
    if (!this.open.has(key)) return this.#read(key, path, kind);
    return this.open.file(key, path, kind, saved);
  };

  /** A file as it was saved last. Rejects when it cannot be read. */
  async #read(key: Key, path: string, kind: FileKind): Promise<SourceFile> {
    if (isOnDisk(key)) return this.#disk.read(key, path, kind);
    const file = this.#live.nodes.file(key);
    if (!file) throw new Error('is not to be had from here');
    return file;
  }

  /** A file with the document that is open on it. What was measured on a node is always as it was told. */
  #laid(saved: SourceFile, current?: SourceFile): SourceFile {
    const { uri: key, path, kind } = saved;
    return this.open.has(key) && kind !== 'facts' ? this.open.file(key, path, kind, saved, current) : saved;
  }

  #savedLive(key: Key): void {
    const file = this.#live.nodes.file(key) && this.ownerOf(key)?.file(key);
    if (file) this.#live.saved(file);
  }

  #takenLive(): void {
    this.#assign();
    for (const key of this.open.keys()) {
      if (!isLive(key)) continue;
      this.#edited.add(key);
      // Its node may be known by now.
      if (this.#loose.has(key)) this.#queue.add(() => this.#place(key));
    }
    this.#placeAll();
  }

  #walk(folder: Folder): void {
    if (folder.queued || !isOnDisk(folder.key)) return;
    folder.queued = true;
    this.#queue.add(async () => {
      folder.queued = false;
      if (this.#folders.get(folder.key) !== folder) return;
      const source = overlaySource(this.#source, this.open, folder.key);
      const { clusters, failures } = await discover(source, folder.key, this.#load);
      for (const { uri, reason } of failures) this.#complain(`${uri}: ${reason}`);
      // A folder of the editor's own has no place among the problems.
      const [whole] = failures.filter((f) => f.uri === folder.key);
      if (whole) this.#log.alert(`livemig cannot read ${nameOf(folder.key)}: ${whole.reason}`);
      folder.failures = new Map(failures.filter((f) => f !== whole).map((f) => [f.uri, f.reason]));
      this.#adopt(folder, clusters);
    });
  }

  #adopt(folder: Folder, inputs: readonly ClusterInput[]): void {
    const before = new Map(folder.clusters.map((c) => [c.input.root, c]));
    const settings = this.#settingsOf(folder.key);
    folder.clusters = inputs.map((input) => {
      const known = before.get(input.root);
      known?.update(input, settings);
      return known ?? new JudgedCluster(input, settings);
    });
    this.#assign();
    for (const key of this.open.keys()) this.#edited.add(key);
    this.#live.inventoryChanged();
    this.#placeAll();
    this.#changed();
  }

  /**
   * Who judges what: nodes as they are now before a copy of them, which may share their livemig.ini; of folders within each
   * other the outer one, which sees more; documents of none themselves.
   */
  #assign(): void {
    const owners = new Map<Key, JudgedCluster>();
    const folders = [...this.#folders.values()].sort((a, b) => a.key.length - b.key.length);
    // An inventory above several groups of hosts belongs to them all: one that has hosts judges it.
    const clusters = [...this.#live.judged, ...folders.flatMap((f) => f.clusters)].sort((a, b) => rank(a) - rank(b));
    for (const cluster of clusters) for (const key of cluster.keys()) if (!owners.has(key)) owners.set(key, cluster);
    for (const [key, cluster] of this.#loose) {
      if (owners.has(key)) this.#loose.delete(key);
      else owners.set(key, cluster);
    }
    this.#owners = owners;
  }

  #placeAll(again = false): void {
    for (const key of this.open.keys())
      if (again ? this.#loose.has(key) : !this.#owners.has(key)) this.#queue.add(() => this.#place(key));
    this.#changed();
  }

  /** Finds a home for an open document: its host in one of the folders, else one of its own. */
  async #place(key: Key): Promise<void> {
    if (!this.open.has(key) || (this.#owners.has(key) && !this.#loose.has(key))) return;
    const folder = [...this.#folders.values()].find((f) => isOnDisk(f.key) && isWithin(key, f.key));
    if (folder && !folder.queued && !this.#loose.has(key) && kindOf(decoded(key), true)) {
      // A file that is not on disk yet may belong to a host that is.
      const source = overlaySource(this.#source, this.open, folder.key);
      const { clusters } = await discover(source, folder.key, this.#load);
      if (clusters.some((c) => c.inventory?.uri === key || c.hosts.some((h) => h.files.some((f) => f.uri === key)))) {
        this.#adopt(folder, clusters);
        return;
      }
    }
    if (isLive(key)) {
      // Nor was the node's new file told of yet.
      const place = await this.#live.nodes.placeOf(key);
      if (place && this.open.has(key) && !this.#live.nodes.file(key))
        this.#live.opened(this.open.file(key, place.path, place.kind, undefined));
    }
    const input = await looseCluster(key, this.#load, this.open.languageKind(key));
    if (!input || !this.open.has(key)) return;
    const known = this.#loose.get(key);
    if (known) known.update(input, this.#settingsOf(key));
    else this.#loose.set(key, new JudgedCluster(input, this.#settingsOf(key)));
    this.#edited.add(key);
    this.#assign();
    this.#changed();
  }

  /** Takes a single file in anew, after it changed on disk or was closed. */
  async #reload(key: Key): Promise<void> {
    const known = this.#owners.get(key)?.file(key);
    if (!known) return;
    let file: SourceFile;
    try {
      file = await this.#load(key, known.path, known.kind);
    } catch {
      for (const folder of this.#folders.values()) if (isWithin(key, folder.key)) this.#walk(folder);
      return;
    }
    this.#replace(file);
    // It may have been opened while the disk was read.
    if (this.open.has(key)) this.#edited.add(key);
    this.#changed();
  }

  #takeEdits(): void {
    if (this.#edited.size === 0) return;
    for (const key of this.#edited) {
      const current = this.#owners.get(key)?.file(key);
      if (!current || !this.open.has(key)) continue;
      if (isLive(key)) this.#replace(this.#laid(this.#live.nodes.file(key) ?? current, current));
      else this.#replace(this.open.file(key, current.path, current.kind, this.#disk.peek(key), current));
    }
    this.#edited.clear();
  }

  /** An inventory may belong to several clusters. */
  #replace(file: SourceFile): void {
    if (file.kind !== 'livemig-ini') {
      const owner = this.#owners.get(file.uri);
      owner?.replace(file);
      if (owner?.unsettled) this.#settleLater(owner);
    } else {
      for (const cluster of this.#everyCluster()) cluster.replace(file);
      this.#live.inventoryChanged(file.uri);
    }
  }

  /** When nobody types any more. */
  #settleLater(owner: JudgedCluster): void {
    this.#unsettled.add(owner);
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settle().catch((error: unknown) => this.#log.error(describe(error)));
    }, SETTLE).unref();
  }

  async #settle(): Promise<void> {
    for (const owner of [...this.#unsettled]) {
      this.#unsettled.delete(owner);
      // An edit meanwhile comes back here by itself.
      if (owner.unsettled && (await inSlices(owner.settling()))) this.#changed();
    }
  }

  #everyCluster(): JudgedCluster[] {
    return [...this.#live.judged, ...[...this.#folders.values()].flatMap((f) => f.clusters), ...this.#loose.values()];
  }

  #holds(folder: Key): boolean {
    for (const key of this.keys()) if (isWithin(key, folder)) return true;
    return false;
  }

  /** Once for each: a walk is repeated often. */
  #complain(words: string): void {
    if (this.#complaints.has(words)) return;
    this.#complaints.add(words);
    this.#log.warn(words);
  }
}

function rank(cluster: JudgedCluster): number {
  return cluster.input.hosts.length > 0 ? 0 : 1;
}

/** One that may belong to documents beside or below it. */
function isInventory(key: Key): boolean {
  return key.endsWith('/livemig.ini');
}

function decoded(key: Key): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
