import type { Socket } from 'node:net';

/**
 * What is written in one turn goes out together. ssh2 writes a packet in three pieces, its length, its content and its seal:
 * each would be a call of the system here and, without Nagle's delay, a segment on the wire.
 */
export function writesTogether(socket: Socket): Socket {
  const write = socket.write.bind(socket);
  let held = false;
  socket.write = ((...what: Parameters<Socket['write']>) => {
    if (!held) {
      held = true;
      socket.cork();
      process.nextTick(() => {
        held = false;
        socket.uncork();
      });
    }
    return write(...what);
  }) as Socket['write'];
  return socket;
}
