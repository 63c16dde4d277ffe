/**
 * The fleet process: dials nodes for the editor and nothing else, so that what goes wrong with them harms nobody. Forked with
 * an IPC channel, or run with `--stdio`.
 *
 *   fleet.js [--stdio] [--timeout SECONDS]    for each step on the way to a node
 */
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

const words = process.argv.slice(2);
const stdio = words.includes('--stdio');
const seconds = Number(words[words.indexOf('--timeout') + 1]);
const step = words.includes('--timeout') && seconds > 0 ? seconds * 1000 : undefined;

const client = stdio
  ? createMessageConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout))
  : createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
const close = serve(client, {
  timeouts: step === undefined ? undefined : { dial: step, handshake: step, login: step },
});

let ending = false;
function end(code: number): void {
  if (ending) return;
  ending = true;
  close();
  setTimeout(() => process.exit(code), FAREWELL_MS);
}

// Without whoever started us there is nobody to work for.
if (stdio) process.stdin.on('end', () => end(0)).on('close', () => end(0));
else process.on('disconnect', () => end(0));
client.onClose(() => end(0));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => end(0));
client.listen();
