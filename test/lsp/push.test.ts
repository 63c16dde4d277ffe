import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { FileChangeType, type PublishDiagnosticsParams } from 'vscode-languageserver-protocol';
import { tempFolder } from '../support/temp';
import { Client, codes, PUSH_CAPABILITIES, uriOf } from './support/client';

const RULE = 'nova/uri-no-placeholder';
const BAD = '[DEFAULT]\n[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';
const GOOD = BAD.replace('compute2', '%s');

test('a client that cannot ask is told, with the version of what is open, and cleared of what is gone', async () => {
  const fleet = tempFolder({
    'a/etc/nova/nova.conf': BAD,
    'b/etc/nova/nova.conf': BAD,
    'b/etc/fstab': '# nothing wrong here\n',
  });
  const at = (file: string): string => path.join(fleet.path, file);
  const a = uriOf(at('a/etc/nova/nova.conf'));
  const b = uriOf(at('b/etc/nova/nova.conf'));
  const client = await Client.start({ folders: [fleet.path], capabilities: PUSH_CAPABILITIES });
  const last = (uri: string): PublishDiagnosticsParams | undefined => client.published.findLast((p) => p.uri === uri);
  await client.until('both files', () => last(a) !== undefined && last(b) !== undefined);
  assert.ok(codes(last(a)!.diagnostics).includes(RULE));
  assert.equal(last(a)!.version, undefined);
  assert.equal(last(uriOf(at('b/etc/fstab'))), undefined, 'of a clean file nothing need be said');

  client.open(a, BAD, 'nova-conf', 3);
  await client.until('the open version', () => last(a)?.version === 3);
  client.edit(a, 4, GOOD);
  await client.until('the edited version', () => last(a)?.version === 4);
  assert.ok(!codes(last(a)!.diagnostics).includes(RULE));
  client.close(a);
  await client.until('the file on disk', () => last(a)?.version === undefined);
  assert.ok(codes(last(a)!.diagnostics).includes(RULE));

  rmSync(at('b'), { recursive: true });
  client.changedOnDisk([at('b'), FileChangeType.Deleted]);
  await client.until('nothing of what is gone', () => last(b)?.diagnostics.length === 0);
  const loose = client.open('/nowhere/etc/nova/nova.conf', BAD);
  await client.until('a file of its own', () => codes(last(loose)?.diagnostics ?? []).includes(RULE));
  client.close(loose);
  await client.until('nothing of a closed file', () => last(loose)?.diagnostics.length === 0);
  await client.stop();
  fleet.remove();
});

test('what is told last after rapid edits is of the last version', async () => {
  const client = await Client.start({ capabilities: PUSH_CAPABILITIES });
  const uri = client.open('/nowhere/etc/nova/nova.conf', GOOD);
  for (let version = 2; version <= 300; version++) client.edit(uri, version, version % 2 ? GOOD : BAD);
  await client.until('the last version', () => client.published.at(-1)?.version === 300);
  assert.ok(codes(client.published.at(-1)!.diagnostics).includes(RULE));
  assert.deepEqual(
    client.published.map((p) => p.version ?? 0),
    client.published.map((p) => p.version ?? 0).toSorted((x, y) => x - y),
  );
  await client.stop();
});

test('never both: a client that asks is not told by itself, one that is told can still ask', async () => {
  const asking = await Client.start();
  const uri = asking.open('/nowhere/etc/nova/nova.conf', BAD);
  await asking.pull(uri);
  asking.edit(uri, 2, GOOD);
  await asking.pull(uri);
  const held = asking.hold();
  asking.edit(uri, 3, BAD);
  await held.until('the change', () => (held.of(uri)?.length ?? 0) > 0);
  assert.deepEqual(asking.published, []);
  await asking.stop();
});

test('a client that does not tell of changes on disk is caught up with when a file is saved', async () => {
  const fleet = tempFolder({ 'a/etc/nova/nova.conf': GOOD, 'b/etc/nova/nova.conf': GOOD });
  const file = (host: string): string => path.join(fleet.path, host, 'etc/nova/nova.conf');
  const client = await Client.start({ folders: [fleet.path], capabilities: PUSH_CAPABILITIES });
  const uri = client.open(file('a'), GOOD);
  await client.until('the open file', () => client.published.some((p) => p.uri === uri));
  writeFileSync(file('b'), BAD);
  client.notify('textDocument/didSave', { textDocument: { uri } });
  await client.until('the other file', () =>
    client.published.some((p) => p.uri === uriOf(file('b')) && codes(p.diagnostics).includes(RULE)),
  );
  await client.stop();
  fleet.remove();
});
