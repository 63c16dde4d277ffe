import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PreviousVersions } from '../../server/src/fleet/files/previous';
import { RemoteFiles } from '../../server/src/fleet/files/remote';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import { FleetError } from '../../server/src/fleet/types';
import { tempFolder } from '../support/temp';
import { login } from './login';
import { keygen, noSshd, startSshd, type Sshd } from './sshd';

const { path: folder, remove } = tempFolder();
// Accounts of sshd look for their keys in it.
chmodSync(folder, 0o711);
after(remove);
const file = (name: string): string => path.join(folder, name);
const bytes = (text: string): Uint8Array => Buffer.from(text);
const SAVE = { create: true, overwrite: true };

function code(expected: FleetError['code'], words = /./): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof FleetError, String(error));
    assert.equal(error.code, expected, error.message);
    assert.match(error.message, words);
    return true;
  };
}

/** What livemig's own runs left behind. */
const leftovers = (of: string): string[] => readdirSync(of).filter((name) => name.startsWith('.livemig'));

describe('remote files', { skip: noSshd }, () => {
  let sshd: Sshd;
  let root: SshConnection;
  let op: SshConnection;
  let plain: SshConnection;
  const log: string[] = [];
  let nth = 0;

  before(async () => {
    const keys = [keygen(file('id'))];
    for (const name of ['etc', 'small', 'ro', 'up']) mkdirSync(file(name));
    writeFileSync(file('ro/file'), 'old');
    sshd = await startSshd(folder, {
      keys,
      mounts: [
        ['-t', 'tmpfs', '-o', 'size=128k,mode=755', 'livemig', file('small')],
        ['--bind', '-o', 'ro', file('ro'), file('ro')],
        ['-o', 'remount,bind,ro', file('ro')],
        ['-t', 'tmpfs', '-o', 'mode=755', 'livemig', file('up')],
      ],
    });
    root = await login(folder, sshd, 'root', (line) => log.push(line));
    op = await login(folder, sshd, 'op');
    plain = await login(folder, sshd, 'plain');
  });
  after(async () => {
    for (const c of [root, op, plain]) c.close();
    await sshd.stop();
  });

  /** A folder of a test's own with a file in it, and the node's files as an editor that has just been started sees them. */
  function fixture(content = 'listen_tcp = 0\n') {
    const own = file(`etc/${nth++}`);
    mkdirSync(own);
    chmodSync(own, 0o755);
    const at = path.join(own, 'libvirtd.conf');
    writeFileSync(at, content);
    return { own, at };
  }
  const files = (connection: SshConnection = root, keep = `keep${nth++}`): RemoteFiles =>
    new RemoteFiles(
      () => Promise.resolve(connection),
      'one',
      new PreviousVersions(file(keep)),
      (line) => log.push(line),
    );

  for (const user of ['root', 'op'] as const)
    describe(`as ${user}`, () => {
      const mine = (): RemoteFiles => files(user === 'root' ? root : op);

      test('tells what is there, and writes it', async () => {
        const { own, at } = fixture();
        mkdirSync(path.join(own, 'd'));
        symlinkSync('d', path.join(own, 'link'));
        symlinkSync('nowhere', path.join(own, 'dangling'));
        const node = mine();
        assert.deepEqual(await node.list(own), [
          { name: 'd', type: 'folder' },
          { name: 'libvirtd.conf', type: 'file' },
          { name: 'link', type: 'folder' },
        ]);
        assert.equal((await node.stat(own)).type, 'folder');
        const { type, size, mtime } = await node.stat(at);
        assert.deepEqual({ type, size }, { type: 'file', size: 15 });
        assert.ok(Math.abs(mtime - statSync(at).mtimeMs) < 1000);
        assert.equal(Buffer.from((await node.read(at)).bytes).toString(), 'listen_tcp = 0\n');
        const all = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
        const told = await node.write(at, all, SAVE);
        assert.deepEqual(Buffer.from(readFileSync(at)), Buffer.from(all));
        assert.ok(told.mtime > mtime);
        assert.deepEqual(await node.stat(at), told);
        assert.deepEqual(Buffer.from((await node.read(at)).bytes), Buffer.from(all));
        assert.deepEqual(leftovers(own), []);
      });

      test('reads and writes what only root may see, with mode and owner kept', async () => {
        const { own, at } = fixture('password = s3cret\n');
        for (const [mode, uid, gid] of [
          [0o640, 0, 64001],
          [0o600, 0, 0],
          [0o4755, 64002, 64001],
        ] as const) {
          chownSync(at, uid, gid);
          chmodSync(at, mode);
          chmodSync(own, 0o750);
          const node = mine();
          const { bytes: content } = await node.read(at);
          await node.write(at, Buffer.concat([content, bytes('x = 1\n')]), SAVE);
          const now = statSync(at);
          assert.deepEqual([now.mode & 0o7777, now.uid, now.gid], [mode, uid, gid]);
        }
        assert.equal(readFileSync(at, 'utf8'), 'password = s3cret\nx = 1\nx = 1\nx = 1\n');
      });
    });

  test('a change on the node since it was read is a conflict, and stays', async () => {
    const { own, at } = fixture();
    const node = files();
    await node.read(at);
    writeFileSync(at, 'somebody = 1\n');
    await assert.rejects(node.write(at, bytes('mine = 1\n'), SAVE), code('conflict', /changed on the node/));
    assert.equal(readFileSync(at, 'utf8'), 'somebody = 1\n');
    assert.deepEqual(leftovers(own), []);
    // Who has seen it may go on.
    await node.read(at);
    await node.write(at, bytes('mine = 1\n'), SAVE);
    assert.equal(readFileSync(at, 'utf8'), 'mine = 1\n');
  });

  test('a change of the same length, in the same second, shows in the time, and in the conflict', async () => {
    const { at } = fixture('a = 0\n');
    const time = new Date(1_700_000_000_000);
    utimesSync(at, time, time);
    const node = files();
    await node.read(at);
    const before = await node.stat(at);
    writeFileSync(at, 'a = 1\n');
    utimesSync(at, time, time);
    const now = await node.stat(at);
    assert.ok(now.mtime > before.mtime);
    // An editor that goes by size and time has not noticed: it was told, but has not seen.
    await assert.rejects(node.write(at, bytes('a = 2\n'), SAVE), code('conflict'));
    // The clock of the node goes back: time does not.
    writeFileSync(at, 'a = 3\n');
    utimesSync(at, new Date(1_600_000_000_000), new Date(1_600_000_000_000));
    assert.ok((await node.stat(at)).mtime > now.mtime);
    assert.equal((await node.stat(at)).mtime, (await node.stat(at)).mtime);
  });

  test('a change of another length that stat told of may be overwritten: the editor has asked', async () => {
    const { at } = fixture();
    const node = files();
    await node.read(at);
    writeFileSync(at, 'longer than before = 1\n');
    await node.stat(at);
    await node.write(at, bytes('mine\n'), SAVE);
    assert.equal(readFileSync(at, 'utf8'), 'mine\n');
  });

  test('a file that appears, vanishes, or was never looked at is a conflict', async () => {
    const { own, at } = fixture();
    const node = files();
    await assert.rejects(node.write(at, bytes('x'), SAVE), code('conflict', /never read/));
    await assert.rejects(node.write(at, bytes('x'), { create: true, overwrite: false }), code('exists'));
    await node.read(at);
    renameSync(at, `${at}.away`);
    await assert.rejects(node.write(at, bytes('x'), SAVE), code('conflict', /removed/));
    await assert.rejects(node.stat(at), code('not-found'));
    await assert.rejects(node.write(at, bytes('x'), { create: false, overwrite: true }), code('not-found'));
    renameSync(`${at}.away`, at);
    await assert.rejects(node.write(at, bytes('x'), SAVE), code('conflict', /made by somebody/));
    assert.equal(readFileSync(at, 'utf8'), 'listen_tcp = 0\n');
    assert.deepEqual(readdirSync(own), ['libvirtd.conf']);
  });

  test('a symbolic link stays, what it leads to is replaced', async () => {
    const { own, at } = fixture();
    mkdirSync(path.join(own, 'real'));
    renameSync(at, path.join(own, 'real/libvirtd.conf'));
    symlinkSync('real/libvirtd.conf', at);
    const folderLink = `${own}-link`;
    symlinkSync(own, folderLink);
    const node = files();
    const way = path.join(folderLink, 'libvirtd.conf');
    await node.read(way);
    await node.write(way, bytes('new\n'), SAVE);
    assert.equal(readlinkSync(at), 'real/libvirtd.conf');
    assert.equal(readFileSync(path.join(own, 'real/libvirtd.conf'), 'utf8'), 'new\n');
    assert.ok(lstatSync(path.join(own, 'real/libvirtd.conf')).isFile());
    assert.deepEqual(leftovers(path.join(own, 'real')), []);
  });

  test(
    'access lists go with the file',
    { skip: spawnSync('setfacl', ['--version']).error ? 'no setfacl' : false },
    async () => {
      const { at } = fixture();
      assert.equal(spawnSync('setfacl', ['-m', 'u:64002:r', at]).status, 0);
      const node = files();
      await node.read(at);
      await node.write(at, bytes('new\n'), SAVE);
      assert.match(spawnSync('getfacl', ['-p', '-n', at]).stdout.toString(), /^user:64002:r--$/m);
    },
  );

  test('new files are everybody’s to read, and in no folder that is not there', async () => {
    const { own } = fixture();
    const node = files();
    const at = path.join(own, 'new.conf');
    const told = await node.write(at, bytes('x = 1\n'), SAVE);
    assert.deepEqual(await node.stat(at), told);
    const now = statSync(at);
    assert.deepEqual([now.mode & 0o7777, now.uid, now.gid], [0o644, 0, 0]);
    await assert.rejects(
      node.write(path.join(own, 'missing/new.conf'), bytes('x'), SAVE),
      code('not-found', /there is no folder .*missing/),
    );
    await assert.rejects(node.write(own, bytes('x'), SAVE), code('is-folder'));
    await assert.rejects(node.read(own), code('is-folder'));
    await assert.rejects(node.write('etc/x', bytes('x'), SAVE), code('refused'));
    await assert.rejects(node.read(`${own}/../x`), code('refused'));
    // One that livemig made goes when its making is taken back.
    assert.equal(await node.previous(at), undefined);
    assert.equal(await node.restore(at), undefined);
    assert.equal(existsSync(at), false);
  });

  test('no name is too strange for a file', async () => {
    const { own } = fixture();
    const node = files();
    for (const name of ['a b', "it's", '-rf', '$(touch x)', '`x`', 'ü', '*', 'x;y', '!', 'a\\b', '"']) {
      const at = path.join(own, name);
      await node.write(at, bytes(name), SAVE);
      assert.equal(readFileSync(at, 'utf8'), name);
      assert.equal(Buffer.from((await node.read(at)).bytes).toString(), name);
    }
    assert.equal((await node.list(own)).length, 12);
  });

  test('what is too large is refused in words', async () => {
    const { at } = fixture();
    writeFileSync(at, Buffer.alloc(4 * 1024 * 1024 + 1));
    const node = files();
    assert.equal((await node.stat(at)).size, 4 * 1024 * 1024 + 1);
    await assert.rejects(node.read(at), code('refused', /up to 4 MiB/));
    await assert.rejects(node.write(at, bytes('x'), SAVE), code('refused', /up to 4 MiB/));
  });

  test('a full disk leaves the old file, and the next try works', async () => {
    const at = file('small/file');
    const seen = (name: string): string => sshd.at(file(`small/${name}`));
    writeFileSync(seen('file'), 'old');
    writeFileSync(seen('ballast'), Buffer.alloc(100_000));
    const keep = new PreviousVersions(file('keep-small'));
    const node = new RemoteFiles(() => Promise.resolve(root), 'one', keep);
    await node.read(at);
    const large = Buffer.alloc(60_000, 'x');
    await assert.rejects(node.write(at, large, SAVE), code('no-space', /No space left on device/));
    assert.equal(readFileSync(seen('file'), 'utf8'), 'old');
    assert.deepEqual(readdirSync(seen('')).sort(), ['ballast', 'file']);
    assert.equal(await node.previous(at), undefined);
    writeFileSync(seen('ballast'), '');
    await node.write(at, large, SAVE);
    assert.equal(statSync(seen('file')).size, 60_000);
  });

  test('a read-only file system leaves the old file', async () => {
    const node = files();
    await node.read(file('ro/file'));
    await assert.rejects(node.write(file('ro/file'), bytes('new'), SAVE), code('read-only', /Read-only file system/));
    assert.equal(readFileSync(file('ro/file'), 'utf8'), 'old');
  });

  test('a file that is a mount of its own cannot be replaced, and is not', async () => {
    const node = files();
    // The sshd's own, mounted over the machine's.
    const before = readFileSync(sshd.at('/etc/group'), 'utf8');
    await node.read('/etc/group');
    await assert.rejects(node.write('/etc/group', bytes('x'), SAVE), code('refused', /mount of its own/));
    assert.equal(readFileSync(sshd.at('/etc/group'), 'utf8'), before);
    assert.deepEqual(leftovers('/etc'), []);
  });

  test('an account without sudo edits its own, and is told of what is not', async () => {
    const { own, at } = fixture();
    const node = files(plain);
    await node.read(at);
    const refused = code('no-permission', /cannot be written by plain: .*(Permission denied).*sudo/);
    await assert.rejects(node.write(at, bytes('x'), SAVE), refused);
    chmodSync(at, 0o600);
    await assert.rejects(node.read(at), code('no-permission', /cannot be read by plain/));
    assert.equal(readFileSync(at, 'utf8'), 'listen_tcp = 0\n');
    chownSync(at, 64002, 64002);
    chownSync(own, 64002, 64002);
    await node.read(at);
    await node.write(at, bytes('mine\n'), SAVE);
    assert.equal(readFileSync(at, 'utf8'), 'mine\n');
    // It may make files in the folder, but cannot give them to their owner.
    chownSync(at, 0, 64002);
    chmodSync(at, 0o664);
    await assert.rejects(node.write(at, bytes('other\n'), SAVE), code('no-permission', /cannot be kept/));
    assert.equal(readFileSync(at, 'utf8'), 'mine\n');
    assert.deepEqual(readdirSync(own), ['libvirtd.conf']);
  });

  test('previous versions: restored, and back again; after a restart, too', async () => {
    const { at } = fixture('one\n');
    const keep = `keep${nth++}`;
    const node = files(root, keep);
    await node.read(at);
    await node.write(at, bytes('two\n'), SAVE);
    await node.write(at, bytes('three\n'), SAVE);
    const again = files(root, keep);
    assert.equal(Buffer.from((await again.previous(at))!.bytes).toString(), 'two\n');
    await again.restore(at);
    assert.equal(readFileSync(at, 'utf8'), 'two\n');
    await again.restore(at);
    assert.equal(readFileSync(at, 'utf8'), 'three\n');
    await again.takeBack(at, 1);
    assert.equal(readFileSync(at, 'utf8'), 'one\n');
    writeFileSync(at, 'somebody\n');
    await assert.rejects(again.takeBack(at, 0), code('conflict', /not what livemig wrote/));
    assert.equal(readFileSync(at, 'utf8'), 'somebody\n');
    await assert.rejects(again.restore(`${at}2`), code('not-found', /no previous version/));
    for (const name of readdirSync(file(keep), { recursive: true }) as string[]) {
      const { mode } = statSync(path.join(file(keep), name));
      assert.equal(mode & 0o077, 0, `${name} is for others, too`);
    }
  });

  test('what was written and not applied since is told, also after a restart', async () => {
    const { own, at } = fixture();
    const other = path.join(own, 'other');
    const keep = `keep${nth++}`;
    const one = files(root, keep);
    assert.deepEqual(await one.unapplied([at, other]), []);
    await one.read(at);
    await one.write(at, Buffer.from('listen_tcp = 1\n'), { create: false, overwrite: true });
    await one.write(other, Buffer.from('made\n'), { create: true, overwrite: false });
    assert.deepEqual(await files(root, keep).unapplied([at, other]), [at, other]);
    await one.applied([at]);
    assert.deepEqual(await files(root, keep).unapplied([at, other]), [other]);
  });

  test('no content and no path of a script is in the log', () => {
    assert.ok(log.length > 0);
    assert.ok(!log.some((line) => /s3cret|somebody = 1/.test(line)));
  });
});
