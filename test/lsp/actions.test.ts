import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import type { CodeAction, TextDocumentEdit, TextEdit, WorkspaceEdit } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { tempFolder } from '../support/temp';
import { CAPABILITIES, Client, codes, PUSH_CAPABILITIES, uriOf, whole } from './support/client';

const RULE = 'nova/uri-no-placeholder';
const SPACE = 'exports/space-before-options';
const BAD = '[DEFAULT]\n[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';
const GOOD = BAD.replace('compute2', '%s');
const EXPORTS = Array.from({ length: 5 }, (_, i) => `/srv/v${i} 10.0.0.${i + 1} (rw,sync,no_subtree_check)\n`).join('');

/** A text with an edit made to it, as an editor would. */
function applied(text: string, edit: WorkspaceEdit | null | undefined, uri: string): string {
  const edits: TextEdit[] =
    edit?.changes?.[uri] ??
    (edit?.documentChanges ?? [])
      .filter((c): c is TextDocumentEdit => 'textDocument' in c && c.textDocument.uri === uri)
      .flatMap((c) => c.edits as TextEdit[]);
  return TextDocument.applyEdits(TextDocument.create(uri, '', 0, text), edits);
}

test('a quick fix is preferred, answers its diagnostic, and is meant for the version it was made for', async () => {
  const client = await Client.start();
  const uri = client.open('/nowhere/etc/nova/nova.conf', BAD, 'nova-conf', 12);
  const found = (await client.diagnostics(uri)).find((d) => d.code === RULE);
  const [fix, ...others] = await client.actions(uri, found!.range, { diagnostics: [found!], only: ['quickfix'] });
  assert.equal(fix?.title, 'Put %s in place of compute2');
  assert.equal(fix.kind, 'quickfix');
  assert.equal(fix.isPreferred, true);
  assert.deepEqual(fix.diagnostics, [found]);
  const [change] = fix.edit!.documentChanges as TextDocumentEdit[];
  assert.deepEqual(change!.textDocument, { uri, version: 12 });
  assert.deepEqual(change!.edits, [
    { range: { start: { line: 2, character: 32 }, end: { line: 2, character: 40 } }, newText: '%s' },
  ]);
  assert.equal(applied(BAD, fix.edit, uri), GOOD);
  assert.ok(!others.some((a) => a.title.startsWith('Fix all')), 'one finding needs no "fix all"');
  assert.deepEqual(
    (await client.actions(uri, { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }))
      .filter((a) => a.kind === 'quickfix')
      .map((a) => a.diagnostics?.length ?? 0),
    [],
  );
  await client.stop();
});

test('to a client without document changes an edit says no version', async () => {
  const capabilities = structuredClone(CAPABILITIES);
  delete capabilities.workspace!.workspaceEdit;
  delete capabilities.textDocument!.codeAction!.isPreferredSupport;
  const client = await Client.start({ capabilities });
  const uri = client.open('/nowhere/etc/nova/nova.conf', BAD);
  const fix = (await client.actions(uri, whole)).find((a) => a.title.startsWith('Put %s'));
  assert.equal(fix?.isPreferred, undefined);
  assert.deepEqual(Object.keys(fix?.edit ?? {}), ['changes']);
  assert.equal(applied(BAD, fix?.edit, uri), GOOD);
  await client.stop();
});

test('a client that takes only commands gets none', async () => {
  const client = await Client.start({ capabilities: { textDocument: { diagnostic: {}, codeAction: {} } } });
  const uri = client.open('/nowhere/etc/nova/nova.conf', BAD);
  assert.deepEqual(await client.actions(uri, whole), []);
  await client.stop();
});

