import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(__dirname, '../..');
const script = path.join(root, 'scripts/demo.mjs');
/** What the first of these tests packs serves the others. */
const packed = ['--vsix', path.join(root, 'livemig.vsix')];
const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => /^livemig-(demo|vscode)-/.test(name));

for (const args of [[], ['cephfs', ...packed]])
  test(`npm run demo ${args[0] ?? ''} --screenshot takes its picture and leaves nothing behind`, async () => {
    const before = leftovers();
    const picture = path.join(root, `out/shots/demo-${args[0] ?? 'all'}.png`);
    rmSync(picture, { force: true });
    const child = spawn(process.execPath, [script, ...args, '--screenshot', picture], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 0);
    assert.equal(readFileSync(picture).subarray(1, 4).toString('latin1'), 'PNG');
    assert.deepEqual(leftovers(), before);
  });

test('a demo that does not exist is named in vain', async () => {
  const child = spawn(process.execPath, [script, 'gluster'], { stdio: ['ignore', 'inherit', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  assert.equal(await new Promise((resolve) => child.once('close', resolve)), 2);
  assert.match(said, /^usage: .*\[nfs\|cephfs\]/);
});

test('npm run demo without a display prints an address that answers, and ends with Ctrl-C', async () => {
  const before = leftovers();
  const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !/^(WAYLAND_)?DISPLAY$/.test(k)));
  const child = spawn(process.execPath, [script, ...packed], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    let printed = '';
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
        const [found] = /http:\/\/127\.0\.0\.1:\S+(?=\s)/.exec(printed) ?? [];
        if (found) resolve(found);
      });
      void ended.then(() => reject(new Error(`it ended by itself:\n${printed}`)));
    });
    assert.equal((await fetch(url)).status, 200);
    assert.ok(leftovers().length > before.length, 'it works on copies');
  } finally {
    child.kill('SIGINT');
  }
  assert.equal(await ended, 0);
  assert.deepEqual(leftovers(), before);
});
