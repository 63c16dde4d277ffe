// Measures the built language server and command line. Usage:
//   node scripts/bench.mjs [--peers] [--server FILE] [--lines 1000,10000,50000] [--edits 100] [--runs 7]
// Prints tables, and as its last line one JSON object. --peers also measures well-known servers, installed by npm into a
// temporary folder. Figures compare within one run only: the machine may be busy with something else in the next.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SAMPLES } from '../bench/documents.mjs';
import { quantile, rounded } from '../bench/figures.mjs';
import { fixAll, measure, startTime } from '../bench/measure.mjs';
import { floor, ours, peers } from '../bench/servers.mjs';
import { table } from '../bench/table.mjs';

const root = path.resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    server: { type: 'string', default: path.join(root, 'dist/server.js') },
    lines: { type: 'string', default: '1000,10000,50000' },
    edits: { type: 'string', default: '100' },
    runs: { type: 'string', default: '7' },
  },
});
const sizes = options.lines.split(',').map(Number);
const runs = Number(options.runs);

/** At 10,000 lines, the most that an edit may cost in comparison with the floor. */
const TARGET_RATIO = 2;
/** Repair of 200 findings in 10,000 lines, in ms. */
const TARGET_FIX_ALL = 20;

if (!existsSync(options.server)) {
  console.error(`${options.server} is not there: run "npm run build" first`);
  process.exit(2);
}

const folder = mkdtempSync(path.join(tmpdir(), 'livemig-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const servers = [await floor(root, folder), ours(path.resolve(options.server))];
if (options.peers) servers.push(...peers(path.join(tmpdir(), 'livemig-bench-peers')));

const rows = [];
for (const server of servers) {
  const startMs = await startTime(server, runs);
  for (const lines of sizes) {
    // The slow ones are not waited for as often.
    const edits = server.name === 'floor' || server.name === 'livemig' ? Number(options.edits) : 6;
    try {
      rows.push({ startMs, ...(await measure(server, lines, edits)) });
    } catch (error) {
      rows.push({ server: server.name, lines, startMs, note: error.message });
      console.error(`${server.name}, ${lines} lines: ${error.message}`);
    }
  }
}
console.log(table(rows));

const repair = await fixAll(servers[1], 10_000, 200, runs);
console.log(
  `fix all: ${repair.findings} findings in ${repair.lines} lines, ${repair.edits} edits, p50 ${repair.p50} ms, p95 ${repair.p95} ms`,
);

const lint = commandLine();
console.log(
  lint
    ? `livemig lint of one file of 1,000 lines: ${lint.lintMs} ms, of it node itself ${lint.nodeMs} ms, ours ${lint.oursMs} ms`
    : 'livemig lint: dist/cli.js is not built',
);

const at = (name) => rows.find((r) => r.server === name && r.lines === 10_000);
const ratio =
  at('floor')?.editP50 && at('livemig')?.editP50 ? rounded(at('livemig').editP50 / at('floor').editP50) : null;
const targets = {
  editRatioAt10000: { value: ratio, atMost: TARGET_RATIO },
  fixAllMs: { value: repair.p50, atMost: TARGET_FIX_ALL },
};
for (const [name, { value, atMost }] of Object.entries(targets))
  console.log(`${name}: ${value ?? 'not measured'}, at most ${atMost}${value > atMost ? ': MISSED' : ''}`);
console.log(JSON.stringify({ rows, repair, lint, targets, serverBytes: statSync(options.server).size }));

/** `livemig lint FILE` beside `node -e 0`, turn by turn; undefined when it is not built. */
function commandLine() {
  const cli = path.join(root, 'dist/cli.js');
  if (!existsSync(cli)) return undefined;
  const file = path.join(folder, 'nova.conf');
  writeFileSync(file, Array.from({ length: 1000 }, (_, i) => SAMPLES.nova.line(i, 1000)).join('\n'));
  const timed = (args) => {
    const from = performance.now();
    try {
      execFileSync(process.execPath, args, { stdio: 'ignore' });
    } catch (error) {
      // 1 says that there are errors in the file.
      if (error.status !== 1) throw error;
    }
    return performance.now() - from;
  };
  const bare = [];
  const whole = [];
  for (let i = 0; i < runs; i++) {
    bare.push(timed(['-e', '0']));
    whole.push(timed([cli, 'lint', file]));
  }
  const [nodeMs, lintMs] = [quantile(bare, 0.5), quantile(whole, 0.5)];
  return { lintMs, nodeMs, oursMs: rounded(lintMs - nodeMs) };
}
