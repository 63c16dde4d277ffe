// Daemons and guests that die while a migration runs.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { MigrateOptions, Movable } from '../../server/src/migration/types';
import { noLab, type LabNode } from '../lab/lab';
import { QUIET, startGuest } from './guests';
import { Bench, type Window } from './while';

describe('daemons and guests die while a migration runs', { skip: noLab }, () => {
  const bench = new Bench();
  let window: Window;
  before(async () => {
    await bench.start();
    await bench.allowPostCopy();
    window = await bench.window();
    await window.read();
  });
  after(() => bench.stop());
  afterEach(() => bench.tidy());

  /** A guest that is being sent, slowly. */
  const moving = async (name: string, options: MigrateOptions = {}): Promise<Movable> => {
    const guest = await startGuest(bench.lab, 'compute1', name, QUIET);
    const { id } = await window.migrate(guest, { bandwidth: 2, ...options });
    await window.until((view) => view.id === id && view.progress.phase === 'memory');
    return guest;
  };
  const shows = (guest: Movable, phase: string) =>
    window.until((view) => view.uuid === guest.uuid && view.progress.phase === phase);
  const kill = (node: LabNode, file: string) => bench.lab.must(node, ['sh', '-c', 'kill -9 "$(cat "$1")"', 'sh', file]);
  const killLibvirtd = (node: LabNode) => kill(node, '/run/libvirtd.pid');
  const killQemu = (node: LabNode, { name }: Movable) => kill(node, `/run/libvirt/qemu/${name}.pid`);
  const startLibvirtd = (node: LabNode) => bench.lab.must(node, ['/run/lab/restart-libvirtd']);

  test("the source's libvirtd is restarted: that ends the migration, and the guest runs on", async () => {
    const guest = await moving('restarted');
    await startLibvirtd('compute1');
    const { phase, on } = await bench.ended(window, guest);
    assert.deepEqual([phase, on, await bench.runsOnce(guest)], ['failed', 'compute1', 'compute1']);
  });

  test("the source's libvirtd is killed: until it is back nobody knows, and that is what is shown", async () => {
    const guest = await moving('killed');
    await killLibvirtd('compute1');
    const lost = await shows(guest, 'lost');
    assert.deepEqual([lost.outcome, lost.actions], [undefined, []]);
    await startLibvirtd('compute1');
    const { phase, on } = await bench.ended(window, guest);
    assert.deepEqual([phase, on, await bench.runsOnce(guest)], ['failed', 'compute1', 'compute1']);
  });

  test("the destination's libvirtd is killed", async () => {
    const guest = await moving('alone');
    await killLibvirtd('compute2');
    await shows(guest, 'failed');
    await startLibvirtd('compute2');
    const { phase, on } = await bench.ended(window, guest);
    assert.deepEqual([phase, on, await bench.runsOnce(guest)], ['failed', 'compute1', 'compute1']);
  });

  test("the destination's QEMU is killed before post-copy: the guest runs on", async () => {
    const guest = await moving('before', { postCopy: true });
    await killQemu('compute2', guest);
    const { phase, on, broken } = await bench.ended(window, guest);
    assert.deepEqual([phase, on, broken], ['failed', 'compute1', undefined]);
    assert.equal(await bench.runsOnce(guest), 'compute1');
  });

  test("the destination's QEMU is killed in post-copy: that breaks the guest, and it is said so", async () => {
    const guest = await moving('during', { postCopy: true });
    // So slow that it is still under way when it is shown.
    await bench.lab.must('compute1', ['virsh', '-q', 'migrate-setspeed', guest.uuid, '1', '--postcopy']);
    const { id } = (await window.view(guest))!;
    await window.fleet.ask('steer', { id, action: 'post-copy' });
    await shows(guest, 'post-copy');
    await killQemu('compute2', guest);
    const { phase, on, broken } = await bench.ended(window, guest);
    assert.deepEqual([phase, on, broken], ['failed', undefined, true]);
    // Half of it must not run on: what it has written since is on the destination.
    const { stdout } = await bench.lab.run('compute1', ['virsh', '-q', 'domstate', guest.uuid, '--reason']);
    assert.match(stdout, /^paused \(post-copy/);
  });

  test("the source's QEMU is killed: the guest runs nowhere, and is defined where it was", async () => {
    const guest = await moving('source');
    await killQemu('compute1', guest);
    const { phase, on } = await bench.ended(window, guest);
    assert.deepEqual([phase, on], ['failed', undefined]);
    assert.deepEqual(await bench.truth(guest), { on: [], moving: false });
    await bench.lab.must('compute1', ['virsh', '-q', 'start', guest.uuid]);
    await bench.runsOnce(guest);
  });

  test('the guest is ended by somebody else: who began it and who only watches it are told', async () => {
    const guest = await moving('destroyed');
    const other = await bench.window();
    await other.read();
    await other.until((view) => view.uuid === guest.uuid && view.progress.phase === 'memory');
    await bench.lab.must('compute1', ['virsh', '-q', 'destroy', guest.uuid]);
    for (const one of [window, other]) {
      const { phase, on, message } = await bench.ended(one, guest);
      assert.deepEqual([phase, on], ['failed', undefined]);
      assert.ok(message);
    }
    assert.deepEqual(await bench.truth(guest), { on: [], moving: false });
  });
});
