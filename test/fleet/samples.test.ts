import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Samples } from '../../server/src/fleet/process/samples';
import type { Progress } from '../../server/src/migration/types';

const MIB = 1024 * 1024;
const at = (second: number): Progress => ({
  phase: 'memory',
  memory: { total: 1000 * MIB, processed: second * MIB, remaining: (1000 - second) * MIB },
  rate: 100 * MIB,
  dirtyRate: 50 * MIB,
  throttle: 20,
});

test('one each second, whatever comes between, and the end', () => {
  const samples = new Samples();
  for (let ms = 0; ms <= 3000; ms += 250) samples.add('a', at(ms / 1000), ms);
  samples.add('a', { phase: 'completed', memory: { total: 1, processed: 1, remaining: 0 }, rate: 7 }, 3100);
  assert.deepEqual(
    samples.of('a').map((s) => s.at),
    [0, 1000, 2000, 3000, 3100],
  );
  assert.deepEqual(samples.of('a').at(-1), { at: 3100, remaining: 0 });
  assert.deepEqual(samples.of('a')[0], {
    at: 0,
    remaining: 1000 * MIB,
    rate: 100 * MIB,
    dirtyRate: 50 * MIB,
    throttle: 20,
  });
  assert.deepEqual(samples.of('b'), []);
});

test('memory and disks are one, what was not measured is left out, and nothing is made up while nobody answers', () => {
  const samples = new Samples();
  const disk = { total: 10, processed: 4, remaining: 6 };
  samples.add('a', { phase: 'starting' }, 0);
  samples.add('a', { phase: 'memory', memory: { total: 9, processed: 1, remaining: 8 }, disk }, 1000);
  samples.add('a', { phase: 'lost', memory: { total: 9, processed: 1, remaining: 8 } }, 2000);
  assert.deepEqual(samples.of('a'), [{ at: 0 }, { at: 1000, remaining: 14 }]);
  samples.forget('a');
  assert.deepEqual(samples.of('a'), []);
});

test('of a day there are ever fewer, from its first second to its last', () => {
  const samples = new Samples();
  for (let second = 0; second <= 86_400; second++) samples.add('a', at(second % 1000), second * 1000);
  const kept = samples.of('a');
  assert.ok(kept.length <= 3600 && kept.length > 1500, `${kept.length} samples`);
  assert.equal(kept[0]!.at, 0);
  assert.ok(kept.at(-1)!.at > 86_300_000, 'up to the last minute');
  const apart = kept.slice(1).map((sample, i) => sample.at - kept[i]!.at);
  assert.ok(Math.max(...apart) <= 2 * Math.min(...apart), 'evenly');
});
