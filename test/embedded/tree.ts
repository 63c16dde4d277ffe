/** A node's files, in memory: folders, files and links with modes, owners and times, and the errors of a real file system. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

export type Errno =
  'ENOENT' | 'EACCES' | 'EEXIST' | 'EISDIR' | 'ENOTDIR' | 'ENOTEMPTY' | 'ENOSPC' | 'EROFS' | 'ELOOP' | 'EPERM';

/** What the C library says of each. */
const WORDS: Readonly<Record<Errno, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EEXIST: 'File exists',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  ENOSPC: 'No space left on device',
  EROFS: 'Read-only file system',
  ELOOP: 'Too many levels of symbolic links',
  EPERM: 'Operation not permitted',
};

export class TreeError extends Error {
  constructor(readonly code: Errno) {
    // Nobody reads where in the program it was made, and a search path makes dozens.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(WORDS[code]);
    Error.stackTraceLimit = limit;
  }
}

/** Who asks. Number 0 may do everything. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Of all groups, its own among them. */
  readonly groups: readonly number[];
}

export const ROOT: Account = { name: 'root', uid: 0, gid: 0, groups: [0] };

interface Common {
  /** Permission bits, 0 to 4095. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since 1970. */
  modified: number;
  readonly inode: number;
}
export interface File extends Common {
  readonly type: 'file';
  /** Never changed in place: who has it may keep it. */
  bytes: Uint8Array;
}
export interface Folder extends Common {
  readonly type: 'folder';
  readonly entries: Map<string, Entry>;
}
export interface Link extends Common {
  readonly type: 'link';
  readonly target: string;
}
/** A socket, a device, and the like. */
export interface Other extends Common {
  readonly type: 'other';
  /** As the kernel numbers it: 12 a socket, 2 a character device. */
  readonly kind: number;
}
export type Entry = File | Folder | Link | Other;

const MOST_LINKS = 20;
let inodes = 1;

/** What an entry begins with; the rest is its own. */
function common(mode: number, who: Account): Common {
  return { mode, uid: who.uid, gid: who.gid, modified: now(), inode: inodes++ };
}

export const now = (): number => Math.floor(Date.now() / 1000);

export class Tree {
  readonly root: Folder = { type: 'folder', entries: new Map(), ...common(0o755, ROOT) };
  /** Nothing can be written any more. */
  readOnly = false;
  /** Bytes that are left; what does not fit is cut off where it ends, as a full disk does it. */
  free = Infinity;

  /**
   * A tree that begins as a folder of this machine's, all of it root's.
   * @param modified when its files were written, in seconds since 1970; else as they were here
   */
  static fromFolder(folder: string, modified?: number): Tree {
    const tree = new Tree();
    const copy = (from: string, to: string): void => {
      for (const entry of readdirSync(from, { withFileTypes: true })) {
        const file = path.join(from, entry.name);
        if (entry.isDirectory()) {
          tree.folder(`${to}/${entry.name}`);
          copy(file, `${to}/${entry.name}`);
        } else if (entry.isFile()) {
          const made = tree.put(`${to}/${entry.name}`, readFileSync(file));
          made.modified = modified ?? Math.floor(statSync(file).mtimeMs / 1000);
        }
      }
    };
    copy(folder, '');
    return tree;
  }

  /** Makes a folder and those above it, where they are missing. Mode and owner are its own. */
  folder(where: string, { mode = 0o755, uid = 0, gid = 0 } = {}): Folder {
    let at = this.root;
    const names = parts(where);
    for (const [i, name] of names.entries()) {
      let next = at.entries.get(name);
      if (!next) {
        const own = i === names.length - 1 ? { mode, uid, gid } : {};
        next = { type: 'folder', entries: new Map(), ...common(0o755, ROOT), ...own };
        at.entries.set(name, next);
      }
      if (next.type !== 'folder') throw new TreeError('ENOTDIR');
      at = next;
    }
    return at;
  }

  /** Puts a file there, with the folders above it, without a question. */
  put(where: string, content: Uint8Array | string, { mode = 0o644, uid = 0, gid = 0, modified = now() } = {}): File {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const file: File = { type: 'file', bytes, ...common(mode, ROOT), uid, gid, modified };
    this.folder(path.posix.dirname(where)).entries.set(path.posix.basename(where), file);
    return file;
  }

  /** A socket (12) or a device (2, 6). */
  special(where: string, kind: number, { mode = 0o666, uid = 0, gid = 0 } = {}): void {
    const other: Other = { type: 'other', kind, ...common(mode, ROOT), uid, gid };
    this.folder(path.posix.dirname(where)).entries.set(path.posix.basename(where), other);
  }

  /**
   * What is at a path.
   * @param follow the last part, too, if it is a link
   * @throws TreeError
   */
  at(where: string, { who = ROOT, follow = true }: { who?: Account; follow?: boolean } = {}): Entry {
    return this.#walk(where, who, follow, 0);
  }

