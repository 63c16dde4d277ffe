import type { ClusterInput } from '../model/cluster';
import { kindOf, type FileKind, type SourceFile } from '../model/files';
import type { HostInput } from '../model/host';
import { join, nameOf, parentOf, type Failure, type FileSource, type FolderEntry } from './source';

/** Folders of a host that hold files of ours, below its own; a whole `etc` is never walked. */
const FOLDERS = [
  'etc',
  'etc/nova',
  'etc/nova/nova.conf.d',
  'etc/libvirt',
  'etc/default',
  'etc/sysconfig',
  'etc/init',
  'etc/exports.d',
  'etc/kolla/nova-compute',
  'etc/kolla/nova-libvirt',
];

/** Those that are looked into where the listing of `etc` shows them: few hosts were collected with them. */
const RARER = ['sasl2', 'sysctl.d'];

/** Where systemd has units, the administrator's first, by the folder of the host that must be there. */
const UNITS = [
  ['etc', 'etc/systemd/system'],
  ['usr', 'usr/lib/systemd/system'],
  ['lib', 'lib/systemd/system'],
] as const;

/** How deep hosts are looked for below the given folder. */
const DEPTH = 3;

/** Folders that never hold a fleet and may be huge. */
const SKIP = new Set(['node_modules', '.git', 'proc', 'sys', 'dev']);

/** Reads one file; may hand out an object it handed out before, which keeps the caches warm. */
export type Load = (uri: string, path: string, kind: FileKind) => Promise<SourceFile>;

export interface Discovered {
  readonly clusters: readonly ClusterInput[];
  readonly failures: readonly Failure[];
}

/**
 * Which files make which host, and which hosts a cluster: a folder with `etc/` is a host, hosts side by side are a
 * cluster, livemig.ini beside or above them is its inventory. A folder without `etc/` that directly holds files of ours
 * is one host.
 */
export async function discover(source: FileSource, root: string, load: Load): Promise<Discovered> {
  const found = new Discovery(source, load);
  await found.walk(root, 0, undefined);
  return { clusters: found.clusters(), failures: found.failures };
}

interface Group {
  readonly hosts: HostInput[];
  inventory: SourceFile | undefined;
}

class Discovery {
  readonly failures: Failure[] = [];
  readonly #groups = new Map<string, Group>();
  readonly #source: FileSource;
  readonly #load: Load;

  constructor(source: FileSource, load: Load) {
    this.#source = source;
    this.#load = load;
  }

