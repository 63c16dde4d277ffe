import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { localRunner } from '../../server/src/fleet/shell';
import { probeStorage, type ProbedNode } from '../../server/src/fleet/storage-probe';
import { FleetError, type Runner } from '../../server/src/fleet/types';
import { tempFolder } from '../support/temp';

let folder: { path: string; remove: () => void };
beforeEach(() => {
  folder = tempFolder();
  for (const name of ['one', 'two']) mkdirSync(path.join(folder.path, name));
});
afterEach(() => folder.remove());

const node = (name: string, below: string, runner: Runner = localRunner()): ProbedNode => ({
  node: name,
  runner,
  path: path.join(folder.path, below),
});
const files = (): string[] => ['one', 'two'].flatMap((name) => readdirSync(path.join(folder.path, name)));

test('who shares what, by content; nothing stays behind', async () => {
  symlinkSync('one', path.join(folder.path, 'link'));
  const nodes = [node('c1', 'one'), node('c2', 'two'), node('c3', 'link'), node('c4', 'two'), node('c5', 'nowhere')];
  const lines: string[] = [];
  const { shares, failures } = await probeStorage(nodes, (l) => lines.push(l));
  assert.deepEqual(Object.fromEntries(shares), {
    c1: { c2: false, c3: true, c4: false },
    c2: { c1: false, c3: false, c4: true },
    c3: { c1: true, c2: false, c4: false },
    c4: { c1: false, c2: true, c3: false },
    c5: {},
  });
  assert.deepEqual(failures, [{ node: 'c5', why: `${path.join(folder.path, 'nowhere')}: no such folder` }]);
  assert.deepEqual(files(), []);
  assert.deepEqual(lines, ['storage of 5 nodes: 2 folders, 1 nodes not known']);
});

test('a node that cannot be reached, one that cannot write, one that is lost as it reads', async () => {
  const lost: Runner = { run: () => Promise.reject(new FleetError('lost', 'the connection is gone')) };
  writeFileSync(path.join(folder.path, 'file'), '');
  const { shares, failures } = await probeStorage([
    node('away', 'one', lost),
    node('file', 'file'),
    node('c1', 'one'),
    node('late', 'one', lost),
    node('c2', 'one'),
  ]);
  assert.deepEqual(Object.fromEntries(shares), { away: {}, file: {}, c1: { c2: true }, late: {}, c2: { c1: true } });
  assert.deepEqual([...new Set(failures.map((f) => f.node))].sort(), ['away', 'file', 'late']);
  assert.deepEqual(files(), []);
});

test('cancelled between writing and reading, the file is removed all the same', async () => {
  const own = localRunner();
  const stop = new AbortController();
  const stopping: Runner = {
    run: async (argv, options) => {
      const ran = await own.run(argv, options);
      if (argv.some((w) => w.startsWith('probe-write:'))) stop.abort();
      return ran;
    },
  };
  await probeStorage([node('c1', 'one', stopping), node('c2', 'one')], undefined, stop.signal);
  assert.deepEqual(files(), []);
});

test('killed half-way: what it left is removed by the next, when nobody can be comparing any more', async () => {
  const program = `
    const { localRunner } = require(${JSON.stringify(path.resolve(__dirname, '../../server/src/fleet/shell.ts'))});
    const { probeStorage } = require(${JSON.stringify(path.resolve(__dirname, '../../server/src/fleet/storage-probe.ts'))});
    const own = localRunner();
    const run = async (argv, options) => {
      const ran = await own.run(argv, options);
      console.log('written');
      return new Promise(() => setInterval(() => undefined, 1000));
    };
    probeStorage([{ node: 'c1', runner: { run }, path: process.argv[1] }]);`;
  const one = path.join(folder.path, 'one');
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', program, one], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  const [left, ...others] = files();
  assert.ok(left?.startsWith('.livemig-probe-') && others.length === 0, String(files()));
  writeFileSync(path.join(one, '.livemig-probe-mine'), 'of somebody else');

  assert.deepEqual((await probeStorage([node('c1', 'one'), node('c2', 'one')])).failures, []);
  assert.ok(left !== undefined && files().includes(left), 'somebody may be comparing just now');
  for (const name of files()) utimesSync(path.join(one, name), Date.now() / 1000 - 600, Date.now() / 1000 - 600);
  const { shares, failures } = await probeStorage([node('c1', 'one'), node('c2', 'one')]);
  assert.deepEqual([shares.get('c1'), failures], [{ c2: true }, []]);
  assert.deepEqual(files(), ['.livemig-probe-mine']);
});

test('one that another removed is no trouble but a word; words are words', async () => {
  const own = localRunner();
  const greedy: Runner = {
    run: async (argv, options) => {
      for (const name of files()) rmSync(path.join(folder.path, 'one', name));
      return own.run(argv, options);
    },
  };
  const { failures } = await probeStorage([node('c1', 'one'), node('c2', 'one', greedy)]);
  assert.ok(failures.some((f) => f.node === 'c1' && f.why.includes('may still be there')));
  mkdirSync(path.join(folder.path, '$(touch x);\'" *'));
  chmodSync(folder.path, 0o755);
  const odd = await probeStorage([node('c1', '$(touch x);\'" *'), node('c2', '$(touch x);\'" *')]);
  assert.deepEqual([odd.failures, odd.shares.get('c1')], [[], { c2: true }]);
  const bad = await probeStorage([node('c1', 'a\nb')]);
  assert.match(bad.failures[0]!.why, /no path/);
});
