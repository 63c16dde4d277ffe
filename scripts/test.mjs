// All tests. Usage: node scripts/test.mjs [--only unit|inhost|ui] [FILE…]   (files: of the unit suite)
// The last line is `N passed, N failed`, with `, N skipped` when something was skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { setup } from './setup.mjs';

const root = path.resolve(import.meta.dirname, '..');
process.chdir(root);

/** One test file may not hang the run. */
const FILE_LIMIT_MS = 720_000;

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
const only = values.only ?? (positionals.length > 0 ? 'unit' : undefined);
const names = ['unit', 'inhost', 'ui'];
if (only !== undefined && !names.includes(only)) {
  console.error(`usage: node scripts/test.mjs [--only ${names.join('|')}] [FILE…]`);
  process.exit(2);
}

const scratch = mkdtempSync(path.join(tmpdir(), 'livemig-run-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** Test files below a folder. The suites that need a VS Code have their own. */
const testFiles = (folder, apart = []) =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory())
        return entry.name === 'node_modules' || apart.includes(file) ? [] : testFiles(file, apart);
      return entry.name.endsWith('.test.ts') ? [file] : [];
    })
    .sort();

/** @typedef {{ passed: number, failed: number, skipped: number, empty?: string[] }} Counts */

/** Runs a program that leaves its counts in a file. @returns {Counts} */
function counted(name, args, env = {}) {
  const counts = path.join(scratch, `${name}.json`);
  const { status } = spawnSync(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, LIVEMIG_COUNTS: counts, LIVEMIG_RESULTS: counts, ...env },
  });
  const result = existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : { passed: 0, failed: 0, skipped: 0 };
  // A suite that broke down before or after its tests has failed, whatever its tests say.
  if (status !== 0 && result.failed === 0) result.failed = 1;
  return result;
}

const nodeTest = (name, files, concurrency) =>
  counted(name, [
    ...['--import', 'tsx', '--test', `--test-concurrency=${concurrency}`, `--test-timeout=${FILE_LIMIT_MS}`],
    ...['--test-reporter=./scripts/reporter.mjs', '--test-reporter-destination=stdout', ...files],
  ]);

const suites = {
  unit: () => {
    const files = positionals.length > 0 ? positionals : testFiles('test', ['test/ui', 'test/inhost']);
    return nodeTest('unit', files, availableParallelism());
  },
  inhost: () => counted('inhost', ['test/inhost/run.mjs']),
  ui: async () => {
    const { pack } = await import('./package.mjs');
    await pack();
    return nodeTest('ui', testFiles('test/ui'), 1);
  },
};

const missing = await setup(only === 'unit' ? 'unit' : only ? 'ui' : 'test');
const { buildAll } = await import('./build.mjs');
await buildAll();
const noEditor = missing.find(({ skips }) => skips.includes('UI tests'));

const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of names.filter((n) => only === undefined || n === only)) {
  console.log(`\n== ${name}`);
  if ((name === 'inhost' || name === 'ui') && noEditor) {
    console.log(`skipped: no ${noEditor.part} (${noEditor.why})`);
    total.skipped++;
    continue;
  }
  const result = await suites[name]();
  for (const file of result.empty ?? []) {
    console.log(`FAILED ${file}: ran no test`);
    result.failed++;
  }
  if (result.passed + result.failed + result.skipped === 0) {
    console.log(`FAILED ${name}: ran no test`);
    result.failed++;
  }
  for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += result[key];
}
if (process.env.CI && total.skipped > 0) {
  console.log(`FAILED: with CI set nothing may be skipped`);
  total.failed++;
}
process.exitCode = total.failed > 0 ? 1 : 0;
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
