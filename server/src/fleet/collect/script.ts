import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The collector, as it is sent to a node. A bundle has it in itself: scripts/build.mjs puts it there. */
export function collector(): string {
  return readFileSync(path.join(__dirname, 'collect.sh'), 'utf8');
}
