import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { FileChangeType } from 'vscode-languageserver-protocol';
import { tempFolder } from '../support/temp';
import { Client, codes, uriOf } from './support/client';

const BAD = '[DEFAULT]\nfoo_unit_test = 1\n[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';
const GOOD = BAD.replace('compute2', '%s');
const RULE = 'nova/uri-no-placeholder';
const LOOPBACK = 'hosts/peer-loopback';

test('a document is judged as it is asked for, and told unchanged when it is', async () => {
  const client = await Client.start({ options: { ruleUri: 'command:livemig.openRule?%5B%22{id}%22%5D' } });
  const uri = client.open('/nowhere/etc/nova/nova.conf', BAD);
  const first = await client.pull(uri);
  assert.equal(first.kind, 'full');
  const found = first.items.find((d) => d.code === RULE);
  assert.ok(found);
  assert.deepEqual(found.range, { start: { line: 3, character: 21 }, end: { line: 3, character: 47 } });
  assert.equal(found.severity, 1);
  assert.equal(found.source, 'livemig');
  assert.ok(JSON.stringify(found.message).includes('%s'));
  assert.equal(found.codeDescription?.href, 'command:livemig.openRule?%5B%22nova%2Furi-no-placeholder%22%5D');

  assert.deepEqual(await client.pull(uri, first.resultId), { kind: 'unchanged', resultId: first.resultId });
  client.edit(uri, 2, GOOD);
  const fixed = await client.pull(uri, first.resultId);
  assert.equal(fixed.kind, 'full');
  assert.ok(!codes(fixed.items).includes(RULE));
  // An edit that changes no finding changes no result.
  client.edit(uri, 3, `${GOOD}# the end\n`);
  assert.deepEqual(await client.pull(uri, fixed.resultId), { kind: 'unchanged', resultId: fixed.resultId });
  await client.stop();
});

test('without a template there is no link, and what the client cannot show is not sent', async () => {
  const client = await Client.start({ capabilities: { textDocument: { diagnostic: {} } } });
  const uri = client.open('/nowhere/etc/nova/nova.conf', BAD);
  const found = (await client.diagnostics(uri)).find((d) => d.code === RULE);
  assert.deepEqual(Object.keys(found!).sort(), ['code', 'message', 'range', 'severity', 'source']);
  await client.stop();
});

test('a file that is not ours, or not open, has nothing', async () => {
  const client = await Client.start();
  assert.deepEqual(await client.pull('file:///nowhere/README.md'), { kind: 'full', items: [] });
  const uri = client.open('/nowhere/README.md', BAD, 'markdown');
  assert.deepEqual(await client.pull(uri), { kind: 'full', items: [] });
  assert.equal(await client.request('livemig/status', { uri }), null);
  await client.stop();
});

test('the language says what a file is when the path does not', async () => {
  const client = await Client.start();
  const samples: [string, string, string, string][] = [
    ['/nowhere/copy.txt', 'nova-conf', BAD, RULE],
    ['untitled:Untitled-1', 'nova-conf', BAD, RULE],
    ['/nowhere/old.bak', 'libvirt-conf', 'listen_tcp = 1\nauth_tcp = "none"\n', 'libvirtd/auth-tcp-none'],
    ['untitled:Untitled-2', 'nfs-exports', '/srv 10.0.0.1 (rw)\n', 'exports/space-before-options'],
    // The path goes first: an exports file is none of nova's, whatever the editor calls it.
    ['/nowhere/etc/exports', 'nova-conf', '/srv 10.0.0.1 (rw)\n', 'exports/space-before-options'],
  ];
  for (const [file, language, text, rule] of samples) {
    const uri = client.open(file, text, language);
    assert.ok(codes(await client.diagnostics(uri)).includes(rule), `${file} as ${language}`);
  }
  await client.stop();
});

