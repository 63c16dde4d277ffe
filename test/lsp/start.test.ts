import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, PUSH_CAPABILITIES } from './support/client';

test('what the server says it can do', async () => {
  const client = await Client.start();
  const { capabilities, serverInfo } = client.initialized!;
  assert.equal(serverInfo?.name, 'livemig');
  assert.match(serverInfo.version ?? '', /^\d+\.\d+\.\d+$/);
  assert.deepEqual(capabilities, {
    positionEncoding: 'utf-16',
    textDocumentSync: { openClose: true, change: 2, save: { includeText: false } },
    diagnosticProvider: { identifier: 'livemig', interFileDependencies: true, workspaceDiagnostics: true },
    codeActionProvider: { codeActionKinds: ['quickfix', 'source.fixAll.livemig'] },
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  });
  assert.deepEqual(client.registered, []);
  await client.stop();
});

test('to a client that cannot ask for diagnostics it does not say that it can be asked', async () => {
  const client = await Client.start({ capabilities: PUSH_CAPABILITIES });
  assert.equal(client.initialized!.capabilities.diagnosticProvider, undefined);
  await client.stop();
});

test('it starts for a client that can do nothing, and has nothing registered', async () => {
  const client = await Client.start({ capabilities: {} });
  assert.deepEqual(client.initialized!.capabilities, {
    textDocumentSync: { openClose: true, change: 2, save: { includeText: false } },
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  });
  const uri = client.open('/nowhere/etc/nova/nova.conf', '[libvirt]\nlive_migration_uri = qemu+tcp://x/system\n');
  await client.until('diagnostics', () => client.published.some((p) => p.uri === uri && p.diagnostics.length > 0));
  await client.stop();
});

test('it registers for settings and files with a client that wants that, unless the client watches by itself', async () => {
  const capabilities = {
    workspace: {
      configuration: true,
      didChangeConfiguration: { dynamicRegistration: true },
      didChangeWatchedFiles: { dynamicRegistration: true },
    },
  };
  const client = await Client.start({ capabilities });
  await client.until('two registrations', () => client.registered.length === 2);
  assert.deepEqual(client.registered.toSorted(), [
    'workspace/didChangeConfiguration',
    'workspace/didChangeWatchedFiles',
  ]);
  await client.stop();
  const watching = await Client.start({ capabilities, options: { watchesFiles: true } });
  await watching.until('one registration', () => watching.registered.length === 1);
  await watching.request('livemig/status', { uri: 'file:///nowhere' });
  assert.deepEqual(watching.registered, ['workspace/didChangeConfiguration']);
  await watching.stop();
});

test('shutdown and exit end it with 0, exit alone and the end of input with 1', async () => {
  const proper = await Client.start();
  assert.deepEqual(await proper.stop(), { code: 0, signal: null });
  const rude = await Client.start();
  rude.notify('exit', null);
  assert.deepEqual(await rude.wire.ended, { code: 1, signal: null });
  const gone = await Client.start();
  gone.wire.process.stdin.end();
  assert.deepEqual(await gone.wire.ended, { code: 1, signal: null });
});

test('shutdown lets go of a held request', async () => {
  const client = await Client.start();
  const held = client.hold();
  await client.request('livemig/status', { uri: 'file:///nowhere' }); // it is held by now
  assert.deepEqual(await client.stop(), { code: 0, signal: null });
  assert.deepEqual((await held.answer)?.result, { items: [] });
});
