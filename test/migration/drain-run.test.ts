// A drain being carried out: order, how many at a time, pause, cancel, failures. The migrations themselves are stood in for.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  DrainRun,
  type DrainState,
  type Launched,
  type Left,
  type RunOptions,
} from '../../server/src/migration/drain/run';
import type { Outcome } from '../../server/src/migration/types';

/** Lets all that is due be done. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function drain(names: readonly string[], options: Partial<RunOptions> = {}) {
  const running = new Map<string, (outcome: Outcome) => void>();
  const begun: string[] = [];
  const told: DrainState<string>[] = [];
  const work = {
    verify: (move: string): Promise<string | Left> => Promise.resolve(move),
    launch: (move: string): Promise<Launched | Left> => {
      begun.push(move);
      const outcome = new Promise<Outcome>((resolve) => running.set(move, resolve));
      return Promise.resolve({ migration: `id-${move}`, destination: 'b', outcome });
    },
  };
  const run = new DrainRun<string>(names, work, { parallel: 1, ...options }, (state) => told.push(state));
  const end = async (name: string, outcome: Outcome = { phase: 'completed', on: 'b' }) => {
    running.get(name)!(outcome);
    await settle();
  };
  const steps = () => run.state.moves.map(({ move, step }) => `${move} ${step}`).join(', ');
  return { run, work, begun, told, end, steps };
}

describe('a drain', () => {
  test('goes in its order, so many at a time, and tells each step', async () => {
    const { run, begun, told, end, steps } = drain(['x', 'y', 'z'], { parallel: 2 });
    assert.equal(steps(), 'x waiting, y waiting, z waiting');
    run.start();
    await settle();
    assert.deepEqual(begun, ['x', 'y']);
    assert.equal(steps(), 'x running, y running, z waiting');
    await end('y');
    assert.deepEqual(begun, ['x', 'y', 'z']);
    await end('x');
    await end('z');
    await run.ended;
    assert.deepEqual([run.state.state, steps()], ['done', 'x completed, y completed, z completed']);
    assert.deepEqual(run.state.moves[1], { move: 'y', step: 'completed', migration: 'id-y', destination: 'b' });
    assert.deepEqual(told.at(-1), run.state);
    assert.ok(told.some(({ moves }) => moves[1]!.step === 'running' && moves[1]!.migration === 'id-y'));
  });

  test('pauses: what runs goes on, and the next waits until it is resumed', async () => {
    const { run, begun, end, steps } = drain(['x', 'y']);
    run.start();
    await settle();
    run.pause();
    assert.equal(run.state.state, 'paused');
    await end('x');
    assert.deepEqual([steps(), begun], ['x completed, y waiting', ['x']]);
    run.resume();
    await settle();
    assert.equal(steps(), 'x completed, y running');
    run.pause();
    await end('y');
    await run.ended;
    assert.equal(run.state.state, 'done');
  });

  test('cancels the rest: what runs goes on to its end', async () => {
    const { run, begun, end, steps } = drain(['x', 'y', 'z'], { parallel: 1 });
    run.start();
    await settle();
    run.cancel();
    assert.equal(steps(), 'x running, y cancelled, z cancelled');
    run.resume();
    await end('x');
    await run.ended;
    assert.deepEqual([run.state.state, steps(), begun], ['cancelled', 'x completed, y cancelled, z cancelled', ['x']]);
  });

  test('one that is being looked at when it is cancelled, or paused, is not begun', async () => {
    for (const how of ['cancel', 'pause'] as const) {
      const { run, work, begun, steps } = drain(['x', 'y']);
      let looked: (move: string) => void = () => undefined;
      work.verify = () => new Promise((resolve) => (looked = resolve));
      run.start();
      await settle();
      run[how]();
      looked('x');
      await settle();
      assert.deepEqual(begun, []);
      assert.equal(steps(), how === 'cancel' ? 'x cancelled, y cancelled' : 'x waiting, y waiting');
      if (how === 'cancel') await run.ended;
    }
  });

  test('one that fails stays where it was, and the others go on', async () => {
    const { run, end, steps } = drain(['x', 'y']);
    run.start();
    await settle();
    await end('x', { phase: 'failed', message: 'Connection refused', on: 'a' });
    await end('y');
    await run.ended;
    assert.deepEqual([run.state.state, steps()], ['failed', 'x failed, y completed']);
    assert.equal(run.state.moves[0]?.why, 'Connection refused');
  });

  test('stops after a failure if it is told so, but not after an abort', async () => {
    const { run, begun, end, steps } = drain(['w', 'x', 'y', 'z'], { parallel: 2, onFailure: 'stop' });
    run.start();
    await settle();
    await end('w', { phase: 'cancelled', message: 'operation aborted' });
    await end('x', { phase: 'failed', message: 'no' });
    assert.equal(steps(), 'w cancelled, x failed, y running, z cancelled');
    await end('y');
    await run.ended;
    assert.deepEqual([run.state.state, begun.length], ['failed', 3]);
    assert.equal(run.state.moves[3]?.why, 'one before it failed');
  });

  test('one that is gone is no failure; one that cannot go any more is left', async () => {
    for (const gone of [true, false]) {
      const { run, work, steps } = drain(['x']);
      work.verify = () => Promise.resolve({ left: 'it is not on a any more', gone });
      run.start();
      await run.ended;
      assert.deepEqual([run.state.state, steps()], [gone ? 'done' : 'failed', 'x left']);
    }
  });

  test('what throws is a failure of that one alone', async () => {
    const { run, work, end, steps } = drain(['x', 'y']);
    const { launch } = work;
    work.launch = (move) => (move === 'x' ? Promise.reject(new Error('x: refused')) : launch(move));
    run.start();
    await settle();
    await end('y');
    await run.ended;
    assert.deepEqual([steps(), run.state.moves[0]?.why], ['x failed, y completed', 'x: refused']);
  });

  test('of nothing is done at once', async () => {
    const { run } = drain([]);
    run.start();
    await run.ended;
    assert.equal(run.state.state, 'done');
  });
});