test('all problems of a rule, and all of the file', async () => {
  const client = await Client.start();
  const uri = client.open('/nowhere/etc/exports', EXPORTS, 'nfs-exports');
  const line = { start: { line: 1, character: 0 }, end: { line: 1, character: 99 } };
  const ofRule = (await client.actions(uri, line)).find((a) => a.title === `Fix all '${SPACE}' problems in this file`);
  assert.equal(ofRule?.kind, 'quickfix');
  const repaired = applied(EXPORTS, ofRule.edit, uri);
  assert.equal(repaired, EXPORTS.replaceAll(' (', '('));

  const [all, ...none] = await client.actions(uri, whole, { only: ['source.fixAll'] });
  assert.equal(all?.kind, 'source.fixAll.livemig');
  assert.deepEqual(none, []);
  const text = applied(EXPORTS, all.edit, uri);
  client.edit(uri, 2, text);
  assert.ok(!codes(await client.diagnostics(uri)).includes(SPACE));
  assert.deepEqual(await client.actions(uri, whole, { only: ['source.fixAll'] }), [], 'nothing is left to fix');
  await client.stop();
});

test('all problems of a rule: the edit is made when the action is chosen, for the text as it is then', async () => {
  const capabilities = structuredClone(CAPABILITIES);
  Object.assign(capabilities.textDocument!.codeAction!, {
    dataSupport: true,
    resolveSupport: { properties: ['edit'] },
  });
  const client = await Client.start({ capabilities });
  assert.deepEqual(client.initialized?.capabilities.codeActionProvider, {
    codeActionKinds: ['quickfix', 'source.fixAll.livemig'],
    resolveProvider: true,
  });
  const uri = client.open('/nowhere/etc/exports', EXPORTS, 'nfs-exports');
  const line = { start: { line: 1, character: 0 }, end: { line: 1, character: 99 } };
  const actions = await client.actions(uri, line);
  const ofRule = actions.find((a) => a.title === `Fix all '${SPACE}' problems in this file`);
  assert.equal(ofRule?.edit, undefined);
  const resolve = async (action: unknown): Promise<CodeAction> =>
    (await client.request('codeAction/resolve', action)) as CodeAction;
  assert.equal(applied(EXPORTS, (await resolve(ofRule)).edit, uri), EXPORTS.replaceAll(' (', '('));
  const grown = `# one line more\n${EXPORTS}`;
  client.edit(uri, 2, grown);
  const late = await resolve(ofRule);
  assert.equal((late.edit?.documentChanges?.[0] as TextDocumentEdit).textDocument.version, 2);
  assert.equal(applied(grown, late.edit, uri), grown.replaceAll(' (', '('));
  client.edit(uri, 3, '# nothing\n');
  assert.equal((await resolve(ofRule)).edit, undefined, 'nothing is left to fix');
  const [all] = await client.actions(uri, whole, { only: ['source.fixAll'] });
  assert.equal(all, undefined);
  client.edit(uri, 4, EXPORTS);
  assert.ok((await client.actions(uri, whole, { only: ['source.fixAll'] }))[0]?.edit, 'on save nothing is late');
  assert.ok(actions.filter((a) => a !== ofRule).every((a) => a.edit ?? a.command));
  await client.stop();
});

test('a client that diagnostics are pushed to gets the same actions, for the version it has', async () => {
  const client = await Client.start({ capabilities: PUSH_CAPABILITIES });
  const uri = client.open('/nowhere/etc/exports', EXPORTS, 'nfs-exports', 7);
  await client.until('findings', () => client.published.some((p) => p.uri === uri && p.diagnostics.length > 0));
  const found = client.published.find((p) => p.uri === uri)!.diagnostics.filter((d) => d.code === SPACE);
  assert.equal(found.length, 5);
  const actions = await client.actions(uri, found[1]!.range, { diagnostics: [found[1]!] });
  const fix = actions.find((a) => a.isPreferred && a.diagnostics?.some((d) => d.code === SPACE));
  assert.deepEqual(fix?.diagnostics, [found[1]]);
  const [all] = await client.actions(uri, whole, { only: ['source.fixAll.livemig'] });
  for (const action of [fix, actions.find((a) => a.title.startsWith(`Fix all '${SPACE}'`)), all])
    assert.equal((action?.edit?.documentChanges?.[0] as TextDocumentEdit).textDocument.version, 7);
  const text = applied(EXPORTS, all?.edit, uri);
  client.edit(uri, 8, text);
  await client.until('repaired', () =>
    client.published.some((p) => p.uri === uri && p.version === 8 && !codes(p.diagnostics).includes(SPACE)),
  );
  await client.stop();
});

