import { createHash, randomBytes } from 'node:crypto';
import type { RemoteEntry, RemoteStat } from '../../fleet-protocol';
import type { NodeConnection } from '../ssh/connection';
import { FleetError, type FleetLog } from '../types';
import { LIMIT_BYTES, look, type Look } from './look';
import { NONE, type Previous, type PreviousVersions } from './previous';
import { replace } from './replace';

/** How a file was when it was last told. */
interface Seen {
  /** SHA-256 of the content; of a file that is too large, its size and time. */
  readonly sum: string;
  /** As told; never the same for two contents that followed each other. */
  readonly mtime: number;
}

/** What the caller of a write must have known: a content, or that there is no file. */
type Known = { readonly sum: string; readonly size: number } | 'none';

/** A write of which nobody knows whether it came to its end. */
interface Open {
  readonly sum: string;
  /** Takes the version before it away again. */
  readonly undo: () => Promise<void>;
}

/**
 * The files of one node, by absolute paths. It remembers what it told, so that nothing is overwritten that nobody has seen.
 */
export class RemoteFiles {
  readonly #seen = new Map<string, Seen>();
  readonly #known = new Map<string, Known>();
  readonly #open = new Map<string, Open>();
  /** Writes of one file follow each other. */
  readonly #queues = new Map<string, Promise<unknown>>();

  /** @param connect the node's connection, whichever it is then */
  constructor(
    private readonly connect: () => Promise<NodeConnection>,
    private readonly node: string,
    private readonly keep: PreviousVersions,
    private readonly log: FleetLog = () => undefined,
  ) {}

  /** @throws FleetError: not-found, no-permission, refused, and what connections throw */
  async stat(path: string): Promise<RemoteStat> {
    const found = await this.#look(path);
    if (found.type === 'none') throw this.#notFound(path);
    return this.#told(path, found);
  }

  /** Files and folders, links followed, by name; sockets and the like are left out. */
  async list(path: string): Promise<RemoteEntry[]> {
    const found = await this.#look(path);
    if (found.type === 'none') throw this.#notFound(path);
    if (found.type === 'file') throw new FleetError('refused', `${this.node}: ${path} is a file, not a folder`);
    return [...found.entries];
  }

  async read(path: string): Promise<{ readonly bytes: Uint8Array }> {
    const found = await this.#look(path);
    return { bytes: this.#content(path, found) };
  }

  /**
   * Replaces a file whole or not at all; the content before is kept.
   * @param options `create`: it need not be there; `overwrite`: it may be there
   * @throws FleetError of code `conflict` when the content on the node is not the one that was last told, `exists`,
   *   `not-found`, `is-folder`, `no-space`, `read-only`, `no-permission`, `refused`: the file is as it was. After `lost`,
   *   `timeout` and `cancelled` it is either as it was or as it was to be, and writing it again does no harm.
   */
  write(
    path: string,
    bytes: Uint8Array,
    options: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<RemoteStat> {
    return this.#inTurn(path, () => this.#write(path, bytes, options));
  }

  /** What a file was before livemig last wrote it; undefined where it wrote none, or made it. */
  async previous(path: string): Promise<{ readonly bytes: Uint8Array; readonly saved: number } | undefined> {
    const found = await this.keep.find(this.node, path);
    return found?.bytes ? { bytes: found.bytes, saved: found.saved } : undefined;
  }

  /**
   * Puts the previous version back; what it replaces becomes the previous one. A file that livemig made is removed.
   * @returns undefined when the file was removed
   * @throws FleetError of code `not-found` where livemig wrote none
   */
  restore(path: string): Promise<RemoteStat | undefined> {
    return this.#inTurn(path, async () => this.#restore(path, await this.keep.find(this.node, path)));
  }

  /**
   * Puts back what the file was at a time (ms since 1970; 0: before it was last written), if it is as livemig wrote it.
   * @throws FleetError of code `conflict` when it is not
   */
  takeBack(path: string, since: number): Promise<RemoteStat | undefined> {
    return this.#inTurn(path, async () => {
      const then = since > 0 ? await this.keep.find(this.node, path, since) : undefined;
      const found = then ?? (await this.keep.find(this.node, path));
      return this.#restore(path, found, await this.keep.written(this.node, path));
    });
  }

  /** Notes that the daemons run with these files as they are. */
  async applied(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.keep.apply(this.node, path);
  }

  /** When a file was last applied by livemig, in ms since 1970; 0 for never. */
  appliedAt(path: string): Promise<number> {
    return this.keep.applied(this.node, path);
  }

