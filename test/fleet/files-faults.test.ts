import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect as dialTcp, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PreviousVersions } from '../../server/src/fleet/files/previous';
import { RemoteFiles } from '../../server/src/fleet/files/remote';
import { lookScript, replaceScript } from '../../server/src/fleet/files/script';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import { FleetError } from '../../server/src/fleet/types';
import { tempFolder } from '../support/temp';
import { login } from './login';
import { children, keygen, kill, noSshd, sleep, startSshd, type Sshd } from './sshd';

const { path: folder, remove } = tempFolder();
// Accounts of sshd look for their keys in it.
chmodSync(folder, 0o711);
after(remove);
const file = (name: string): string => path.join(folder, name);
const SAVE = { create: true, overwrite: true };
const large = Buffer.alloc(3_000_000, 'new content\n');
const sum = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** Lets so many bytes through to a server, and then none; what is open stays open until it is cut. */
async function strait(
  port: number,
  bytes: number,
): Promise<{ port: number; cut(): void; server: Server; open(): void }> {
  const sockets = new Set<Socket>();
  let left = bytes;
  const server = createServer((near) => {
    const far = dialTcp(port, '127.0.0.1');
    for (const s of [near, far]) {
      sockets.add(s);
      s.on('error', () => undefined);
    }
    near.on('data', (chunk: Buffer) => {
      const passed = chunk.subarray(0, Math.max(0, left));
      left -= passed.length;
      far.write(passed);
    });
    far.on('data', (chunk: Buffer) => near.write(chunk));
    far.on('close', () => near.destroy());
    near.on('close', () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    server,
    open: () => (left = Infinity),
    cut: () => {
      for (const s of sockets) s.destroy();
    },
  };
}

describe('faults while a file is written', { skip: noSshd }, () => {
  let keys: string[];
  const servers: Sshd[] = [];
  const connections: SshConnection[] = [];
  before(() => {
    keys = [keygen(file('id'))];
  });
  after(async () => {
    for (const c of connections) c.close();
    for (const s of servers) await s.stop();
  });
  async function server(options: Parameters<typeof startSshd>[1] = {}): Promise<Sshd> {
    const sshd = await startSshd(folder, { keys, ...options });
    servers.push(sshd);
    return sshd;
  }
  async function to(sshd: Sshd, user = 'root'): Promise<SshConnection> {
    const connection = await login(folder, sshd, user);
    connections.push(connection);
    return connection;
  }
  let nth = 0;
  function fixture(): { own: string; at: string; keep: PreviousVersions } {
    const own = file(`own${nth++}`);
    mkdirSync(own);
    writeFileSync(path.join(own, 'nova.conf'), 'old\n');
    return { own, at: path.join(own, 'nova.conf'), keep: new PreviousVersions(file(`keep${nth}`)) };
  }
  const temporaries = (own: string): string[] => readdirSync(own).filter((n) => n.startsWith('.livemig-'));
  async function until(what: () => boolean): Promise<void> {
    for (let i = 0; i < 12_000 && !what(); i++) await sleep(10);
    assert.ok(what(), String(what));
  }

  test('sshd and all of its sessions killed in the middle: the old file is whole, the next write tidies up', async () => {
    const { own, at, keep } = fixture();
    const sshd = await server();
    // All but the last of the content comes; then nothing more.
    const narrow = await strait(sshd.port, Infinity);
    const slow = await login(folder, { ...sshd, port: narrow.port });
    connections.push(slow);
    let current = slow;
    const node = new RemoteFiles(() => Promise.resolve(current), 'one', keep);
    await node.read(at);
    narrow.server.close();
    const half = await strait(sshd.port, 1_500_000);
    current = await login(folder, { ...sshd, port: half.port });
    connections.push(current);
    const writing = assert.rejects(node.write(at, large, SAVE), (error: unknown) => {
      assert.ok(error instanceof FleetError);
      assert.equal(error.code, 'lost');
      assert.match(error.message, /is whole: as it was, or as it was to be\. Save it again/);
      return true;
    });
    await until(() => temporaries(own).some((n) => statSync(path.join(own, n)).size > 500_000));
    // The script, too, as if the node had lost its power: none of them may see that another ended.
    const all = children(sshd.pid);
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of all) kill(pid, signal);
    await writing;
    half.server.close();
    assert.equal(readFileSync(at, 'utf8'), 'old\n');
    assert.equal(temporaries(own).length, 1);
    assert.equal(statSync(path.join(own, temporaries(own)[0]!)).mode & 0o077, 0);
    current = await to(sshd);
    await node.write(at, large, SAVE);
    assert.deepEqual(readFileSync(at), large);
    assert.deepEqual(temporaries(own), []);
    assert.equal(Buffer.from((await node.previous(at))!.bytes).toString(), 'old\n');
  });

  test('the connection cut in the middle: the script sees that not all came, and leaves nothing', async () => {
    const { own, at, keep } = fixture();
    const sshd = await server();
    const half = await strait(sshd.port, 1_500_000);
    const cut = await login(folder, { ...sshd, port: half.port });
    const node = new RemoteFiles(() => Promise.resolve(cut), 'one', keep);
    await node.read(at);
    const writing = assert.rejects(node.write(at, large, SAVE), { code: 'lost' });
    await until(() => temporaries(own).length > 0);
    half.cut();
    half.server.close();
    await writing;
    await until(() => temporaries(own).length === 0);
    assert.equal(readFileSync(at, 'utf8'), 'old\n');
    // Nothing gave way: there is nothing to restore, once that is seen.
    const again = await to(sshd);
    const next = new RemoteFiles(() => Promise.resolve(again), 'one', keep);
    await next.read(at);
    await next.write(at, Buffer.from('new\n'), SAVE);
    assert.equal(readFileSync(at, 'utf8'), 'new\n');
  });

  test('cut after all has come: what was written is one’s own, and no conflict', async () => {
    const { at, keep } = fixture();
    const sshd = await server();
    const first = await to(sshd);
    let current = first;
    const node = new RemoteFiles(() => Promise.resolve(current), 'one', keep);
    await node.read(at);
    const text = Buffer.from('mine\n');
    const run = first.run.bind(first);
    // The answer is lost, not the work.
    first.run = async (argv, options) => {
      await run(argv, options);
      throw new FleetError('lost', 'one: the connection was lost');
    };
    await assert.rejects(node.write(at, text, SAVE), { code: 'lost' });
    assert.equal(readFileSync(at, 'utf8'), 'mine\n');
    current = await to(sshd);
    await node.write(at, Buffer.from('mine, too\n'), SAVE);
    assert.equal(readFileSync(at, 'utf8'), 'mine, too\n');
    assert.equal(Buffer.from((await node.previous(at))!.bytes).toString(), 'mine\n');
  });

  test('without SFTP, behind a shell that talks, as an account that needs sudo', async () => {
    const talking = file('talking');
    writeFileSync(
      talking,
      '#!/bin/bash\necho "Welcome! @@livemig done"; echo "Authorized use only" >&2\nexec /bin/bash "$@"\n',
      { mode: 0o755 },
    );
    const sshd = await server({ config: ['Subsystem sftp /nowhere'], shell: talking });
    const op = await to(sshd, 'op');
    const { own, at, keep } = fixture();
    chmodSync(own, 0o700);
    mkdirSync(path.join(own, 'folder'));
    const node = new RemoteFiles(() => Promise.resolve(op), 'one', keep);
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => i % 256);
    writeFileSync(at, bytes);
    chmodSync(at, 0o600);
    assert.deepEqual(Buffer.from((await node.read(at)).bytes), Buffer.from(bytes));
    assert.deepEqual(await node.list(own), [
      { name: 'folder', type: 'folder' },
      { name: 'nova.conf', type: 'file' },
    ]);
    await node.write(at, Buffer.from('\n@@livemig end\n@@livemig content 7\n'), SAVE);
    assert.equal(Buffer.from((await node.read(at)).bytes).toString(), '\n@@livemig end\n@@livemig content 7\n');
    assert.equal(statSync(at).mode & 0o777, 0o600);
    await assert.rejects(node.read(`${at}2`), { code: 'not-found' });
    await assert.rejects(node.write(path.join(own, 'no/x'), bytes, SAVE), { code: 'not-found' });
  });

  test('an account that may only use SFTP reads, and is told that it cannot write', async () => {
    const sshd = await server({ config: ['ForceCommand internal-sftp'] });
    const root = await to(sshd);
    const { at, keep } = fixture();
    const node = new RemoteFiles(() => Promise.resolve(root), 'one', keep);
    assert.equal(Buffer.from((await node.read(at)).bytes).toString(), 'old\n');
    await assert.rejects(node.write(at, Buffer.from('new\n'), SAVE), FleetError);
    assert.equal(readFileSync(at, 'utf8'), 'old\n');
    assert.equal(await node.previous(at), undefined);
  });
});

