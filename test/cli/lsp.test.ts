import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { buildSync } from '../support/bundle';
import { livemig } from '../support/cli';

const message = (content: object): string => {
  const body = JSON.stringify({ jsonrpc: '2.0', ...content });
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};

test('livemig lsp --stdio is the language server', async () => {
  const child = spawn(process.execPath, [buildSync(), 'lsp', '--stdio']);
  const ended = once(child, 'close');
  let out = '';
  const answered = (id: number): Promise<void> =>
    new Promise((done) => {
      const look = (): void => {
        if (out.includes(`"id":${id},"result"`)) done();
        else child.stdout.once('data', look);
      };
      look();
    });
  child.stdout.setEncoding('utf8').on('data', (d: string) => (out += d));
  child.stdin.write(
    message({ id: 1, method: 'initialize', params: { processId: null, rootUri: null, capabilities: {} } }),
  );
  await answered(1);
  assert.match(out, /"serverInfo":\{"name":"livemig"/);
  child.stdin.write(message({ method: 'initialized', params: {} }) + message({ id: 2, method: 'shutdown' }));
  await answered(2);
  child.stdin.write(message({ method: 'exit' }));
  assert.deepEqual(await ended, [0, null]);
});

test('livemig lsp without --stdio says what is missing', async () => {
  const run = await livemig(['lsp']);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /--stdio/);
});
