/** Files of nodes as VS Code's own, over the fleet process. */
import { FilePermission, FileSystemError, FileType, l10n, type FileStat, type Uri } from 'vscode';
import type { RemoteContent, RemoteEntry, RemoteStat } from '../../../server/src/fleet-protocol';
import { failureOf, fileError, FleetFailed, saveError } from './failure';
import type { Requests } from './store';

interface Told {
  mtime: number;
  /** Sizes that were told, for whatever content. */
  readonly sizes: Set<number>;
  size: number;
  /** The time of the content that was last read or written here. */
  read?: number;
}

export class NodeFiles {
  readonly #fleet: Requests;
  readonly #failed: (failure: FleetFailed, uri: Uri) => void;
  readonly #told = new Map<string, Told>();
  /** Read before anything was told of them. */
  readonly #early = new Set<string>();

  /** @param failed an editor would only say that something unexpected happened */
  constructor(fleet: Requests, failed: (failure: FleetFailed, uri: Uri) => void) {
    this.#fleet = fleet;
    this.#failed = failed;
  }

  async stat(uri: Uri): Promise<FileStat> {
    const stat = await this.#ask<RemoteStat>('fleet/stat', uri);
    const file = stat.type === 'file';
    return {
      type: file ? FileType.File : FileType.Directory,
      ctime: 0,
      mtime: stat.mtime,
      size: file ? this.#sizeOf(uri, stat) : 0,
      ...(stat.readonly ? { permissions: FilePermission.Readonly } : {}),
    };
  }

  async readDirectory(uri: Uri): Promise<[string, FileType][]> {
    const entries = await this.#ask<readonly RemoteEntry[]>('fleet/list', uri);
    return entries.map(({ name, type }) => [name, type === 'file' ? FileType.File : FileType.Directory]);
  }

  async readFile(uri: Uri): Promise<Uint8Array> {
    const content = await this.#ask<RemoteContent>('fleet/read', uri);
    // VS Code asks for both at once.
    const told = this.#told.get(uri.toString());
    if (told) told.read = told.mtime;
    else this.#early.add(uri.toString());
    return bytesOf(content);
  }

  async writeFile(
    uri: Uri,
    bytes: Uint8Array,
    { create, overwrite }: { create: boolean; overwrite: boolean },
  ): Promise<void> {
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    try {
      if (overwrite) await this.#overwrite(uri);
      const { mtime } = await this.#fleet.request<RemoteStat>('fleet/write', {
        ...{ uri: uri.toString(), base64, create, overwrite },
      });
      const told = this.#told.get(uri.toString());
      if (told) told.read = mtime;
    } catch (error) {
      throw saveError(error, uri);
    }
  }

  createDirectory(uri: Uri): never {
    return refuse(uri, l10n.t('livemig makes no folders on nodes. Make it in a terminal on the node.'));
  }

  delete(uri: Uri): never {
    return refuse(uri, l10n.t('livemig deletes nothing on nodes. Delete it in a terminal on the node.'));
  }

  rename(uri: Uri): never {
    return refuse(uri, l10n.t('livemig renames nothing on nodes. Rename it in a terminal on the node.'));
  }

  /**
   * VS Code asks for the time before it writes, and stops when it is another. If it goes on all the same, the user has chosen
   * *Overwrite*: then the content that he was told of may go, and no other.
   */
  async #overwrite(uri: Uri): Promise<void> {
    const told = this.#told.get(uri.toString());
    if (told?.read === undefined || told.mtime === told.read) return;
    await this.#fleet.request('fleet/read', { uri: uri.toString() });
    const { mtime } = await this.#fleet.request<RemoteStat>('fleet/stat', { uri: uri.toString() });
    if (mtime !== told.mtime)
      throw new FleetFailed(
        'conflict',
        l10n.t('{0} was changed on the node once more. Nothing was written.', uri.path),
      );
  }

  async #ask<T>(method: string, uri: Uri): Promise<T> {
    try {
      return await this.#fleet.request<T>(method, { uri: uri.toString() });
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code !== 'not-found') this.#failed(failure, uri);
      throw fileError(failure, uri);
    }
  }

  /**
   * Before it saves, VS Code takes a file for unchanged as long as its size is the one it knew, whatever its time says: a
   * digit that somebody changed on the node meanwhile would be overwritten silently. So no size is told for two contents:
   * one that was told before grows by a byte or two. VS Code compares sizes and takes them for nothing else.
   */
  #sizeOf(uri: Uri, { mtime, size }: RemoteStat): number {
    const key = uri.toString();
    const told = this.#told.get(key);
    if (!told) {
      this.#told.set(key, { mtime, size, sizes: new Set([size]), ...(this.#early.delete(key) ? { read: mtime } : {}) });
      return size;
    }
    if (told.mtime === mtime) return told.size;
    told.mtime = mtime;
    told.size = size;
    while (told.sizes.has(told.size)) told.size++;
    told.sizes.add(told.size);
    return told.size;
  }
}

export const bytesOf = ({ base64 }: RemoteContent): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

function refuse(uri: Uri, message: string): never {
  throw FileSystemError.NoPermissions(`${message} (${uri.path})`);
}