const FLEET = {
  'livemig.ini': '[node compute1]\naddress = 10.0.0.1\n[node compute2]\naddress = 10.0.0.2\n',
  'compute1/etc/hosts': '127.0.0.1 localhost\n10.0.0.2 compute2\n',
  'compute2/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 compute1\n',
  'compute1/etc/nova/nova.conf': BAD,
  'compute2/etc/nova/nova.conf': GOOD,
};

test('a workspace request is held, and tells only what changes', async () => {
  const fleet = tempFolder(FLEET);
  const at = (file: string): string => path.join(fleet.path, file);
  const client = await Client.start({ folders: [fleet.path] });
  const nova1 = uriOf(at('compute1/etc/nova/nova.conf'));
  const held = client.hold();
  let answered = false;
  void held.answer!.then(() => (answered = true));
  await held.until('what is wrong at the start', () => held.of(nova1) !== undefined);
  assert.ok(codes(held.of(nova1)!).includes(RULE));
  assert.equal(held.lastOf(nova1)?.version, null);

  // Closed files are judged as they lie on disk.
  const nova2 = uriOf(at('compute2/etc/nova/nova.conf'));
  const before = held.chunks.length;
  writeFileSync(at('compute2/etc/nova/nova.conf'), BAD);
  client.changedOnDisk([nova2, FileChangeType.Changed]);
  await held.until('the changed file', () => held.of(nova2)?.some((d) => d.code === RULE) === true);
  assert.deepEqual(new Set(held.chunks.slice(before).flatMap((c) => c.map((i) => i.uri))), new Set([nova2]));

  // A new host, and a host that goes away: only its folder may be told.
  const nova3 = uriOf(at('compute3/etc/nova/nova.conf'));
  mkdirSync(at('compute3/etc/nova'), { recursive: true });
  writeFileSync(at('compute3/etc/nova/nova.conf'), BAD);
  client.changedOnDisk([nova3, FileChangeType.Created]);
  await held.until('the new file', () => held.of(nova3)?.some((d) => d.code === RULE) === true);
  rmSync(at('compute3'), { recursive: true });
  client.changedOnDisk([at('compute3'), FileChangeType.Deleted]);
  await held.until('nothing of a file that is gone', () => held.of(nova3)?.length === 0);

  // Opened, edited and closed without saving: back to the disk.
  client.open(nova1, GOOD, 'nova-conf', 7);
  await held.until('the open file', () => held.lastOf(nova1)?.version === 7);
  assert.ok(!codes(held.of(nova1)!).includes(RULE));
  client.close(nova1);
  assert.ok(codes(await client.diagnostics(nova1)).includes(RULE), 'a closing file is judged from disk at once');
  await held.until('the closed file', () => held.lastOf(nova1)?.version === null);
  assert.ok(codes(held.of(nova1)!).includes(RULE));

  assert.equal(answered, false);
  client.notify('$/cancelRequest', { id: held.answer!.id });
  const { result, error } = await held.answer!;
  assert.ok(error === undefined && result !== undefined, 'a withdrawn request is no error');
  await client.stop();
  fleet.remove();
});

test('what the client knows already is not told again; files that are gone are cleared', async () => {
  const fleet = tempFolder(FLEET);
  const nova1 = uriOf(path.join(fleet.path, 'compute1/etc/nova/nova.conf'));
  const nova2 = uriOf(path.join(fleet.path, 'compute2/etc/nova/nova.conf'));
  const client = await Client.start({ folders: [fleet.path] });
  const report = await client.pull(nova1);
  const gone = uriOf(path.join(fleet.path, 'compute9/etc/nova/nova.conf'));
  const held = client.hold([
    { uri: nova1, value: report.resultId! },
    { uri: gone, value: 'of another day' },
    { uri: nova2, value: 'of another day' },
  ]);
  await held.until('the report of the file that is gone', () => held.of(gone) !== undefined);
  assert.deepEqual(held.of(gone), []);
  assert.notEqual(held.of(nova2), undefined);
  assert.equal(held.of(nova1), undefined);
  await client.stop();
  fleet.remove();
});

