// All tests. Usage: node scripts/test.mjs [--only unit|inhost|ui] [FILE…]   (files: of the unit suite)
// Files run beside each other, and are told of as they end. The last line is `N passed, N failed`, with `, N skipped` when
// something was skipped.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { setup } from './setup.mjs';
import { inTurns, run, translated } from './turns.mjs';

const root = path.resolve(import.meta.dirname, '..');
process.chdir(root);

/** One test file may not hang the run. */
const FILE_LIMIT_MS = 900_000;

/** Begun first: what takes longest, most of it waiting, so that none of these runs alone at the end. */
const LONGEST = [
  'test/cloud/nova.test.ts',
  'test/cloud/nova-hosts.test.ts',
  'test/lab/matrix-reach.test.ts',
  'test/cli/noise.test.ts',
  'test/fleet/repair.test.ts',
  'test/fleet/apply-systemd.test.ts',
  'test/lab/matrix-tls.test.ts',
  'test/lab/matrix-hosts.test.ts',
  'test/lab/drills-plain.test.ts',
  'test/lab/matrix-storage.test.ts',
  'test/fleet/moving.test.ts',
  'test/lab/matrix-names.test.ts',
  'test/lab/matrix-stream.test.ts',
  'test/lab/faults.test.ts',
  'test/lab/drills-nova.test.ts',
  'test/migration/while-people.test.ts',
  'test/rules/libvirt-daemon.test.ts',
  'test/migration/while-daemons.test.ts',
  'test/migration/libvirt.test.ts',
  'test/fleet/drain.test.ts',
  'test/migration/while-probe.test.ts',
  'test/fleet/migrations.test.ts',
  'test/syntax/properties.test.ts',
  'test/syntax/differential.test.ts',
  'test/fleet/connect.test.ts',
];

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
const only = values.only ?? (positionals.length > 0 ? 'unit' : undefined);
const names = ['unit', 'inhost', 'ui'];
if (only !== undefined && !names.includes(only)) {
  console.error(`usage: node scripts/test.mjs [--only ${names.join('|')}] [FILE…]`);
  process.exit(2);
}

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

/** @returns {import('./turns.mjs').Job} */
const testFile = (file) => ({
  name: file,
  args: [
    ...['--require', './scripts/translated.cjs'],
    ...['--test-reporter=./scripts/reporter.mjs', '--test-reporter-destination=TOLD', file],
  ],
  limit: FILE_LIMIT_MS,
});

const suites = {
  unit: () => {
    if (positionals.length > 0) return positionals.map(testFile);
    const files = testFiles('test', ['test/ui', 'test/inhost']);
    const gone = LONGEST.filter((file) => !files.includes(file));
    if (gone.length > 0) throw new Error(`scripts/test.mjs begins with what is not there: ${gone.join(', ')}`);
    return [...new Set([...LONGEST, ...files])].map(testFile);
  },
  inhost: () => [{ name: 'test/inhost', args: ['test/inhost/run.mjs'], limit: FILE_LIMIT_MS }],
  ui: () => [
    { name: 'scripts/package.mjs', args: ['scripts/package.mjs', '--no-build'], limit: FILE_LIMIT_MS, counts: false },
    ...testFiles('test/ui').map(testFile),
  ],
};

const missing = await setup(only === 'unit' ? 'unit' : only ? 'ui' : 'test');
const { buildAll } = await import('./build.mjs');
const { translate } = await import('./translate.mjs');
await Promise.all([buildAll(), translate(translated)]);
const noEditor = missing.find(({ skips }) => skips.includes('UI tests'));

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const jobs = { unit: [], editor: [] };
for (const name of names.filter((n) => only === undefined || n === only))
  if (name !== 'unit' && noEditor) {
    console.log(`skipped ${name}: no ${noEditor.part} (${noEditor.why})`);
    total.skipped++;
  } else jobs[name === 'unit' ? 'unit' : 'editor'].push(...suites[name]());

// Much of what tests do is waiting: one more than there are processors keeps these busy. What needs a VS Code runs one after
// the other.
const workers = Array.from({ length: availableParallelism() + 1 }, (_, i) =>
  i === 0 ? [jobs.editor, jobs.unit] : [jobs.unit],
);
await inTurns(workers, async (job) => {
  const { text, ...counts } = await run(job);
  process.stdout.write(text);
  for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += counts[key];
  if (counts.failed > 0) failures.push(job.name);
});

if (total.passed + total.failed + total.skipped === 0) {
  console.log('FAILED: ran no test');
  total.failed++;
}
if (process.env.CI && total.skipped > 0) {
  console.log(`FAILED: with CI set nothing may be skipped`);
  total.failed++;
}
process.exitCode = total.failed > 0 ? 1 : 0;
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
