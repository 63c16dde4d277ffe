// Real guests between real nodes, by `virsh` over SSH.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import type { FleetError } from '../../server/src/fleet/types';
import type { End } from '../../server/src/migration/driver';
import { LibvirtMigration } from '../../server/src/migration/libvirt/migration';
import type { MigrateOptions, Movable, Progress } from '../../server/src/migration/types';
import { explain } from '../../server/src/migration/explain';
import { RULES } from '../../server/src/rules/index';
import { noLab, startLab, type Lab, type LabNode } from '../lab/lab';
import { sleep } from '../fleet/sshd';
import { connectTo, QUIET, removeGuests, startGuest, stateOn } from './guests';

describe('migrations by libvirt', { skip: noLab }, () => {
  let lab: Lab;
  const connections: SshConnection[] = [];
  before(async () => {
    lab = await startLab(['compute1', 'compute2']);
  });
  after(() => lab.stop());
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await removeGuests(lab);
  });

  const end = async (node: LabNode, user?: string): Promise<End & { readonly runner: SshConnection }> => {
    const runner = await connectTo(lab, node, user);
    connections.push(runner);
    return { node, runner };
  };
  const begin = async (instance: Movable, options: MigrateOptions = {}, host = 'compute2') => {
    const [source, destination] = [await end('compute1'), await end('compute2')];
    const way = { uri: `qemu+tcp://${host}/system` };
    const started = await LibvirtMigration.start({ instance, source, destination, way, options });
    const seen: Progress[] = [];
    started.migration.onProgress((progress) => seen.push(progress));
    return { ...started, seen, source, destination };
  };

  test('moves a guest, and tells how it goes and what it took', async () => {
    const guest = await startGuest(lab, 'compute1', 'moves', QUIET);
    const { outcome, seen } = await begin(guest, { bandwidth: 8 });
    const { phase, on, progress, message } = await outcome;
    assert.deepEqual({ phase, on, message }, { phase: 'completed', on: 'compute2', message: undefined });
    assert.ok(progress?.downtime !== undefined && progress.downtime > 0 && progress.elapsed !== undefined);
    assert.equal(progress.memory?.remaining, 0);
    const moving = seen.find((p) => p.phase === 'memory');
    assert.ok(moving?.memory && moving.memory.remaining > 0 && moving.memory.total > 128 * 1024 * 1024);
    assert.equal(seen.at(-1)?.phase, 'completed');
    assert.equal(await stateOn(lab, 'compute2', guest), 'running (migrated)');
    assert.equal(await stateOn(lab, 'compute1', guest), undefined);
  });

  test('aborts: the guest runs on where it was', async () => {
    const guest = await startGuest(lab, 'compute1', 'aborted', QUIET);
    const { migration, outcome, seen } = await begin(guest, { bandwidth: 2 });
    const first = migration.progress;
    await migration.abort();
    // What comes while QEMU begins libvirt may miss.
    assert.ok([first, ...seen].some((p) => p.phase === 'memory'));
    const { phase, on, message } = await outcome;
    assert.deepEqual({ phase, on }, { phase: 'cancelled', on: 'compute1' });
    assert.equal(explain(message!, RULES)[0]?.message.id, 'aborted');
    assert.match((await stateOn(lab, 'compute1', guest))!, /^running/);
    // Nothing is left of it: it can begin again.
    assert.equal((await (await begin(guest)).outcome).phase, 'completed');
  });

  test('is not begun twice, nor where the guest is not', async () => {
    const guest = await startGuest(lab, 'compute1', 'twice', QUIET);
    const { migration, outcome } = await begin(guest, { bandwidth: 2 });
    await assert.rejects(
      begin(guest),
      (error: FleetError) => error.code === 'refused' && /already/.test(error.message),
    );
    await migration.abort();
    await outcome;
    await lab.must('compute1', ['virsh', 'destroy', 'twice']);
    await assert.rejects(begin(guest), /only a guest that runs moves live/);
    await lab.must('compute1', ['virsh', 'undefine', 'twice']);
    await assert.rejects(begin(guest), /not on compute1 any more/);
  });

  test('ends in post-copy what would not end, and tells that there is no way back', async () => {
    for (const node of ['compute1', 'compute2'] as const) {
      const script = `printf '%s\\n' 'user = "root"' 'group = "root"' 'clear_emulator_capabilities = 0' >>/etc/libvirt/qemu.conf`;
      await lab.must(node, ['sh', '-c', script]);
      await lab.must(node, ['service', 'libvirtd', 'restart']);
    }
    for (let i = 0; i < 2400 && !(await lab.must('compute2', ['ss', '-Hltn'])).includes(':16509'); i++) await sleep(50);
    const guest = await startGuest(lab, 'compute1', 'post-copy', { delay: 0 });
    const { migration, outcome } = await begin(guest, { bandwidth: 4, postCopy: true });
    await migration.switchToPostCopy();
    const { phase, on } = await outcome;
    assert.deepEqual({ phase, on }, { phase: 'completed', on: 'compute2' });
    // Written so fast through so narrow a way, it would never have arrived otherwise.
    assert.match((await stateOn(lab, 'compute2', guest))!, /^running/);
  });

  test('copies disks that lie on the source alone', async () => {
    const guest = await startGuest(lab, 'compute1', 'local', { disk: 'local', ...QUIET });
    const refused = await (await begin(guest)).outcome;
    assert.equal(refused.phase, 'failed');
    assert.equal(refused.on, 'compute1');
    assert.equal(explain(refused.message!, RULES)[0]?.message.id, 'not-shared-unsafe');
    await lab.must('compute2', ['mkdir', '-p', '/var/lib/libvirt/images/local']);
    await lab.must('compute2', [
      'qemu-img',
      'create',
      '-q',
      '-f',
      'qcow2',
      '/var/lib/libvirt/images/local/disk',
      '16M',
    ]);
    const { phase, on } = await (await begin(guest, { storage: 'copy' })).outcome;
    assert.deepEqual({ phase, on }, { phase: 'completed', on: 'compute2' });
  });

  test('says what libvirt said when it could not begin', async () => {
    const guest = await startGuest(lab, 'compute1', 'nowhere');
    const { phase, on, message } = await (await begin(guest, {}, 'compute99')).outcome;
    assert.deepEqual({ phase, on }, { phase: 'failed', on: 'compute1' });
    assert.match(message!, /Unable to resolve address 'compute99'/);
  });

  test('goes on when the connection to its source is cut, and its end is learned over another', async () => {
    const guest = await startGuest(lab, 'compute1', 'cut', QUIET);
    const [first, destination] = [await end('compute1'), await end('compute2')];
    let current = first.runner;
    const source: End = {
      node: 'compute1',
      runner: { run: (argv, options) => current.run(argv, options) },
    };
    const way = { uri: 'qemu+tcp://compute2/system' };
    const request = { instance: guest, source, destination, way, options: { bandwidth: 4 } };
    const { outcome, migration } = await LibvirtMigration.start(request);
    const seen: string[] = [];
    migration.onProgress(({ phase }) => seen.push(phase));
    first.runner.close();
    await sleep(1500);
    current = (await end('compute1')).runner;
    const { phase, on } = await outcome;
    assert.deepEqual({ phase, on }, { phase: 'completed', on: 'compute2' });
    assert.ok(seen.includes('lost'), seen.join());
  });

  test('one that somebody else began is watched to its end', async () => {
    const guest = await startGuest(lab, 'compute1', 'watched', QUIET);
    const other = lab.run('compute1', [
      ...['virsh', 'migrate', '--live', '--p2p', '--persistent', '--undefinesource', '--bandwidth', '4'],
      ...[guest.name, 'qemu+tcp://compute2/system'],
    ]);
    await sleep(1500);
    const { outcome, migration } = LibvirtMigration.watch({
      instance: guest,
      source: await end('compute1'),
      destination: await end('compute2'),
    });
    const seen: string[] = [];
    migration.onProgress(({ phase }) => seen.push(phase));
    const { phase, on } = await outcome;
    assert.deepEqual({ phase, on }, { phase: 'completed', on: 'compute2' });
    assert.ok(seen.includes('memory'), seen.join());
    assert.equal((await other).code, 0);
  });

  test("the destination's QEMU dies: the guest runs on, on the source", async () => {
    const guest = await startGuest(lab, 'compute1', 'dies', QUIET);
    const { outcome, migration } = await begin(guest, { bandwidth: 2 });
    for (let i = 0; i < 2400 && migration.progress.phase !== 'memory'; i++) await sleep(50);
    await lab.must('compute2', ['sh', '-c', 'kill -9 "$(cat /run/libvirt/qemu/dies.pid)"']);
    const { phase, on, message } = await outcome;
    assert.deepEqual({ phase, on }, { phase: 'failed', on: 'compute1' });
    assert.match(message!, /unexpectedly closed the monitor|Lost connection|socket/);
  });

  /** With an account `op` on both nodes that sudo lets run this. */
  const asOp = async (allowed: string, work: (source: End, destination: End) => Promise<void>): Promise<void> => {
    const nodes = ['compute1', 'compute2'] as const;
    for (const node of nodes)
      await lab.must(
        node,
        ['sh', '-c', 'cp -p /etc/sudoers /run/lab/ && cat >/etc/sudoers'],
        `op ALL=(root) ${allowed}\n`,
      );
    try {
      await work(await end('compute1', 'op'), await end('compute2', 'op'));
    } finally {
      for (const node of nodes) await lab.must(node, ['mv', '/run/lab/sudoers', '/etc/sudoers']);
    }
  };

  test('an account that sudo lets run virsh alone may migrate; one that may not even that is told so', async () => {
    const guest = await startGuest(lab, 'compute1', 'sudo', QUIET);
    const way = { uri: 'qemu+tcp://compute2/system' };
    await asOp('NOPASSWD: /usr/bin/virsh', async (source, destination) => {
      await assert.rejects(source.runner.run(['true'], { root: true, timeout: 10_000 }), { code: 'sudo' });
      const request = { instance: guest, source, destination, way };
      const { migration, outcome } = await LibvirtMigration.start({ ...request, options: { bandwidth: 2 } });
      await assert.rejects(
        LibvirtMigration.start({ ...request, options: {} }),
        (error: FleetError) => error.code === 'refused' && /already/.test(error.message),
      );
      await migration.abort();
      assert.equal((await outcome).phase, 'cancelled');
      const { phase, on } = await (await LibvirtMigration.start({ ...request, options: {} })).outcome;
      assert.deepEqual({ phase, on }, { phase: 'completed', on: 'compute2' });
    });
    await asOp('/usr/bin/virsh', async (destination, source) => {
      await assert.rejects(
        LibvirtMigration.start({ instance: guest, source, destination, way, options: {} }),
        (error: FleetError) => error.code === 'sudo' && / sudo .* NOPASSWD: ALL/.test(error.message),
      );
    });
  });
});
