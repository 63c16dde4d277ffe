import type { FileKind, SourceFile } from '../model/files';
import { loadFile } from '../workspace/load';
import type { FileSource } from '../workspace/source';
import type { Key } from './uris';

/** Files as they are on disk. Hands out the same object as long as a file has not changed, which keeps all caches warm. */
export class DiskFiles {
  readonly #source: FileSource;
  readonly #known = new Map<Key, SourceFile>();
  readonly #stale = new Set<Key>();

  constructor(source: FileSource) {
    this.#source = source;
  }

  /** The file as it was read last; it may have changed since. */
  peek(key: Key): SourceFile | undefined {
    return this.#known.get(key);
  }

  /** Reads a file unless it is known and nothing was heard of it since. Rejects when it cannot be read. */
  async read(key: Key, path: string, kind: FileKind): Promise<SourceFile> {
    const known = this.#known.get(key);
    if (known && !this.#stale.has(key) && known.path === path && known.kind === kind) return known;
    this.#stale.delete(key);
    try {
      const file = await loadFile(this.#source, key, path, kind);
      const same = known && sameFile(known, file) ? known : file;
      this.#known.set(key, same);
      return same;
    } catch (error) {
      this.#known.delete(key);
      throw error;
    }
  }

  /** Has a file read anew when it is next asked for. */
  invalidate(key: Key): void {
    if (this.#known.has(key)) this.#stale.add(key);
  }

  invalidateAll(): void {
    for (const key of this.#known.keys()) this.#stale.add(key);
  }
}

/** Whether two files are the same to every rule. */
export function sameFile(a: SourceFile, b: SourceFile): boolean {
  return (
    a.text === b.text &&
    a.kind === b.kind &&
    a.path === b.path &&
    a.uri === b.uri &&
    a.defect?.code === b.defect?.code &&
    a.defect?.offset === b.defect?.offset &&
    a.defect?.byte === b.defect?.byte
  );
}
