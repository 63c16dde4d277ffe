import { constants } from 'node:fs';
import { open, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join, type FileSource, type FolderEntry } from './source';

/** Reads at most this many files at a time: a fleet has more than a process may open. */
const PARALLEL = 64;

/** The disk, by `file:` URIs. */
export function diskSource(): FileSource {
  const gate = limiter(PARALLEL);
  return {
    list: (folder) =>
      gate(async () => {
        const entries = await readdir(fileURLToPath(folder), { withFileTypes: true });
        return Promise.all(
          entries.map(async (e): Promise<FolderEntry> => {
            if (e.isFile()) return { name: e.name, type: 'file' };
            if (e.isDirectory()) return { name: e.name, type: 'folder' };
            if (!e.isSymbolicLink()) return { name: e.name, type: 'other' };
            const path = fileURLToPath(join(folder, e.name));
            const [target, link] = await Promise.all([
              stat(path).catch(() => undefined),
              readlink(path).catch(() => ''),
            ]);
            return { name: e.name, type: target?.isFile() ? 'file' : 'other', link };
          }),
        );
      }),
    read: (uri) => gate(() => readRegular(fileURLToPath(uri))),
  };
}

/** Windows has neither the flag nor such pipes among its files. */
const NO_WAIT = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;

/** Reads a file that is one: of a pipe the end would be waited for, and of a device for ever. */
async function readRegular(path: string): Promise<Uint8Array> {
  // Without blocking, or to open a pipe would itself wait for somebody who writes.
  const handle = await open(path, constants.O_RDONLY | NO_WAIT);
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    // How systemd's units are switched off.
    if (stats.isCharacterDevice() && (await realpath(path)) === '/dev/null') return new Uint8Array();
    if (!stats.isFile()) throw new Error('is no regular file');
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Runs at most `limit` tasks at a time, the others in the order they came. */
function limiter(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  // A queue with a head: `shift` moves all that wait, which a fleet of thousands notices.
  let waiting: (() => void)[] = [];
  let head = 0;
  let running = 0;
  const next = (): void => {
    waiting[head++]?.();
    if (head < waiting.length) return;
    waiting = [];
    head = 0;
  };
  return async (task) => {
    if (running >= limit) await new Promise<void>((go) => waiting.push(go));
    running++;
    try {
      return await task();
    } finally {
      running--;
      next();
    }
  };
}