  /** Which of some files livemig wrote, and has not applied since. */
  async unapplied(paths: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const path of paths) if (await this.keep.find(this.node, path, await this.appliedAt(path))) found.push(path);
    return found;
  }

  async #restore(path: string, found: Previous | undefined, ours?: string): Promise<RemoteStat | undefined> {
    if (!found) throw new FleetError('not-found', `${this.node}: livemig knows no previous version of ${path}`);
    const now = await this.#look(path);
    if (ours !== undefined && ours !== (now.type === 'none' ? NONE : sumOf(this.#content(path, now))))
      throw new FleetError(
        'conflict',
        `${this.node}: ${path} is not what livemig wrote: somebody changed it since. It was left as it is`,
      );
    return this.#replace(path, now, found.bytes);
  }

  async #write(
    path: string,
    bytes: Uint8Array,
    { create, overwrite }: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<RemoteStat> {
    if (bytes.length > LIMIT_BYTES) throw this.#tooLarge(path, bytes.length);
    const open = this.#open.get(path);
    const known = this.#known.get(path);
    const now = await this.#look(path, false);
    if (now.type === 'folder') throw new FleetError('is-folder', `${this.node}: ${path} is a folder`);
    if (now.type === 'none') {
      if (known !== undefined && known !== 'none') throw this.#conflict(path, 'was removed');
      if (!create) throw this.#notFound(path);
    } else {
      if (!overwrite) throw new FleetError('exists', `${this.node}: ${path} is there already`);
      const sum = sumOf(this.#content(path, now, false));
      const own = open?.sum === sum;
      if (!own && known === undefined) throw this.#conflict(path, 'was never read');
      if (!own && known === 'none') throw this.#conflict(path, 'was made by somebody else');
      if (!own && known !== 'none' && known?.sum !== sum) throw this.#conflict(path, 'was changed');
    }
    return (await this.#replace(path, now, bytes))!;
  }

  /** @param bytes null: the file is removed, and undefined returned */
  async #replace(path: string, now: Look, bytes: Uint8Array | null): Promise<RemoteStat | undefined> {
    if (now.type === 'folder') throw new FleetError('is-folder', `${this.node}: ${path} is a folder`);
    const before = now.type === 'file' ? this.#content(path, now, false) : null;
    const sum = bytes === null ? 'none' : sumOf(bytes);
    const expected = before === null ? 'none' : sumOf(before);
    if (sum === expected) return now.type === 'file' ? this.#told(path, now, true) : undefined;
    const connection = await this.connect();
    const gaveWayTo = bytes === null ? NONE : sum;
    const undo = await this.keep.keep(this.node, path, { bytes: before, gaveWayTo });
    const began = performance.now();
    let mtime: number;
    try {
      const nonce = randomBytes(6).toString('hex');
      mtime = await replace(connection, this.node, path, { expected, bytes, sum, nonce });
    } catch (error) {
      const unknown = error instanceof FleetError && ['lost', 'timeout', 'cancelled'].includes(error.code);
      if (unknown) this.#open.set(path, { sum, undo });
      else await undo();
      throw error;
    }
    this.#open.delete(path);
    const what = bytes === null ? 'removed' : `replaced, ${bytes.length} bytes`;
    this.log(`${this.node}: ${path} ${what} (${Math.round(performance.now() - began)} ms)`);
    if (bytes === null) {
      this.#forget(path);
      return undefined;
    }
    return this.#told(path, { type: 'file', size: bytes.length, mtime, bytes }, true);
  }

  /** What there is now; what was left open is settled by it. */
  async #look(path: string, tells = true): Promise<Look> {
    this.#check(path);
    const found = await look(await this.connect(), this.node, path);
    const open = this.#open.get(path);
    if (open && found.type === 'file' && found.bytes && sumOf(found.bytes) !== open.sum) {
      // It was not written: then nothing gave way either.
      await open.undo();
      this.#open.delete(path);
    }
    if (tells && found.type === 'none') this.#forget(path);
    return found;
  }

  /** The content of a file that was looked at. */
  #content(path: string, found: Look, tells = true): Uint8Array {
    if (found.type === 'none') throw this.#notFound(path);
    if (found.type === 'folder') throw new FleetError('is-folder', `${this.node}: ${path} is a folder`);
    if (!found.bytes) throw this.#tooLarge(path, found.size);
    if (tells) this.#told(path, found, true);
    return found.bytes;
  }

  /**
   * What the caller gets to know, noted.
   * @param content it gets the content, too. By size and time alone an editor sees no change of the same length (VS Code
   *   goes by both): who was told no more than these has not seen such a change, and must not overwrite it
   */
  #told(path: string, found: Look, content = false): RemoteStat {
    if (found.type !== 'file')
      return { type: 'folder', size: 0, mtime: found.type === 'folder' ? found.mtime : 0, readonly: false };
    const sum = found.bytes ? sumOf(found.bytes) : `${found.size} ${found.mtime}`;
    const last = this.#seen.get(path);
    const mtime = !last ? found.mtime : last.sum === sum ? last.mtime : Math.max(found.mtime, last.mtime + 1);
    this.#seen.set(path, { sum, mtime });
    const known = this.#known.get(path);
    if (content || known === undefined || known === 'none' || known.size !== found.size)
      this.#known.set(path, { sum, size: found.size });
    return { type: 'file', size: found.size, mtime, readonly: false };
  }

  #forget(path: string): void {
    this.#known.set(path, 'none');
  }

  #check(path: string): void {
    if (!/^\/[^\x00-\x1f\x7f]*$/.test(path) || path.split('/').includes('..'))
      throw new FleetError('refused', `${this.node}: ${JSON.stringify(path)} is no absolute path that livemig opens`);
  }

  #conflict(path: string, what: string): FleetError {
    return new FleetError(
      'conflict',
      `${this.node}: ${path} ${what} on the node since it was opened here. Nothing was written: compare with what is there now, or open it again`,
    );
  }

  #notFound(path: string): FleetError {
    return new FleetError('not-found', `${this.node}: there is no ${path}`);
  }

  #tooLarge(path: string, size: number): FleetError {
    return new FleetError(
      'refused',
      `${this.node}: ${path} has ${size} bytes; livemig opens and writes files of up to ${LIMIT_BYTES >> 20} MiB`,
    );
  }

  #inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(path) ?? Promise.resolve()).then(work, work);
    const settled = turn.catch(() => undefined);
    this.#queues.set(path, settled);
    void settled.then(() => {
      if (this.#queues.get(path) === settled) this.#queues.delete(path);
    });
    return turn;
  }
}

function sumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
