// A node of real guests drained by the bundled fleet process.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import type { DrainPlanView, DrainView, MatrixView, MigrationView, ReasonView } from '../../server/src/fleet-protocol';
import { noLab, startLab, type Lab } from '../lab/lab';
import { BUSY, QUIET, removeGuests, startGuest, stateOn, withoutListening } from '../migration/guests';
import { failureOf, startFleet, type FleetProcess } from './fleet-process';
import { sleep } from './sshd';

const cluster = 'Lab';
const NODES = ['compute1', 'compute2', 'compute3'] as const;

describe('draining a node, in the lab', { skip: noLab }, () => {
  let lab: Lab;
  let fleet: FleetProcess;
  const drains: DrainView[] = [];
  const migrations: MigrationView[] = [];

  before(async () => {
    lab = await startLab(NODES);
    fleet = startFleet(cluster);
    fleet.client.onNotification('fleet/drainState', (view: DrainView) => void drains.push(view));
    fleet.client.onNotification('fleet/migration', (view: MigrationView) => void migrations.push(view));
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
    await readAll();
  });

  const readAll = () => Promise.all(NODES.map((node) => fleet.refresh(node)));
  const plan = (more: object = {}) => fleet.ask<DrainPlanView>('drainPlan', { cluster, node: 'compute1', ...more });
  const drain = (id: string, more: object = {}) => fleet.ask<DrainView>('drain', { id, options: {}, ...more });
  const until = async (id: string, found: (view: DrainView) => boolean): Promise<DrainView> => {
    for (let i = 0; i < 2400; i++) {
      const view = drains.find((v) => v.id === id && found(v));
      if (view) return view;
      await sleep(100);
    }
    throw new Error(`not told: ${JSON.stringify(drains.at(-1))}`);
  };
  const over = (id: string) => until(id, ({ state }) => state === 'done' || state === 'failed');
  const steps = ({ moves }: DrainView) => moves.map(({ name, progress }) => `${name} ${progress}`).join(', ');

  test('plans, moves all but what stays, pauses and goes on; its migrations are shown as all others', async () => {
    const large = await startGuest(lab, 'compute1', 'large', { ...QUIET, mem: 192 });
    const small = await startGuest(lab, 'compute1', 'small', { ...QUIET, mem: 128 });
    const off = await startGuest(lab, 'compute1', 'off', { ...QUIET, mem: 128 });
    await lab.must('compute1', ['virsh', 'destroy', 'off']);
    const planned = await plan();
    assert.deepEqual(
      planned.moves.map(({ name, memory }) => [name, memory]),
      [
        ['small', 128],
        ['large', 192],
      ],
    );
    assert.ok(planned.moves.every(({ state, destination }) => state === 'ready' && /^compute[23]$/.test(destination!)));
    assert.deepEqual(
      planned.stay.map(({ uuid, why }) => [uuid, why]),
      [[off.uuid, 'it is shut off: only a guest that runs moves live']],
    );
    assert.deepEqual([planned.parallel, planned.service], [1, undefined]);

    // Slow enough to be paused in the middle of the first.
    const begun = await drain(planned.id, { options: { bandwidth: 4 } });
    assert.deepEqual([begun.id, begun.state, steps(begun)], [planned.id, 'running', 'small waiting, large waiting']);
    assert.equal((await failureOf(drain(planned.id))).code, 'not-found');
    const twice = await plan();
    assert.equal((await failureOf(drain(twice.id))).code, 'refused');
    await until(planned.id, ({ moves }) => moves[0]!.migration !== undefined);
    await fleet.ask('drainSteer', { id: planned.id, action: 'pause' });
    const paused = await until(planned.id, (v) => v.state === 'paused' && v.moves[0]!.progress === 'completed');
    assert.equal(steps(paused), 'small completed, large waiting');
    assert.match((await stateOn(lab, 'compute1', large))!, /^running/);
    await fleet.ask('drainSteer', { id: planned.id, action: 'resume' });
    const end = await over(planned.id);
    assert.deepEqual([end.state, steps(end)], ['done', 'small completed, large completed']);
    for (const { uuid, name, migration, destination } of end.moves) {
      assert.ok(migrations.some((m) => m.id === migration && m.uuid === uuid && m.outcome?.phase === 'completed'));
      assert.match((await stateOn(lab, destination as 'compute2', { uuid, name }))!, /^running/);
    }
    assert.equal(await stateOn(lab, 'compute1', small), undefined);
    const gone = await failureOf(fleet.ask('drainSteer', { id: planned.id, action: 'cancel' }));
    assert.equal(gone.code, 'not-found');
  });

  test('cancels the rest; what runs is aborted as any other', async () => {
    for (const name of ['one', 'three', 'two']) await startGuest(lab, 'compute1', name, BUSY);
    await readAll();
    const planned = await plan({ destination: 'compute3' });
    assert.deepEqual(
      planned.moves.map((m) => m.destination),
      ['compute3', 'compute3', 'compute3'],
    );
    await drain(planned.id, { options: { bandwidth: 1 }, parallel: 2 });
    const two = await until(planned.id, ({ moves }) => moves.filter((m) => m.migration !== undefined).length === 2);
    await fleet.ask('drainSteer', { id: planned.id, action: 'cancel' });
    for (const { migration } of two.moves)
      if (migration !== undefined) await fleet.ask('steer', { id: migration, action: 'abort' });
    const end = await until(planned.id, ({ moves }) => moves.every((m) => m.progress === 'cancelled'));
    assert.equal(end.state, 'cancelled');
    assert.match(end.moves[0]!.why!, /cancel|abort/i);
    assert.equal(end.moves[2]!.why, 'the rest was cancelled');
  });

  test('looks again before each goes: what is gone is no failure, what became blocked is left with the reason', async () => {
    const gone = await startGuest(lab, 'compute1', 'gone', QUIET);
    const stays = await startGuest(lab, 'compute1', 'stays', QUIET);
    await readAll();
    const [one, other] = [
      await plan({ destination: 'compute2', uuids: [gone.uuid] }),
      await plan({ destination: 'compute2', uuids: [stays.uuid] }),
    ];
    await lab.must('compute1', ['virsh', 'destroy', 'gone']);
    await lab.must('compute1', ['virsh', 'undefine', 'gone']);
    await drain(one.id);
    const first = await over(one.id);
    assert.deepEqual(
      [first.state, first.moves[0]?.progress, first.moves[0]?.why],
      ['done', 'left', 'it is not on compute1 any more'],
    );

    await withoutListening(lab, 'compute2', async () => {
      await readAll();
      await drain(other.id);
      const second = await over(other.id);
      assert.deepEqual(
        [second.state, second.moves[0]?.progress, second.moves[0]?.why],
        ['failed', 'left', 'pre-flight says no: compute2'],
      );
      assert.ok(second.moves[0]?.reasons.some((r) => r.rule === 'libvirtd/listen-tcp-off'));
      const elsewhere = await plan({ uuids: [stays.uuid] });
      assert.equal(elsewhere.moves[0]?.destination, 'compute3');
      const [blocked] = (await plan({ destination: 'compute2' })).stay;
      assert.ok(blocked?.reasons.some((r) => r.rule === 'libvirtd/listen-tcp-off' && r.host === 'compute2'));
    });
  });

  test('disks of the node alone are copied without being told to, as far as there are pools and room for them', async () => {
    const images = '/var/lib/libvirt/images';
    const virsh = (...argv: readonly string[]) => lab.must('compute2', ['virsh', '-q', ...argv]);
    const names = ['apart', 'beside'] as const;
    for (const name of names) {
      const disk = `${images}/${name}/disk`;
      await lab.must('compute1', ['mkdir', '-p', `${images}/${name}`]);
      await lab.must('compute1', ['qemu-img', 'create', '-q', '-f', 'qcow2', disk, '16M']);
      await lab.must('compute1', ['qemu-io', '-c', 'write -q -P 7 2M 6M', disk]);
      await lab.must('compute1', ['chmod', '644', disk]);
      await startGuest(lab, 'compute1', name, { ...QUIET, disk: 'local' });
    }
    await startGuest(lab, 'compute1', 'shared', QUIET);
    await lab.must('compute2', ['mkdir', '-p', images]);
    await lab.must('compute2', ['mount', '-t', 'tmpfs', '-o', 'size=12M', 'tmpfs', images]);
    const rows = ({ moves }: Pick<DrainPlanView, 'moves'>) => moves.map((m) => [m.name, m.storage]);
    try {
      await readAll();
      const from = fleet.log.length;
      const without = await plan({ destination: 'compute2' });
      assert.deepEqual(rows(without), [['shared', undefined]]);
      assert.deepEqual(
        without.stay.map(({ name, reasons }) => [name, reasons.find((r) => r.severity === 'error')?.rule]),
        names.map((name) => [name, 'cluster/asked-copy-no-pool']),
      );
      // One question to each of the two nodes, of all disks.
      const asked = fleet.log.slice(from).filter((line) => line.includes(`image:${images}`));
      assert.equal(asked.length, 2, asked.join('\n'));
      // What somebody said counts.
      const told = await plan({ destination: 'compute2', options: { storage: 'shared' } });
      assert.ok([...told.moves, ...told.stay].every(({ reasons }) => !reasons.some((r) => /asked-copy/.test(r.rule))));
      assert.ok(told.moves.every(({ storage }) => storage === undefined));

      for (const name of names) {
        await lab.must('compute2', ['mkdir', `${images}/${name}`]);
        await virsh('pool-define-as', name, 'dir', '--target', `${images}/${name}`);
        await virsh('pool-start', name);
      }
      const narrow = await plan({ destination: 'compute2' });
      assert.deepEqual(rows(narrow), [
        ['apart', 'copy'],
        ['shared', undefined],
      ]);
      assert.deepEqual([narrow.stay.length, narrow.stay[0]?.name], [1, 'beside']);
      assert.match(
        narrow.stay[0]!.why,
        /^no room for a copy of its disks after those that go before it: compute2 has [45] of 7 MiB on \/var\/lib\/libvirt\/images$/,
      );

      await lab.must('compute2', ['mount', '-o', 'remount,size=64M', images]);
      const wide = await plan({ destination: 'compute2' });
      assert.deepEqual(
        [rows(wide), wide.stay],
        [
          [
            ['apart', 'copy'],
            ['beside', 'copy'],
            ['shared', undefined],
          ],
          [],
        ],
      );
      await drain(wide.id, { parallel: 2 });
      const end = await over(wide.id);
      assert.deepEqual([end.state, steps(end)], ['done', 'apart completed, beside completed, shared completed']);
      for (const one of end.moves) assert.match((await stateOn(lab, 'compute2', one))!, /^running/);
      for (const name of names) {
        const compared = await lab.must('compute2', [
          'qemu-io',
          '-U',
          '-r',
          '-c',
          'read -P 7 2M 6M',
          `${images}/${name}/disk`,
        ]);
        assert.doesNotMatch(compared, /verification failed/);
      }
    } finally {
      await removeGuests(lab);
      for (const name of names) {
        await lab.run('compute2', ['virsh', 'pool-destroy', name]);
        await lab.run('compute2', ['virsh', 'pool-undefine', name]);
      }
      await lab.must('compute2', ['umount', '-l', images]);
    }
  });

  test('an instances path that is not shared is told in the plan, the matrix, and before one goes; it is compared once', async () => {
    const instances = '/var/lib/nova/instances';
    const guest = await startGuest(lab, 'compute1', 'stored', QUIET);
    const compared = () => fleet.log.filter((line) => line.startsWith('storage of ')).length;
    const mount = (from: string) =>
      lab.must('compute2', [
        'bindfs',
        '-o',
        `allow_other,fsname=controller:${from},subtype=glusterfs`,
        from,
        instances,
      ]);
    const isApart = ({ rule }: ReasonView) => rule === 'cluster/storage-differs';
    await readAll();
    const early = await plan({ destination: 'compute2' });
    assert.deepEqual(
      early.moves.map((m) => [m.uuid, m.state]),
      [[guest.uuid, 'ready']],
    );
    await lab.must('compute2', ['umount', instances]);
    try {
      await lab.must('compute2', ['cp', '-a', '/srv/instances', '/srv/others']);
      await mount('/srv/others');
      await readAll();
      const before = compared();
      const { moves, stay } = await plan({ destination: 'compute2' });
      assert.deepEqual([moves.length, stay[0]?.uuid, stay[0]?.reasons.some(isApart)], [0, guest.uuid, true]);
      // It has somewhere else to go.
      assert.deepEqual(
        (await plan()).moves.map((m) => m.destination),
        ['compute3'],
      );
      const { groups, cells, reasons } = await fleet.ask<MatrixView>('matrix', { cluster });
      const row = (node: string) => groups.findIndex(({ nodes }) => nodes.includes(node));
      const cell = cells[row('compute1')]![row('compute2')]!;
      assert.deepEqual([cell.state, cell.reasons.some((i) => isApart(reasons[i]!))], ['blocked', true]);
      // What was planned when it was still shared is looked at once more.
      await drain(early.id);
      const end = await over(early.id);
      assert.deepEqual([steps(end), end.moves[0]!.reasons.some(isApart)], ['stored left', true]);
      assert.equal(compared(), before + 1);
    } finally {
      await lab.must('compute2', ['umount', instances]);
      await mount('/srv/instances');
      await lab.must('compute2', ['rm', '-rf', '/srv/others']);
    }
  });

  test('where no nova places instances there is no service to disable', async () => {
    const { id } = await plan();
    assert.equal((await failureOf(drain(id, { disable: 'repair' }))).code, 'refused');
    const enable = await failureOf(fleet.ask('serviceEnable', { cluster, node: 'compute1' }));
    assert.match(enable.message, /no compute service/);
    assert.equal((await failureOf(plan({ destination: 'compute1' }))).code, 'refused');
    assert.equal((await failureOf(plan({ destination: 'nowhere' }))).code, 'not-found');
  });
});
