import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { activated, aWhile, codeOf, findingAt, findings, open, restore, snapshot, until, uriOf } from './help';

const qemu = 'jovi-compute1/etc/libvirt/qemu.conf';
const nova1 = 'jovi-compute1/etc/nova/nova.conf';
const nova3 = 'jovi-compute3/etc/nova/nova.conf';

/** Files of the demo that hold a mistake, opened or not. */
const mistaken = [
  'jovi-controller/etc/exports',
  'jovi-controller/etc/nova/nova.conf',
  nova1,
  qemu,
  'jovi-compute1/etc/default/libvirt-bin',
  'jovi-compute1/etc/init/libvirt-bin.conf',
  'jovi-compute1/etc/passwd',
  nova3,
  'jovi-compute3/etc/libvirt/libvirtd.conf',
  'jovi-compute3/etc/fstab',
  'jovi-compute3/etc/hosts',
];

suite('diagnostics', () => {
  let originals: Map<string, Uint8Array>;
  suiteSetup(async () => {
    originals = await snapshot();
    await activated();
  });
  teardown(() => restore(originals));

  for (const path of mistaken)
    test(`closed file: ${path} has findings`, async () => {
      await until(() => findings(path).length, 'findings');
      assert.ok(!vscode.workspace.textDocuments.some((d) => d.uri.toString() === uriOf(path).toString()), 'not open');
    });

  test('files of other people have none', async () => {
    await until(() => findings(qemu).length, 'findings');
    for (const [uri, list] of vscode.languages.getDiagnostics())
      if (uri.path.includes('/webapp/'))
        assert.deepEqual(
          list.map((d) => d.source).filter((s) => s === 'livemig'),
          [],
        );
  });

  test('range, severity, code and the link behind it', async () => {
    const document = await open(qemu);
    const finding = await until(() => findingAt(document, '“0.0.0.0″'), 'finding on the quotes');
    assert.equal(finding.severity, vscode.DiagnosticSeverity.Error);
    assert.ok(document.getText(finding.range).includes('“'), 'the quote itself is marked');
    assert.equal(document.lineAt(finding.range.start.line).text, 'vnc_listen = “0.0.0.0″');
    const { code } = finding;
    assert.ok(typeof code === 'object', 'the code has a link');
    assert.equal(code.target.scheme, 'command');
    assert.equal(code.target.path, 'livemig.openRule');
    assert.deepEqual(JSON.parse(code.target.query), [code.value]);
  });

  test('typing the mistake away clears the finding, typing it again brings it back', async () => {
    const document = await open(nova3);
    await until(() => findingAt(document, 'live_migration_bandwith'), 'finding on the typo');
    const replace = async (from: string, to: string): Promise<void> => {
      const at = document.positionAt(document.getText().indexOf(from));
      const edit = new vscode.WorkspaceEdit();
      edit.replace(document.uri, new vscode.Range(at, at.translate(0, from.length)), to);
      assert.ok(await vscode.workspace.applyEdit(edit));
    };
    await replace('bandwith', 'bandwidth');
    await until(() => !findingAt(document, 'live_migration_bandwidth'), 'cleared');
    await replace('bandwidth', 'bandwith');
    await until(() => findingAt(document, 'live_migration_bandwith'), 'back');
  });

  test('a finding that leans on another file says where', async () => {
    const exported = 'jovi-controller/etc/exports';
    await until(() => findings(exported).length, 'findings');
    const related = findings(exported)
      .flatMap((d) => d.relatedInformation ?? [])
      .map((r) => r.location.uri.toString());
    assert.ok(related.includes(uriOf('jovi-compute1/etc/fstab').toString()), related.join('\n'));
  });

  test('closing a file keeps what is wrong on disk and drops what was only typed', async () => {
    const document = await open(qemu);
    const before = (await until(() => (findings(qemu).length ? findings(qemu) : undefined), 'findings')).map(codeOf);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, document.lineAt(document.lineCount - 1).range.end, '\nvnc_listen 1\n');
    await vscode.workspace.applyEdit(edit);
    await until(() => findings(qemu).length > before.length, 'one more while typed');
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await until(() => findings(qemu).length === before.length, 'as on disk');
    await aWhile();
    assert.deepEqual(findings(qemu).map(codeOf).sort(), before.sort());
  });

  test('a file changed, deleted and made outside the editor', async () => {
    // One that no test has opened: VS Code keeps a document for minutes after the last tab is closed.
    const hosts = 'jovi-compute3/etc/hosts';
    const bytes = originals.get(hosts)!;
    const loops = (): boolean => findings(hosts).some((d) => codeOf(d) === 'hosts/peer-loopback');
    await until(loops, 'finding');
    const fixed = Buffer.from(bytes).toString('utf8').replace('127.0.1.1\tjovi-compute1', '127.0.1.1\tjovi-compute3');
    writeFileSync(uriOf(hosts).fsPath, fixed);
    await until(() => !loops(), 'repaired on disk');
    writeFileSync(uriOf(hosts).fsPath, bytes);
    await until(loops, 'broken again');
    rmSync(uriOf(hosts).fsPath);
    await until(() => findings(hosts).length === 0, 'deleted');
    writeFileSync(uriOf(hosts).fsPath, bytes);
    await until(loops, 'made anew');
  });

  suite('whole folders', () => {
    const host = 'jovi-compute3';
    const other = 'jovi-compute9';
    const there = nova3.replace(host, other);
    teardown(async () => {
      await vscode.workspace.fs.delete(uriOf(other), { recursive: true }).then(undefined, () => undefined);
    });

    test('copied in by another program', async () => {
      await until(() => findings(nova3).length, 'findings');
      cpSync(uriOf(host).fsPath, uriOf(other).fsPath, { recursive: true });
      await until(() => findings(there).length, 'the new host is found');
      rmSync(uriOf(other).fsPath, { recursive: true });
      await until(() => findings(there).length === 0, 'the host is gone');
    });

    test('moved in by another program', async () => {
      const outside = mkdtempSync(join(tmpdir(), 'livemig-move-'));
      cpSync(uriOf(host).fsPath, join(outside, other), { recursive: true });
      await until(() => findings(nova3).length, 'findings');
      renameSync(join(outside, other), uriOf(other).fsPath);
      rmSync(outside, { recursive: true });
      await until(() => findings(there).length, 'the new host is found');
    });

    test('renamed in the editor', async () => {
      await until(() => findings(nova3).length, 'findings');
      await vscode.workspace.fs.copy(uriOf(host), uriOf(other));
      await until(() => findings(there).length, 'the copy is found');
      const edit = new vscode.WorkspaceEdit();
      edit.renameFile(uriOf(other), uriOf(`${other}b`));
      assert.ok(await vscode.workspace.applyEdit(edit));
      await until(() => findings(there).length === 0, 'gone under its old name');
      await until(() => findings(there.replace(other, `${other}b`)).length, 'found under its new name');
      await vscode.workspace.fs.delete(uriOf(`${other}b`), { recursive: true });
    });
  });
});
