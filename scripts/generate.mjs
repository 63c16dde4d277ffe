// Writes every generated file of the project; with --check writes nothing and fails where one is missing or stale.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { steps } from './generate/steps.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const check = process.argv.includes('--check');

/** Folders that hold nothing but generated pages (and these): a page whose rule is gone goes too. */
const OWNED = 'docs/rules';
const BY_HAND = new Set(['docs/rules/left-out.md']);

/** @type {string[]} */
const stale = [];
const made = new Set();
for (const step of steps) {
  for (const { path, content } of [await step(root)].flat()) {
    const file = join(root, path);
    made.add(path);
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
for (const entry of await readdir(join(root, OWNED), { recursive: true, withFileTypes: true })) {
  const path = relative(root, join(entry.parentPath, entry.name));
  if (!entry.isFile() || made.has(path) || BY_HAND.has(path)) continue;
  if (check) stale.push(path);
  else await rm(join(root, path));
}
if (stale.length > 0) {
  for (const path of stale) console.error(`stale: ${path} (run: node scripts/generate.mjs)`);
  process.exitCode = 1;
}
