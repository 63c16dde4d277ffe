import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';

test('no rule can be switched off, and no fix broken, without an example that fails', () => {
  const run = spawnSync(process.execPath, [path.resolve(__dirname, '../../scripts/mutate.mjs')], { encoding: 'utf8' });
  const last = /rules (\d+), caught (\d+)\n$/.exec(run.stdout);
  assert.ok(last && Number(last[1]) > 100 && last[1] === last[2], run.stdout + run.stderr);
  assert.equal(run.status, 0);
});
