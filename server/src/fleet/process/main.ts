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
 *   fleet.js [--stdio] [--timeout SECONDS]    for each step on the way to a node
 */
export function main(): void {
  const words = process.argv.slice(2);
  const stdio = words.includes('--stdio');
  const seconds = Number(words[words.indexOf('--timeout') + 1]);
  const step = words.includes('--timeout') && seconds > 0 ? seconds * 1000 : undefined;
  const timeouts = step === undefined ? undefined : { dial: step, handshake: step, login: step };

  const client = stdio
    ? createMessageConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout))
    : createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const close = serve(client, { timeouts });

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
