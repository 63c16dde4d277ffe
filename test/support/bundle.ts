import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
const cli = path.join(root, 'dist/cli.js');

/** The newest change of a source file below a folder, in ms since 1970. */
function newest(folder: string): number {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) latest = Math.max(latest, statSync(path.join(entry.parentPath, entry.name)).mtimeMs);
  }
  return latest;
}

let checked = false;

/** Path of dist/cli.js, built when it is missing or older than the sources, so that a test never judges an old bundle. */
export function buildSync(): string {
  if (!checked) {
    checked = true;
    const sources = Math.max(newest(path.join(root, 'server/src')), newest(path.join(root, 'client/src')));
    if (!existsSync(cli) || statSync(cli).mtimeMs < sources) {
      execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs'), '--quiet'], { stdio: 'inherit' });
    }
  }
  return cli;
}
