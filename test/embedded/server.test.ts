// Logging in to embedded nodes, their commands, files, prompt and troubles, over livemig's own connections.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { ClientChannel, SFTPWrapper } from 'ssh2';
import { WRAPPER, type SshConnection } from '../../server/src/fleet/ssh/connection';
import { tempFolder } from '../support/temp';
import { startCluster, type EmbeddedCluster } from './cluster';
import { fails, login, trusting, type LoginOptions } from './help';
import { nfsCluster } from './nfs';
import type { EmbeddedServer } from './server';

const { path: folder, remove } = tempFolder();
after(remove);

let cluster: EmbeddedCluster;
let key: string;
let one: EmbeddedServer;
const open: SshConnection[] = [];
const to = async (server: EmbeddedServer, options: LoginOptions = { key }): Promise<SshConnection> => {
  const connection = await login(folder, server, options);
  open.push(connection);
  return connection;
};
before(async () => {
  cluster = await startCluster(nfsCluster(), { password: 'lab' });
  one = cluster.server('jovi-compute1');
  key = path.join(folder, 'id');
  writeFileSync(key, cluster.key, { mode: 0o600 });
});
afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});
after(() => cluster.stop());

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('logins', () => {
  test('by key, by password, and by neither', async () => {
    assert.equal(text((await (await to(one)).run(['whoami'], { timeout: 60_000 })).stdout), 'root\n');
    const asked = { ...trusting, password: () => Promise.resolve('lab') };
    const jovi = await to(one, { user: 'jovi', prompts: asked });
    assert.equal(text((await jovi.run(['id', '-u'], { timeout: 60_000 })).stdout), '1000\n');
    const wrong = {
      ...trusting,
      password: () => Promise.resolve('x'),
    };
    await assert.rejects(login(folder, one, { prompts: wrong }), fails('authentication'));
    await assert.rejects(login(folder, one, { key, user: 'nobody-knows' }), /Nobody answered/);
  });
});

describe('commands', () => {
  // What is asked of the embedded node and of a real sh in the same words.
  const asked = [
    ['true'],
    ['false'],
    ['echo', 'two  words', "it's", '$HOME'],
    ['cat', '/nowhere/at-all'],
    ['no-such-program'],
    ['cat'],
  ];
  for (const words of asked)
    test(
      `${words.join(' ')} ends as under the real sh`,
      { skip: process.platform !== 'linux' && 'no sh here' },
      async () => {
        const real = spawnSync('sh', ['-c', WRAPPER, 'mark', ...words], {
          input: 'sent\n',
          env: { ...process.env, LC_ALL: 'C' },
        });
        const ran = await (
          await to(cluster.server('jovi-controller'))
        ).run(words, { input: 'sent\n', timeout: 60_000 });
        assert.equal(ran.code, real.status);
        assert.equal(text(ran.stdout), real.stdout.toString());
        const complaint = real.stderr.toString().replace(/^mark \d+\n/, '');
        assert.equal(ran.stderr === '', complaint === '', `${ran.stderr} / ${complaint}`);
      },
    );

  test('words with line breaks, quotes and letters of all alphabets arrive as they are', async () => {
    const words = ['echo', 'a\nb', "'\\!`$(x)", 'ΩЖ語', ''];
    const { stdout } = await (await to(cluster.server('jovi-controller'))).run(words, { timeout: 60_000 });
    assert.equal(text(stdout), `${words.slice(1).join(' ')}\n`);
  });

  test('a script that is not livemig’s is not run', async () => {
    const ran = await (await to(cluster.server('jovi-controller'))).run(['sh', '-c', 'echo yes'], { timeout: 60_000 });
    assert.equal(ran.code, 127);
    assert.match(ran.stderr, /an embedded node has no shell/);
  });
});

