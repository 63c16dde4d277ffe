// Runs programs beside each other, each with a folder for temporary files of its own, and tells of each when it is done.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';

/** How much of what a program printed is shown when it breaks down, in characters. */
const SHOWN_LIMIT = 20_000;
/** And when tests of it fail, which say themselves why. */
const SHOWN_OF_FAILED = 4_000;
/** What is still being removed when the program has ended may take so long, in ms. */
const REMOVAL_LIMIT_MS = 10_000;

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/**
 * @typedef {object} Job
 * @property {string} name
 * @property {string[]} args of Node; `TOLD` in them stands for the file that it may tell in what is to be said of it
 * @property {number} limit in ms: then it is ended, and has failed
 * @property {boolean} [counts] whether it leaves its counts in $LIVEMIG_COUNTS; else it passes without being counted
 */

// Short: a socket's path has room for 107 characters, and VS Code's are long.
const scratch = mkdtempSync(path.join(tmpdir(), 'livemig-'));
chmodSync(scratch, 0o711);
/** Where the sources lie as JavaScript. */
export const translated = path.join(scratch, 'translated');
/** What tsx, for the programs that tests start with it, has translated is the same for all. */
const cache = `tsx-${process.getuid?.() ?? ''}`;
const common = path.join(tmpdir(), cache);
/** Process groups that run. @type {Set<number>} */
const running = new Set();

/** @param {number} [only] the group of this process; all if not given */
function end(signal, only) {
  for (const pid of [...running].filter((one) => only === undefined || one === only))
    try {
      process.kill(-pid, signal);
    } catch {
      // It is gone already.
    }
}
/** What a test that was ended had begun in sessions and namespaces of their own: known by its folder. */
function endOrphans(folder) {
  if (process.platform !== 'linux') return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`TMPDIR=${folder}`))
        process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It is gone, or not ours.
    }
}

process.once('exit', () => {
  end('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => {
    end('SIGTERM');
    // Time to remove what they made.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 2000);
  });

let folders = 0;

/** @returns a folder for temporary files like /tmp */
function temporary() {
  const folder = path.join(scratch, String(++folders));
  mkdirSync(folder);
  chmodSync(folder, 0o1777);
  mkdirSync(common, { recursive: true });
  symlinkSync(common, path.join(folder, cache));
  return folder;
}

/** @returns {Promise<string[]>} what lies there still though nobody is at work there */
async function left(folder) {
  for (const until = Date.now() + REMOVAL_LIMIT_MS; ;) {
    const names = readdirSync(folder).filter((name) => name !== cache);
    if (names.length === 0 || Date.now() > until) return names;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * @param {Job} job
 * @returns {Promise<Counts & { text: string }>} `text`: what is to be said of it
 */
export async function run({ name, args, limit, counts = true }) {
  const folder = temporary();
  const [counted, told] = ['counts.json', 'told.txt'].map((file) => path.join(scratch, `${folders}.${file}`));
  const began = performance.now();
  const words = args.map((word) => word.replace('TOLD', told));
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that all of it can be ended.
    detached: true,
    env: {
      ...process.env,
      ...{ LIVEMIG_TRANSLATED: translated },
      ...{ TMPDIR: folder, LIVEMIG_FILE: name, LIVEMIG_COUNTS: counted, LIVEMIG_RESULTS: counted },
    },
  });
  if (child.pid) running.add(child.pid);
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      if (process.env.VERBOSE) process.stdout.write(chunk);
      printed = (printed + chunk).slice(-SHOWN_LIMIT);
    });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end('SIGTERM', child.pid);
    setTimeout(() => end('SIGKILL', child.pid), 10_000).unref();
  }, limit);
  const closed = new Promise((resolve) => child.once('close', resolve));
  const status = await new Promise((resolve) => {
    child.once('error', (error) => resolve(String(error)));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  // Its last words; one that it left behind may keep the pipe open for ever.
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 1000))]);
  clearTimeout(timer);
  running.delete(child.pid ?? 0);
  if (late) endOrphans(folder);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);

  const result = { passed: 0, failed: 0, skipped: 0, ...(existsSync(counted) && pick(readFileSync(counted, 'utf8'))) };
  let text = existsSync(told) ? readFileSync(told, 'utf8') : '';
  const broken = (why, about = '') => {
    result.failed++;
    text += `FAILED ${name}: ${why}\n${about.trimEnd().replace(/^(?=.)/gm, '    ')}${about.trim() && '\n'}`;
  };
  // One that broke down before or after its tests has failed, whatever its tests say.
  if (late) broken(`not done after ${limit / 1000} s`, printed);
  else if (status !== 0 && result.failed === 0) broken(`ended with ${status}`, printed);
  else if (counts && result.passed + result.failed + result.skipped === 0) broken('ran no test', printed);
  else if (result.failed > 0) {
    // What it printed may say why.
    text += printed.slice(-SHOWN_OF_FAILED).replace(/^(?=.)/gm, '    ');
    if (!text.endsWith('\n')) text += '\n';
  } else {
    const names = await left(folder);
    if (names.length > 0) broken(`left behind: ${names.join(', ')}`);
  }
  rmSync(folder, { recursive: true, force: true });
  const parts = ['passed', 'failed', 'skipped'].filter((key) => result[key] > 0 || (key === 'passed' && counts));
  text += `${result.failed ? 'FAILED' : 'ok    '} ${name.padEnd(48)} ${parts.map((key) => `${result[key]} ${key}`).join(', ')} (${seconds} s)\n`;
  return { ...result, text };
}

const pick = (text) => {
  const { passed, failed, skipped } = JSON.parse(text);
  return { passed, failed, skipped };
};

/**
 * Takes jobs from lists, each list in its order, as many at a time as there are workers.
 * @template T
 * @param {T[][][]} workers for each the lists that it empties, the first before the second; lists may be shared
 * @param {(job: T) => Promise<void>} work
 */
export async function inTurns(workers, work) {
  await Promise.all(
    workers.map(async (lists) => {
      for (const list of lists) for (let job; (job = list.shift()) !== undefined;) await work(job);
    }),
  );
}
