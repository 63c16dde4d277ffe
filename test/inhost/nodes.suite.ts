import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { children, noSshd } from '../fleet/sshd';
import { Lab } from '../ui/lab';
import { activated, codeOf, until, uriOf } from './help';

const compute1 = 'jovi-compute1';
const compute3 = 'jovi-compute3';

/** As far as this suite looks into the client's. */
interface Row {
  readonly kind: string;
  readonly node?: string;
  readonly group?: string;
  readonly text?: string;
  readonly file?: { readonly path: string };
}
interface Tree {
  getChildren(row?: Row): Promise<Row[]>;
  getTreeItem(row: Row): vscode.TreeItem;
  resolveTreeItem(item: vscode.TreeItem, row: Row): vscode.TreeItem;
}

suite('nodes', () => {
  const lab = new Lab();
  let ini: Uint8Array | undefined;
  let tree: Tree;
  let cluster: string;

  suiteSetup(async function () {
    this.timeout(120_000);
    if (noSshd) {
      console.log(`nodes: skipped, ${noSshd}`);
      this.skip();
    }
    await lab.start([compute1, compute3]);
    lab.trust(compute1, compute3);
    ini = await vscode.workspace.fs.readFile(uriOf('livemig.ini'));
    await vscode.workspace
      .getConfiguration('livemig')
      .update('nodes.sshConfig', lab.sshConfig, vscode.ConfigurationTarget.Global);
    lab.fill(path.dirname(uriOf('livemig.ini').fsPath));
    const api = await activated();
    console.log(`activate: ${api.activated.toFixed(1)} ms`);
    const start = performance.now();
    tree = (await api.nodes()).tree as unknown as Tree;
    const [root] = await tree.getChildren();
    console.log(
      `the tree after ${(performance.now() - start).toFixed(0)} ms, the process that reads livemig.ini started for it`,
    );
    assert.ok(root);
    cluster = String(tree.getTreeItem(root).id);
  });
  suiteTeardown(async () => {
    if (!ini) return; // it was skipped
    await vscode.workspace.fs.writeFile(uriOf('livemig.ini'), ini);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.workspace
      .getConfiguration('livemig')
      .update('nodes.sshConfig', undefined, vscode.ConfigurationTarget.Global);
    await lab.stop();
  });

  const remote = (node: string, file: string): vscode.Uri =>
    vscode.Uri.from({ scheme: 'livemig', path: `/${cluster}/${node}/${file}` });
  const nodeRow = async (name: string): Promise<Row> =>
    until(async () => {
      const [root] = await tree.getChildren();
      return (await tree.getChildren(root)).find((row) => row.node === name);
    }, name);
  const inNode = async (name: string): Promise<Row[]> => tree.getChildren(await nodeRow(name));
  const group = (name: string, wanted: string): Promise<Row> =>
    until(async () => (await inNode(name)).find((row) => row.group === wanted), `${wanted} of ${name}`);

  test('a node that is looked into says at once that it connects, and has its files then', async () => {
    const row = await nodeRow(compute1);
    const start = performance.now();
    const [note] = await tree.getChildren(row);
    assert.equal(note?.kind, 'note');
    assert.match(note.text ?? '', /^connecting to 127\.0\.0\.1/);
    assert.ok(performance.now() - start < 1000, 'no node was waited for');
    const files = await tree.getChildren(await group(compute1, 'files'));
    assert.ok(files.some((f) => f.file?.path === 'etc/libvirt/libvirtd.conf'));
    // Ids are unique, and the same when asked again.
    const ids = (await inNode(compute1)).map((r) => tree.getTreeItem(r).id);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      ids,
      (await inNode(compute1)).map((r) => tree.getTreeItem(r).id),
    );
    const item = tree.resolveTreeItem(tree.getTreeItem(row), row);
    assert.ok(item.tooltip instanceof vscode.MarkdownString && !item.tooltip.isTrusted);
    assert.match(item.tooltip.value, /Address/);
  });

  test('its files have findings, which the tree counts', async () => {
    const uri = remote(compute1, 'etc/libvirt/qemu.conf');
    const finding = await until(() => vscode.languages.getDiagnostics(uri)[0], 'finding');
    assert.equal(codeOf(finding), 'qemu/typographic-characters');
    await until(
      async () => /\d+ problems/.test(String(tree.getTreeItem(await nodeRow(compute1)).description)),
      'count',
    );
  });

  test('a file of a node is opened, edited and saved there', async () => {
    const uri = remote(compute1, 'etc/libvirt/qemu.conf');
    const document = await vscode.workspace.openTextDocument(uri);
    assert.equal(document.languageId, 'libvirt-conf');
    await vscode.window.showTextDocument(document);
    const at = document.getText().indexOf('“0.0.0.0″');
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, new vscode.Range(document.positionAt(at), document.positionAt(at + 9)), '"0.0.0.0"');
    await vscode.workspace.applyEdit(edit);
    await until(
      () => vscode.languages.getDiagnostics(uri).every((d) => codeOf(d) !== 'qemu/typographic-characters'),
      'silent',
    );
    assert.ok(await document.save());
    assert.match(lab.read(compute1, 'libvirt/qemu.conf'), /\nvnc_listen = "0\.0\.0\.0"\n/);
  });

  test('what somebody else wrote is not overwritten, be it of the same length', async () => {
    const file = 'etc/libvirt/libvirtd.conf';
    const uri = remote(compute3, file);
    await vscode.commands.executeCommand('livemig.nodes.refresh', await nodeRow(compute3));
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), '# mine\n');
    await vscode.workspace.applyEdit(edit);
    const before = lab.read(compute3, 'libvirt/libvirtd.conf');
    const theirs = before.replace('listen_tls', 'listen_tlz');
    assert.notEqual(theirs, before);
    writeFileSync(path.join(lab.nodes.get(compute3)!.etc, 'libvirt/libvirtd.conf'), theirs);
    assert.equal(await document.save(), false);
    assert.equal(lab.read(compute3, 'libvirt/libvirtd.conf'), theirs);
    assert.ok(document.isDirty, 'the text is kept');
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await until(() => document.getText() === theirs, 'reverted to what lies there');
  });

  test('a clean editor follows the file after a refresh', async () => {
    const uri = remote(compute3, 'etc/nova/nova.conf');
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    const file = path.join(lab.nodes.get(compute3)!.etc, 'nova/nova.conf');
    writeFileSync(file, `# changed there\n${readFileSync(file, 'utf8')}`);
    await vscode.commands.executeCommand('livemig.nodes.refresh', await nodeRow(compute3));
    await until(() => document.getText().startsWith('# changed there\n'), 'followed');
  });

  test('nothing but what livemig can keep is done to files', async () => {
    const uri = remote(compute1, 'etc/nova/nova.conf');
    await assert.rejects(() => Promise.resolve(vscode.workspace.fs.delete(uri)), /deletes nothing on nodes/);
    const facts = await vscode.workspace.fs.stat(remote(compute1, 'facts.json'));
    assert.equal(facts.permissions, vscode.FilePermission.Readonly);
    await assert.rejects(
      () => Promise.resolve(vscode.workspace.fs.stat(remote(compute1, 'etc/nova/none.conf'))),
      (error: vscode.FileSystemError) => error.code === 'FileNotFound',
    );
  });

  test('a node that nobody answers for says why', async () => {
    await inNode('jovi-compute4');
    const note = await until(
      async () => (await inNode('jovi-compute4')).find((r) => r.text === 'unreachable – retry'),
      'unreachable',
    );
    assert.equal(tree.getTreeItem(note).command?.command, 'livemig.nodes.retry');
    await assert.rejects(
      () => Promise.resolve(vscode.workspace.fs.readFile(remote('jovi-compute4', 'etc/nova/nova.conf'))),
      (error: vscode.FileSystemError) =>
        error.code === 'Unavailable' && /jovi-compute4|127\.0\.0\.1/.test(error.message),
    );
  });

  test('the process that dials comes again after a crash, with the proxies of the settings, and reads what was read', async () => {
    const http = vscode.workspace.getConfiguration('http');
    const set = async (proxy?: string, noProxy?: readonly string[]): Promise<void> => {
      await http.update('proxy', proxy, vscode.ConfigurationTarget.Global);
      await http.update('noProxy', noProxy, vscode.ConfigurationTarget.Global);
    };
    const fleet = (): number | undefined =>
      children(process.pid).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dist/fleet.js'));
    const pid = await until(fleet, 'the process');
    await set('http://proxy.invalid:3128', ['.lab.invalid', '10.0.0.0/8']);
    process.kill(pid, 'SIGKILL');
    const again = await until(() => {
      const now = fleet();
      return now === pid ? undefined : now;
    }, 'another process');
    const env = readFileSync(`/proc/${again}/environ`, 'utf8').split('\0');
    await set();
    for (const name of ['http_proxy', 'https_proxy'])
      assert.ok(env.includes(`${name}=http://proxy.invalid:3128`), name);
    assert.ok(env.includes('no_proxy=.lab.invalid,10.0.0.0/8'));
    const uri = remote(compute1, 'etc/nova/nova.conf');
    await until(async () => {
      const bytes = await vscode.workspace.fs.readFile(uri).then(
        (b) => b,
        () => undefined,
      );
      return bytes && new TextDecoder().decode(bytes) === lab.read(compute1, 'nova/nova.conf');
    }, 'read again');
  });

  test('restarting the language server brings the findings of nodes back', async () => {
    const found = (): vscode.Diagnostic[] => vscode.languages.getDiagnostics(remote(compute1, 'etc/nova/nova.conf'));
    await until(() => found().length, 'findings');
    const gone = new Promise<void>((resolve) => {
      const listener = vscode.languages.onDidChangeDiagnostics(() => {
        if (found().length > 0) return;
        listener.dispose();
        resolve();
      });
    });
    await vscode.commands.executeCommand('livemig.restartServer');
    await gone;
    await until(() => found().length, 'back');
  });

  test('a node that leaves livemig.ini takes its findings along', async () => {
    const found = (): vscode.Diagnostic[] =>
      vscode.languages.getDiagnostics(remote(compute3, 'etc/default/libvirt-bin'));
    await vscode.commands.executeCommand('livemig.nodes.refresh', await nodeRow(compute3));
    await until(() => found().length, 'findings');
    const text = readFileSync(uriOf('livemig.ini').fsPath, 'utf8');
    await vscode.workspace.fs.writeFile(
      uriOf('livemig.ini'),
      new TextEncoder().encode(text.replace(/\[node jovi-compute3\]\n(?:.+\n)*/, '')),
    );
    await until(() => found().length === 0, 'gone');
    const [root] = await tree.getChildren();
    assert.ok(!(await tree.getChildren(root)).some((row) => row.node === compute3));
  });
});