describe('SFTP', () => {
  const call = <T>(act: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => act((error, value) => (error ? reject(error) : resolve(value as T))));

  async function replace(sftp: SFTPWrapper, file: string, content: string): Promise<void> {
    const beside = `${file}.new`;
    const handle = await call<Buffer>((done) => sftp.open(beside, 'wx', 0o600, done));
    await call((done) => sftp.write(handle, Buffer.from(content), 0, content.length, 0, done));
    await call((done) => sftp.ext_openssh_fsync(handle, done));
    await call((done) => sftp.close(handle, done));
    const { mode, uid, gid } = await call<{ mode: number; uid: number; gid: number }>((done) => sftp.stat(file, done));
    await call((done) => sftp.chmod(beside, mode & 0o7777, done));
    await call((done) => sftp.chown(beside, uid, gid, done));
    await call((done) => sftp.ext_openssh_rename(beside, file, done));
  }

  test('a file is written beside, flushed and renamed over; its mode and owner are kept', async () => {
    const { node } = cluster.server('jovi-compute3');
    const file = '/etc/libvirt/libvirtd.conf';
    node.tree.change(node.tree.at(file), node.account('root')!, { mode: 0o640, uid: 7, gid: 8 });
    const sftp = await (await to(cluster.server('jovi-compute3'))).sftp();
    await replace(sftp, file, 'listen_tls = 0\n');
    const entry = node.tree.at(file);
    assert.deepEqual([entry.mode, entry.uid, entry.gid], [0o640, 7, 8]);
    assert.equal(node.tree.text(file), 'listen_tls = 0\n');
    assert.deepEqual(
      node.tree.list('/etc/libvirt').map(([name]) => name),
      ['libvirtd.conf', 'qemu.conf'],
    );
  });

  test('who has no right is told so, and nothing is changed', async () => {
    const asked = { ...trusting, password: () => Promise.resolve('lab') };
    const sftp = await (await to(one, { user: 'jovi', prompts: asked })).sftp();
    const before = one.node.tree.text('/etc/hosts');
    await assert.rejects(replace(sftp, '/etc/hosts', 'mine\n'), /Permission denied/);
    await assert.rejects(
      call((done) => sftp.stat('/root/x', done)),
      /Permission denied/,
    );
    await assert.rejects(
      call((done) => sftp.stat('/etc/nothing', done)),
      /No such file/,
    );
    assert.equal(one.node.tree.text('/etc/hosts'), before);
  });

  test('a full disk and a read-only one say so', async () => {
    const { tree } = cluster.server('jovi-controller').node;
    const sftp = await (await to(cluster.server('jovi-controller'))).sftp();
    tree.free = 5;
    await assert.rejects(replace(sftp, '/etc/hosts', 'longer than five\n'), /No space left/);
    tree.free = Infinity;
    tree.readOnly = true;
    await assert.rejects(replace(sftp, '/etc/fstab', 'x'), /Read-only file system/);
    tree.readOnly = false;
    assert.match(tree.text('/etc/hosts')!, /jovi-controller/);
  });

  test('folders, links and paths', async () => {
    const { tree } = cluster.server('jovi-controller').node;
    const sftp = await (await to(cluster.server('jovi-controller'))).sftp();
    await call((done) => sftp.mkdir('/etc/libvirt', done));
    await call((done) => sftp.symlink('../hosts', '/etc/libvirt/names', done));
    assert.equal(await call((done) => sftp.realpath('/etc/libvirt/../libvirt/names', done)), '/etc/hosts');
    assert.equal(
      (await call<Buffer>((done) => sftp.readFile('/etc/libvirt/names', done))).toString(),
      tree.text('/etc/hosts'),
    );
    assert.equal(await call((done) => sftp.readlink('/etc/libvirt/names', done)), '../hosts');
    const listed = await call<{ filename: string }[]>((done) => sftp.readdir('/etc/libvirt', done));
    assert.deepEqual(
      listed.map((f) => f.filename),
      ['names'],
    );
    await assert.rejects(
      call((done) => sftp.rmdir('/etc/libvirt', done)),
      /not empty/,
    );
    await call((done) => sftp.unlink('/etc/libvirt/names', done));
    await call((done) => sftp.rmdir('/etc/libvirt', done));
    assert.equal(tree.find('/etc/libvirt'), undefined);
  });
});

test('a terminal has a prompt that knows a few commands', async () => {
  const connection = await to(cluster.server('jovi-controller'));
  const client = (
    connection as unknown as { clients: { shell(done: (e?: Error, c?: ClientChannel) => void): void }[] }
  ).clients.at(-1)!;
  const channel = await new Promise<ClientChannel>((resolve, reject) =>
    client.shell((error, opened) => (error ? reject(error) : resolve(opened!))),
  );
  let said = '';
  channel.on('data', (data: Buffer) => (said += data.toString()));
  const code = new Promise((resolve) => channel.on('exit', resolve));
  channel.write('hostname\rcat /etc/hostnamx\x7fe\rreboot\rcat $(ls)\rexit\r');
  assert.equal(await code, 0);
  assert.match(said, /root@jovi-controller:~# hostname\r\njovi-controller\r\n/);
  assert.match(said, /\r\njovi-controller\r\n.*reboot\r\nreboot: not found\r\n/s);
  assert.match(said, /only words are understood/);
});

describe('troubles', () => {
  const short = { dial: 300, handshake: 300, login: 300 };
  afterEach(() => one.trouble(undefined));

  test('a node that is down refuses; the next try works', async () => {
    await one.trouble('down');
    await assert.rejects(login(folder, one, { key }), fails('unreachable'));
    await one.trouble(undefined);
    await to(one);
  });

  test('a host key that changed is refused', async () => {
    const other = cluster.server('jovi-compute3');
    await to(other);
    await other.changeHostKey();
    await assert.rejects(login(folder, other, { key }), fails('host-key', /SHA256/));
  });

  test('a node that accepts and never answers is given up', async () => {
    await one.trouble('silent');
    await assert.rejects(login(folder, one, { key, timeouts: short }), fails('timeout'));
  });

  test('a command that never ends is given up, and the connection stays', async () => {
    const other = cluster.server('jovi-controller');
    await other.trouble('hanging');
    const connection = await to(other);
    await assert.rejects(connection.run(['hostname'], { timeout: 200 }), fails('timeout'));
    assert.equal(connection.closed, undefined);
    await other.trouble(undefined);
  });
});
