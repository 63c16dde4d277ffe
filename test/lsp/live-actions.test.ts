import assert from 'node:assert/strict';
import test from 'node:test';
import type { CodeAction, Diagnostic } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { RepairParams } from '../../server/src/fleet-protocol';
import { CAPABILITIES, Client, codes, type Start } from './support/client';
import { LiveTeller } from './support/live';

const UID = 'cluster/nova-uid-differs';
const TITLE = 'Repair on the nodes… (shows the plan first)';
const COMMAND = 'livemig.repair';

const passwd = (uid: number): string => `root:x:0:0:root:/root:/bin/sh\nnova:x:${uid}:42::/var/lib/nova:/bin/sh\n`;
const NOVA = '[DEFAULT]\ninstances_path = /srv\n[libvirt]\nlive_migration_scheme = tcp\n';

/** Two connected computes, and the finding of a rule in a file of the second. */
async function connected(
  start: Start,
  files: (host: 'a' | 'b') => Record<string, string>,
  rule: string,
  path: string,
): Promise<{ client: Client; live: LiveTeller; uri: string; found: Diagnostic }> {
  const client = await Client.start(start);
  const live = new LiveTeller(client, 'file:///nowhere/livemig.ini', 'my cloud');
  const held = client.hold();
  live.tell('a', files('a'));
  live.tell('b', files('b'));
  const uri = `livemig:///my%20cloud/b/${path}`;
  await client.until(`${rule} is found`, () => codes(held.of(uri) ?? []).includes(rule));
  return { client, live, uri, found: held.of(uri)!.find((d) => d.code === rule)! };
}

const byIds = (host: 'a' | 'b'): Record<string, string> => ({
  'etc/nova/nova-compute.conf': '[libvirt]\nvirt_type = kvm\n',
  'etc/fstab': 'filer:/nova /var/lib/nova/instances nfs4 rw,hard 0 0\n',
  'etc/passwd': passwd(host === 'a' ? 111 : 222),
});

test('what a repair on the nodes can mend has an action for it, first, which names the finding', async () => {
  const { client, uri, found } = await connected({ options: { repairCommand: COMMAND } }, byIds, UID, 'etc/passwd');
  const actions = await client.actions(uri, found.range, { diagnostics: [found] });
  assert.equal(actions[0]?.title, TITLE);
  assert.equal(actions[0].kind, 'quickfix');
  assert.deepEqual(actions[0].diagnostics, [found]);
  const params: RepairParams = { cluster: 'my cloud', rule: UID, uri, line: 1 };
  assert.deepEqual(actions[0].command, { title: TITLE, command: COMMAND, arguments: [params] });
  // The change of the file stays to be had; of the two one alone is taken unasked.
  assert.ok(actions.some((a) => a.edit));
  assert.equal(actions.filter((a) => a.isPreferred).length, 1);
  // In VS Code's spelling, when it has the file open so.
  const open = client.open('livemig:/my%20cloud/b/etc/passwd', passwd(222), 'plaintext');
  const [first] = await client.actions(open, found.range, { diagnostics: [found] });
  assert.deepEqual(first?.command?.arguments, [{ ...params, uri: open }]);
  await client.stop();
});

test('where nothing can be written the repair on the nodes is the preferred action, and facts.json is never edited', async () => {
  const { client, uri, found } = await connected(
    { options: { repairCommand: COMMAND } },
    (host) => ({
      'etc/nova/nova-compute.conf': '[libvirt]\nvirt_type = kvm\n',
      'facts.json': JSON.stringify({ ids: { nova: { uid: host === 'a' ? 111 : 222, gid: 42 } } }),
    }),
    UID,
    'facts.json',
  );
  const actions = await client.actions(uri, found.range, { diagnostics: [found] });
  assert.equal(actions[0]?.title, TITLE);
  assert.equal(actions[0].isPreferred, true);
  for (const { edit } of actions) assert.ok(!JSON.stringify(edit ?? {}).includes('facts.json'));
  await client.stop();
});

test('without the command, and of a file on disk, there is no such action', async () => {
  const { client, uri, found } = await connected({}, byIds, UID, 'etc/passwd');
  assert.ok(!(await client.actions(uri, found.range)).some((a) => a.title === TITLE || a.command));
  await client.stop();

  const other = await Client.start({ options: { repairCommand: COMMAND } });
  const loose = other.open('/nowhere/etc/nova/nova.conf', '[libvirt]\nlive_migration_uri = qemu+tcp://c/system\n');
  const actions = await other.actions(loose, (await other.diagnostics(loose))[0]!.range);
  assert.ok(actions.length > 0 && !actions.some((a) => a.command));
  await other.stop();
});

/** Files with an edit made to them, as an editor does that opens what is not open. */
function applied(files: Map<string, string>, { edit }: CodeAction): Map<string, string> {
  const out = new Map(files);
  for (const change of edit?.documentChanges ?? []) {
    assert.ok('textDocument' in change, 'no file is made');
    const { textDocument, edits } = change;
    const text = out.get(textDocument.uri);
    assert.ok(text !== undefined, textDocument.uri);
    assert.equal(textDocument.version, null, 'not open');
    out.set(textDocument.uri, TextDocument.applyEdits(TextDocument.create('', '', 0, text), edits as never));
  }
  return out;
}

test('a fix of several nodes edits the files of them all, open or not, and is right once they are saved', async () => {
  const rule = 'libvirtd/auth-tcp-none';
  const nodeFiles = (): Record<string, string> => ({
    'etc/nova/nova.conf': NOVA,
    'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\n',
    'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
  });
  const { client, live, uri, found } = await connected({}, nodeFiles, rule, 'etc/libvirt/libvirtd.conf');
  const root = 'livemig:///my%20cloud';
  const before = new Map(
    ['a', 'b'].flatMap((n) =>
      Object.entries(nodeFiles()).map(([path, text]) => [`${root}/${n}/${path}`, text] as const),
    ),
  );
  const actions = await client.actions(uri, found.range, { diagnostics: [found] });
  const several = actions.find((a) => new Set(JSON.stringify(a.edit ?? {}).match(/cloud\/[ab]\//g)).size === 2);
  assert.ok(several, actions.map((a) => a.title).join('\n'));
  const after = applied(before, several);
  for (const node of ['a', 'b'])
    live.tell(
      node,
      Object.fromEntries(Object.keys(nodeFiles()).map((path) => [path, after.get(`${root}/${node}/${path}`)!])),
    );
  for (let given = Date.now() + 120_000; codes(await client.diagnostics(uri)).includes(rule);)
    assert.ok(Date.now() < given, 'the finding stays');
  await client.stop();
});

test('what fixes the whole workspace leaves the nodes alone, and no livemig.ini is made there', async () => {
  const capabilities = structuredClone(CAPABILITIES);
  capabilities.workspace!.workspaceEdit = { documentChanges: true, resourceOperations: ['create'] };
  const bad = '[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';
  const { client, uri, found } = await connected(
    { capabilities },
    () => ({ 'etc/nova/nova.conf': bad }),
    'nova/uri-no-placeholder',
    'etc/nova/nova.conf',
  );
  const actions = await client.actions(uri, found.range, { diagnostics: [found] });
  assert.ok(actions.some((a) => a.edit) && !actions.some((a) => a.title.includes('livemig.ini')));
  assert.deepEqual(await client.request('livemig/fixWorkspace', {}), { documentChanges: [] });
  await client.stop();
});
