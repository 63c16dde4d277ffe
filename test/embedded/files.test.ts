// The files of embedded nodes through livemig's own RemoteFiles and apply, and the stand-ins for its scripts beside the real ones.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { planApply, runApply } from '../../server/src/fleet/apply';
import { PreviousVersions } from '../../server/src/fleet/files/previous';
import { RemoteFiles } from '../../server/src/fleet/files/remote';
import { lookScript, replaceScript } from '../../server/src/fleet/files/script';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import { takeSnapshot } from '../../server/src/fleet/snapshot';
import { decode } from '../../server/src/model/decode';
import { kindOf } from '../../server/src/model/files';
import { Host } from '../../server/src/model/host';
import { tempFolder } from '../support/temp';
import { startCluster, type EmbeddedCluster } from './cluster';
import { run } from './commands';
import { fails, login } from './help';
import { nfsCluster } from './nfs';
import { EmbeddedNode } from './node';
import { ROOT, Tree } from './tree';

const { path: folder, remove } = tempFolder();
after(remove);

let cluster: EmbeddedCluster;
let connection: SshConnection;
let node: EmbeddedNode;
let files: RemoteFiles;
before(async () => {
  cluster = await startCluster(nfsCluster());
  const key = path.join(folder, 'id');
  writeFileSync(key, cluster.key, { mode: 0o600 });
  const server = cluster.server('jovi-compute1');
  node = server.node;
  connection = await login(folder, server, { key });
  files = new RemoteFiles(
    () => Promise.resolve(connection),
    node.name,
    new PreviousVersions(path.join(folder, 'kept')),
  );
});
after(async () => {
  connection.close();
  await cluster.stop();
});

const save = (file: string, text: string) => files.write(file, Buffer.from(text), { create: false, overwrite: true });

describe('remote files', () => {
  const file = '/etc/hosts';

  test('are listed, read and written; the version before is kept and put back', async () => {
    const entries = await files.list('/etc/libvirt');
    assert.deepEqual(
      entries.map((e) => e.name),
      ['libvirtd.conf', 'qemu.conf'],
    );
    const before = Buffer.from((await files.read(file)).bytes).toString();
    assert.equal(before, node.tree.text(file));
    await save(file, `${before}# seen\n`);
    assert.equal(node.tree.text(file), `${before}# seen\n`);
    assert.equal(Buffer.from((await files.previous(file))!.bytes).toString(), before);
    await files.restore(file);
    assert.equal(node.tree.text(file), before);
  });

  test('what somebody changed on the node meanwhile is not overwritten', async () => {
    await files.read(file);
    node.tree.put(file, 'by somebody else\n');
    await assert.rejects(save(file, 'mine\n'), fails('conflict'));
    assert.equal(node.tree.text(file), 'by somebody else\n');
  });

  test('a full disk and a read-only one leave the old file', async () => {
    const before = Buffer.from((await files.read(file)).bytes).toString();
    node.tree.free = 3;
    await assert.rejects(save(file, 'longer than three\n'), fails('no-space'));
    node.tree.free = Infinity;
    node.tree.readOnly = true;
    await assert.rejects(save(file, 'x\n'), fails('read-only'));
    node.tree.readOnly = false;
    assert.equal(node.tree.text(file), before);
    assert.ok(node.tree.list('/etc').every(([name]) => !name.startsWith('.livemig')));
  });
});

describe('apply', () => {
  const times = { wait: 2000, settle: 30, poll: 10 };
  const host = async (): Promise<Host> => {
    const { files: read, facts } = await takeSnapshot(connection, { node: node.name });
    const all = [...read, { path: 'facts.json', bytes: Buffer.from(JSON.stringify(facts)) }];
    const sources = all.map(({ path: name, bytes }) => ({
      ...{ uri: `snapshot:///${name}`, path: name, kind: kindOf(name)! },
      text: decode(bytes).text,
    }));
    return new Host({ name: node.name, folder: '', files: sources }, { node: undefined, releases: [] });
  };
  const apply = async (paths: readonly string[]) =>
    runApply(planApply(await host(), paths), connection, files, () => undefined, undefined, times);

  test('libvirtd with a file it cannot read does not come up; repaired and applied it listens, and the next snapshot says so', async () => {
    const failed = await apply(['etc/libvirt/qemu.conf']);
    assert.equal(failed.ok, false);
    assert.match(
      JSON.stringify(failed.steps),
      /Initialization of QEMU state driver failed: .*qemu\.conf:12: expecting a value/,
    );
    const read = async (file: string) => Buffer.from((await files.read(file)).bytes).toString();
    await save('/etc/libvirt/qemu.conf', (await read('/etc/libvirt/qemu.conf')).replace(/[“”″]/g, '"'));
    for (const file of ['/etc/default/libvirt-bin', '/etc/init/libvirt-bin.conf'])
      await save(file, (await read(file)).replace('libvirtd_opts="-d"', 'libvirtd_opts="-d -l"'));
    const done = await apply(['etc/libvirt/qemu.conf', 'etc/default/libvirt-bin']);
    assert.deepEqual([done.ok, done.restored], [true, []], done.why);
    const { facts } = await takeSnapshot(connection, { node: node.name });
    assert.ok(facts.listening?.includes('0.0.0.0:16509'));
    assert.deepEqual(facts.daemonArguments, ['/usr/sbin/libvirtd', '-d', '-l']);
  });

  test('a file that keeps libvirtd down is put back, and it runs again', async () => {
    const file = '/etc/libvirt/libvirtd.conf';
    const before = Buffer.from((await files.read(file)).bytes).toString();
    await save(file, before.replace('auth_tcp="none"', 'auth_tcp = none'));
    const result = await apply(['etc/libvirt/libvirtd.conf']);
    assert.deepEqual([result.ok, result.restored], [false, ['etc/libvirt/libvirtd.conf']], result.why);
    assert.match(result.steps.map((s) => s.said ?? '').join('\n'), /libvirtd\.conf:\d+: expecting a value/);
    assert.equal(node.tree.text(file), before);
    assert.ok(node.listening().includes('0.0.0.0:16509'));
  });
});