test('only what is asked for is answered', async () => {
  const client = await Client.start();
  const uri = client.open('/nowhere/etc/exports', EXPORTS, 'nfs-exports');
  const kinds = async (only: string[] | undefined, triggerKind?: 1 | 2): Promise<unknown[]> => {
    const context = { ...(only && { only }), ...(triggerKind && { triggerKind }) };
    return [...new Set((await client.actions(uri, whole, context)).map((a) => a.kind))].sort();
  };
  assert.deepEqual(await kinds(['refactor']), []);
  assert.deepEqual(await kinds(['source.organizeImports']), []);
  assert.deepEqual(await kinds(['quickfix.other']), []);
  assert.deepEqual(await kinds(['source.fixAll.eslint']), []);
  assert.deepEqual(await kinds(['quickfix']), ['quickfix']);
  for (const kind of ['source', 'source.fixAll', 'source.fixAll.livemig'])
    assert.deepEqual(await kinds([kind]), ['source.fixAll.livemig']);
  assert.deepEqual(await kinds(undefined, 1), ['quickfix', 'source.fixAll.livemig']);
  assert.deepEqual(await kinds(undefined, 2), ['quickfix']);
  await client.stop();
});

test('a finding is ignored by a comment, or by a command that asks for the reason', async () => {
  const client = await Client.start();
  const uri = client.open('/nowhere/etc/nova/nova.conf', BAD);
  const title = `Ignore ${RULE} here, with a reason`;
  const plain = (await client.actions(uri, whole)).find((a) => a.title === title);
  assert.equal(applied(BAD, plain?.edit, uri), BAD.replace('live_', `# livemig: ignore ${RULE} -- reason\nlive_`));
  const ask = async (params: object): Promise<WorkspaceEdit | null> =>
    (await client.request('livemig/suppress', params)) as WorkspaceEdit | null;
  const edit = await ask({ uri, line: 2, rule: RULE, reason: ' moved\n next   week ' });
  const text = applied(BAD, edit, uri);
  assert.equal(text, BAD.replace('live_', `# livemig: ignore ${RULE} -- moved next week\nlive_`));
  assert.equal(await ask({ uri, line: 1, rule: RULE, reason: 'x' }), null);
  assert.equal(await ask({ uri, line: 2, rule: SPACE, reason: 'x' }), null);
  assert.equal(await ask({ uri: 'file:///nowhere/else', line: 2, rule: RULE, reason: 'x' }), null);
  client.edit(uri, 2, text);
  assert.ok(!codes(await client.diagnostics(uri)).includes(RULE));
  await client.stop();

  const asking = await Client.start({ options: { suppressCommand: 'livemig.ignore' } });
  asking.open('/nowhere/etc/nova/nova.conf', BAD);
  const action = (await asking.actions(uri, whole)).find((a) => a.title === `${title}…`);
  assert.equal(action?.edit, undefined);
  assert.deepEqual(action?.command, { title: `${title}…`, command: 'livemig.ignore', arguments: [uri, 2, RULE] });
  await asking.stop();
});

test('an exposure can be accepted: one of the ways out beside its fixes, never the preferred one', async () => {
  const text = 'listen_tcp = 1\nauth_tcp = "none"\n';
  const id = 'libvirtd/auth-tcp-none';
  const client = await Client.start();
  const uri = client.open('/nowhere/etc/libvirt/libvirtd.conf', text, 'libvirt-conf');
  const found = (await client.diagnostics(uri)).find((d) => d.code === id)!;
  const actions = await client.actions(uri, found.range, { diagnostics: [found] });
  const titles = actions.filter((a) => a.diagnostics?.some((d) => d.code === id)).map((a) => a.title);
  assert.match(titles[0] ?? '', /^Ask for SASL/, 'the repairs come first');
  assert.deepEqual(
    titles.filter((t) => t.includes(id)),
    [`Accept ${id} with a reason`],
  );
  const accept = actions.find((a) => a.title.startsWith('Accept'));
  assert.equal(accept?.isPreferred, undefined);
  const accepted = applied(text, accept?.edit, uri);
  assert.equal(accepted, text.replace('auth', `# livemig: ignore ${id} -- reason\nauth`));
  client.edit(uri, 2, accepted);
  const left = codes(await client.diagnostics(uri));
  assert.ok(!left.includes(id));
  assert.ok(left.includes('livemig/suppression-without-reason'), 'the placeholder is to be replaced');
  client.edit(uri, 3, accepted.replace('reason', 'a network of its own'));
  assert.deepEqual(codes(await client.diagnostics(uri)), []);
  await client.stop();
});

