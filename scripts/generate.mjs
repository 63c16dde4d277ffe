// Writes every generated file of the project; with --check writes nothing and fails where one is missing or stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { steps } from './generate/steps.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const check = process.argv.includes('--check');

/** @type {string[]} */
const stale = [];
for (const step of steps) {
  for (const { path, content } of [await step(root)].flat()) {
    const file = join(root, path);
    const old = await readFile(file, 'utf8').catch(() => undefined);
    if (old === content) continue;
    if (check) {
      stale.push(path);
      continue;
    }
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    console.log(`wrote ${path}`);
  }
}
if (stale.length > 0) {
  for (const path of stale) console.error(`stale: ${path} (run: node scripts/generate.mjs)`);
  process.exitCode = 1;
}
