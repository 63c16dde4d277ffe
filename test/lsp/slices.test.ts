import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { giveWay, inSlices } from '../../server/src/lsp/slices';

/** Work that takes so many stretches, each longer than one may be; tells what it came to. */
function* work(stretches: number, tell: (what: string) => void): Generator<void, string> {
  for (let i = 0; i < stretches; i++) {
    const until = performance.now() + 10;
    while (performance.now() < until);
    tell('work');
    yield;
  }
  return 'done';
}

describe('work in slices', () => {
  test('lets all messages that wait go before its next stretch, one a turn', async () => {
    const told: string[] = [];
    const working = inSlices(work(3, (what) => told.push(what)));
    // As a connection does it: the next one is handled in the next turn.
    for (let i = 0; i < 5; i++) {
      await nextTurn();
      told.push('message');
      giveWay();
    }
    assert.equal(await working, 'done');
    assert.deepEqual(told, ['work', ...Array.from({ length: 5 }, () => 'message'), 'work', 'work']);
  });

  test('goes on where messages never end', async () => {
    let ended = false;
    let messages = 0;
    const working = inSlices(work(2, () => undefined)).then((answer) => {
      ended = true;
      return answer;
    });
    while (!ended) {
      await nextTurn();
      messages++;
      giveWay();
    }
    assert.equal(await working, 'done');
    assert.ok(messages < 1000, `${messages}`);
  });

  test('what fails tells it', async () => {
    const failing = function* (): Generator<void, void> {
      yield;
      throw new Error('so it is');
    };
    await assert.rejects(inSlices(failing()), /so it is/);
  });
});