  /** The same, or nothing. */
  find(where: string, options: { who?: Account; follow?: boolean } = {}): Entry | undefined {
    try {
      return this.at(where, options);
    } catch (error) {
      if (error instanceof TreeError) return undefined;
      throw error;
    }
  }

  /** The path without links, dots and double slashes; what it names need not be there, its folder must. */
  real(where: string, who: Account = ROOT): string {
    let found = '';
    const todo = parts(where);
    for (let links = 0; todo.length > 0;) {
      const name = todo.shift()!;
      if (name === '..') {
        found = path.posix.dirname(found || '/').replace(/^\/$/, '');
        continue;
      }
      const entry =
        todo.length > 0
          ? this.at(`${found}/${name}`, { who, follow: false })
          : this.find(`${found}/${name}`, { who, follow: false });
      if (entry?.type === 'link') {
        if (++links > MOST_LINKS) throw new TreeError('ELOOP');
        todo.unshift(...parts(entry.target));
        if (entry.target.startsWith('/')) found = '';
      } else found += `/${name}`;
    }
    return found || '/';
  }

  read(where: string, who: Account = ROOT): Uint8Array {
    const entry = this.at(where, { who });
    if (entry.type === 'folder') throw new TreeError('EISDIR');
    if (entry.type !== 'file') throw new TreeError('EPERM');
    allow(entry, who, 4);
    return entry.bytes;
  }

  text(where: string): string | undefined {
    const entry = this.find(where);
    return entry?.type === 'file' ? Buffer.from(entry.bytes).toString() : undefined;
  }

