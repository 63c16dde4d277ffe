import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, codeOf, findingAt, findings, open, quickFixes, restore, snapshot, until, uriOf } from './help';

const exported = 'jovi-controller/etc/exports';
const passwd1 = 'jovi-compute1/etc/passwd';
const qemu = 'jovi-compute1/etc/libvirt/qemu.conf';
const defaults = 'jovi-compute1/etc/default/libvirt-bin';
const nova3 = 'jovi-compute3/etc/nova/nova.conf';

suite('actions', () => {
  let originals: Map<string, Uint8Array>;
  suiteSetup(async () => {
    originals = await snapshot();
    await activated();
  });
  teardown(() => restore(originals));

  test('the preferred quick fix repairs the line and clears the finding', async () => {
    const document = await open(qemu);
    const finding = await until(() => findingAt(document, '“0.0.0.0″'), 'finding');
    const fix = (await quickFixes(document, finding)).find((a) => a.isPreferred);
    assert.ok(fix?.edit, 'a preferred fix with an edit');
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    assert.ok(document.getText().includes('\nvnc_listen = "0.0.0.0"\n'));
    await until(() => !findingAt(document, 'vnc_listen = "0.0.0.0"'), 'cleared');
  });

  test('"suppress here" puts a comment above and silences this one finding', async () => {
    const document = await open(defaults);
    const finding = await until(() => findingAt(document, 'libvirtd_opts="-d"'), 'finding');
    const suppress = (await quickFixes(document, finding)).find((a) => a.title.startsWith(`Ignore ${codeOf(finding)}`));
    assert.ok(suppress?.command, 'a suppress action');
    assert.notEqual(suppress.isPreferred, true);
    const { command, arguments: args } = suppress.command;
    assert.equal(await vscode.commands.executeCommand(command, ...(args as unknown[]), 'tunnelled by ssh'), true);
    const line = document.positionAt(document.getText().indexOf('libvirtd_opts="-d"')).line;
    assert.equal(document.lineAt(line - 1).text, `# livemig: ignore ${codeOf(finding)} -- tunnelled by ssh`);
    await until(() => findingAt(document, 'libvirtd_opts="-d"')?.code !== finding.code, 'silent');
  });

  test('an exposure is accepted with a reason, one of the ways out', async () => {
    const document = await open(exported);
    const world = (): vscode.Diagnostic | undefined => findings(exported).find((d) => codeOf(d) === 'exports/world');
    const finding = await until(world, 'finding');
    const actions = await quickFixes(document, finding);
    const accept = actions.find((a) => a.title === 'Accept exports/world with a reason…');
    assert.ok(accept?.command, actions.map((a) => a.title).join(', '));
    assert.notEqual(accept.isPreferred, true);
    assert.ok(!actions.some((a) => a.title.startsWith('Ignore exports/world')), 'said once');
    const { command, arguments: args } = accept.command;
    assert.equal(await vscode.commands.executeCommand(command, ...(args as unknown[]), 'the lab is closed'), true);
    await until(() => !world(), 'accepted');
    assert.match(document.getText(), /^# livemig: ignore exports\/world -- the lab is closed\n\/var\/lib\/nova/m);
  });

  test('a rule is switched off in livemig.ini: for every host, closed files too', async () => {
    const document = await open(passwd1);
    const finding = await until(() => findings(passwd1)[0], 'finding');
    const rule = codeOf(finding);
    const title = `Switch ${rule} off for all hosts, in livemig.ini`;
    const off = (await quickFixes(document, finding)).find((a) => a.title === title);
    assert.ok(off?.edit, 'an action with an edit');
    assert.ok(await vscode.workspace.applyEdit(off.edit));
    await until(() => !findings(passwd1).some((d) => codeOf(d) === rule), 'silent');
    const ini = await vscode.workspace.openTextDocument(uriOf('livemig.ini'));
    assert.match(ini.getText(), new RegExp(`\\n\\[rules\\]\\n(.+\\n)*${rule} = off\\n`));
  });

  test('where there is no livemig.ini, one is made beside the hosts', async () => {
    const ini = originals.get('livemig.ini')!;
    await vscode.workspace.fs.delete(uriOf('livemig.ini'));
    try {
      const document = await open(exported);
      const rule = 'exports/world';
      const world = (): vscode.Diagnostic | undefined => findings(exported).find((d) => codeOf(d) === rule);
      const finding = await until(world, 'finding');
      const title = `Switch ${rule} off for all hosts, in a new livemig.ini`;
      const off = await until(
        async () => (await quickFixes(document, finding)).find((a) => a.title === title),
        'the action, as soon as the file is gone',
      );
      assert.ok(off.edit);
      assert.ok(await vscode.workspace.applyEdit(off.edit));
      await until(() => !world(), 'silent');
      const made = await vscode.workspace.openTextDocument(uriOf('livemig.ini'));
      assert.equal(made.getText(), `[rules]\n${rule} = off\n`);
      assert.equal(await vscode.workspace.applyEdit(off.edit), false, 'one that is there is never overwritten');
    } finally {
      await restore(new Map([['livemig.ini', ini]]));
    }
  });

  /** With settings of the editor for a while. */
  async function onSave(kinds: Record<string, string>, save: () => Promise<void>): Promise<void> {
    const config = vscode.workspace.getConfiguration('editor');
    await config.update('codeActionsOnSave', kinds, vscode.ConfigurationTarget.Global);
    try {
      await save();
    } finally {
      await config.update('codeActionsOnSave', undefined, vscode.ConfigurationTarget.Global);
    }
  }

  async function touchAndSave(): Promise<vscode.TextDocument> {
    const document = await open(nova3);
    // The editor takes a moment to see that the test before had its file put back.
    await until(() => document.getText().includes('live_migration_bandwith'), 'the file as it was');
    await until(() => findingAt(document, 'live_migration_bandwith'), 'finding');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), '# looked at\n');
    await vscode.workspace.applyEdit(edit);
    assert.ok(await document.save());
    return document;
  }

  for (const kind of ['source.fixAll.livemig', 'source.fixAll'])
    test(`fix all on save by ${kind}`, () =>
      onSave({ [kind]: 'explicit' }, async () => {
        const document = await touchAndSave();
        const text = document.getText();
        assert.ok(text.includes('\nlive_migration_bandwidth=0\n'), text);
        assert.ok(text.includes('\nlive_migration_uri=qemu+tcp://%s/system\n'), text);
        assert.equal(document.isDirty, false);
        const saved = new TextDecoder().decode(await vscode.workspace.fs.readFile(document.uri));
        assert.equal(saved, text, 'what was repaired is what lies on disk');
      }));

  test('a save repairs nothing that nobody asked for', () =>
    onSave({ 'source.organizeImports': 'explicit', 'source.fixAll.livemig': 'never' }, async () => {
      assert.ok((await touchAndSave()).getText().includes('live_migration_bandwith'));
    }));

  test('all problems of one rule: only those, by an edit that is made when it is chosen', async () => {
    const document = await open(nova3);
    const text = `[DEFAULT]\nmy_ip=10.0.0.1\n[libvirt]\nlive_migration_bandwith=0\nlive_migration_downtme=500\nlive_migration_uri=qemu+tcp://compute1/system\n`;
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
    await vscode.workspace.applyEdit(edit);
    const config = vscode.workspace.getConfiguration('livemig', document.uri);
    await config.update('release', 'zed', vscode.ConfigurationTarget.Workspace);
    try {
      const finding = await until(() => {
        const one = findingAt(document, 'live_migration_downtme');
        return one && codeOf(one) === 'nova/unknown-option' ? one : undefined;
      }, 'finding');
      const title = `Fix all 'nova/unknown-option' problems in this file`;
      const all = await until(async () => {
        const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
          'vscode.executeCodeActionProvider',
          document.uri,
          finding.range,
          vscode.CodeActionKind.QuickFix.value,
          50, // that many are resolved
        );
        return actions.find((a) => a.title === title);
      }, title);
      assert.ok(all.edit);
      assert.ok(await vscode.workspace.applyEdit(all.edit));
      assert.equal(document.getText(), text.replace('bandwith', 'bandwidth').replace('downtme', 'downtime'));
    } finally {
      await config.update('release', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  test('a save without trouble is not held up', async () => {
    const document = await open('jovi-compute3/etc/default/libvirt-bin');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), '#\n');
    await vscode.workspace.applyEdit(edit);
    const start = Date.now();
    assert.ok(await document.save());
    assert.ok(Date.now() - start < 1000, `${Date.now() - start} ms`);
  });
});
