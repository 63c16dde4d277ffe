import { chmod, chown, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';

/**
 * Replaces a file whole or not at all: written beside it, flushed, mode and owner kept, renamed over.
 * @throws when the file is no longer what was read (somebody else wrote it meanwhile), or on any error of the disk
 */
export async function replaceFile(file: string, expected: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8')) !== expected) throw new Error('has changed since it was read: left as it is');
  const { mode, uid, gid } = await stat(file);
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.livemig-${process.pid}`);
  try {
    const handle = await open(beside, 'wx', mode & 0o777);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(beside, mode & 0o7777);
    if (process.getuid?.() === 0) await chown(beside, uid, gid);
    await rename(beside, file);
  } catch (error) {
    await unlink(beside).catch(() => undefined);
    throw error;
  }
}