  list(where: string, who: Account = ROOT): readonly (readonly [string, Entry])[] {
    const entry = this.at(where, { who });
    if (entry.type !== 'folder') throw new TreeError('ENOTDIR');
    allow(entry, who, 4);
    return [...entry.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /**
   * Opens a file for writing, and makes it if it may.
   * @param exclusive it must not be there
   */
  create(where: string, who: Account, { mode = 0o644, exclusive = false, make = true } = {}): File {
    this.#writable();
    const found = this.find(where, { who });
    if (found) {
      if (exclusive) throw new TreeError('EEXIST');
      if (found.type === 'folder') throw new TreeError('EISDIR');
      if (found.type !== 'file') throw new TreeError('EPERM');
      allow(found, who, 2);
      return found;
    }
    if (!make) throw new TreeError('ENOENT');
    const { folder, name } = this.#parent(where, who);
    const file: File = { type: 'file', bytes: new Uint8Array(), ...common(mode, who) };
    folder.entries.set(name, file);
    folder.modified = now();
    return file;
  }

  /** Replaces the bytes from an offset on; on a full disk what fits is there, and the rest is an error. */
  writeAt(file: File, offset: number, data: Uint8Array): void {
    this.#writable();
    const grown = Math.max(0, offset + data.length - file.bytes.length);
    const fits = data.length - Math.max(0, grown - this.free);
    const length = Math.max(file.bytes.length, offset + Math.max(0, fits));
    const bytes = new Uint8Array(length);
    bytes.set(file.bytes);
    if (fits > 0) bytes.set(data.subarray(0, fits), offset);
    this.free -= length - file.bytes.length;
    file.bytes = bytes;
    file.modified = now();
    if (fits < data.length) throw new TreeError('ENOSPC');
  }

  truncate(file: File, size = 0): void {
    this.#writable();
    const bytes = new Uint8Array(size);
    bytes.set(file.bytes.subarray(0, size));
    this.free += file.bytes.length - size;
    file.bytes = bytes;
    file.modified = now();
  }

  makeFolder(where: string, who: Account, mode = 0o755): void {
    this.#writable();
    if (this.find(where, { who, follow: false })) throw new TreeError('EEXIST');
    const { folder, name } = this.#parent(where, who);
    folder.entries.set(name, { type: 'folder', entries: new Map(), ...common(mode, who) });
    folder.modified = now();
  }

  link(target: string, where: string, who: Account): void {
    this.#writable();
    if (this.find(where, { who, follow: false })) throw new TreeError('EEXIST');
    const { folder, name } = this.#parent(where, who);
    folder.entries.set(name, { type: 'link', target, ...common(0o777, who) });
  }

  /** As rename(2): what is there already gives way, in one step. */
  rename(from: string, to: string, who: Account, { overwrite = true } = {}): void {
    this.#writable();
    const entry = this.at(from, { who, follow: false });
    const source = this.#parent(from, who);
    const target = this.#parent(to, who);
    const old = target.folder.entries.get(target.name);
    if (old && !overwrite) throw new TreeError('EEXIST');
    if (old?.type === 'folder' && entry.type !== 'folder') throw new TreeError('EISDIR');
    if (old && old !== entry && old.type !== 'folder' && entry.type === 'folder') throw new TreeError('ENOTDIR');
    if (old?.type === 'folder' && old !== entry && old.entries.size > 0) throw new TreeError('ENOTEMPTY');
    if (old?.type === 'file' && old !== entry) this.free += old.bytes.length;
    source.folder.entries.delete(source.name);
    target.folder.entries.set(target.name, entry);
    for (const { folder } of [source, target]) folder.modified = now();
  }

  remove(where: string, who: Account, { folder: wanted = false } = {}): void {
    this.#writable();
    const entry = this.at(where, { who, follow: false });
    if (wanted !== (entry.type === 'folder')) throw new TreeError(wanted ? 'ENOTDIR' : 'EISDIR');
    if (entry.type === 'folder' && entry.entries.size > 0) throw new TreeError('ENOTEMPTY');
    const { folder, name } = this.#parent(where, who);
    if (entry.type === 'file') this.free += entry.bytes.length;
    folder.entries.delete(name);
    folder.modified = now();
  }

  /** Mode and owner, as chmod(2) and chown(2) let an account change them. */
  change(entry: Entry, who: Account, { mode, uid, gid, modified }: Partial<Common>): void {
    this.#writable();
    if (who.uid !== 0 && who.uid !== entry.uid) throw new TreeError('EPERM');
    if (who.uid !== 0 && ((uid !== undefined && uid !== entry.uid) || (gid !== undefined && !who.groups.includes(gid))))
      throw new TreeError('EPERM');
    if (mode !== undefined) entry.mode = mode & 0o7777;
    if (uid !== undefined) entry.uid = uid;
    if (gid !== undefined) entry.gid = gid;
    if (modified !== undefined) entry.modified = modified;
  }

  /** A copy that goes its own way; the bytes of files, which are never changed in place, are shared. */
  clone(): Tree {
    const tree = new Tree();
    const copy = (from: Folder, to: Folder): void => {
      for (const [name, entry] of from.entries) {
        const own: Entry = entry.type === 'folder' ? { ...entry, entries: new Map() } : { ...entry };
        if (own.type === 'folder') copy(entry as Folder, own);
        to.entries.set(name, own);
      }
    };
    copy(this.root, tree.root);
    return tree;
  }

  #walk(where: string, who: Account, follow: boolean, links: number): Entry {
    if (links > MOST_LINKS) throw new TreeError('ELOOP');
    const stack: Folder[] = [];
    let at: Entry = this.root;
    const names = parts(where);
    for (const [i, name] of names.entries()) {
      if (at.type !== 'folder') throw new TreeError('ENOTDIR');
      allow(at, who, 1);
      if (name === '..') {
        at = stack.pop() ?? this.root;
        continue;
      }
      const next: Entry | undefined = at.entries.get(name);
      if (!next) throw new TreeError('ENOENT');
      const last = i === names.length - 1;
      if (next.type === 'link' && (!last || follow)) {
        const base = `/${names.slice(0, i).join('/')}`;
        const rest = names.slice(i + 1).map((n) => `/${n}`);
        return this.#walk(path.posix.resolve(base, next.target) + rest.join(''), who, follow, links + 1);
      }
      stack.push(at);
      at = next;
    }
    if (where.endsWith('/') && at.type !== 'folder') throw new TreeError('ENOTDIR');
    return at;
  }

  /** The folder that a path's last part is in, which may be written. */
  #parent(where: string, who: Account): { folder: Folder; name: string } {
    const name = parts(where).at(-1);
    if (name === undefined || name === '..') throw new TreeError('EEXIST');
    const folder = this.at(`/${parts(where).slice(0, -1).join('/')}`, { who });
    if (folder.type !== 'folder') throw new TreeError('ENOTDIR');
    allow(folder, who, 3);
    return { folder, name };
  }

  #writable(): void {
    if (this.readOnly) throw new TreeError('EROFS');
  }
}

function parts(where: string): string[] {
  return where.split('/').filter((p) => p !== '' && p !== '.');
}

/** @param wanted 4 to read, 2 to write, 1 to look through */
export function allow({ mode, uid, gid }: Common, who: Account, wanted: number): void {
  if (who.uid === 0) return;
  const bits = who.uid === uid ? mode >> 6 : who.groups.includes(gid) ? mode >> 3 : mode;
  if ((bits & wanted) !== wanted) throw new TreeError('EACCES');
}

/** The kernel's number for type and mode. */
export function statMode(entry: Entry): number {
  const kind = { file: 0o10, folder: 0o4, link: 0o12 };
  return ((entry.type === 'other' ? entry.kind : kind[entry.type]) << 12) | entry.mode;
}

export function sizeOf(entry: Entry): number {
  return entry.type === 'file' ? entry.bytes.length : entry.type === 'link' ? entry.target.length : 4096;
}