// The same tree on the disk and in memory, the same words: the answers, and what has become of the file, must be the same.
describe('the scripts beside the real ones', { skip: process.platform !== 'linux' && 'no such sh here' }, () => {
  const sum = (text: string) => createHash('sha256').update(text).digest('hex');
  const place = path.join(folder, 'real');
  mkdirSync(path.join(place, 'sub/empty'), { recursive: true });
  const tree = new Tree();
  for (const [name, text] of Object.entries({ 'one.conf': 'a = 1\n', 'sub/two': 'two\n', 'sub/.hidden': '' })) {
    writeFileSync(path.join(place, name), text);
    chmodSync(path.join(place, name), 0o640);
    const { mtimeMs, uid, gid } = statSync(path.join(place, name));
    tree.put(path.join(place, name), text, { ...{ mode: 0o640, uid, gid }, modified: Math.floor(mtimeMs / 1000) });
  }
  tree.folder(path.join(place, 'sub/empty'));
  const embedded = new EmbeddedNode({ name: 'x', tree, facts: {}, daemons: [] });
  const both = (script: string, words: readonly string[], input = '') => {
    const argv = ['-c', script, 'name', ...words];
    const real = spawnSync('sh', argv, { input });
    const ours = run(['sh', ...argv], { node: embedded, who: ROOT, input: Buffer.from(input) });
    // Times pass.
    const plain = (said: string) => said.replace(/\b1\d{9}\b/g, 'TIME').trim();
    return [
      [ours.code, plain(Buffer.from(ours.stdout ?? '').toString())],
      [real.status, plain(real.stdout.toString())],
    ];
  };

  for (const what of ['one.conf', 'sub', 'nothing', 'sub/empty'])
    test(`look at ${what}`, () => {
      const [ours, real] = both(lookScript(), [path.join(place, what), '1000']);
      assert.deepEqual(ours, real);
    });
  test('look at what is too large', () => {
    const [ours, real] = both(lookScript(), [path.join(place, 'one.conf'), '3']);
    assert.deepEqual(ours, real);
  });

  const one = path.join(place, 'one.conf');
  const cases: readonly (readonly [string, string, string, string, string])[] = [
    ['over what was known', one, sum('a = 1\n'), 'a = 2\n', '0644'],
    ['over what has changed', one, sum('a = 1\n'), 'a = 3\n', '0644'],
    ['over what is there already', one, 'none', 'x', '0644'],
    ['over a folder', path.join(place, 'sub'), 'none', 'x', '0644'],
    ['a new one', path.join(place, 'sub/new'), 'none', 'new\n', '0600'],
    ['in a folder that is not there', path.join(place, 'not/new'), 'none', 'new\n', '0644'],
  ];
  for (const [title, file, expected, text, mode] of cases)
    test(`replace: ${title}`, () => {
      const words = [file, expected, sum(text), String(text.length), 'abc', mode, ''];
      const [ours, real] = both(replaceScript(), words, text);
      assert.deepEqual(ours, real);
      const found = tree.find(file);
      if (found?.type === 'file') {
        assert.equal(tree.text(file), readFileSync(file, 'utf8'));
        assert.equal(found.mode, statSync(file).mode & 0o7777);
      }
      const listed = readdirSync(path.join(place, 'sub')).sort();
      assert.deepEqual(
        tree.list(path.join(place, 'sub')).map(([name]) => name),
        listed,
      );
    });
  test('replace: removes', () => {
    const words = [one, sum('a = 2\n'), 'none', '0', 'abc', '0644', ''];
    const [ours, real] = both(replaceScript(), words);
    assert.deepEqual(ours, real);
    assert.equal(tree.find(one), undefined);
  });
});