  clusters(): ClusterInput[] {
    const uses = new Map<SourceFile | undefined, number>();
    for (const { inventory, hosts } of this.#groups.values())
      if (hosts.length > 0) uses.set(inventory, (uses.get(inventory) ?? 0) + 1);
    return [...this.#groups].map(([root, group]) => ({
      root,
      hosts: group.hosts.sort((a, b) => (a.name < b.name ? -1 : 1)),
      inventory: group.inventory,
      ...(group.inventory && (uses.get(group.inventory) ?? 0) > 1 && { sharesInventory: true }),
      ...(this.failures.some((f) => f.uri.startsWith(`${root}/`)) && { partial: true }),
    }));
  }

  async walk(folder: string, depth: number, inventory: SourceFile | undefined): Promise<void> {
    const entries = await this.#list(folder, depth === 0);
    const own = entries.find((e) => e.name === 'livemig.ini');
    const ini =
      own?.type === 'file' ? await this.#read(join(folder, 'livemig.ini'), 'livemig.ini', 'livemig-ini') : undefined;
    if (own && own.type !== 'file') this.#notAFile(join(folder, 'livemig.ini'), own.type);
    const known = ini ?? inventory;
    if (ini) this.#group(folder).inventory = ini;
    if (entries.some((e) => e.name === 'etc' && e.type === 'folder')) {
      await this.#host(folder, entries, depth === 0 ? folder : parentOf(folder), known);
      return;
    }
    const bare = entries.filter(
      (e) => kindOf(e.name, depth === 0) !== undefined && e.name !== 'livemig.ini' && e.name !== 'facts.json',
    );
    if (bare.length > 0) {
      const files = await this.#files(folder, '', bare, depth === 0);
      if (files.length > 0) this.#add(folder, depth === 0 ? folder : parentOf(folder), files, known);
    }
    if (depth >= DEPTH) return;
    const inner = entries.filter((e) => e.type === 'folder' && !SKIP.has(e.name) && kindOf(e.name) === undefined);
    await Promise.all(inner.map((e) => this.walk(join(folder, e.name), depth + 1, known)));
  }

  async #host(
    folder: string,
    entries: readonly FolderEntry[],
    cluster: string,
    inventory: SourceFile | undefined,
  ): Promise<void> {
    const lists = await Promise.all(FOLDERS.map((below) => this.#list(within(folder, below), false)));
    const etc = lists[0]!;
    const rarer = RARER.filter((name) => isFolder(etc, name)).map((name) => `etc/${name}`);
    const folders = [...FOLDERS, ...rarer];
    lists.push(...(await Promise.all(rarer.map((below) => this.#list(within(folder, below), false)))));
    const units = UNITS.filter(([top]) => (top === 'etc' ? isFolder(etc, 'systemd') : isFolder(entries, top)));
    const found = await Promise.all([
      ...folders.map((below, i) => this.#files(folder, below, lists[i]!, false)),
      ...units.map(([, below]) => this.#units(folder, below)),
    ]);
    const files = found.flat();
    const facts = entries.some((e) => e.name === 'facts.json' && e.type === 'file');
    const measured = facts ? await this.#read(join(folder, 'facts.json'), 'facts.json', 'facts') : undefined;
    this.#add(folder, cluster, measured ? [...files, measured] : files, inventory);
  }

  #add(folder: string, cluster: string, files: readonly SourceFile[], inventory: SourceFile | undefined): void {
    const group = this.#group(cluster);
    group.inventory ??= inventory;
    group.hosts.push({ name: nameOf(folder), folder, files });
  }

  #group(root: string): Group {
    let group = this.#groups.get(root);
    if (!group) this.#groups.set(root, (group = { hosts: [], inventory: undefined }));
    return group;
  }

  async #files(folder: string, below: string, entries: readonly FolderEntry[], bare: boolean): Promise<SourceFile[]> {
    const files: SourceFile[] = [];
    for (const { name, type } of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below === '' ? name : `${below}/${name}`;
      const kind = kindOf(path, bare);
      if (kind === undefined || kind === 'livemig-ini' || kind === 'facts') continue;
      const uri = within(folder, path);
      // Debian's 99-sysctl.conf leads to sysctl.conf, which need not have been collected.
      if (type !== 'file' && kind === 'sysctl') continue;
      if (type !== 'file') {
        this.#notAFile(uri, type);
        continue;
      }
      const file = await this.#read(uri, path, kind);
      if (file) files.push(file);
    }
    return files;
  }

  /** Our units in one of systemd's folders, which may hold hundreds of others. */
  async #units(folder: string, below: string): Promise<SourceFile[]> {
    const entries = await this.#list(within(folder, below), false);
    const found = [...entries]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(async ({ name, type, link }): Promise<SourceFile[]> => {
        const path = `${below}/${name}`;
        if (type === 'folder') return mayHoldUnits(path) ? this.#units(folder, path) : [];
        const kind = kindOf(path);
        // A link to another unit leads out of what was collected; one to /dev/null switches the unit off.
        const own = type === 'file' && !link?.startsWith('/');
        if (kind !== 'wants' && (kind !== 'unit' || !(own || link === '/dev/null'))) return [];
        const file = await this.#read(within(folder, path), path, kind);
        return file ? [file] : [];
      });
    return (await Promise.all(found)).flat();
  }

  #notAFile(uri: string, type: FolderEntry['type']): void {
    const reason = type === 'folder' ? 'is a folder, a file is expected here' : 'is no regular file';
    this.failures.push({ uri, reason });
  }

  async #list(folder: string, must: boolean): Promise<readonly FolderEntry[]> {
    try {
      return await this.#source.list(folder);
    } catch (error) {
      if (must || !isMissing(error)) this.failures.push({ uri: folder, reason: reasonOf(error) });
      return [];
    }
  }

  async #read(uri: string, path: string, kind: FileKind): Promise<SourceFile | undefined> {
    try {
      return await this.#load(uri, path, kind);
    } catch (error) {
      // A file that went away between listing and reading is simply not there any more.
      if (!isMissing(error)) this.failures.push({ uri, reason: reasonOf(error) });
      return undefined;
    }
  }
}

function within(folder: string, below: string): string {
  return below.split('/').reduce(join, folder);
}

function isFolder(entries: readonly FolderEntry[], name: string): boolean {
  return entries.some((e) => e.name === name && e.type === 'folder');
}

/** Whether a folder below systemd's holds drop-ins of a unit of ours, or the links of a target. */
function mayHoldUnits(path: string): boolean {
  return kindOf(`${path}/x.conf`) === 'unit' || kindOf(`${path}/libvirtd.socket`) === 'wants';
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'FileNotFound';
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  NoPermissions: 'permission denied',
  ENOENT: 'no such file or folder',
  FileNotFound: 'no such file or folder',
  EISDIR: 'is a folder, a file is expected here',
  ELOOP: 'is a symbolic link that leads round in a circle',
};

/** A failure in a few words. */
export function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  const words = typeof code === 'string' ? WORDS[code] : undefined;
  return words ?? (error instanceof Error ? error.message : String(error));
}

/**
 * The host that a single file belongs to, by its path: what stands before the last `/etc/`, or before the folder of a
 * package's units, else the folder that holds it.
 */
export function hostFolderOf(uri: string): { readonly folder: string; readonly path: string } {
  const at = Math.max(uri.lastIndexOf('/etc/'), uri.search(/(?:\/usr)?\/lib\/systemd\/system\//));
  const folder = at >= 0 ? uri.slice(0, at) : parentOf(uri);
  return { folder, path: decodeURIComponent(uri.slice(folder.length + 1)) };
}
