import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { FileChangeType, type Diagnostic } from 'vscode-languageserver-protocol';
import { tempFolder } from '../support/temp';
import type { Status } from '../../server/src/protocol';
import { Client, codes, PUSH_CAPABILITIES, uriOf } from './support/client';
import { LiveTeller } from './support/live';

const NOVA = 'etc/nova/nova.conf';
const RULE = 'nova/uri-no-placeholder';
const BAD = '[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';
const GOOD = BAD.replace('compute2', '%s');
const UID = 'cluster/nova-uid-differs';
const INI = 'release = zed\n[node a]\nroles = compute\n[node b]\nroles = compute\n';

/** A compute node where nova has a uid. */
function node(uid: number, nova = GOOD): Record<string, string> {
  return { [NOVA]: nova, 'facts.json': JSON.stringify({ ids: { nova: { uid, gid: 42 } } }, undefined, 1) };
}

interface Set {
  readonly client: Client;
  readonly live: LiveTeller;
  readonly ini: string;
  readonly folder: string;
  /** What the workspace's stream says of a file. */
  readonly of: (uri: string) => Diagnostic[];
  /** Waits until a file is judged as one of a connected node. */
  readonly judged: (uri: string) => Promise<void>;
  /** Waits until the stream says this of a file. */
  readonly until: (what: string, uri: string, holds: (found: unknown[]) => boolean) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** A server for a folder with a livemig.ini. */
async function start(ini = INI, files: Readonly<Record<string, string>> = {}): Promise<Set> {
  const folder = tempFolder({ 'livemig.ini': ini, ...files });
  const client = await Client.start({ folders: [folder.path] });
  const held = client.hold();
  const inventory = uriOf(path.join(folder.path, 'livemig.ini'));
  const of = (uri: string): Diagnostic[] => held.of(uri) ?? [];
  return {
    client,
    live: new LiveTeller(client, inventory),
    ini: inventory,
    folder: folder.path,
    of,
    judged: async (uri) => {
      const given = Date.now() + 120_000;
      while (((await client.request('livemig/status', { uri })) as Status | null)?.reason !== 'livemig.ini')
        assert.ok(Date.now() < given, `${uri} is not judged`);
    },
    until: (what, uri, holds) => client.until(what, () => holds(codes(of(uri)))),
    end: async () => {
      await client.stop();
      folder.remove();
    },
  };
}

test('findings of connected nodes come with the stream, those between nodes with a link', async () => {
  const { client, live, of, until, end } = await start();
  live.tell('a', node(111, BAD));
  await until('the node is judged', live.uri('a', NOVA), (c) => c.includes(RULE));
  assert.equal(of(live.uri('a', NOVA)).find((d) => d.code === RULE)?.severity, 1, 'livemig.ini says the release');
  assert.deepEqual(codes(of(live.uri('a', 'facts.json'))), []);

  live.tell('b', node(222));
  await until('the nodes are compared', live.uri('b', 'facts.json'), (c) => c.includes(UID));
  const found = of(live.uri('b', 'facts.json')).find((d) => d.code === UID);
  assert.equal(found?.relatedInformation?.[0]?.location.uri, live.uri('a', 'facts.json'));
  assert.deepEqual(await client.request('livemig/status', { uri: live.uri('b', NOVA) }), {
    release: 'zed',
    reason: 'livemig.ini',
    guessed: false,
    host: 'b',
    cluster: 'cloud',
  });

  live.tell('b', node(111));
  await until('the finding goes with its cause', live.uri('b', 'facts.json'), (c) => !c.includes(UID));
  await end();
});

test('a client that never asks is told of connected nodes, too', async () => {
  const client = await Client.start({ capabilities: PUSH_CAPABILITIES });
  const live = new LiveTeller(client, 'file:///nowhere/livemig.ini');
  live.tell('a', { [NOVA]: BAD });
  const last = (): unknown[] =>
    codes(client.published.findLast((p) => p.uri === live.uri('a', NOVA))?.diagnostics ?? []);
  await client.until('the node is judged', () => last().includes(RULE));
  live.tell('a', null);
  await client.until('it is taken back', () => last().length === 0);
  await client.stop();
});

test('what did not change is not told again; what went is told empty', async () => {
  const { client, live, of, until, end } = await start();
  const files = { ...node(111, BAD), 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "none"\n' };
  live.tell('a', files);
  const [nova, libvirtd] = [live.uri('a', NOVA), live.uri('a', 'etc/libvirt/libvirtd.conf')];
  await until('the node is judged', libvirtd, (c) => c.includes('libvirtd/auth-tcp-none'));
  const first = await client.pull(nova);
  assert.equal(first.kind, 'full');
  live.tell('a', files);
  live.tell('b', node(111, BAD));
  await until('the next node is judged', live.uri('b', NOVA), (c) => c.includes(RULE));
  assert.deepEqual(await client.pull(nova, first.resultId), { kind: 'unchanged', resultId: first.resultId });

  live.tell('a', node(111, BAD));
  await until('a file vanished', libvirtd, (c) => c.length === 0);
  assert.deepEqual(await client.pull(libvirtd), { kind: 'full', items: [] });
  assert.ok(codes(of(nova)).includes(RULE), 'the others stay');
  client.changedOnDisk([nova, FileChangeType.Deleted]);
  await until('a file was removed on the node', nova, (c) => c.length === 0);
  live.tell('a', null);
  live.tell('b', null);
  await until('the nodes are no more', live.uri('b', NOVA), (c) => c.length === 0);
  await end();
});

test('every spelling of a URI is the same file', async () => {
  const { client, until, ini, end } = await start();
  const live = new LiveTeller(client, ini, 'my cloud+1');
  live.tell('a@b', { [NOVA]: BAD });
  const spelled = 'livemig:///my%20cloud%2B1/a@b/etc/nova/nova.conf';
  await until('the node is judged', spelled, (c) => c.includes(RULE));
  // As VS Code writes it.
  for (const uri of [
    'livemig:/my%20cloud%2B1/a%40b/etc/nova/nova.conf',
    'livemig:///my%20cloud+1/a@b/etc/nova/nova%2Econf',
  ])
    assert.ok(codes(await client.diagnostics(uri)).includes(RULE), uri);
  const uri = client.open('livemig:/my%20cloud%2B1/a%40b/etc/nova/nova.conf', GOOD);
  assert.ok(!codes(await client.diagnostics(uri)).includes(RULE), 'an open document lies over the file');
  client.close(uri);
  await end();
});

test('an open document lies over the file, and what was saved is the file until the client tells otherwise', async () => {
  const { client, live, judged, until, end } = await start();
  live.tell('a', node(111, GOOD));
  live.tell('b', node(111));
  const uri = live.uri('a', NOVA);
  await judged(uri);
  client.open(uri, GOOD);
  client.edit(uri, 2, BAD);
  assert.ok(codes(await client.diagnostics(uri)).includes(RULE));
  // The node is read again meanwhile: the document stays above.
  live.tell('a', node(111, `${GOOD}# read again\n`));
  live.tell('b', node(222));
  await until('it was taken in', live.uri('b', 'facts.json'), (c) => c.includes(UID));
  assert.ok(codes(await client.diagnostics(uri)).includes(RULE));
  client.close(uri);
  await until('the file is as it is on the node', uri, (c) => !c.includes(RULE));

  client.open(uri, GOOD, 'nova-conf', 3);
  client.edit(uri, 4, BAD);
  client.notify('textDocument/didSave', { textDocument: { uri } });
  client.close(uri);
  assert.ok(codes(await client.diagnostics(uri)).includes(RULE), 'saved');
  live.tell('b', node(111));
  await until('another node was taken in', live.uri('b', 'facts.json'), (c) => !c.includes(UID));
  assert.ok(codes(await client.diagnostics(uri)).includes(RULE), 'still');
  live.tell('a', node(111, GOOD));
  await until('the node was read again', uri, (c) => !c.includes(RULE));
  await end();
});

test('a new file on a node belongs to it as soon as it is open, and stays when it was saved', async () => {
  const { client, live, judged, until, end } = await start();
  live.tell('a', node(111));
  const uri = live.uri('a', 'etc/libvirt/libvirtd.conf');
  const text = 'auth_tcp = "none"\nlisten_tcp = 1\n';
  const status = async (of: string): Promise<Status | null> =>
    (await client.request('livemig/status', { uri: of })) as Status | null;
  client.open(uri, text, 'libvirt-conf');
  await judged(uri);
  client.close(uri);
  await until('its findings go', uri, (c) => c.length === 0);
  client.open(uri, text, 'libvirt-conf', 2);
  await judged(uri);
  client.notify('textDocument/didSave', { textDocument: { uri } });
  client.close(uri);
  await until('its findings stay', uri, (c) => c.includes('libvirtd/auth-tcp-none'));
  await judged(uri);
  // Elsewhere on the node it is no file of its services.
  const other = client.open(live.uri('a', 'root/nova.conf'), BAD);
  assert.notEqual((await status(other))?.reason, 'livemig.ini');
  await end();
});

test('livemig.ini is that of the folder: as it is in the editor, its findings told once, its rules and releases for the nodes', async () => {
  const ini = `${INI}[rules]\nnova/nonsense = off\n`;
  const { client, live, ini: uri, folder, of, until, end } = await start(ini, { [`a/${NOVA}`]: BAD });
  await until('the folder is judged', uri, (c) => c.length > 0);
  const before = codes(of(uri));
  assert.ok(before.includes('livemig/unknown-rule'));
  live.tell('a', node(111, BAD));
  const nova = live.uri('a', NOVA);
  await until('the node is judged', nova, (c) => c.includes(RULE));
  assert.deepEqual(
    codes(await client.diagnostics(uri)).filter((c) => c === 'livemig/unknown-rule'),
    ['livemig/unknown-rule'],
  );
  client.open(uri, ini, 'livemig-ini');
  client.edit(uri, 2, `${ini}${RULE} = off\n`);
  await until('the rule is off', nova, (c) => !c.includes(RULE));
  assert.ok(!codes(await client.diagnostics(nova)).includes(RULE));
  client.edit(uri, 3, ini);
  await until('the rule is on', nova, (c) => c.includes(RULE));
  client.close(uri);
  writeFileSync(path.join(folder, 'livemig.ini'), `release = juno\n${ini.replace('release = zed\n', '')}`);
  client.changedOnDisk([path.join(folder, 'livemig.ini'), FileChangeType.Changed]);
  while (((await client.request('livemig/status', { uri: nova })) as { release: string }).release !== 'juno');
  live.tell('a', null);
  await until('the node is no more', nova, (c) => c.length === 0);
  assert.ok(codes(await client.diagnostics(uri)).includes('livemig/unknown-rule'), 'the folder judges it again');
  await end();
});

test('while a declared node is not connected, nothing follows from what is missing', async () => {
  const needless = 'livemig/needless-suppression';
  const silenced = `# livemig: ignore libvirtd/keepalive-short -- a lab\nauth_tcp = "sasl"\n`;
  const { client, live, ini, of, until, end } = await start();
  const files = { ...node(111), 'etc/libvirt/libvirtd.conf': silenced };
  const uri = live.uri('a', 'etc/libvirt/libvirtd.conf');
  live.tell('a', { ...files, [NOVA]: BAD });
  await until('the node is judged', live.uri('a', NOVA), (c) => c.includes(RULE));
  assert.ok(!codes(await client.diagnostics(uri)).includes(needless));
  assert.ok(!codes(await client.diagnostics(ini)).includes('livemig/node-without-host'));
  live.tell('b', node(111));
  await until('all are there', uri, (c) => c.includes(needless));
  live.tell('b', null);
  await until('one is gone', uri, (c) => !c.includes(needless));
  assert.deepEqual(codes(of(ini)), []);
  await end();
});

test('what makes no sense is passed over, and bytes that are no text are told as on disk', async () => {
  const { client, live, ini, until, end } = await start();
  const wrong: unknown[] = [
    null,
    [],
    'a',
    {},
    { cluster: 'cloud', node: 'a', inventory: ini },
    { cluster: 'cloud', node: '', inventory: ini, files: [] },
    { cluster: '..', node: 'a', inventory: ini, files: [] },
    { cluster: 'cloud', node: 'x', inventory: 3, files: [] },
    { cluster: 'cloud', node: '\ud800', inventory: ini, files: [] },
    {
      cluster: 'cloud',
      node: 'y',
      inventory: ini,
      files: [null, 1, { path: '../etc/hosts', base64: '' }, { path: NOVA }],
    },
  ];
  for (const params of wrong) client.notify('livemig/live', params);
  live.tell('a', { [NOVA]: new Uint8Array([0x5b, 0xe9, 0x5d]), 'etc/fstab': BAD, 'etc/unknown': BAD });
  await until('the node is judged', live.uri('a', NOVA), (c) => c.includes('file/not-text'));
  assert.deepEqual(client.alerts, []);
  live.tell('nowhere', null);
  await end();
});
