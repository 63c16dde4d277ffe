// The probe of a guest, from a node and from this machine, and beside a real migration.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { MigrateParams, MigrationView, ProbeOptions, ProbeView } from '../../server/src/fleet-protocol';
import { localRunner } from '../../server/src/fleet/shell';
import { Probe } from '../../server/src/migration/probe';
import type { Movable } from '../../server/src/migration/types';
import { sleep } from '../fleet/sshd';
import { noLab } from '../lab/lab';
import { buildSync } from '../support/bundle';
import { livemig, type Run } from '../support/cli';
import { BUSY, connectTo, QUIET, startGuest } from './guests';
import { Bench, cluster } from './while';

/** What the tests block for, and what they take for it on a machine that is slow to do so, ms. */
const BLOCKED_MS = 700;
const MEASURED_MS = [600, 5000] as const;

describe('the probe of a guest', { skip: noLab }, () => {
  const bench = new Bench();
  /** Stands for the guest's: the lab's guests have no network. */
  let address = '';
  before(async () => {
    await bench.start();
    address = bench.lab.address('compute2').replace(/\d+$/, '99');
    await bench.lab.must('compute2', ['ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0']);
  });
  after(() => bench.stop());
  afterEach(() => bench.tidy());

  const nft = (rules: string) => bench.lab.must('compute2', ['nft', '-f', '-'], rules);
  /** Nobody answers for a while. */
  const block = async (): Promise<void> => {
    await nft(`table inet hole { chain in { type filter hook input priority 0; ip daddr ${address} drop; }; }`);
    await sleep(BLOCKED_MS);
    await nft('delete table inet hole');
  };
  const measured = (view: ProbeView): void => {
    assert.equal(view.failed, undefined);
    assert.ok(view.longest >= MEASURED_MS[0] && view.longest < MEASURED_MS[1], JSON.stringify(view));
    assert.ok(view.lost >= 3 && view.sent > view.lost, JSON.stringify(view));
    const now = Date.now();
    assert.ok(view.gaps.every(({ from, to }) => from < to && to <= now + 1000 && from > now - 120_000));
  };
  /** Until it has had so many answers, and then some. */
  const answers = async (probe: Probe, more: number): Promise<void> => {
    const { sent, lost } = probe.view;
    const until = sent - lost + more;
    for (let view = probe.view; view.sent - view.lost < until; view = probe.view) {
      assert.equal(view.failed, undefined);
      await sleep(50);
    }
  };

  const ways: readonly (readonly [string, Partial<ProbeOptions>])[] = [
    ['ping from a node', { node: 'compute1' }],
    ['ping from here', {}],
    ['connects from a node', { node: 'compute1', port: 9 }],
    ['connects from here', { port: 9 }],
  ];
  for (const [name, options] of ways)
    test(`${name}: the time without an answer is measured, and nothing goes on asking`, async () => {
      const connection = options.node === undefined ? undefined : await connectTo(bench.lab, 'compute1');
      const probe = new Probe({ address, ...options }, connection ?? localRunner());
      try {
        probe.start();
        await answers(probe, 15);
        await block();
        await answers(probe, 15);
        probe.stop();
        measured(probe.view);
        assert.equal(probe.view.going, undefined);
        const left = async () => (await bench.lab.run('compute1', ['pgrep', '-af', address])).stdout;
        while ((await left()) !== '') await sleep(100);
      } finally {
        probe.stop();
        connection?.close();
      }
    });

  test('a command over ssh from a node: what fails in the guest is a gap, and who is not let in stops asking', async () => {
    const { lab } = bench;
    const key = readFileSync(path.join(lab.folder, 'id'), 'utf8');
    await lab.must('compute1', ['sh', '-c', 'umask 077; cat >/root/.ssh/id_ed25519'], key);
    const connection = await connectTo(lab, 'compute1');
    const command = "test ! -e '/run/stop it'";
    const probe = new Probe({ address, node: 'compute1', ssh: { command, user: 'root' } }, connection);
    try {
      probe.start();
      await answers(probe, 2);
      await lab.must('compute2', ['touch', '/run/stop it']);
      const { sent } = probe.view;
      while (probe.view.sent < sent + 2) await sleep(50);
      await lab.must('compute2', ['rm', '/run/stop it']);
      await answers(probe, 1);
      probe.stop();
      const { failed, longest, lost, gaps } = probe.view;
      assert.equal(failed, undefined);
      assert.ok(gaps.length === 1 && longest >= 1500 && lost >= 1, JSON.stringify(probe.view));
      while ((await lab.run('compute1', ['pgrep', '-af', address])).stdout !== '') await sleep(100);
      assert.equal((await lab.run('compute1', ['test', '-e', '/root/.ssh/known_hosts'])).code, 1);

      const closed = new Probe({ address, node: 'compute1', ssh: { command: 'true', user: 'nobody' } }, connection);
      closed.start();
      while (!closed.isOver) await sleep(50);
      assert.match(closed.view.failed!, /has not answered once: .*Permission denied \(/);
      assert.ok(closed.view.sent <= 3);
    } finally {
      probe.stop();
      connection.close();
    }
  });

  test('one that cannot run says why', async () => {
    const connection = await connectTo(bench.lab, 'compute1');
    const failure = async (options: ProbeOptions): Promise<string> => {
      const probe = new Probe(options, connection);
      probe.start();
      while (!probe.isOver) await sleep(50);
      return probe.view.failed!;
    };
    const node = 'compute1';
    assert.match(await failure({ address: '-f', node }), /no address of a guest/);
    assert.match(await failure({ address: 'no-such-guest.invalid', node }), /compute1: .*no-such-guest\.invalid/);
    assert.match(await failure({ address: 'no-such-guest.invalid', port: 22, node }), /not known there/);
    await bench.lab.must('compute1', ['rm', '/usr/bin/ping']);
    assert.match(await failure({ address, node }), /there is no ping: install iputils-ping/);
    // The one of busybox knows fewer options.
    await bench.lab.must('compute1', ['ln', '-s', '/usr/bin/busybox', '/usr/local/bin/ping']);
    const probe = new Probe({ address, node }, connection);
    probe.start();
    await answers(probe, 5);
    probe.stop();
    assert.equal(probe.view.failed, undefined);
    connection.close();
  });

  test('beside a migration: from before it to a few seconds after, and one that fails harms nothing', async () => {
    const window = await bench.window();
    const guest = await startGuest(bench.lab, 'compute1', 'probed', QUIET);
    const other = await startGuest(bench.lab, 'compute2', 'unprobed', QUIET);
    const migrate = ({ uuid }: Movable, node: string, destination: string, probe: ProbeOptions) =>
      window.fleet.ask<MigrationView>('migrate', {
        ...{ cluster, node, uuid, destination, options: { bandwidth: 8 }, probe },
      } satisfies MigrateParams);
    const [{ id, probe }, failing] = await Promise.all([
      migrate(guest, 'compute1', 'compute2', { address, node: 'compute1' }),
      migrate(other, 'compute2', 'compute1', { address: 'no-such-guest.invalid', node: 'compute1' }),
    ]);
    assert.equal(probe?.address, address);
    await window.until((v) => v.id === id && (v.probe?.sent ?? 0) > 5);
    await block();
    const end = await window.until((v) => v.id === id && v.outcome !== undefined && v.probe?.going !== true);
    assert.equal(end.outcome?.phase, 'completed');
    measured(end.probe!);
    assert.ok(window.told.filter((v) => v.id === id && v.probe?.going).length > 2);

    const harmless = await window.until(
      (v) => v.id === failing.id && v.outcome !== undefined && v.probe?.going !== true,
    );
    assert.equal(harmless.outcome?.phase, 'completed');
    assert.match(harmless.probe!.failed!, /no-such-guest/);
    assert.deepEqual([await bench.runsOnce(guest), await bench.runsOnce(other)], ['compute2', 'compute1']);
  });

  describe('on the command line', () => {
    const way = () => ['--inventory', bench.lab.file('livemig.ini'), '--ssh-config', bench.lab.file('ssh_config')];
    type Told = Run & { readonly views: readonly MigrationView[] };
    /** @param heard hears each view as it is told, until it says that it has what it waits for */
    const migrate = (words: readonly string[], heard: (view: MigrationView, interrupt: () => void) => boolean) =>
      new Promise<Told>((resolve, reject) => {
        const child = spawn(process.execPath, [buildSync(), 'migrate', ...words, '--json', ...way()]);
        let [stdout, stderr, satisfied] = ['', '', false];
        const views: MigrationView[] = [];
        child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          const lines = (stdout.slice(stdout.lastIndexOf('\n') + 1) + chunk).split('\n').slice(0, -1);
          stdout += chunk;
          for (const line of lines) {
            const view = JSON.parse(line) as MigrationView & { readonly kind: string };
            if (view.kind !== 'migration') continue;
            views.push(view);
            satisfied ||= heard(view, () => void child.kill('SIGINT'));
          }
        });
        child.once('error', reject);
        child.once('close', (code) => resolve({ code, stdout, stderr, views }));
      });
    const asking = async (node: 'compute1' | 'compute2') =>
      (await bench.lab.run(node, ['pgrep', '-af', address])).stdout;
    const pinging = (): string => spawnSync('pgrep', ['-af', `^ping .*${address}$`], { encoding: 'utf8' }).stdout;

    test('the time without an answer is measured; without a probe that can ask it moves all the same', async () => {
      const { lab } = bench;
      const [watched, unasked] = [
        await startGuest(lab, 'compute1', 'watched', QUIET),
        await startGuest(lab, 'compute2', 'unasked', QUIET),
      ];
      let blocked: Promise<void> | undefined;
      const [told, words] = await Promise.all([
        migrate(
          [
            'watched',
            '--to',
            'compute2',
            '--bandwidth',
            '16',
            '--probe',
            `tcp:${address}:9`,
            '--probe-from',
            'compute1',
          ],
          ({ probe }) => {
            if ((probe?.sent ?? 0) <= 5) return false;
            blocked = block();
            return true;
          },
        ),
        livemig(['migrate', 'unasked', '--to', 'compute1', '--probe', 'ping:no-such-guest.invalid', ...way()]),
      ]);
      await blocked;
      assert.equal(told.code, 0, told.stderr);
      const last = told.views.at(-1)!;
      assert.equal(last.outcome?.phase, 'completed');
      assert.equal(last.probe?.going, undefined);
      measured(last.probe!);
      assert.equal(await bench.runsOnce(watched), 'compute2');
      while ((await asking('compute1')) !== '') await sleep(100);

      const { code, stdout, stderr } = words;
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^unasked: cannot be asked whether it answers, and moves .*: this machine: .*no-such-guest/m,
      );
      assert.match(
        stdout,
        /^unasked: is on compute1 after .*; the probe measured nothing: this machine: .*no-such-guest/m,
      );
      assert.equal(await bench.runsOnce(unasked), 'compute1');
    });

    test('Ctrl-C: beside a migration it leaves that alone and asks no more, after one it only ends the asking', async () => {
      const { lab } = bench;
      await startGuest(lab, 'compute1', 'left', BUSY);
      const done = await startGuest(lab, 'compute1', 'done', QUIET);
      const key = readFileSync(path.join(lab.folder, 'id'), 'utf8');
      await lab.must('compute1', ['sh', '-c', 'umask 077; cat >/root/.ssh/id_ed25519'], key);
      const ssh = ['--probe', `ssh:root@${address}`, '--probe-from', 'compute1'];
      const [left, ended] = await Promise.all([
        migrate(['left', '--to', 'compute2', '--bandwidth', '1', '--probe', `ping:${address}`], (view, interrupt) => {
          if ((view.probe?.sent ?? 0) <= 5) return false;
          assert.notEqual(pinging(), '');
          interrupt();
          return true;
        }),
        migrate(
          ['done', '--to', 'compute2', '--bandwidth', '8', ...ssh, '--probe-command', "touch '/run/was asked'"],
          ({ outcome, probe }, interrupt) => {
            if (!outcome || !probe?.going) return false;
            interrupt();
            return true;
          },
        ),
      ]);
      assert.equal(left.code, 130, left.stderr);
      assert.match(left.stderr, /^left goes on moving, and is asked no more; `livemig watch left`/m);
      assert.match(await lab.must('compute1', ['virsh', 'domjobinfo', 'left']), /^Operation:\s+Outgoing/m);
      while (pinging() !== '') await sleep(100);

      assert.equal(ended.code, 0, ended.stderr);
      const { outcome, probe } = ended.views.at(-1)!;
      assert.deepEqual([outcome?.phase, outcome?.on, probe?.going], ['completed', 'compute2', undefined]);
      await lab.must('compute2', ['test', '-e', '/run/was asked']);
      assert.equal(await bench.runsOnce(done), 'compute2');
      while ((await asking('compute1')) !== '') await sleep(100);
    });
  });
});
