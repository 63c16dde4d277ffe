import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {
  FileChangeType,
  type FullDocumentDiagnosticReport,
  type TextDocumentEdit,
  type TextEdit,
} from 'vscode-languageserver-protocol';
import { tempFolder } from '../support/temp';
import { Client, codes, uriOf, whole } from './support/client';
import { freshlyLinted, shown } from './support/fresh';

const RULE = 'nova/uri-no-placeholder';
const BAD = '[DEFAULT]\n[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';
const NOVA = 'etc/nova/nova.conf';

test('line breaks of every kind, and no end of line, are where the editor has them', async () => {
  const client = await Client.start();
  for (const [i, eol] of ['\n', '\r\n', '\r'].entries()) {
    const text = `# 😀${eol}${BAD.trimEnd().replaceAll('\n', eol)}`;
    const uri = client.open(`/nowhere/${i}/${NOVA}`, text);
    const found = (await client.diagnostics(uri)).find((d) => d.code === RULE);
    assert.deepEqual(found?.range, { start: { line: 3, character: 21 }, end: { line: 3, character: 47 } });
  }
  await client.stop();
});

test('a BOM that the editor keeps to itself is judged, and shifts nothing', async () => {
  const text = '[libvrt]\nvirt_type = kvm\nlive_migration_uri = x\n';
  const folder = tempFolder({ [NOVA]: `\uFEFF${text}` });
  const client = await Client.start({ folders: [folder.path] });
  const uri = uriOf(path.join(folder.path, NOVA));
  const closed = shown(await client.diagnostics(uri));
  client.open(uri, text);
  const open = shown(await client.diagnostics(uri));
  assert.deepEqual(
    open.map((d) => [d.code, d.message]),
    closed.map((d) => [d.code, d.message]),
  );
  // In the editor everything on the first line stands one to the left of where it is on disk.
  type Range = Record<'start' | 'end', { line: number; character: number }>;
  const shifted = closed.map((d) => {
    const range = structuredClone(d.range) as Range;
    for (const at of [range.start, range.end]) if (at.line === 0) at.character = Math.max(0, at.character - 1);
    return range;
  });
  assert.deepEqual(
    open.map((d) => d.range),
    shifted,
  );
  assert.ok(closed.some((d) => (d.range as Range).start.line === 0 && (d.range as Range).start.character > 0));
  // What the editor does not show cannot be taken out by an edit.
  for (const { edit } of await client.actions(uri, whole))
    for (const change of (edit?.documentChanges ?? []) as TextDocumentEdit[])
      for (const e of change.edits) assert.ok((e as TextEdit).newText !== '' || e.range.end.character > 1);
  // Saved without it, the file is another.
  writeFileSync(path.join(folder.path, NOVA), text);
  client.changedOnDisk([uri, FileChangeType.Changed]);
  assert.deepEqual(shown(await client.diagnostics(uri)), freshlyLinted(NOVA, 'nova', text));
  await client.stop();
  folder.remove();
});

test('UTF-16 and Latin-1 on disk are found closed, open, and until they are saved as UTF-8', async () => {
  const latin = BAD.replace('[DEFAULT]', '# café\n[DEFAULT]');
  const folder = tempFolder({
    [`a/${NOVA}`]: Buffer.from(`\uFEFF${BAD}`, 'utf16le'),
    [`b/${NOVA}`]: Buffer.from(latin, 'latin1'),
    [`c/${NOVA}`]: `${BAD}#\0\n`,
  });
  const client = await Client.start({ folders: [folder.path] });
  for (const [host, text] of [
    ['a', BAD],
    ['b', latin],
    ['b', latin.replace('é', '\uFFFD')],
    ['c', `${BAD}#\0\n`],
  ] as const) {
    const uri = uriOf(path.join(folder.path, host, NOVA));
    const closed = codes(await client.diagnostics(uri));
    client.open(uri, text);
    const open = codes(await client.diagnostics(uri));
    assert.deepEqual(open, closed, `${host}: the editor's decoding changes nothing`);
    assert.ok(!open.includes(RULE), `${host}: what cannot be read is not judged line by line`);
    client.close(uri);
  }
  const uri = uriOf(path.join(folder.path, 'a', NOVA));
  client.open(uri, BAD);
  writeFileSync(path.join(folder.path, 'a', NOVA), BAD);
  client.notify('textDocument/didSave', { textDocument: { uri } });
  assert.ok(codes(await client.diagnostics(uri)).includes(RULE));
  await client.stop();
  folder.remove();
});

test('a single line of 10 MB', async () => {
  const client = await Client.start();
  const line = `[DEFAULT]\nx = ${'a'.repeat(10_000_000)}`;
  const uri = client.open(`/nowhere/${NOVA}`, line);
  const report = await client.pull(uri);
  assert.equal(report.kind, 'full');
  assert.ok(JSON.stringify(report).length < 1_000_000, 'a message quotes no megabytes');
  client.edit(uri, 2, BAD);
  assert.ok(codes(await client.diagnostics(uri)).includes(RULE));
  await client.stop();
});