const CREATING = structuredClone(CAPABILITIES);
CREATING.workspace!.workspaceEdit = { documentChanges: true, resourceOperations: ['create'] };

test('a rule is switched off in livemig.ini, which is made beside the hosts where there is none', async () => {
  const title = (made: boolean): string => `Switch ${RULE} off for all hosts, in ${made ? 'a new ' : ''}livemig.ini`;
  const files = { 'a/etc/nova/nova.conf': BAD, 'b/etc/nova/nova.conf': BAD };
  const fleet = tempFolder(files);
  const at = (file: string): string => uriOf(path.join(fleet.path, file));
  const offer = async (client: Client): Promise<WorkspaceEdit | undefined> =>
    (await client.actions(at('a/etc/nova/nova.conf'), whole)).find((a) => a.title.startsWith(`Switch ${RULE} off`))
      ?.edit;

  const old = await Client.start({ folders: [fleet.path] });
  assert.equal(await offer(old), undefined, 'a client that cannot make files is not asked to');
  await old.stop();

  const client = await Client.start({ folders: [fleet.path], capabilities: CREATING });
  const made = (await client.actions(at('a/etc/nova/nova.conf'), whole)).find((a) => a.title === title(true));
  assert.equal(made?.kind, 'quickfix');
  assert.deepEqual(made.edit?.documentChanges, [
    { kind: 'create', uri: at('livemig.ini'), options: { overwrite: false, ignoreIfExists: false } },
    {
      textDocument: { uri: at('livemig.ini'), version: null },
      edits: [
        {
          range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
          newText: `[rules]\n${RULE} = off\n`,
        },
      ],
    },
  ]);
  // The editor makes the file, and opens it with the text in it unsaved.
  writeFileSync(path.join(fleet.path, 'livemig.ini'), '');
  client.changedOnDisk([path.join(fleet.path, 'livemig.ini'), 1]);
  const ini = client.open(path.join(fleet.path, 'livemig.ini'), '', 'livemig-ini', 1);
  client.edit(ini, 2, `[rules]\n${RULE} = off\n`);
  for (const host of ['a', 'b'])
    assert.ok(!codes(await client.diagnostics(at(`${host}/etc/nova/nova.conf`))).includes(RULE), host);

  for (const [before, after] of [
    ['', `[rules]\n${RULE} = off\n`],
    ['release = zed\r\n', `release = zed\r\n\r\n[rules]\r\n${RULE} = off\r\n`],
    ['[rules]\nnova/syntax = info', `[rules]\nnova/syntax = info\n${RULE} = off`],
    ['[rules]\n[node a]\nuser = x\n', `[rules]\n${RULE} = off\n[node a]\nuser = x\n`],
    [`[rules]\n${RULE} = info\n# why\n[node a]\n`, `[rules]\n${RULE} = off\n# why\n[node a]\n`],
    [`[rules]\n${RULE} =\n`, `[rules]\n${RULE} = off\n`],
    ['[rules] # ours\n', `[rules] # ours\n\n[rules]\n${RULE} = off\n`],
  ] as const) {
    client.edit(ini, client.version(ini) + 1, before);
    const edit = await offer(client);
    const [change] = edit!.documentChanges as TextDocumentEdit[];
    assert.equal(change?.textDocument.version, client.version(ini), 'meant for the version it was made for');
    assert.equal(applied(before, edit, ini), after);
    client.edit(ini, client.version(ini) + 1, after);
    assert.ok(!codes(await client.diagnostics(at('b/etc/nova/nova.conf'))).includes(RULE), after);
    assert.equal(await offer(client), undefined, 'nothing is left to switch off');
  }
  await client.stop();

  const settings = { [uriOf(fleet.path)]: { rules: { [RULE]: 'warning' } } };
  const set = await Client.start({ folders: [fleet.path], capabilities: CREATING, settings });
  assert.equal(await offer(set), undefined, 'what the editor says holds over livemig.ini');
  await set.stop();
  fleet.remove();
});

