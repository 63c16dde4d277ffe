import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { Pool, type KeptState, type Pooled } from '../../server/src/fleet/pool';
import { FleetError, type Ran } from '../../server/src/fleet/types';

class Fake implements Pooled {
  closed: FleetError | undefined;
  readonly #listeners = new Set<(why: FleetError) => void>();
  readonly ran: string[] = [];

  onClose(listener: (why: FleetError) => void): () => void {
    if (this.closed) listener(this.closed);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  lose(code: FleetError['code'] = 'lost'): void {
    this.closed = new FleetError(code, code);
    for (const tell of this.#listeners) tell(this.closed);
  }

  close(): void {
    this.lose('cancelled');
  }

  run(argv: readonly string[]): Promise<Ran> {
    this.ran.push(argv.join(' '));
    return Promise.resolve({ code: 0, signal: undefined, stdout: new Uint8Array(), stderr: '' });
  }
}

/** A pool whose diallings end as they are told, and a clock that stands. */
function setup(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  const dials: { node: string; signal: AbortSignal; connect: () => Fake; fail: (code: FleetError['code']) => void }[] =
    [];
  const pool = new Pool<Fake>(
    (node, signal) =>
      new Promise((resolve, reject) => {
        const fail = (code: FleetError['code']) => reject(new FleetError(code, `${node}: ${code}`));
        signal.addEventListener('abort', () => fail('cancelled'));
        const connect = () => {
          const connection = new Fake();
          resolve(connection);
          return connection;
        };
        dials.push({ node, signal, connect, fail });
      }),
  );
  return { pool, dials, last: () => dials.at(-1)! };
}
/** Lets everything that waits for nothing but its turn have it. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('pool', () => {
  test('dials when asked, once for all, and once per node', async (t) => {
    const { pool, dials } = setup(t);
    pool.runner('a');
    pool.keep('a', () => undefined);
    await settle();
    assert.equal(dials.length, 0);
    const both = Promise.all([pool.get('a'), pool.get('a')]);
    const other = pool.get('b');
    await settle();
    assert.deepEqual(
      dials.map((d) => d.node),
      ['a', 'b'],
    );
    const connection = dials[0]!.connect();
    dials[1]!.connect();
    assert.deepEqual(await both, [connection, connection]);
    assert.notEqual(await other, connection);
    assert.equal(await pool.get('a'), connection);
    await pool.runner('a').run(['id'], { timeout: 1 });
    assert.deepEqual(connection.ran, ['id']);
    assert.equal(dials.length, 2);
  });

  test('after failures those who ask wait 1, 2, 4 … 60 s', async (t) => {
    const { pool, dials, last } = setup(t);
    for (const [index, delay] of [0, 1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      const asked = assert.rejects(pool.get('a'), { code: 'unreachable' });
      await settle();
      if (delay > 0) {
        t.mock.timers.tick(delay * 1000 - 1);
        await settle();
        assert.equal(dials.length, index, `not before ${delay} s`);
        t.mock.timers.tick(1);
        await settle();
      }
      assert.equal(dials.length, index + 1);
      last().fail('unreachable');
      await asked;
    }
    // It works again: the next loss counts from the start.
    const asked = pool.get('a');
    t.mock.timers.tick(60_000);
    await settle();
    last().connect().lose();
    await asked;
    const count = dials.length;
    void pool.get('a').catch(() => undefined);
    t.mock.timers.tick(1000);
    await settle();
    assert.equal(dials.length, count + 1);
  });

  test('urgent ones do not wait, nor do those who waited before', async (t) => {
    const { pool, dials, last } = setup(t);
    const failed = assert.rejects(pool.get('a'), { code: 'timeout' });
    await settle();
    last().fail('timeout');
    await failed;
    const waiting = pool.get('a');
    await settle();
    assert.equal(dials.length, 1);
    const urgent = pool.get('a', { now: true });
    await settle();
    assert.equal(dials.length, 2);
    const connection = last().connect();
    assert.deepEqual(await Promise.all([waiting, urgent]), [connection, connection]);
  });

  test('what only people can change is not waited for', async (t) => {
    const { pool, dials, last } = setup(t);
    for (const code of ['authentication', 'host-key', 'refused'] as const) {
      const asked = assert.rejects(pool.get('a'), { code });
      await settle();
      last().fail(code);
      await asked;
    }
    assert.equal(dials.length, 3);
  });

  test('one who goes away leaves the dialling to the others; the last one ends it', async (t) => {
    const { pool, dials, last } = setup(t);
    const [one, two] = [new AbortController(), new AbortController()];
    const first = assert.rejects(pool.get('a', { signal: one.signal }), { code: 'cancelled' });
    const second = assert.rejects(pool.get('a', { signal: two.signal }), { code: 'cancelled' });
    await settle();
    one.abort();
    await first;
    assert.equal(last().signal.aborted, false);
    two.abort();
    await second;
    await settle();
    assert.equal(last().signal.aborted, true);
    // Who comes then has it dialled anew, at once: nothing failed.
    const third = pool.get('a');
    await settle();
    assert.equal(dials.length, 2);
    const connection = last().connect();
    assert.equal(await third, connection);
    await assert.rejects(pool.get('b', { signal: one.signal }), { code: 'cancelled' });
  });

  test('a node that is kept comes back by itself after a loss', async (t) => {
    const { pool, dials, last } = setup(t);
    const states: string[] = [];
    const end = pool.keep('a', (state: KeptState) =>
      states.push(state.kind === 'connected' ? 'connected' : `${state.why.code} ${state.retry ?? 'never'}`),
    );
    const asked = pool.get('a');
    await settle();
    const connection = last().connect();
    await asked;
    connection.lose();
    t.mock.timers.tick(1000);
    await settle();
    assert.equal(dials.length, 2);
    last().fail('unreachable');
    await settle();
    t.mock.timers.tick(1999);
    await settle();
    assert.equal(dials.length, 2);
    t.mock.timers.tick(1);
    await settle();
    last().connect();
    await settle();
    assert.deepEqual(states, ['connected', 'lost 1001000', 'unreachable 1003000', 'connected']);

    end();
    (await pool.get('a')).lose();
    t.mock.timers.tick(100_000);
    await settle();
    assert.equal(dials.length, 3);
    assert.equal(states.length, 4);
  });

  test('a node that is kept is not dialled again where only people can help', async (t) => {
    const { pool, dials, last } = setup(t);
    const states: KeptState[] = [];
    pool.keep('a', (state) => states.push(state));
    const asked = assert.rejects(pool.get('a'), { code: 'authentication' });
    await settle();
    last().fail('authentication');
    await asked;
    t.mock.timers.tick(100_000);
    await settle();
    assert.equal(dials.length, 1);
    assert.deepEqual(
      states.map((s) => s.kind === 'lost' && s.retry),
      [undefined],
    );
  });

  test('closed: connections, diallings, waits and all that comes', async (t) => {
    const { pool, dials, last } = setup(t);
    const a = pool.get('a');
    await settle();
    const connection = last().connect();
    await a;
    const b = assert.rejects(pool.get('b'), { code: 'cancelled' });
    await settle();
    pool.close();
    await b;
    assert.equal(connection.closed?.code, 'cancelled');
    assert.equal(last().signal.aborted, true);
    await assert.rejects(pool.get('a'), { code: 'cancelled' });
    t.mock.timers.tick(100_000);
    await settle();
    assert.equal(dials.length, 2);
  });

  test('a connection that comes too late is closed', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    const late = new Fake();
    let arrive: (connection: Fake) => void = () => undefined;
    const pool = new Pool<Fake>(() => new Promise((resolve) => (arrive = resolve)));
    const asked = assert.rejects(pool.get('a'), { code: 'cancelled' });
    await settle();
    pool.close();
    arrive(late);
    await asked;
    assert.equal(late.closed?.code, 'cancelled');
  });
});