test('more findings than anybody reads: 500 and a word about the rest', async () => {
  const client = await Client.start();
  const text = `[DEFAULT]\n[libvirt]\n${'no assignment\n'.repeat(700)}`;
  const uri = client.open(`/nowhere/${NOVA}`, text);
  const [note, ...rest] = await client.diagnostics(uri);
  if (rest.length === 0) assert.fail('nothing was found');
  assert.equal(rest.length, 500);
  assert.match(JSON.stringify(note?.message), /\d+ more findings are hidden/);
  assert.equal(note?.severity, 3);
  assert.deepEqual(note.range, { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } });
  await client.stop();
});

test('a folder where a file should be, a loop of links, a link to nowhere: the rest is judged', async () => {
  const folder = tempFolder({ [`a/${NOVA}`]: BAD, 'b/etc/fstab': '# nothing\n' });
  const at = (name: string): string => path.join(folder.path, name);
  mkdirSync(at('b/etc/nova/nova.conf'), { recursive: true });
  symlinkSync(folder.path, at('round'));
  symlinkSync('self', at('self'));
  symlinkSync('exports', at('b/etc/exports'));
  symlinkSync('/no/such/file', at('b/etc/hosts'));
  symlinkSync(at(`a/${NOVA}`), at('b/etc/nova/nova-compute.conf'));
  const client = await Client.start({ folders: [folder.path] });
  const uri = uriOf(at(`a/${NOVA}`));
  assert.ok(codes(await client.diagnostics(uri)).includes(RULE));
  const { items } = (await client.ask('workspace/diagnostic', { previousResultIds: [] })).result as {
    items: (FullDocumentDiagnosticReport & { uri: string })[];
  };
  assert.ok(items.every((i) => !i.uri.includes('/round/')));
  const linked = items.find((i) => i.uri === uriOf(at('b/etc/nova/nova-compute.conf')));
  assert.ok(codes(linked?.items ?? []).includes(RULE), 'a link to a file is that file');
  assert.match(client.log.join('\n'), /is a folder/);
  await client.stop();
  folder.remove();
});

test('a file that vanishes while it is open, and one that vanishes unheard of', async () => {
  const folder = tempFolder({ [`a/${NOVA}`]: BAD, [`b/${NOVA}`]: BAD });
  const client = await Client.start({ folders: [folder.path] });
  const [a, b] = ['a', 'b'].map((h) => uriOf(path.join(folder.path, h, NOVA)));
  client.open(a!, BAD);
  assert.ok(codes(await client.diagnostics(a!)).includes(RULE));
  rmSync(folder.path, { recursive: true });
  client.changedOnDisk([a!, FileChangeType.Deleted]);
  assert.ok(codes(await client.diagnostics(a!)).includes(RULE), 'what is open is there');
  client.close(a!);
  assert.deepEqual(await client.diagnostics(a!), []);
  assert.deepEqual(await client.diagnostics(b!), []);
  await client.stop();
});

test('a file that may not be read', { skip: process.platform === 'win32' && 'no such permissions' }, async () => {
  const folder = tempFolder({ [`a/${NOVA}`]: BAD, [`b/${NOVA}`]: BAD });
  chmodSync(folder.path, 0o755);
  chmodSync(path.join(folder.path, 'b', NOVA), 0);
  // Root may read everything: the server then runs as nobody.
  const uid = process.getuid?.() === 0 ? { uid: 65534 } : {};
  const client = await Client.start({ folders: [folder.path], ...uid });
  assert.ok(codes(await client.diagnostics(uriOf(path.join(folder.path, 'a', NOVA)))).includes(RULE));
  const [told, ...others] = await client.diagnostics(uriOf(path.join(folder.path, 'b', NOVA)));
  assert.match(JSON.stringify(told?.message), /permission denied/);
  assert.deepEqual(others, []);
  assert.ok(client.log.some((l) => l.includes('permission denied')));
  await client.stop();
  folder.remove();
});

test('a folder that is not there, and appears', async () => {
  const folder = tempFolder();
  const later = path.join(folder.path, 'later');
  const client = await Client.start({ folders: [later] });
  const file = path.join(later, NOVA);
  assert.deepEqual(await client.diagnostics(uriOf(file)), []);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, BAD);
  client.changedOnDisk([file, FileChangeType.Created]);
  assert.ok(codes(await client.diagnostics(uriOf(file))).includes(RULE));
  await client.stop();
  folder.remove();
});

test('names with blanks, percent signs, plus and other scripts, however the editor spells them', async () => {
  const folder = tempFolder({ [`über 50%+1/${NOVA}`]: BAD });
  const client = await Client.start({ folders: [folder.path] });
  const uri = uriOf(path.join(folder.path, 'über 50%+1', NOVA));
  for (const spelled of [uri, uri.replace('+', '%2B'), uri.replaceAll('%C3%BC', 'ü'), uri.replaceAll('%20', ' ')]) {
    assert.ok(codes(await client.diagnostics(spelled)).includes(RULE), spelled);
  }
  const spelled = uri.replace('+', '%2B');
  client.open(spelled, BAD, 'nova-conf', 4);
  const held = client.hold();
  await held.until('the report in the editor’s spelling', () => held.lastOf(spelled)?.version === 4);
  await client.stop();
  folder.remove();
});
