import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import type { ClusterView } from '../../server/src/fleet-protocol';
import { buildSync } from '../support/bundle';
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

test('the fleet process runs alone in a folder, beside its tables, and ends with its standard input', async (t) => {
  const { path: folder, remove } = tempFolder();
  t.after(remove);
  const dist = path.dirname(buildSync());
  for (const name of ['fleet.js', 'tables'])
    cpSync(path.join(dist, name), path.join(folder, name), { recursive: true });
  const child = spawn(process.execPath, [path.join(folder, 'fleet.js'), '--stdio'], { cwd: folder });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const client = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  client.listen();
  const files = [{ uri: 'file:///w/a%20b/livemig.ini', text: '[node one]\n' }];
  const [cluster] = await client.sendRequest<ClusterView[]>('fleet/inventories', { files, trusted: true });
  assert.deepEqual([cluster?.id, cluster?.nodes.map((n) => n.name)], ['a b', ['one']]);
  client.dispose();
  child.stdin.end();
  assert.equal(await ended, 0);
});
