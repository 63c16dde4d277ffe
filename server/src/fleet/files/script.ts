import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bare } from './bare';

/** The scripts, as they are sent to a node. A bundle has them in itself: scripts/build.mjs puts them there. */
export const replaceScript = (): string => bare(readFileSync(path.join(__dirname, 'replace.sh'), 'utf8'));
export const lookScript = (): string => bare(readFileSync(path.join(__dirname, 'look.sh'), 'utf8'));
