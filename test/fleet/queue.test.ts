import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Queue, type Place } from '../../server/src/fleet/process/queue';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Work that begins when it is let, and ends when it is told. */
function works(queue: Queue) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const places = new Map<string, Place>();
  const add = (name: string, options: { urgent?: boolean; signal?: AbortSignal } = {}) =>
    queue.run((place) => {
      begun.push(name);
      places.set(name, place);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    }, options);
  const end = async (name: string) => {
    ends.get(name)!();
    await settle();
  };
  return { begun, places, add, end };
}

describe('the queue', () => {
  test('lets so many work at a time, in their order, the urgent first', async () => {
    const { begun, add, end } = works(new Queue(2, 60_000));
    void add('a');
    void add('b');
    void add('c');
    void add('d', { urgent: true });
    await settle();
    assert.deepEqual(begun, ['a', 'b']);
    await end('a');
    assert.deepEqual(begun, ['a', 'b', 'd']);
    await end('d');
    await end('b');
    assert.deepEqual(begun, ['a', 'b', 'd', 'c']);
    await end('c');
  });

  test('who waits for somebody else leaves its place, once', async () => {
    const { begun, places, add, end } = works(new Queue(1, 60_000));
    const a = add('a');
    void add('b');
    void add('c');
    await settle();
    places.get('a')!.leave();
    places.get('a')!.leave();
    await settle();
    assert.deepEqual(begun, ['a', 'b']);
    await end('a');
    await a;
    assert.deepEqual(begun, ['a', 'b']);
    await end('b');
    assert.deepEqual(begun, ['a', 'b', 'c']);
    await end('c');
  });

  test('who takes too long loses it', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { begun, add, end } = works(new Queue(1, 3000));
    void add('a');
    void add('b');
    await settle();
    t.mock.timers.tick(2999);
    await settle();
    assert.deepEqual(begun, ['a']);
    t.mock.timers.tick(1);
    await settle();
    assert.deepEqual(begun, ['a', 'b']);
    await end('a');
    await end('b');
  });

  test('who gives up is not waited for, and one that fails frees its place', async () => {
    const queue = new Queue(1, 60_000);
    const { begun, add, end } = works(queue);
    void add('a');
    const stop = new AbortController();
    const b = assert.rejects(add('b', { signal: stop.signal }), /cancelled/);
    const c = assert.rejects(
      queue.run(() => Promise.reject(new Error('no'))),
      /no/,
    );
    void add('d');
    await settle();
    stop.abort();
    await b;
    await end('a');
    await c;
    await settle();
    assert.deepEqual(begun, ['a', 'd']);
    await end('d');
  });
});
