import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A content that gave way to another. */
export interface Previous {
  /** Null: there was no file, and livemig made one. */
  readonly bytes: Uint8Array | null;
  /** ms since 1970: when it gave way. */
  readonly saved: number;
  /** SHA-256 of what it gave way to, in hex; {@link NONE} where it was removed. */
  readonly gaveWayTo: string;
}

/** In place of the sum of a content: there is no file. */
export const NONE = '0'.repeat(64);

/** `1700000000000-000-SHA256`, `…-absent`: in the order of time when sorted by name. */
const NAME = /^(\d{13})-(\d{3})-([\da-f]{64})(-absent)?$/;
const APPLIED = 'applied';
const LONGEST_NAME = 120;

/**
 * What files of nodes were before livemig wrote them. It lies on this machine and not on the node: it is there when the
 * node's daemons did not come up, and after a restart of the editor; on the node it would be one more place with secrets.
 * The files hold secrets as the node's do: their folder is for its owner alone (on Windows as the folder above says).
 */
export class PreviousVersions {
  /**
   * @param folder of a cluster, made when it is needed; e.g. below VS Code's globalStorage
   * @param most versions of each file; the oldest goes
   */
  constructor(
    private readonly folder: string,
    private readonly most = 20,
  ) {}

  /**
   * Keeps what a file is, before it is written.
   * @returns takes it away again, for a file that was not written after all
   */
  async keep(node: string, file: string, previous: Omit<Previous, 'saved'>): Promise<() => Promise<void>> {
    const place = this.#place(node, file);
    await mkdir(place, { recursive: true, mode: 0o700 });
    const versions = await this.#names(place);
    const saved = String(Date.now()).padStart(13, '0');
    const nth = versions.filter((v) => v.startsWith(saved)).length;
    const absent = previous.bytes === null ? '-absent' : '';
    const name = `${saved}-${String(nth).padStart(3, '0')}-${previous.gaveWayTo}${absent}`;
    // Written whole or not at all, too: half of a version would be put back as if it were one.
    const beside = path.join(place, `.${name}`);
    await writeFile(beside, previous.bytes ?? '', { mode: 0o600, flush: true });
    await rename(beside, path.join(place, name));
    for (const old of versions.slice(0, Math.max(0, versions.length + 1 - this.most)))
      await rm(path.join(place, old), { force: true });
    return () => rm(path.join(place, name), { force: true });
  }

  /** The newest version, or the oldest of those that gave way at a time (ms since 1970) or later. */
  async find(node: string, file: string, since?: number): Promise<Previous | undefined> {
    const place = this.#place(node, file);
    const versions = await this.#names(place);
    const name = since === undefined ? versions.at(-1) : versions.find((v) => Number(NAME.exec(v)![1]) >= since);
    if (name === undefined) return undefined;
    const [, saved, , gaveWayTo = '', absent] = NAME.exec(name)!;
    const bytes = absent === undefined ? await readFile(path.join(place, name)) : null;
    return { bytes, saved: Number(saved), gaveWayTo };
  }

  /** The newest content that livemig wrote, by its SHA-256; undefined where it wrote none. */
  async written(node: string, file: string): Promise<string | undefined> {
    const last = (await this.#names(this.#place(node, file))).at(-1);
    return last === undefined ? undefined : NAME.exec(last)![3];
  }

  /** Notes that the daemons run with a file as it is now. */
  async apply(node: string, file: string): Promise<void> {
    const place = this.#place(node, file);
    if ((await this.#names(place)).length === 0) return;
    await writeFile(path.join(place, APPLIED), String(Date.now()), { mode: 0o600 });
  }

  /** When a file was last applied by livemig, in ms since 1970; 0 for never. */
  async applied(node: string, file: string): Promise<number> {
    const text = await readFile(path.join(this.#place(node, file), APPLIED), 'utf8').catch(() => '');
    return /^\d+$/.test(text) ? Number(text) : 0;
  }

  #place(node: string, file: string): string {
    return path.join(this.folder, folderName(node), folderName(file));
  }

  async #names(place: string): Promise<string[]> {
    const names = await readdir(place).catch(() => []);
    return names.filter((name) => NAME.test(name)).sort();
  }
}

/** A name that people recognise and every file system takes; two names never make one. */
function folderName(name: string): string {
  const plain = name.replace(/^\/+/, '').replace(/[^A-Za-z0-9._-]/g, '_');
  const sum = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${plain.slice(-LONGEST_NAME)}.${sum}`;
}