test('where no comment can stand, livemig.ini alone silences', async () => {
  const fleet = tempFolder({
    'livemig.ini': 'release = zed\n[node a]\nroles = compute\n[node b]\nroles = compute\n',
    'a/etc/passwd': 'nova:x:106:107::/var/lib/nova:/bin/sh\n',
    'b/etc/passwd': 'nova:x:107:107::/var/lib/nova:/bin/sh\n',
    'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs4 defaults,_netdev 0 0\n',
    'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs4 defaults,_netdev 0 0\n',
    'a/etc/libvirt/qemu.conf': '',
    'b/etc/libvirt/qemu.conf': '',
  });
  const client = await Client.start({ folders: [fleet.path] });
  const uri = uriOf(path.join(fleet.path, 'a/etc/passwd'));
  const id = 'cluster/nova-uid-differs';
  assert.deepEqual(codes(await client.diagnostics(uri)), [id]);
  const titles = (await client.actions(uri, whole)).map((a) => a.title);
  assert.deepEqual(
    titles.filter((t) => t.includes(id)),
    [`Switch ${id} off for all hosts, in livemig.ini`],
  );
  await client.stop();
  fleet.remove();
});

test('a whole workspace is repaired, closed files too; those that are open by their version', async () => {
  const fleet = tempFolder({
    'livemig.ini': '[node compute1]\naddress = 10.0.0.1\n[node compute2]\naddress = 10.0.0.2\n',
    'compute1/etc/nova/nova.conf': BAD,
    'compute1/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 compute2\n',
    'compute2/etc/exports': EXPORTS,
    'compute2/etc/nova/nova.conf': GOOD,
  });
  const at = (file: string): string => uriOf(path.join(fleet.path, file));
  const client = await Client.start({ folders: [fleet.path] });
  client.open(at('compute1/etc/nova/nova.conf'), BAD, 'nova-conf', 5);
  // Changed behind the server's back: what is on disk now counts.
  const grown = `# one line more\n${EXPORTS}`;
  writeFileSync(path.join(fleet.path, 'compute2/etc/exports'), grown);
  const edit = (await client.request('livemig/fixWorkspace', {})) as WorkspaceEdit;
  const versions = new Map(
    (edit.documentChanges as TextDocumentEdit[]).map((c) => [c.textDocument.uri, c.textDocument.version]),
  );
  assert.equal(versions.get(at('compute1/etc/nova/nova.conf')), 5);
  assert.equal(versions.get(at('compute2/etc/exports')), null);
  assert.equal(applied(BAD, edit, at('compute1/etc/nova/nova.conf')).includes('%s'), true);
  assert.ok(applied(grown, edit, at('compute2/etc/exports')).startsWith('# one line more\n/srv/v0 10.0.0.1('));
  assert.match(
    applied('127.0.0.1 localhost\n127.0.1.1 compute2\n', edit, at('compute1/etc/hosts')),
    /10\.0\.0\.2 compute2/,
  );
  await client.stop();
  fleet.remove();
});

test('a file that is no text is never edited', async () => {
  const fleet = tempFolder({
    'a/etc/nova/nova.conf': Buffer.from(`# caf\xe9\n${BAD}`, 'latin1'),
    'b/etc/nova/nova.conf': Buffer.from(`\uFEFF${BAD}`, 'utf16le'),
    'c/etc/nova/nova.conf': `${BAD}# \0\n`,
  });
  const client = await Client.start({ folders: [fleet.path] });
  for (const host of ['a', 'b', 'c']) {
    const uri = uriOf(path.join(fleet.path, host, 'etc/nova/nova.conf'));
    assert.deepEqual(await client.actions(uri, whole), []);
    assert.deepEqual(await client.actions(uri, whole, { only: ['source.fixAll'] }), []);
  }
  const edit = (await client.request('livemig/fixWorkspace', {})) as WorkspaceEdit;
  assert.deepEqual(edit.documentChanges, []);
  await client.stop();
  fleet.remove();
});