test('a client that takes no partial results gets an answer at once, then one for each change', async () => {
  const fleet = tempFolder(FLEET);
  const client = await Client.start({ folders: [fleet.path] });
  const first = (await client.ask('workspace/diagnostic', { previousResultIds: [] })).result as {
    items: { uri: string; resultId: string }[];
  };
  assert.equal(first.items.length, 5, 'clean files, too');
  const previousResultIds = first.items.map(({ uri, resultId }) => ({ uri, value: resultId }));
  const second = client.ask('workspace/diagnostic', { previousResultIds });
  const file = path.join(fleet.path, 'compute2/etc/nova/nova.conf');
  writeFileSync(file, BAD);
  client.changedOnDisk([file, FileChangeType.Changed]);
  assert.deepEqual(
    ((await second).result as typeof first).items.map((i) => i.uri),
    [uriOf(file)],
  );
  await client.stop();
  fleet.remove();
});

test('an edit that changes the findings of another open document has it asked for again', async () => {
  const fleet = tempFolder(FLEET);
  const ini = path.join(fleet.path, 'livemig.ini');
  const hosts1 = path.join(fleet.path, 'compute1/etc/hosts');
  const client = await Client.start({ folders: [fleet.path] });
  const held = client.hold();
  const hosts = '127.0.0.1 localhost\n127.0.0.1 node-two\n';
  const uri = client.open(hosts1, hosts, 'plaintext');
  const before = await client.pull(uri);
  assert.equal(before.kind, 'full');
  assert.ok(!codes(before.items).includes(LOOPBACK));
  // Nova's `host` makes node-two an alias of compute2, in another host's file.
  const nova2 = client.open(path.join(fleet.path, 'compute2/etc/nova/nova.conf'), GOOD);
  client.edit(nova2, 2, GOOD.replace('[DEFAULT]', '[DEFAULT]\nhost = node-two'));
  await client.until('the refresh', () => client.refreshes === 1);
  const after = await client.pull(uri, before.resultId);
  assert.equal(after.kind, 'full');
  assert.ok(codes(after.items).includes(LOOPBACK));
  await held.until('the same in the workspace', () => held.of(uri)?.some((d) => d.code === LOOPBACK) === true);

  // Its own edit is no reason to be told, nor is one elsewhere that changes nothing here.
  client.edit(uri, 2, '127.0.0.1 localhost\n');
  await client.pull(uri);
  client.open(ini, `${FLEET['livemig.ini']}# a word\n`, 'livemig-ini');
  await client.pull(uriOf(ini));
  writeFileSync(path.join(fleet.path, 'compute1/etc/nova/nova.conf'), GOOD);
  client.changedOnDisk([path.join(fleet.path, 'compute1/etc/nova/nova.conf'), FileChangeType.Changed]);
  const nova1 = uriOf(path.join(fleet.path, 'compute1/etc/nova/nova.conf'));
  await held.until('a later change', () => held.of(nova1)?.some((d) => d.code === RULE) === false);
  assert.equal(client.refreshes, 1);
  await client.stop();
  fleet.remove();
});

