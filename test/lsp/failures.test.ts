import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { FileChangeType, type Diagnostic } from 'vscode-languageserver-protocol';
import { tempFolder } from '../support/temp';
import { Client, codes, PUSH_CAPABILITIES, uriOf } from './support/client';

const RULE = 'nova/uri-no-placeholder';
const BAD = '[DEFAULT]\n[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';
const NOVA = 'etc/nova/nova.conf';
const START = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/** A diagnostic as it tells of what could not be read. */
function failure(reason: string): Partial<Diagnostic> {
  return {
    range: START,
    severity: 2,
    source: 'livemig',
    message: `livemig cannot read this and judges the host without it: ${reason}`,
  };
}

/** Root may read everything: the server then runs as nobody. */
const nobody = process.getuid?.() === 0 ? { uid: 65534 } : {};

for (const [model, capabilities] of [
  ['asks', undefined],
  ['is told', PUSH_CAPABILITIES],
] as const)
  test(`what cannot be read is a problem of its own, for a client that ${model}`, async () => {
    const folder = tempFolder({
      [`a/${NOVA}`]: BAD,
      'b/etc/fstab': '# nothing\n',
      'b/etc/hosts': '',
      'b/etc/libvirt/x': '',
    });
    const at = (name: string): string => path.join(folder.path, name);
    mkdirSync(at(`b/${NOVA}`), { recursive: true });
    symlinkSync('exports', at('b/etc/exports'));
    chmodSync(folder.path, 0o755);
    chmodSync(at('b/etc/hosts'), 0);
    chmodSync(at('b/etc/libvirt'), 0);
    const client = await Client.start({ folders: [folder.path], ...nobody, ...(capabilities && { capabilities }) });
    const held = capabilities ? undefined : client.hold();
    const of = (name: string): readonly Diagnostic[] | undefined =>
      held ? held.of(uriOf(at(name))) : client.published.findLast((p) => p.uri === uriOf(at(name)))?.diagnostics;
    const until = (what: string, name: string, holds: (items: readonly Diagnostic[]) => boolean): Promise<void> =>
      client.until(what, () => holds(of(name) ?? []));

    const wanted = {
      [`b/${NOVA}`]: 'is a folder, a file is expected here',
      'b/etc/exports': 'is no regular file',
      'b/etc/hosts': 'permission denied',
      'b/etc/libvirt': 'permission denied',
    };
    for (const [name, reason] of Object.entries(wanted)) {
      await until(`${name} is told of`, name, (items) => items.length > 0);
      assert.deepEqual(of(name), [failure(reason)]);
    }
    assert.ok(codes([...(of(`a/${NOVA}`) ?? [])]).includes(RULE), 'the rest is judged');

    // Put right one after the other.
    rmdirSync(at(`b/${NOVA}`));
    client.changedOnDisk([at(`b/${NOVA}`), FileChangeType.Deleted]);
    await until('the folder is gone', `b/${NOVA}`, (items) => items.length === 0);
    writeFileSync(at(`b/${NOVA}`), BAD);
    rmSync(at('b/etc/exports'));
    chmodSync(at('b/etc/hosts'), 0o644);
    client.changedOnDisk([at(`b/${NOVA}`), FileChangeType.Created], [at('b/etc/hosts'), FileChangeType.Changed]);
    await until('the file is judged', `b/${NOVA}`, (items) => codes([...items]).includes(RULE));
    await until('the loop is gone', 'b/etc/exports', (items) => items.length === 0);
    await until('it may be read', 'b/etc/hosts', (items) => items.length === 0);
    assert.deepEqual(of('b/etc/libvirt'), [failure('permission denied')], 'told as before');
    assert.deepEqual(client.alerts, []);
    assert.equal(client.log.filter((l) => l.includes('/b/etc/libvirt')).length, 1, 'logged once');
    await client.stop();
    folder.remove();
  });

test('a file that cannot be read is told as unchanged when it is asked for again', async () => {
  const folder = tempFolder({ [`a/${NOVA}`]: BAD });
  mkdirSync(path.join(folder.path, 'a/etc/fstab'));
  const client = await Client.start({ folders: [folder.path] });
  const uri = uriOf(path.join(folder.path, 'a/etc/fstab'));
  const first = await client.pull(uri);
  assert.equal(first.kind, 'full');
  client.changedOnDisk([uri, FileChangeType.Created]);
  assert.deepEqual(await client.pull(uri, first.resultId), { kind: 'unchanged', resultId: first.resultId });
  // Opened in the editor, whatever it is on disk, it is there.
  client.open(uri, 'n:/i /var/lib/nova/instances nfs soft 0 0\n', 'fstab');
  assert.deepEqual(codes(await client.diagnostics(uri)).includes('fstab/soft'), true);
  client.close(uri);
  await client.stop();
  folder.remove();
});

test('a folder of the editor that cannot be read is told once, with a way to the log where the client has one', async () => {
  const folder = tempFolder({ 'shut/etc/fstab': '' });
  chmodSync(folder.path, 0o755);
  chmodSync(path.join(folder.path, 'shut'), 0);
  const shut = path.join(folder.path, 'shut');
  const missing = path.join(folder.path, 'miss ing');
  for (const [options, method] of [
    [undefined, 'window/showMessage'],
    [{ showsAlerts: true }, 'livemig/alert'],
  ] as const) {
    const client = await Client.start({ folders: [shut, missing], options, ...nobody });
    await client.until('both are told', () => client.alerts.length === 2);
    // Looked into again and again.
    for (let i = 0; i < 3; i++) {
      client.changedOnDisk(
        [path.join(shut, NOVA), FileChangeType.Created],
        [path.join(missing, NOVA), FileChangeType.Created],
      );
      await client.diagnostics(uriOf(path.join(shut, NOVA)));
    }
    assert.deepEqual(client.alerts, [
      { method, message: 'livemig cannot read shut: permission denied' },
      { method, message: 'livemig cannot read miss ing: no such file or folder' },
    ]);
    const { items } = (await client.ask('workspace/diagnostic', { previousResultIds: [] })).result as {
      items: unknown[];
    };
    assert.deepEqual(items, [], 'and is no problem of a file');
    await client.stop();
  }
  chmodSync(shut, 0o755);
  folder.remove();
});