describe('the scripts, in every sh', { skip: process.getuid?.() === 0 ? false : 'not root' }, () => {
  for (const shell of [['dash'], ['bash', '--posix'], ['busybox', 'sh']])
    test(shell.join(' '), () => {
      const own = file(`sh-${shell[0]!}`);
      mkdirSync(own);
      const at = path.join(own, 'a b.conf');
      // Busybox finds its own programs first, as on a node that has no others.
      const env = { PATH: process.env.PATH, HOME: own };
      if (shell[0] === 'busybox') {
        mkdirSync(`${own}-bin`);
        assert.equal(spawnSync('busybox', ['--install', '-s', `${own}-bin`]).status, 0);
        env.PATH = `${own}-bin`;
      }
      const [program = '', ...args] = shell;
      const replace = (expected: string, content: string, length = Buffer.byteLength(content), to = at): string => {
        const words = [to, expected, sum(content), String(length), 'abc', '0644', ''];
        const { stdout, stderr, status } = spawnSync(
          program === 'busybox' ? '/bin/busybox' : program,
          [...args, '-c', replaceScript(), 'x', ...words],
          {
            input: content,
            env,
          },
        );
        return stdout.toString().trim() || `status ${status}: ${stderr.toString()}`;
      };
      assert.match(replace('none', 'one\n'), /^@@livemig done \d{10}$/);
      assert.match(replace('none', 'two\n'), /^@@livemig conflict .* is there already$/);
      chmodSync(at, 0o640);
      assert.match(replace(sum('one\n'), 'two\n'), /^@@livemig done/);
      assert.equal(statSync(at).mode & 0o777, 0o640);
      assert.match(replace(sum('one\n'), 'three\n'), /^@@livemig conflict .* has changed$/);
      assert.match(replace(sum('two\n'), 'three\n', 7), /^@@livemig lost only 6 of 7 bytes came$/);
      assert.match(replace(sum('x'), 'x', 1, path.join(own, 'no/x')), /^@@livemig not-found there is no folder/);
      // One of a run that was killed, one of a run that goes on, and somebody else's.
      writeFileSync(path.join(own, '.livemig-4194303-abc.tmp'), '');
      const going = spawn('sh', ['-c', 'sleep 100; :', 'livemig-replace'], { detached: true, stdio: 'ignore' });
      const live = `.livemig-${going.pid!}-abc.tmp`;
      writeFileSync(path.join(own, live), '');
      writeFileSync(path.join(own, '.livemig-notes.tmp'), '');
      assert.match(replace(sum('two\n'), 'three\n'), /^@@livemig done/);
      assert.deepEqual(readdirSync(own).sort(), [live, '.livemig-notes.tmp', 'a b.conf']);
      process.kill(-going.pid!, 'SIGKILL');
      assert.equal(readFileSync(at, 'utf8'), 'three\n');
      const look = (name: string): string =>
        spawnSync(program === 'busybox' ? '/bin/busybox' : program, [...args, '-c', lookScript(), 'x', name, '100'], {
          env,
        }).stdout.toString();
      assert.match(look(at), /^\n@@livemig file 6 \d{10}\n@@livemig content 6\nthree\n\n@@livemig end\n$/);
      assert.match(look(own), /^\n@@livemig folder 0 \d{10}\n(?:@@livemig entry file .*\n){3}@@livemig end\n$/);
      assert.match(look(`${own}/none`), /@@livemig not-found/);
      assert.match(look('/dev/null'), /@@livemig refused .* is no regular file/);
    });
});

test('what was kept of a file is at most so much, and the oldest goes', async () => {
  const keep = new PreviousVersions(file('some'), 3);
  const node = '../../evil';
  for (let i = 0; i < 6; i++)
    await keep.keep(node, '/etc/x', { bytes: Buffer.from(String(i)), gaveWayTo: sum(String(i + 1)) });
  assert.equal(Buffer.from((await keep.find(node, '/etc/x', 1))!.bytes!).toString(), '3');
  assert.equal(Buffer.from((await keep.find(node, '/etc/x'))!.bytes!).toString(), '5');
  assert.equal(await keep.written(node, '/etc/x'), sum('6'));
  assert.equal(await keep.find('other', '/etc/x'), undefined);
  await keep.apply(node, '/etc/x');
  assert.ok((await keep.applied(node, '/etc/x')) > 0);
  assert.equal(readdirSync(file('some')).length, 1);
  assert.ok(!existsSync(path.join(folder, '../evil')));
});