test('several folders, one of them added and taken away; one inside another is judged once', async () => {
  const one = tempFolder({ 'a/etc/nova/nova.conf': BAD });
  const two = tempFolder({ 'b/etc/nova/nova.conf': BAD });
  const a = uriOf(path.join(one.path, 'a/etc/nova/nova.conf'));
  const b = uriOf(path.join(two.path, 'b/etc/nova/nova.conf'));
  const client = await Client.start({ folders: [one.path] });
  const held = client.hold();
  await held.until('the first folder', () => held.of(a) !== undefined);
  const event = (added: string[], removed: string[]): void =>
    client.notify('workspace/didChangeWorkspaceFolders', {
      event: {
        added: added.map((p) => ({ uri: uriOf(p), name: p })),
        removed: removed.map((p) => ({ uri: uriOf(p), name: p })),
      },
    });
  event([two.path], []);
  await held.until('the second folder', () => held.of(b)?.some((d) => d.code === RULE) === true);
  event([path.join(two.path, 'b')], []);
  event([], [one.path]);
  await held.until('the first folder cleared', () => held.of(a)?.length === 0);
  assert.equal(held.of(b)?.filter((d) => d.code === RULE).length, 1);
  event([], [two.path]);
  // The inner folder still holds the file.
  assert.equal(codes(await client.diagnostics(b)).filter((c) => c === RULE).length, 1);
  event([], [path.join(two.path, 'b')]);
  await held.until('everything cleared', () => held.of(b)?.length === 0);
  await client.stop();
  one.remove();
  two.remove();
});

test('a file that was never saved belongs to the host whose folder it is in', async () => {
  const fleet = tempFolder(FLEET);
  const client = await Client.start({ folders: [fleet.path] });
  const uri = client.open(path.join(fleet.path, 'compute3/etc/nova/nova.conf'), BAD);
  assert.ok(codes(await client.diagnostics(uri)).includes(RULE));
  assert.deepEqual(await client.request('livemig/status', { uri }), {
    ...((await client.request('livemig/status', { uri })) as object),
    host: 'compute3',
    cluster: path.basename(fleet.path),
  });
  client.close(uri);
  assert.deepEqual(await client.diagnostics(uri), []);
  await client.stop();
  fleet.remove();
});

test('livemig.ini above a single file says its release, open or not', async () => {
  const folder = tempFolder({ 'livemig.ini': 'release = train\n', 'a/b/etc/nova/nova.conf': GOOD });
  const client = await Client.start();
  const uri = client.open(path.join(folder.path, 'a/b/etc/nova/nova.conf'), GOOD);
  const status = async (): Promise<unknown> => client.request('livemig/status', { uri });
  assert.deepEqual(await status(), { release: 'train', reason: 'livemig.ini', guessed: false, host: 'b' });
  const ini = client.open(path.join(folder.path, 'livemig.ini'), 'release = zed\n', 'livemig-ini');
  assert.equal(((await status()) as { release: string }).release, 'zed');
  client.edit(ini, 2, 'release = yoga\n');
  assert.equal(((await status()) as { release: string }).release, 'yoga');
  client.close(ini);
  assert.equal(((await status()) as { release: string }).release, 'train');
  writeFileSync(path.join(folder.path, 'livemig.ini'), 'release = stein\n');
  client.changedOnDisk([path.join(folder.path, 'livemig.ini'), FileChangeType.Changed]);
  assert.equal(((await status()) as { release: string }).release, 'stein');
  await client.stop();
  folder.remove();
});

test('a file renamed under an open editor, and back', async () => {
  const fleet = tempFolder(FLEET);
  const from = path.join(fleet.path, 'compute1');
  const to = path.join(fleet.path, 'compute7');
  const client = await Client.start({ folders: [fleet.path] });
  const held = client.hold();
  const old = uriOf(path.join(from, 'etc/nova/nova.conf'));
  const now = uriOf(path.join(to, 'etc/nova/nova.conf'));
  await held.until('the start', () => held.of(old) !== undefined);
  renameSync(from, to);
  client.changedOnDisk([from, FileChangeType.Deleted], [now, FileChangeType.Created]);
  await held.until('the new place', () => held.of(now) !== undefined && held.of(old)?.length === 0);
  renameSync(to, from);
  client.changedOnDisk([old, FileChangeType.Created], [to, FileChangeType.Deleted]);
  await held.until('the old place', () => held.of(now)?.length === 0 && (held.of(old)?.length ?? 0) > 0);
  await client.stop();
  fleet.remove();
});
