import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { writesTogether } from '../../server/src/fleet/ssh/together';

/** A socket whose calls of the system are counted, and all that comes at its other end. */
async function connected(): Promise<{ socket: Socket; calls: () => number; received: Promise<string> }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const received = once(server, 'connection').then(async ([other]: Socket[]) => {
    server.close();
    let text = '';
    for await (const chunk of other!) text += String(chunk);
    return text;
  });
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  let count = 0;
  for (const name of ['_write', '_writev'] as const) {
    const own = socket[name]!.bind(socket) as (...args: unknown[]) => void;
    (socket as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
      count++;
      own(...args);
    };
  }
  return { socket: writesTogether(socket), calls: () => count, received };
}

describe('what is written in one turn', () => {
  test('goes out at once, in its order, turn by turn', async () => {
    const { socket, calls, received } = await connected();
    for (const packet of ['a', 'b']) {
      for (const piece of [1, 2, 3]) socket.write(`${packet}${piece} `);
      await nextTurn();
    }
    assert.equal(calls(), 2);
    socket.end();
    assert.equal(await received, 'a1 a2 a3 b1 b2 b3 ');
  });

  test('goes out before the end that is told in the same turn', async () => {
    const { socket, received } = await connected();
    socket.write('good');
    socket.write('bye');
    socket.end();
    assert.equal(await received, 'goodbye');
  });

  test('waits where the other end does not read, and says so', async () => {
    const { socket, received } = await connected();
    const pieces = Array.from({ length: 64 }, (_, i) => String(i % 10).repeat(65_536));
    for (const piece of pieces) {
      if (!socket.write(piece)) await once(socket, 'drain');
    }
    socket.end();
    assert.equal(await received, pieces.join(''));
  });
});
