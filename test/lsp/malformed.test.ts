import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, codes, type Held } from './support/client';

const RULE = 'nova/uri-no-placeholder';
const BAD = '[DEFAULT]\n[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';

/** The server still does its work. */
async function works(client: Client, file: string): Promise<void> {
  const uri = client.open(file, BAD);
  assert.ok(codes(await client.diagnostics(uri)).includes(RULE));
  client.close(uri);
}

test('bodies that are no JSON, or no message, are survived', async () => {
  const client = await Client.start();
  for (const body of [
    '{',
    '',
    '[]',
    'null',
    '7',
    '"x"',
    '{"jsonrpc":"2.0"}',
    '{"jsonrpc":"2.0","method":7}',
    '\u{0}\u{1}',
  ]) {
    client.wire.sendRaw(body);
    await works(client, '/nowhere/etc/nova/nova.conf');
  }
  assert.equal((await client.stop()).code, 0);
});

test('methods that nobody knows are refused, notifications of them ignored', async () => {
  const client = await Client.start();
  assert.equal((await client.ask('textDocument/noSuchThing', {})).error?.code, -32601);
  client.notify('textDocument/noSuchThing', {});
  client.notify('$/noSuchThing', {});
  await works(client, '/nowhere/etc/nova/nova.conf');
  await client.stop();
});

test('wrong parameters are answered with nothing or an error, and do no harm', async () => {
  const client = await Client.start();
  const requests = [
    'textDocument/diagnostic',
    'textDocument/codeAction',
    'codeAction/resolve',
    'livemig/status',
    'livemig/suppress',
    'livemig/fixWorkspace',
  ];
  const notifications = [
    'textDocument/didOpen',
    'textDocument/didChange',
    'textDocument/didClose',
    'textDocument/didSave',
    'workspace/didChangeWatchedFiles',
    'workspace/didChangeWorkspaceFolders',
    'workspace/didChangeConfiguration',
  ];
  const uri = client.open('/nowhere/x/etc/nova/nova.conf', BAD);
  const wrong = [
    null,
    [],
    {},
    { textDocument: null },
    { textDocument: { uri: 7 } },
    { textDocument: { uri } },
    { textDocument: { uri: 'no uri at all' }, range: 'x', context: null },
    { textDocument: { uri }, range: { start: {}, end: null }, context: { only: 7 } },
    { textDocument: { uri, version: 2 }, contentChanges: [{ range: { start: { line: -1 } }, text: 'x' }] },
    { textDocument: { uri, version: 'x' }, contentChanges: 'y' },
    { uri: {}, line: 'x', rule: [], reason: {} },
    { title: 7, data: { file: 7 } },
    { title: 'x', data: { file: 'no uri at all', rule: RULE } },
    { uri, line: 2, rule: RULE },
    { changes: [{ uri: 'file:///%E0%A4%A/livemig.ini', type: 9 }, null] },
    { event: { added: [{ uri: 'file:///%E0%A4%A' }, { uri: '' }], removed: null } },
  ];
  for (const params of wrong) {
    for (const method of requests) await client.ask(method, params);
    for (const method of notifications) client.notify(method, params);
    await works(client, '/nowhere/etc/nova/nova.conf');
  }
  assert.equal((await client.stop()).code, 0);
});

test('a workspace request with wrong parameters is no error: clients give up after a few of them', async () => {
  const client = await Client.start();
  const wrong = [{}, { previousResultIds: 7 }, { previousResultIds: [null, { uri: 7 }] }];
  for (const params of wrong) {
    const { error, result } = await client.ask('workspace/diagnostic', params);
    assert.equal(error, undefined);
    assert.deepEqual(result, { items: [] });
  }
  await works(client, '/nowhere/etc/nova/nova.conf');
  await client.stop();
});

test('a URI that cannot be decoded is judged as it is', async () => {
  const client = await Client.start({ folders: ['/nowhere/at/all'] });
  for (const uri of ['file:///nowhere/at/all/%E0%A4%A/etc/nova/nova.conf', 'file:///%/nova.conf', 'odd:nova.conf']) {
    const opened = client.open(uri, BAD);
    assert.ok(codes(await client.diagnostics(opened)).includes(RULE), uri);
  }
  await client.stop();
});

test('messages out of order: change before open, close twice, open twice', async () => {
  const client = await Client.start();
  const uri = 'file:///nowhere/etc/nova/nova.conf';
  client.edit(uri, 2, BAD);
  client.close(uri);
  assert.deepEqual(await client.diagnostics(uri), []);
  client.open(uri, '[DEFAULT]\n', 'nova-conf', 1);
  client.open(uri, BAD, 'nova-conf', 5);
  assert.ok(codes(await client.diagnostics(uri)).includes(RULE));
  const held: Held = client.hold();
  await held.until('the report', () => held.lastOf(uri)?.version === 5);
  client.close(uri);
  client.close(uri);
  assert.deepEqual(await client.diagnostics(uri), []);
  await held.until('the empty report', () => held.of(uri)?.length === 0);
  await client.stop();
});
