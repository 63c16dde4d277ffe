import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Where previous versions of the files of a cluster are kept: on this machine, for this user, the same for editor and command
 * line, by where its livemig.ini lies.
 * @param inventory URI of livemig.ini
 */
export function previousFolder(inventory: string, base = stateFolder()): string {
  const sum = createHash('sha256').update(inventory).digest('hex').slice(0, 16);
  return path.join(base, sum);
}

/** Where programs keep what is theirs and not worth a backup. */
function stateFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const home = homedir();
  const own = ['livemig', 'previous'];
  if (process.platform === 'win32') return path.join(env['LOCALAPPDATA'] ?? path.join(home, 'AppData/Local'), ...own);
  if (process.platform === 'darwin') return path.join(home, 'Library/Application Support', ...own);
  const state = env['XDG_STATE_HOME'];
  // Relative ones are to be passed over, says who invented it.
  return path.join(state?.startsWith('/') ? state : path.join(home, '.local/state'), ...own);
}
