import { open, stat } from 'node:fs/promises';

/** A file that changed so short a time ago may change again without its times telling, in ms: some file systems count in whole seconds. */
const COARSE_MS = 2000;

interface Known<T> {
  /** What the file system says of the file as long as it is this one; undefined where its times do not tell yet. */
  readonly stamp: string | undefined;
  readonly content: Buffer;
  readonly made: T;
}

/**
 * What is made of files, as long as these are what they were. Each is looked at whenever it is asked for, and read when it
 * changed, or did so a moment ago: who asks after a change never gets what was there before.
 */
export class Unchanged<T> {
  readonly #make: (content: Buffer) => T;
  readonly #now: () => number;
  readonly #known = new Map<string, Known<T>>();

  /** @param now ms since 1970 */
  constructor(make: (content: Buffer) => T, now: () => number = Date.now) {
    this.#make = make;
    this.#now = now;
  }

  /**
   * @returns undefined for a file that is not there
   * @throws what the file system says where it is there and cannot be read
   */
  async get(file: string): Promise<T | undefined> {
    try {
      const stamp = this.#known.get(file)?.stamp;
      const looked = stamp === undefined ? undefined : stampOf(await stat(file, { bigint: true }));
      const known = this.#known.get(file);
      return looked !== undefined && known?.stamp === looked ? known.made : await this.#read(file);
    } catch (error) {
      this.#known.delete(file);
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #read(file: string): Promise<T> {
    const handle = await open(file);
    try {
      // Before it is read: what is written meanwhile has another one.
      const looked = await handle.stat({ bigint: true });
      const settled = this.#now() - Math.max(Number(looked.ctimeMs), Number(looked.mtimeMs)) > COARSE_MS;
      const content = await handle.readFile();
      const before = this.#known.get(file);
      const made = before?.content.equals(content) === true ? before.made : this.#make(content);
      this.#known.set(file, { stamp: settled ? stampOf(looked) : undefined, content, made });
      return made;
    } finally {
      await handle.close();
    }
  }
}

/** The time of a change nobody can set. */
function stampOf({
  dev,
  ino,
  size,
  mtimeNs,
  ctimeNs,
}: Record<'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs', bigint>): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
