import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import type { Status } from '../../server/src/protocol';
import { tempFolder } from '../support/temp';
import { CAPABILITIES, Client, codes, uriOf } from './support/client';

const RULE = 'nova/uri-no-placeholder';
const BAD = '[DEFAULT]\n[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';

test('each folder has its own settings, a file outside of all the general ones', async () => {
  const one = tempFolder({ 'etc/nova/nova.conf': BAD });
  const two = tempFolder({ 'etc/nova/nova.conf': BAD });
  const file = (folder: { path: string }): string => uriOf(path.join(folder.path, 'etc/nova/nova.conf'));
  const client = await Client.start({
    folders: [one.path, two.path],
    settings: {
      '': { release: 'train', rules: { [RULE]: 'info' } },
      [uriOf(one.path)]: { release: 'zed', rules: { [RULE]: 'off' } },
      [uriOf(two.path)]: { release: 'auto', rules: { [RULE]: 'warning', 'no/such': 'error', 'x/y': 'nonsense' } },
    },
  });
  const status = async (uri: string): Promise<Status> => (await client.request('livemig/status', { uri })) as Status;
  const severity = async (uri: string): Promise<unknown> =>
    (await client.diagnostics(uri)).find((d) => d.code === RULE)?.severity;
  const loose = client.open('/nowhere/etc/nova/nova.conf', BAD);
  assert.equal(await severity(file(one)), undefined);
  assert.equal(await severity(file(two)), 2);
  assert.equal(await severity(loose), 3);
  const first = await status(file(one));
  assert.deepEqual([first.release, first.reason, first.guessed], ['zed', 'the setting livemig.release', false]);
  assert.equal((await status(file(two))).guessed, true);
  assert.equal((await status(loose)).release, 'train');

  client.settings = { '': { rules: { [RULE]: 'warning' } } };
  client.notify('workspace/didChangeConfiguration', { settings: null });
  await client.until('the new settings', () => client.refreshes > 0);
  assert.equal(await severity(file(one)), 1);
  assert.equal(await severity(loose), 2);
  assert.equal((await status(loose)).guessed, true);
  await client.stop();
  one.remove();
  two.remove();
});

test('an editor that is not asked says them at the start, and later by itself', async () => {
  const capabilities = structuredClone(CAPABILITIES);
  delete capabilities.workspace!.configuration;
  const client = await Client.start({ capabilities, options: { settings: { rules: { [RULE]: 'off' } } } });
  const uri = client.open('/nowhere/etc/nova/nova.conf', BAD);
  assert.ok(!codes(await client.diagnostics(uri)).includes(RULE));
  client.notify('workspace/didChangeConfiguration', { settings: { livemig: { rules: { [RULE]: 'info' } } } });
  assert.equal((await client.diagnostics(uri)).find((d) => d.code === RULE)?.severity, 3);
  client.notify('workspace/didChangeConfiguration', { settings: { livemig: [null, 7] } });
  assert.equal((await client.diagnostics(uri)).find((d) => d.code === RULE)?.severity, 1);
  await client.stop();
});

test('settings that make no sense are as none', async () => {
  for (const nonsense of [null, 7, 'zed', [], { release: 7, rules: 'off' }, { release: 'no-such', rules: [1] }]) {
    const client = await Client.start({ settings: { '': nonsense }, options: nonsense });
    const uri = client.open('/nowhere/etc/nova/nova.conf', BAD);
    assert.equal((await client.diagnostics(uri)).find((d) => d.code === RULE)?.severity, 1);
    assert.equal(((await client.request('livemig/status', { uri })) as Status).guessed, true);
    await client.stop();
  }
});
