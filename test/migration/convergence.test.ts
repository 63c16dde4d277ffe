// What libvirt told of real migrations once a second, as it was recorded, and whether they are said not to converge.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { progressLine } from '../../server/src/cli/moving/words';
import { Convergence } from '../../server/src/migration/convergence';
import { readJobInfo } from '../../server/src/migration/libvirt/jobinfo';
import type { Progress } from '../../server/src/migration/types';

const MIB = 1024 * 1024;
const STEPS = 20;

/** A table of `domjobinfo --rawstats`: its keys, then a line each second. */
function recorded(name: string): readonly Progress[] {
  const file = path.join(import.meta.dirname, 'recorded', `libvirt-9.0.0-${name}.tsv`);
  const [head = '', ...rows] = readFileSync(file, 'utf8').trim().split('\n');
  const keys = head.split('\t');
  return rows.map((row) => {
    const values = row.split('\t').flatMap((value, i) => (value === '' ? [] : [`${keys[i]}: ${value}`]));
    const text = ['Job type: 2', 'operation: 5', 'memory_total: 139010048', 'memory_page_size: 4096', ...values];
    return { phase: 'memory', ...readJobInfo(text.join('\n'))!.progress };
  });
}

/** Seconds at which it is said of them. */
function stuckAt(samples: readonly Progress[]): number[] {
  const convergence = new Convergence();
  return samples.flatMap((sample) =>
    convergence.take(sample, sample.elapsed) ? [Math.round(sample.elapsed! / 1000)] : [],
  );
}

describe('recorded', () => {
  for (const [name, what, from] of [
    ['short-passes', '16 MiB written anew all the time, 8 MiB/s sent', 20],
    ['shortest-passes', '16 MiB written anew all the time, 32 MiB/s sent', 20],
    ['long-passes', '64 MiB written anew all the time, 8 MiB/s sent', 30],
  ] as const)
    test(`${what}: it is said, and not taken back`, () => {
      const samples = recorded(name);
      const seconds = stuckAt(samples);
      assert.ok(seconds.length > 0 && seconds[0]! <= from, String(seconds));
      const after = samples.filter(({ elapsed }) => elapsed! / 1000 > seconds[0]!);
      assert.equal(seconds.length, after.length + 1);
    });
  for (const [name, what] of [
    ['idle', 'a guest that writes little'],
    ['quick', 'written half as fast as is sent'],
    ['slow', 'the same, in several passes'],
  ] as const)
    test(`${what}: it is never said`, () => {
      const samples = recorded(name);
      assert.ok(samples.some(({ dirtyRate = 0 }) => dirtyRate > 0));
      assert.deepEqual(stuckAt(samples), []);
    });
  test('nothing is said as long as auto-converge slows the guest down further', () => {
    const samples = recorded('auto-converge');
    const most = samples.find(({ throttle = 0 }) => throttle === 99)!.elapsed! / 1000;
    assert.ok(
      stuckAt(samples).every((second) => second > most + 5),
      String(stuckAt(samples)),
    );
  });
});

/** A guest by the second, as QEMU tells of it: a page that was written counts once in a pass. */
function* guest(options: {
  /** MiB that it writes to, and MiB/s that it writes, by the second. */
  readonly set: number;
  readonly writes: (second: number) => number;
  /** MiB/s that are sent, by the second; MiB that come for nothing, since they are zeros. */
  readonly sends: (second: number) => number;
  readonly zeros?: number;
  /** Libvirt before 3.1 does not count the passes. */
  readonly counted?: boolean;
}): Generator<Progress> {
  const { set, writes, sends, zeros = 0, counted = true } = options;
  let [left, dirty, iteration, began, rate] = [4 * set, 0, 1, 0, 0];
  for (let step = 0; step < 600 * STEPS; step++) {
    const second = step / STEPS;
    left -= (sends(second) + zeros) / STEPS;
    dirty = Math.min(set, dirty + writes(second) / STEPS);
    if (left <= 0) {
      rate = dirty / (second + 1 / STEPS - began);
      [left, dirty, began] = [dirty, 0, second + 1 / STEPS];
      iteration++;
      // What is left can be sent while the guest stands still for a moment.
      if (left < sends(second) / 3) return;
    }
    if (step % STEPS > 0) continue;
    yield {
      phase: 'memory',
      elapsed: 1000 * second,
      memory: { total: 4 * set * MIB, processed: 0, remaining: Math.round(left * MIB) },
      rate: sends(second) * MIB,
      dirtyRate: Math.round(rate * MIB),
      ...(counted && { iteration }),
    };
  }
}

describe('reckoned', () => {
  const always = (n: number) => () => n;

  test('slower than is sent ends, however near it comes; faster does not, and is said within three passes', () => {
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.8])
      for (const set of [40, 100, 400])
        assert.deepEqual(
          stuckAt([...guest({ set, writes: always(10 * share), sends: always(10) })]),
          [],
          `${share} ${set}`,
        );
    for (const writes of [15, 50, 1000])
      for (const counted of [true, false]) {
        const [first = 600] = stuckAt([...guest({ set: 100, writes: always(writes), sends: always(10), counted })]);
        assert.ok(first <= 40 + 31, `${writes}: ${first}`);
      }
  });

  test('what is written is zeros, which cost nothing: it ends, whatever the rates say', () => {
    assert.deepEqual(stuckAt([...guest({ set: 400, writes: always(20), sends: always(10), zeros: 30 })]), []);
  });

  test('a busy minute of a guest is taken back when it is over; so is it when more can be sent', () => {
    const calm = stuckAt([...guest({ set: 100, writes: (s) => (s < 100 ? 50 : 1), sends: always(10) })]);
    assert.ok(calm.length > 0 && calm.at(-1)! < 130, String(calm));
    const wide = stuckAt([...guest({ set: 100, writes: always(20), sends: (s) => (s < 100 ? 10 : 100) })]);
    assert.ok(wide.length > 0 && wide.at(-1)! < 112, String(wide));
  });

  test('a short busy time, and one that nobody answers for, prove nothing', () => {
    assert.deepEqual(stuckAt([...guest({ set: 100, writes: (s) => (s < 48 ? 50 : 1), sends: always(10) })]), []);
    const samples = [...guest({ set: 100, writes: always(50), sends: always(10) })];
    const torn = samples.map((sample, i): Progress => (i % 20 === 0 ? { ...sample, phase: 'lost' } : sample));
    assert.deepEqual(stuckAt(torn), []);
  });

  test('phases other than that of the memory, and drivers that know no rates, are never stuck', () => {
    const samples = [...guest({ set: 100, writes: always(50), sends: always(10) })];
    const of = (change: (sample: Progress) => Progress) => stuckAt(samples.map(change));
    assert.deepEqual(
      of((sample) => ({ ...sample, phase: 'post-copy' })),
      [],
    );
    assert.deepEqual(
      of(({ phase, elapsed = 0, memory }) => ({ phase, elapsed, ...(memory && { memory }) })),
      [],
    );
  });
});

test('a terminal says it, too', () => {
  const progress: Progress = { phase: 'memory', rate: 2 * MIB, dirtyRate: 2 * MIB };
  const ends = { name: 'web1', source: 'compute1', destination: 'compute2' };
  const view = { ...ends, id: '1', cluster: 'lab', uuid: '1', began: 0, progress, actions: [] };
  assert.match(progressLine({ ...view, stuck: true }), /does not converge: the guest writes 2\.0 MiB\/s/);
  assert.doesNotMatch(progressLine(view), /converge/);
});
