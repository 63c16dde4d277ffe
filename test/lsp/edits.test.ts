import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { Client } from './support/client';
import { freshlyLinted, shown } from './support/fresh';

const PATH = 'etc/nova/nova.conf';
const START = `[DEFAULT]
my_ip = 10.0.0.1
# a comment with an emoji 😀 and an umlaut ü
state_path = /var/lib/nova
[libvirt]
live_migration_uri = qemu+tcp://compute2/system
virt_type=kvm
[vnc]
server_listen = 127.0.0.1
`;

test('hundreds of keystrokes, asked in between or not, end in what the final text is told', async () => {
  const client = await Client.start();
  const uri = client.open(`/nowhere/${PATH}`, START);
  let mirror = TextDocument.create(uri, 'nova-conf', 1, START);
  let version = 1;
  const typed = '\n[libvirt]\nlive_migration_uri = qemu+ssh://%s@%s/system\nfoo bar\n';
  const pulls: Promise<unknown>[] = [];
  for (let round = 0; round < 6; round++) {
    for (const text of typed) {
      const at = { line: 3 + round, character: 4 };
      const change: TextDocumentContentChangeEvent = { range: { start: at, end: at }, text };
      client.edit(uri, ++version, change);
      mirror = TextDocument.update(mirror, [change], version);
      if (version % 7 === 0) pulls.push(client.pull(uri));
    }
  }
  await Promise.all(pulls);
  assert.deepEqual(shown(await client.diagnostics(uri)), freshlyLinted(PATH, 'nova', mirror.getText()));
  await client.stop();
});

const piece = fc.oneof(
  fc.constantFrom('\n', '\r\n', '\r', ' ', '\t', '=', '#', '[', ']', '%s', '"', "'", '$', '😀', 'ü', '\0', '\uFFFD'),
  fc.constantFrom('[libvirt]\n', 'live_migration_uri = qemu+tcp://x/system\n', '# livemig: ignore nova/syntax -- no\n'),
  fc.string({ maxLength: 6 }),
);
const change = fc.record({
  from: fc.tuple(fc.nat(14), fc.nat(40)),
  span: fc.tuple(fc.nat(2), fc.nat(20)),
  text: fc.array(piece, { maxLength: 4 }).map((p) => p.join('')),
  whole: fc.integer({ min: 0, max: 30 }).map((n) => n === 0),
});

test('any sequence of edits gives what its outcome gives when it is linted afresh', async () => {
  const client = await Client.start();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), async (batches) => {
      const uri = client.open(`/nowhere/${++count}/${PATH}`, START);
      let mirror = TextDocument.create(uri, 'nova-conf', 1, START);
      let version = 1;
      for (const batch of batches) {
        const changes = batch.map(({ from, span, text, whole }): TextDocumentContentChangeEvent => {
          if (whole) return { text };
          const start = { line: from[0], character: from[1] };
          return { range: { start, end: { line: start.line + span[0], character: start.character + span[1] } }, text };
        });
        client.edit(uri, ++version, ...changes);
        mirror = TextDocument.update(mirror, changes, version);
        if (version % 3 === 0) await client.pull(uri);
      }
      assert.deepEqual(shown(await client.diagnostics(uri)), freshlyLinted(PATH, 'nova', mirror.getText()));
      client.close(uri);
    }),
    { numRuns: 150 },
  );
  assert.deepEqual(client.log, []);
  await client.stop();
});

test('a request that is withdrawn is answered as cancelled or in full, and the next one is right', async () => {
  const client = await Client.start();
  const uri = client.open(`/nowhere/${PATH}`, START);
  const answers = Array.from({ length: 50 }, () => {
    const asked = client.ask('textDocument/diagnostic', { textDocument: { uri } });
    client.notify('$/cancelRequest', { id: asked.id });
    return asked;
  });
  for (const { result, error } of await Promise.all(answers))
    assert.ok(error === undefined ? result !== undefined : error.code === -32800, JSON.stringify(error));
  assert.deepEqual(shown(await client.diagnostics(uri)), freshlyLinted(PATH, 'nova', START));
  await client.stop();
});
