import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, findingAt, findings, open, restore, snapshot, until, uriOf } from './help';

const qemu = 'jovi-compute1/etc/libvirt/qemu.conf';
const nova1 = 'jovi-compute1/etc/nova/nova.conf';

const tabs = (): vscode.Tab[] => vscode.window.tabGroups.all.flatMap((group) => group.tabs);

suite('commands', () => {
  let originals: Map<string, Uint8Array>;
  suiteSetup(async () => {
    originals = await snapshot();
    await activated();
  });
  teardown(() => restore(originals));

  test('all are registered', async () => {
    const known = await vscode.commands.getCommands(true);
    const manifest = vscode.extensions.getExtension('livemig.livemig')!.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const missing = manifest.contributes.commands.map((c) => c.command).filter((c) => !known.includes(c));
    assert.deepEqual(missing, []);
  });

  test('the link behind a code opens the page of the rule', async () => {
    const document = await open(qemu);
    const finding = await until(() => findingAt(document, '“0.0.0.0″'), 'finding');
    assert.ok(typeof finding.code === 'object');
    const { target, value } = finding.code;
    await vscode.commands.executeCommand(target.path, ...(JSON.parse(target.query) as unknown[]));
    const name = String(value).split('/')[1]!;
    await until(
      () => tabs().some((t) => t.input instanceof vscode.TabInputWebview && t.label.includes(`${name}.md`)),
      `preview of ${name}.md among ${tabs()
        .map((t) => t.label)
        .join(', ')}`,
    );
  });

  for (const id of ['no/such-rule', '../../package', 'nova/../../README', 42])
    test(`no page is opened for ${id}`, async () => {
      const before = tabs().length;
      void vscode.commands.executeCommand('livemig.openRule', id);
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(tabs().length, before);
      await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    });

  test('the status item names the release and why', async () => {
    const api = await activated();
    await open(nova1);
    const status = await until(() => api.status(), 'status');
    assert.match(status.text, /^Grizzly$/i);
    assert.match(status.detail, /livemig\.ini/);
    assert.match(status.detail, /jovi-compute1/);
  });

  test('a setting for the release holds over what was found', async () => {
    const api = await activated();
    await open(nova1);
    const config = vscode.workspace.getConfiguration('livemig', uriOf(nova1));
    await config.update('release', 'zed', vscode.ConfigurationTarget.Workspace);
    try {
      await until(async () => /^zed$/i.test((await api.status())?.text ?? ''), 'Zed');
    } finally {
      await config.update('release', undefined, vscode.ConfigurationTarget.Workspace);
    }
    await until(async () => /^grizzly$/i.test((await api.status())?.text ?? ''), 'Grizzly again');
  });

  test('a rule is switched off by a setting', async () => {
    const document = await open(qemu);
    const finding = await until(() => findingAt(document, '“0.0.0.0″'), 'finding');
    assert.ok(typeof finding.code === 'object');
    const config = vscode.workspace.getConfiguration('livemig', document.uri);
    await config.update('rules', { [finding.code.value]: 'off' }, vscode.ConfigurationTarget.Workspace);
    try {
      await until(() => !findingAt(document, '“0.0.0.0″'), 'silent');
    } finally {
      await config.update('rules', undefined, vscode.ConfigurationTarget.Workspace);
    }
    await until(() => findingAt(document, '“0.0.0.0″'), 'back');
  });

  test('fix all in this file', async () => {
    const document = await open(qemu);
    await until(() => findingAt(document, '“0.0.0.0″'), 'finding');
    await vscode.commands.executeCommand('livemig.fixAll');
    await until(() => document.getText().includes('vnc_listen = "0.0.0.0"'), 'fixed');
  });

  test('fix all in the workspace repairs every file, unsaved', async () => {
    await until(() => findings(qemu).length, 'findings');
    const changed = await vscode.commands.executeCommand<number>('livemig.fixWorkspace');
    assert.ok(changed >= 5, `${changed} files`);
    const dirty = vscode.workspace.textDocuments.filter((d) => d.isDirty);
    assert.equal(dirty.length, changed);
    const { Information } = vscode.DiagnosticSeverity;
    await until(() => findings(qemu).every((d) => d.severity >= Information), 'repaired');
    assert.ok(!dirty.some((d) => d.uri.path.includes('/webapp/')));
  });

  test('restarting the server brings the findings back', async () => {
    await until(() => findings(qemu).length, 'findings');
    const gone = new Promise<void>((resolve) => {
      const listener = vscode.languages.onDidChangeDiagnostics(() => {
        if (findings(qemu).length > 0) return;
        listener.dispose();
        resolve();
      });
    });
    await vscode.commands.executeCommand('livemig.restartServer');
    await gone;
    await until(() => findings(qemu).length, 'back');
  });
});
