// Verdicts, migrations and what is told of them by the bundled fleet process, over SSH to real libvirtds with real guests.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import type { MigrationView, Refreshed, VerdictView } from '../../server/src/fleet-protocol';
import type { MigrateOptions, Movable } from '../../server/src/migration/types';
import { noLab, startLab, type Lab } from '../lab/lab';
import { LIBVIRTD, QUIET, removeGuests, startGuest, stateOn, withoutListening } from '../migration/guests';
import { failureOf, startFleet, type FleetProcess } from './fleet-process';
import { sleep } from './sshd';

const cluster = 'Lab';

describe('migrations of the fleet process, in the lab', { skip: noLab }, () => {
  let lab: Lab;
  let fleet: FleetProcess;
  const told: MigrationView[] = [];

  before(async () => {
    lab = await startLab(['compute1', 'compute2']);
    fleet = startFleet(cluster);
    fleet.client.onNotification('fleet/migration', (view: MigrationView) => void told.push(view));
    const text = `[cloud]\nname = ${cluster}\n${readFileSync(lab.file('livemig.ini'), 'utf8')}`;
    const files = [{ uri: 'file:///w/lab/livemig.ini', text }];
    await fleet.ask('inventories', { files, trusted: true, sshConfig: lab.file('ssh_config') });
  });
  after(async () => {
    await fleet.stop();
    await lab.stop();
  });
  afterEach(async () => {
    await removeGuests(lab);
  });

  const of = ({ uuid }: Movable) => ({ cluster, node: 'compute1', uuid });
  const verdicts = (guest: Movable) => fleet.ask<VerdictView[]>('verdicts', of(guest));
  const migrate = (guest: Movable, options: MigrateOptions = {}) =>
    fleet.ask<MigrationView>('migrate', { ...of(guest), destination: 'compute2', options });
  const readBoth = () => Promise.all([fleet.refresh('compute1'), fleet.refresh('compute2')]);
  const ended = async (found: (view: MigrationView) => boolean): Promise<MigrationView> => {
    for (let i = 0; i < 2400; i++) {
      const view = told.find((v) => v.outcome && found(v));
      if (view) return view;
      await sleep(100);
    }
    throw new Error(`its end was not told: ${JSON.stringify(told.at(-1))}`);
  };

  test('judges destinations: ready, and blocked with the line at fault', async () => {
    const guest = await startGuest(lab, 'compute1', 'judged', QUIET);
    await readBoth();
    const [ready, ...others] = await verdicts(guest);
    assert.deepEqual([ready?.node, others.length], ['compute2', 0]);
    assert.deepEqual(
      ready!.reasons.filter((r) => r.severity === 'error'),
      [],
    );
    assert.notEqual(ready!.state, 'blocked');

    await withoutListening(lab, 'compute2', async () => {
      await readBoth();
      const [blocked] = await verdicts(guest);
      assert.equal(blocked?.state, 'blocked');
      const reason = blocked.reasons.find((r) => r.rule === 'libvirtd/listen-tcp-off');
      assert.deepEqual([reason?.severity, reason?.host], ['error', 'compute2']);
      assert.equal(reason?.uri, `livemig:///${cluster}/compute2${LIBVIRTD}`);
      assert.match(lab.read('compute2', LIBVIRTD).split('\n')[reason.line]!, /^listen_tcp = 0/);
    });
    await readBoth();
    assert.notEqual((await verdicts(guest))[0]?.state, 'blocked');
  });

  test('compares the storage of the instances: equal paths, other content is blocked; the same is ready', async () => {
    const instances = '/var/lib/nova/instances';
    const guest = await startGuest(lab, 'compute1', 'stored', QUIET);
    const mounted = (from: string, source: string): Promise<string> =>
      lab.must('compute2', ['bindfs', '-o', `allow_other,fsname=${source},subtype=glusterfs`, from, instances]);
    const pushed: Refreshed[] = [];
    const listening = fleet.client.onNotification('fleet/refreshed', (r: Refreshed) => void pushed.push(r));
    await lab.must('compute2', ['umount', instances]);
    try {
      await lab.must('compute2', ['cp', '-a', '/srv/instances', '/srv/others']);
      await mounted('/srv/others', 'controller:/srv/others');
      await readBoth();
      const [blocked] = await verdicts(guest);
      const reasons = blocked!.reasons.filter((r) => r.rule === 'cluster/storage-differs');
      assert.equal(blocked?.state, 'blocked');
      assert.ok(
        reasons.some((r) => r.severity === 'error' && r.uri.endsWith('/facts.json')),
        JSON.stringify(blocked),
      );
      // The tree and the problems learn of it, at the line that the reason names.
      const facts = pushed.flatMap(({ live }) => live.files!.filter((f) => f.path === 'facts.json'));
      assert.deepEqual([pushed.length, new Set(pushed.map(({ view }) => view.node)).size], [2, 2]);
      for (const { base64 } of facts) {
        const { sharesInstances } = JSON.parse(Buffer.from(base64, 'base64').toString()) as { sharesInstances: object };
        assert.deepEqual(Object.values(sharesInstances), [false]);
      }
      // Within the minute it is not compared again.
      const compared = () => fleet.log.filter((l) => /^storage of \d nodes/.test(l)).length;
      const before = compared();
      assert.equal((await verdicts(guest))[0]?.state, 'blocked');
      assert.equal(compared(), before);
    } finally {
      await lab.must('compute2', ['umount', instances]);
      await mounted('/srv/instances', 'controller:/srv/instances');
      await lab.must('compute2', ['rm', '-rf', '/srv/others']);
      listening.dispose();
    }
    await readBoth();
    const [ready] = await verdicts(guest);
    assert.notEqual(ready?.state, 'blocked', JSON.stringify(ready));
    assert.equal(fleet.log.filter((l) => /^storage of 2 nodes: 1 folders/.test(l)).length > 0, true);
    assert.doesNotMatch(await lab.must('compute1', ['ls', '-A', instances]), /livemig-probe/);
  });

  test('a copy of disks is judged by what lies on the destination, asked at that moment', async () => {
    const guest = await startGuest(lab, 'compute1', 'copied', { ...QUIET, disk: 'local' });
    const folder = '/var/lib/libvirt/images/copied';
    const judged = async (options: MigrateOptions): Promise<string[]> => {
      const [verdict] = await fleet.ask<VerdictView[]>('verdicts', { ...of(guest), options });
      return verdict!.reasons.filter((r) => r.rule.startsWith('cluster/asked-copy-')).map((r) => r.rule);
    };
    const make = (size: string) =>
      lab.must('compute2', ['qemu-img', 'create', '-q', '-f', 'qcow2', `${folder}/disk`, size]);
    await readBoth();
    try {
      assert.deepEqual(await judged({ storage: 'shared' }), []);
      assert.deepEqual(await judged({ storage: 'copy' }), ['cluster/asked-copy-no-pool']);
      await lab.must('compute2', ['mkdir', '-p', folder]);
      await make('8M');
      assert.deepEqual(await judged({ storage: 'copy' }), ['cluster/asked-copy-other-size']);
      await make('16M');
      assert.deepEqual(await judged({ storage: 'copy' }), []);
    } finally {
      await lab.must('compute2', ['rm', '-rf', folder]);
    }
  });

  test('moves a guest, refuses to begin that again meanwhile, and tells how it goes to the end', async () => {
    const guest = await startGuest(lab, 'compute1', 'moved', QUIET);
    await readBoth();
    const view = await migrate(guest, { bandwidth: 8 });
    assert.deepEqual(
      [view.source, view.destination, view.uuid, view.name, view.actions.includes('post-copy'), view.outcome],
      ['compute1', 'compute2', guest.uuid, 'moved', false, undefined],
    );
    const again = await failureOf(migrate(guest));
    assert.equal(again.code, 'refused');
    assert.match(again.message, /already/);
    assert.deepEqual(
      (await fleet.ask<MigrationView[]>('migrations', {})).map((m) => m.id),
      [view.id],
    );
    const end = await ended((v) => v.id === view.id);
    assert.deepEqual(
      [end.outcome?.phase, end.outcome?.on, end.progress.phase],
      ['completed', 'compute2', 'completed'],
      end.outcome?.message,
    );
    assert.ok(end.ended! >= end.began && end.progress.downtime! > 0);
    assert.ok(told.some((v) => v.id === view.id && v.progress.phase === 'memory' && v.progress.memory!.remaining > 0));
    assert.equal(await stateOn(lab, 'compute2', guest), 'running (migrated)');
    const [source, destination] = await readBoth();
    assert.deepEqual(
      [source, destination].map(({ view: v }) => v.instances.some((i) => i.uuid === guest.uuid)),
      [false, true],
    );
  });

  test('aborts; what is over cannot be steered', async () => {
    const guest = await startGuest(lab, 'compute1', 'aborted', QUIET);
    await readBoth();
    const { id } = await migrate(guest, { bandwidth: 2 });
    await fleet.ask('steer', { id, action: 'abort' });
    const end = await ended((v) => v.id === id);
    assert.deepEqual([end.outcome?.phase, end.outcome?.on], ['cancelled', 'compute1']);
    assert.equal(end.explanation, undefined);
    assert.match((await stateOn(lab, 'compute1', guest))!, /^running/);
    assert.equal((await failureOf(fleet.ask('steer', { id, action: 'abort' }))).code, 'not-found');
  });

  test('explains a failure by the line at fault, as both nodes are then', async () => {
    const guest = await startGuest(lab, 'compute1', 'fails', QUIET);
    await readBoth();
    // Nobody has read the node since.
    await withoutListening(lab, 'compute2', async () => {
      const { id } = await migrate(guest);
      const { outcome, explanation } = await ended((v) => v.id === id);
      assert.deepEqual([outcome?.phase, outcome?.on], ['failed', 'compute1']);
      assert.match(outcome!.message!, /unable to connect|Connection refused/i);
      assert.ok(explanation && explanation.means.length > 0 && explanation.causes.length > 0);
      const [first] = explanation.found;
      assert.deepEqual(
        [first?.rule, first?.uri],
        ['libvirtd/listen-tcp-off', `livemig:///${cluster}/compute2${LIBVIRTD}`],
      );
      assert.match(lab.read('compute2', LIBVIRTD).split('\n')[first!.line]!, /^listen_tcp = 0/);
    });
  });

  for (const order of [
    ['compute2', 'compute1'],
    ['compute1', 'compute2'],
  ] as const)
    test(`finds and watches what somebody else began, ${order[0]} being read first`, async () => {
      const guest = await startGuest(lab, 'compute1', `theirs-${order[0]}`, QUIET);
      const words = ['virsh', 'migrate', '--live', '--p2p', '--persistent', '--undefinesource', '--bandwidth', '1'];
      const theirs = { over: false };
      const other = lab
        .run('compute1', [...words, guest.name, 'qemu+tcp://compute2/system'])
        .finally(() => (theirs.over = true));
      while (!/^Operation:\s+Outgoing/m.test((await lab.run('compute1', ['virsh', 'domjobinfo', guest.name])).stdout))
        await sleep(50);
      for (const node of order) await fleet.refresh(node);
      const found = async () =>
        (await fleet.ask<MigrationView[]>('migrations', {})).filter((m) => m.uuid === guest.uuid);
      // The nodes are asked whose job it is.
      while (!theirs.over && (await found()).length === 0) await sleep(50);
      const running = await found();
      assert.deepEqual(
        running.map((m) => [m.source, m.destination, m.outcome]),
        [['compute1', 'compute2', undefined]],
      );
      // Enough was seen of it: the rest may hurry.
      await lab.must('compute1', ['virsh', 'migrate-setspeed', guest.name, '1000']);
      const end = await ended((v) => v.uuid === guest.uuid);
      assert.deepEqual([end.outcome?.phase, end.outcome?.on], ['completed', 'compute2']);
      assert.equal((await other).code, 0);
    });

  test('finds out that disks have to be copied: told with the verdict, blocked without a pool, and moved so', async () => {
    const guest = await startGuest(lab, 'compute1', 'alone', { ...QUIET, disk: 'local' });
    const folder = '/var/lib/libvirt/images/alone';
    const virsh = (...argv: readonly string[]) => lab.must('compute2', ['virsh', '-q', ...argv]);
    await readBoth();
    const [without] = await verdicts(guest);
    assert.deepEqual([without?.storage, without?.state], ['copy', 'blocked']);
    assert.ok(
      without!.reasons.some((r) => r.rule === 'cluster/asked-copy-no-pool'),
      JSON.stringify(without),
    );
    await lab.must('compute2', ['mkdir', '-p', folder]);
    await virsh('pool-define-as', 'alone', 'dir', '--target', folder);
    try {
      await virsh('pool-start', 'alone');
      const [verdict] = await verdicts(guest);
      assert.equal(verdict?.storage, 'copy');
      assert.notEqual(verdict.state, 'blocked', JSON.stringify(verdict));
      const { id } = await migrate(guest, { storage: verdict.storage });
      assert.equal((await ended((view) => view.id === id)).outcome?.phase, 'completed');
      // What lies at the destination now may be the same file: nobody guesses.
      await readBoth();
      const back = await fleet.ask<VerdictView[]>('verdicts', { ...of(guest), node: 'compute2' });
      assert.deepEqual([back[0]?.node, back[0]?.storage], ['compute1', undefined]);
    } finally {
      await removeGuests(lab);
      await virsh('pool-destroy', 'alone');
      await virsh('pool-undefine', 'alone');
      await lab.must('compute2', ['rm', '-rf', folder]);
    }
  });
});
