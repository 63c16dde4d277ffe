// Windows that close, links that break and people who do the same at once, while a migration runs.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { MigrationView } from '../../server/src/fleet-protocol';
import type { Movable } from '../../server/src/migration/types';
import { failureOf } from '../fleet/fleet-process';
import { sleep } from '../fleet/sshd';
import { noLab, type LabNode } from '../lab/lab';
import { QUIET, startGuest } from './guests';
import { Bench, type Window } from './while';

/** How far apart two windows may say that one migration began, ms: asking takes a moment. */
const BEGAN_WITHIN_MS = 5000;

describe('windows, links and people while a migration runs', { skip: noLab }, () => {
  const bench = new Bench();
  let window: Window;
  before(async () => {
    await bench.start();
    window = await bench.window();
    await window.read();
  });
  after(() => bench.stop());
  afterEach(() => bench.tidy());

  /** A guest that is being sent, slowly. */
  const moving = async (name: string, by = window): Promise<{ guest: Movable; view: MigrationView }> => {
    const guest = await startGuest(bench.lab, 'compute1', name, QUIET);
    const view = await by.migrate(guest, { bandwidth: 1 });
    await by.until((v) => v.id === view.id && v.progress.phase === 'memory');
    return { guest, view };
  };
  /** Enough was seen of it: the rest may hurry. */
  const hurry = (guest: Movable) => bench.lab.run('compute1', ['virsh', '-q', 'migrate-setspeed', guest.uuid, '1000']);
  const arrives = async (guest: Movable, ...windows: readonly Window[]): Promise<void> => {
    await hurry(guest);
    for (const one of windows) {
      await one.until((v) => v.uuid === guest.uuid && v.outcome !== undefined);
      const { phase, on } = await bench.ended(one, guest);
      assert.deepEqual([phase, on], ['completed', 'compute2']);
    }
    assert.equal(await bench.runsOnce(guest), 'compute2');
  };

  test('the fleet process is killed and another one started: it finds the migration, and tells its end', async () => {
    const first = await bench.window();
    const { guest, view } = await moving('reopened', first);
    first.fleet.child.kill('SIGKILL');
    const second = await bench.window();
    await second.read();
    await second.until((v) => v.uuid === guest.uuid);
    const found = await bench.shownTrue(second, guest);
    assert.deepEqual([found.source, found.destination, found.outcome], ['compute1', 'compute2', undefined]);
    assert.ok(Math.abs(found.began - view.began) < BEGAN_WITHIN_MS, `${view.began}, then ${found.began}`);
    await arrives(guest, second);
  });

  test("the connection to the source is cut: sshd's sessions are killed", async () => {
    const { guest } = await moving('cut');
    await bench.lab.must('compute1', [
      'sh',
      '-c',
      'p=$(cat /run/sshd.pid); for c in $(cat "/proc/$p/task/$p/children"); do kill -9 $(cat "/proc/$c/task/$c/children") "$c"; done',
    ]);
    const { outcome } = await bench.shownTrue(window, guest);
    assert.equal(outcome, undefined);
    await arrives(guest, window);
  });

  test('the link to the source is down until that is shown, and comes back', async () => {
    const { guest, view } = await moving('down');
    await bench.lab.must('compute1', ['ip', 'link', 'set', 'eth0', 'down']);
    try {
      await window.until((v) => v.id === view.id && v.progress.phase === 'lost');
    } finally {
      await bench.lab.must('compute1', ['ip', 'link', 'set', 'eth0', 'up']);
    }
    await bench.shownTrue(window, guest);
    await arrives(guest, window);
  });

  test('two windows watch the same one, and one of them aborts it', async () => {
    const { guest, view } = await moving('both');
    const other = await bench.window();
    await other.read();
    const same = await other.until((v) => v.uuid === guest.uuid && v.progress.phase === 'memory');
    assert.deepEqual([same.source, same.destination, same.name], [view.source, view.destination, view.name]);
    assert.ok(Math.abs(same.began - view.began) < BEGAN_WITHIN_MS, `${view.began} and ${same.began}`);
    await other.fleet.ask('steer', { id: same.id, action: 'abort' });
    for (const one of [other, window]) {
      const { phase, on } = await bench.ended(one, guest);
      assert.deepEqual([phase, on], ['cancelled', 'compute1']);
    }
    assert.equal(await bench.runsOnce(guest), 'compute1');
  });

  test('two operators begin the same at the same time: one does, the other is told why not', async () => {
    const other = await bench.window();
    const guest = await startGuest(bench.lab, 'compute1', 'contested', QUIET);
    await Promise.all([window.read(), other.read()]);
    const both = [window, other].map((one) => one.migrate(guest, { bandwidth: 2 }));
    const settled = await Promise.allSettled(both);
    const lost = settled.findIndex(({ status }) => status === 'rejected');
    assert.deepEqual(settled.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const { code, message } = await failureOf(both[lost]!);
    assert.equal(code, 'refused');
    assert.match(message, /already/);
    const winner = lost === 0 ? other : window;
    assert.equal((await bench.shownTrue(winner, guest)).outcome, undefined);
    // Libvirt would have let the second one wait, and begin now.
    await winner.fleet.ask('steer', { id: (await winner.view(guest))!.id, action: 'abort' });
    assert.deepEqual((await bench.ended(winner, guest)).phase, 'cancelled');
    assert.equal(await bench.runsOnce(guest), 'compute1');
  });

  test('abort at the very end: whatever wins, what is shown is what came of it', async (t) => {
    const guest = await startGuest(bench.lab, 'compute1', 'late', QUIET);
    let node: LabNode = 'compute1';
    const ends: string[] = [];
    const move = async (delay?: number) => {
      const { id } = await window.migrate(guest, { bandwidth: 16 }, node);
      if (delay !== undefined) {
        await sleep(delay);
        // It may have ended, or be past all aborting: libvirt says so.
        await window.fleet.ask('steer', { id, action: 'abort' }).catch(() => undefined);
      }
      const { outcome } = await window.until((v) => v.id === id && v.outcome !== undefined);
      await bench.shownTrue(window, guest);
      node = await bench.runsOnce(guest);
      assert.equal(outcome!.on, node);
      return outcome!;
    };
    const alone = await move();
    assert.equal(alone.phase, 'completed', JSON.stringify(alone));
    // Nearer and nearer to the moment where the one or the other wins, ms after its begin.
    let late = alone.progress!.elapsed!;
    let early = late / 2;
    for (let i = 0; i < 3; i++) {
      const delay = (early + late) / 2;
      const { phase } = await move(delay);
      // Between the two the destination's QEMU may find its stream cut, and libvirt call that a failure: it is where it was.
      assert.ok(['completed', 'cancelled', 'failed'].includes(phase), phase);
      if (phase === 'completed') late = delay;
      else early = delay;
      ends.push(phase);
    }
    t.diagnostic(ends.join());
  });
});
