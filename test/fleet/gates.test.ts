import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gates } from '../../server/src/fleet/ssh/gates';

test('so many at a time for each host, in their order; who goes away waits no more', async () => {
  const gates = new Gates(2);
  const entered: string[] = [];
  const enter = async (name: string, signal?: AbortSignal) => {
    const leave = await gates.enter('jump:22', signal);
    entered.push(name);
    return leave;
  };
  const one = await enter('one');
  const two = await enter('two');
  const stop = new AbortController();
  const three = enter('three', stop.signal);
  const four = enter('four');
  const five = enter('five');
  (await gates.enter('other:22'))(); // is not held up
  stop.abort();
  await assert.rejects(three, { code: 'cancelled' });
  await assert.rejects(enter('late', stop.signal), { code: 'cancelled' });
  assert.deepEqual(entered, ['one', 'two']);
  one();
  one(); // counts once
  const leaveFour = await four;
  assert.deepEqual(entered, ['one', 'two', 'four']);
  two();
  (await five)();
  leaveFour();
  assert.deepEqual(entered, ['one', 'two', 'four', 'five']);
  await Promise.all([enter('six'), enter('seven')]); // all places are free again
});
