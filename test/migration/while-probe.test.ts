// The probe of a guest, from a node and from this machine, and beside a real migration.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { MigrateParams, MigrationView, ProbeOptions, ProbeView } from '../../server/src/fleet-protocol';
import { localRunner } from '../../server/src/fleet/shell';
import { Probe } from '../../server/src/migration/probe';
import { sleep } from '../fleet/sshd';
import { noLab } from '../lab/lab';
import { connectTo, QUIET, startGuest } from './guests';
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
    const migrate = (node: string, destination: string, probe: ProbeOptions) =>
      window.fleet.ask<MigrationView>('migrate', {
        ...{ cluster, node, uuid: guest.uuid, destination, options: { bandwidth: 8 }, probe },
      } satisfies MigrateParams);
    const { id, probe } = await migrate('compute1', 'compute2', { address, node: 'compute1' });
    assert.equal(probe?.address, address);
    await window.until((v) => v.id === id && (v.probe?.sent ?? 0) > 5);
    await block();
    const end = await window.until((v) => v.id === id && v.outcome !== undefined && v.probe?.going !== true);
    assert.equal(end.outcome?.phase, 'completed');
    measured(end.probe!);
    assert.ok(window.told.filter((v) => v.id === id && v.probe?.going).length > 2);

    const failing = await migrate('compute2', 'compute1', { address: 'no-such-guest.invalid', node: 'compute1' });
    const other = await window.until((v) => v.id === failing.id && v.outcome !== undefined && v.probe?.going !== true);
    assert.equal(other.outcome?.phase, 'completed');
    assert.match(other.probe!.failed!, /no-such-guest/);
    assert.equal(await bench.runsOnce(guest), 'compute1');
  });
});
