import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { tempFolder } from '../support/temp';

test('connections go into a bundle, and need nothing that was compiled', (t) => {
  const { path: folder, remove } = tempFolder();
  t.after(remove);
  const outfile = path.join(folder, 'bundle/connect.js');
  const script = `import { build } from 'esbuild';
    import { common } from './scripts/build.mjs';
    await build({ ...common, entryPoints: ['server/src/fleet/ssh/connect.ts'], outfile: ${JSON.stringify(outfile)} });`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: path.resolve(__dirname, '../..') });
  const asked = [...readFileSync(outfile, 'utf8').matchAll(/require\("([^"]*)"\)/g)].map(([, name]) => name!);
  const foreign = asked.filter((name) => !/^(?:node:)?[a-z_]+(?:\/promises)?$/.test(name) || /\.node$/.test(name));
  assert.deepEqual([...new Set(foreign)].sort(), ['./crypto/build/Release/sshcrypto.node', 'cpu-features']);
  // Alone in a folder, with no node_modules above it.
  const alone = path.join(folder, 'alone.js');
  copyFileSync(outfile, alone);
  const said = execFileSync(process.execPath, ['-p', `typeof require(${JSON.stringify(alone)}).connect`], {
    encoding: 'utf8',
    cwd: folder,
  });
  assert.equal(said.trim(), 'function');
});
