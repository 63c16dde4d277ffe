import { parseArgs } from 'node:util';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { serve } from './server';

/** How long nodes have for being told that we go, in ms. */
const FAREWELL_MS = 300;

/**
 * The fleet process: dials nodes for the editor and nothing else, so that what goes wrong with them harms nobody. Forked with
 * an IPC channel, or run with `--stdio`.
 *
 *   fleet.js [--stdio] [--timeout SECONDS] [--previous FOLDER]
 *
 * The time-out is that of each step on the way to a node, the folder that of the previous versions of files.
 */
export function main(): void {
  const { stdio, timeout, previous } = parseArgs({
    options: { stdio: { type: 'boolean', default: false }, timeout: { type: 'string' }, previous: { type: 'string' } },
    strict: false,
  }).values as { stdio: boolean; timeout?: string; previous?: string };
  const step = Number(timeout) * 1000;
  const timeouts = step > 0 ? { dial: step, handshake: step, login: step } : undefined;

  const client = stdio
    ? createMessageConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout))
    : createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const close = serve(client, { timeouts, previous });

  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    close();
    setTimeout(() => process.exit(0), FAREWELL_MS);
  };

  // Without whoever started us there is nobody to work for.
  if (stdio) process.stdin.on('end', end).on('close', end);
  else process.on('disconnect', end);
  client.onClose(end);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  client.listen();
}
