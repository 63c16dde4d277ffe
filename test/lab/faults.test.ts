import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RemoteFiles } from '../../server/src/fleet/files/remote';
import type { Pool } from '../../server/src/fleet/pool';
import { takeSnapshot } from '../../server/src/fleet/snapshot';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import { FleetError, type Snapshot } from '../../server/src/fleet/types';
import { sleep } from '../fleet/sshd';
import { noLab, startLab, type Lab, type LabNode } from './lab';
import { dialNode, filesOf, poolOf } from './remote';

const NOVA = '/etc/nova/nova.conf';
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (content: string) => new TextEncoder().encode(content);
const failure = async (done: Promise<unknown>): Promise<FleetError> => {
  const error = await done.then(
    () => assert.fail('it went well'),
    (e: unknown) => e,
  );
  assert.ok(error instanceof FleetError, String(error));
  return error;
};

describe('faults while nodes are read and written', { skip: noLab }, () => {
  let lab: Lab;
  let pool: Pool<SshConnection>;
  before(async () => {
    lab = await startLab();
    pool = poolOf(lab);
  });
  after(async () => {
    pool.close();
    await lab.stop();
  });
  const snapshot = async (node: LabNode, probes: readonly string[] = []): Promise<Snapshot> =>
    takeSnapshot(await pool.get(node, { now: true }), { node, deadline: 30, probes });
  /** One that has not ended for seconds, on the quickest machine: it waits for an address that swallows everything. */
  const longSnapshot = async (node: LabNode): Promise<Snapshot> => {
    await lab.must(
      node,
      ['nft', '-f', '-'],
      'table inet hole; delete table inet hole; table inet hole { chain out { type filter hook output priority 0; ip daddr 10.255.255.1 drop; }; }',
    );
    return snapshot(node, ['10.255.255.1:9']);
  };
  const whole = async (node: LabNode): Promise<void> => {
    const { files, facts, failures } = await snapshot(node);
    assert.deepEqual(failures, []);
    assert.equal(facts.hostname, node);
    assert.ok(files.some((f) => f.path === 'etc/nova/nova.conf'));
  };
  /** Files in a folder, hidden ones too. */
  const listed = async (node: LabNode, folder: string) =>
    (await lab.must(node, ['ls', '-A', folder])).trim().split('\n');
  /** So slow that one can step in. */
  const slow = async (node: LabNode): Promise<() => Promise<unknown>> => {
    await lab.must(
      node,
      ['nft', '-f', '-'],
      `table inet slow { chain in { type filter hook input priority 0; tcp dport 22 limit rate over 300 kbytes/second burst 100 kbytes drop; }; }`,
    );
    return () => lab.must(node, ['nft', 'delete', 'table', 'inet', 'slow']);
  };
  /** Ends all sessions of sshd, and its listening process. */
  const killSshd = (node: LabNode) =>
    lab.must(node, ['sh', '-c', 'p=$(cat /run/sshd.pid); kill -9 $(cat /proc/$p/task/$p/children) $p']);

  test('the link goes down during a snapshot', async () => {
    await pool.get('compute1');
    const going = failure(longSnapshot('compute1'));
    await sleep(300);
    await lab.must('compute1', ['ip', 'link', 'set', 'eth0', 'down']);
    const { code, message } = await going;
    assert.ok(['lost', 'timeout'].includes(code), code);
    assert.match(message, /10\.\d+\.0\.11|compute1/);
    await lab.must('compute1', ['ip', 'link', 'set', 'eth0', 'up']);
    await whole('compute1');
  });

  test('a node that accepts and never answers is given up, and delays nobody', async () => {
    const listener = (await lab.must('compute2', ['cat', '/run/sshd.pid'])).trim();
    await lab.must('compute2', ['kill', '-STOP', listener]);
    const timeouts = { dial: 2000, handshake: 2000, login: 2000 };
    const silent = failure(dialNode(lab, 'compute2', { timeouts }));
    await whole('compute1');
    const { code, message } = await silent;
    assert.equal(code, 'timeout');
    assert.match(message, /10\.\d+\.0\.12/);
    await lab.must('compute2', ['kill', '-CONT', listener]);
    await whole('compute2');
  });

  test('30 seconds in which every fifth packet is lost', async () => {
    const files = filesOf(lab, pool, 'compute1');
    const before = text((await files.read(NOVA)).bytes);
    await lab.must(
      'compute1',
      ['nft', '-f', '-'],
      `table inet lossy { chain in { type filter hook input priority 0; iifname "eth0" numgen random mod 5 == 0 drop; };
      chain out { type filter hook output priority 0; oifname "eth0" numgen random mod 5 == 0 drop; }; }`,
    );
    const until = Date.now() + 30_000;
    let last = before;
    const tried = new Set([before]);
    let rounds = 0;
    try {
      while (Date.now() < until) {
        const content = `${before}# ${rounds++}\n${'# long\n'.repeat(2000)}`;
        tried.add(content);
        try {
          await files.write(NOVA, bytes(content), { create: false, overwrite: true });
          last = content;
        } catch (error) {
          // A conflict is right when the last answer was lost: what is there has to be seen first.
          assert.ok(error instanceof FleetError, String(error));
          assert.ok(
            ['lost', 'timeout', 'unreachable', 'conflict'].includes(error.code),
            `${error.code}: ${error.message}`,
          );
          last = '';
        }
        // Never half of one.
        assert.ok(tried.has(lab.read('compute1', NOVA)));
        if (last === '') await files.read(NOVA).catch(() => undefined);
      }
    } finally {
      await lab.must('compute1', ['nft', 'delete', 'table', 'inet', 'lossy']);
    }
    assert.ok(rounds > 0);
    await files.read(NOVA);
    await files.write(NOVA, bytes(before), { create: false, overwrite: true });
    assert.equal(lab.read('compute1', NOVA), before);
    await whole('compute1');
  });

  describe('saving', () => {
    const node = 'compute2';
    let files: RemoteFiles;
    before(() => {
      files = filesOf(lab, pool, node);
    });

    test('sshd killed in the middle: the old file is whole, nothing else lies there after the next try', async () => {
      const { bytes: old } = await files.read(NOVA);
      const large = bytes(`${text(old)}${'# a comment that makes it long\n'.repeat(60_000)}`);
      const fast = await slow(node);
      const going = failure(files.write(NOVA, large, { create: false, overwrite: true }));
      await sleep(1500);
      await killSshd(node);
      const { code, message } = await going;
      assert.ok(['lost', 'unreachable'].includes(code), `${code}: ${message}`);
      assert.equal(lab.read(node, NOVA), text(old));
      await fast();
      await lab.must(node, ['/usr/sbin/sshd', '-E', '/var/log/sshd.log']);
      await files.write(NOVA, large, { create: false, overwrite: true });
      assert.equal(lab.read(node, NOVA), text(large));
      await files.write(NOVA, old, { create: false, overwrite: true });
      assert.deepEqual(await listed(node, '/etc/nova'), ['nova.conf']);
      await whole(node);
    });

    test('the disk is full', async () => {
      await lab.must(node, ['mkdir', '-p', '/etc/full']);
      await lab.must(node, ['mount', '-t', 'tmpfs', '-o', 'size=64k,mode=755', 'tmpfs', '/etc/full']);
      await lab.must(node, ['tee', '/etc/full/a.conf'], 'as it was\n');
      await files.read('/etc/full/a.conf');
      const { code, message } = await failure(
        files.write('/etc/full/a.conf', bytes('#\n'.repeat(200_000)), { create: false, overwrite: true }),
      );
      assert.equal(code, 'no-space', message);
      assert.match(message, /compute2.*\/etc\/full\/a\.conf/);
      assert.equal(lab.read(node, '/etc/full/a.conf'), 'as it was\n');
      assert.deepEqual(await listed(node, '/etc/full'), ['a.conf']);
      await files.write('/etc/full/a.conf', bytes('as it is\n'), { create: false, overwrite: true });
      assert.equal(lab.read(node, '/etc/full/a.conf'), 'as it is\n');
      await lab.must(node, ['umount', '/etc/full']);
    });

    test('the file was changed meanwhile', async () => {
      const { bytes: old } = await files.read(NOVA);
      await lab.must(node, ['sed', '-i', '$a# by somebody else', NOVA]);
      const { code, message } = await failure(
        files.write(NOVA, bytes(`${text(old)}# mine\n`), { create: false, overwrite: true }),
      );
      assert.equal(code, 'conflict', message);
      assert.equal(lab.read(node, NOVA), `${text(old)}# by somebody else\n`);
      await files.read(NOVA);
      await files.write(NOVA, old, { create: false, overwrite: true });
      assert.equal(lab.read(node, NOVA), text(old));
    });

    test('the file system is read-only', async () => {
      await lab.must(node, ['mount', '--bind', '/etc/nova', '/etc/nova']);
      await lab.must(node, ['mount', '-o', 'remount,ro,bind', '/etc/nova']);
      const { bytes: old } = await files.read(NOVA);
      const { code, message } = await failure(files.write(NOVA, bytes('#\n'), { create: false, overwrite: true }));
      assert.equal(code, 'read-only', message);
      assert.match(message, /compute2.*nova\.conf/);
      await lab.must(node, ['umount', '/etc/nova']);
      assert.equal(lab.read(node, NOVA), text(old));
      await files.write(NOVA, bytes(`${text(old)}# more\n`), { create: false, overwrite: true });
      await files.write(NOVA, old, { create: false, overwrite: true });
    });

    test('an account without sudo reads what it may, is told what it lacks, and writes when it has it', async () => {
      const plain = poolOf(lab, { user: 'plain' });
      try {
        const taken = await takeSnapshot(await plain.get(node), { node });
        assert.ok(taken.failures.some((f) => f.what === 'the rights of root'));
        assert.ok(taken.files.some((f) => f.path === 'etc/nova/nova.conf'));
        const own = filesOf(lab, plain, node);
        const { bytes: old } = await own.read(NOVA);
        const { code, message } = await failure(own.write(NOVA, bytes('#\n'), { create: false, overwrite: true }));
        assert.ok(['no-permission', 'sudo'].includes(code), `${code}: ${message}`);
        assert.equal(lab.read(node, NOVA), text(old));
        await lab.must(node, ['sed', '-i', '$aplain ALL=(ALL) NOPASSWD: ALL', '/etc/sudoers']);
        await own.write(NOVA, bytes(`${text(old)}# by plain\n`), { create: false, overwrite: true });
        assert.equal(lab.read(node, NOVA), `${text(old)}# by plain\n`);
        await own.write(NOVA, old, { create: false, overwrite: true });
      } finally {
        plain.close();
      }
    });
  });

  test('the collector is killed half-way: what came is kept, and it says so', async () => {
    const going = longSnapshot('compute1').then(
      (s) => s,
      (e: unknown) => e,
    );
    for (let i = 0; i < 200; i++) {
      const killed = await lab.run('compute1', [
        'sh',
        '-c',
        'for p in /proc/[0-9]*; do case $(tr "\\0" " " <$p/cmdline 2>/dev/null) in sh\\ -s\\ --\\ deadline*) set -- "$@" "${p#/proc/}" ;; esac; done; [ $# -gt 0 ] && sleep 0.3 && kill -9 "$@"',
        'sh',
      ]);
      if (killed.code === 0) break;
    }
    const outcome = await going;
    if (outcome instanceof Error) {
      assert.ok(outcome instanceof FleetError, String(outcome));
      assert.match(outcome.message, /compute1/);
    } else {
      const { failures } = outcome as Snapshot;
      assert.ok(
        failures.some((f) => f.what === 'the snapshot' && /cut off/.test(f.why)),
        JSON.stringify(failures),
      );
    }
    await whole('compute1');
  });
});
