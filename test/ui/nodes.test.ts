// What a user does with nodes, in a real VS Code, over real sshds whose /etc is the demo's.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { noSshd } from '../fleet/sshd';
import { problems, pressUntil, showProblems } from '../tools/workbench.mjs';
import { Desk, until } from './help';
import { Lab } from './lab';

const desk = new Desk();
const lab = new Lab();
const compute1 = 'jovi-compute1';
const compute3 = 'jovi-compute3';

describe('nodes', { skip: noSshd }, () => {
  before(
    async () => {
      await lab.start([compute1, compute3, 'jovi-controller']);
      await desk.start({ 'livemig.nodes.sshConfig': lab.sshConfig });
    },
    { timeout: 600_000 },
  );
  after(async () => {
    await desk.stop();
    await lab.stop();
  });
  beforeEach(() => desk.open((folder) => lab.fill(folder)));
  afterEach((t) => desk.close(Boolean((t as { error?: unknown }).error), t.name));

  const rows = () => desk.page.locator('.pane-body .customview-tree .monaco-list-row');
  const row = (text: string | RegExp) => rows().filter({ hasText: text }).first();

  async function openView(): Promise<void> {
    await desk.page.getByRole('tab', { name: 'Live Migration' }).click();
    await row(compute1).waitFor();
  }

  test('the tree, the host key question, a file with findings, its repair on the node', async () => {
    const { page } = desk;
    lab.trust();
    await openView();
    await row(compute1).click();
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.waitFor();
    assert.match(await dialog.innerText(), /SHA256:[\w+/]{43}/);
    await desk.shot('host-key');
    await dialog.getByRole('button', { name: 'Trust and Connect' }).click();
    await row('libvirtd.conf').waitFor();
    assert.ok(lab.knownHosts.includes(lab.nodes.get(compute1)!.sshd.hostKey));

    const qemu = 'libvirt/qemu.conf';
    assert.ok(lab.read(compute1, qemu).includes('“0.0.0.0″'));
    await row('qemu.conf').click();
    await page.locator('.squiggly-error').first().waitFor({ state: 'attached' });
    await row(/jovi-compute1.*\d+ problems/).waitFor();
    await page.locator('.editor-instance .view-lines').click(); // the pointer away from the tree
    await desk.shot('tree');
    await showProblems(page);
    const problem = problems(page).filter({ hasText: /\[Ln 12, Col \d+\]/ });
    await problem.first().dblclick();
    await page.locator('.editor-instance .monaco-editor.focused').waitFor();
    await desk.shot('remote-file');
    await pressUntil(page, 'Control+.', page.locator('.action-widget .monaco-list-row.action').first());
    await page.keyboard.press('Enter'); // the preferred fix is the first
    await problem.first().waitFor({ state: 'detached' });
    await page.keyboard.press('Control+s');
    await until(() => lab.read(compute1, qemu).includes('\nvnc_listen = "0.0.0.0"\n'), 'saved on the node');
    await page.locator('.tab.active.dirty').waitFor({ state: 'detached' });

    // Somebody else changes it meanwhile, to the same length: VS Code's own choice between both.
    const theirs = lab.read(compute1, qemu).replace('0.0.0.0', '1.1.1.1');
    lab.write(compute1, qemu, theirs);
    await page.locator('.editor-instance .monaco-editor .view-line').first().click();
    await page.keyboard.type('# mine');
    await page.keyboard.press('Control+s');
    const conflict = page.locator('.notification-toast').filter({ hasText: 'The content of the file is newer' });
    await conflict.waitFor();
    assert.equal(lab.read(compute1, qemu), theirs);
    await desk.shot('conflict');
    await conflict.getByRole('button', { name: 'Overwrite' }).click();
    await until(() => lab.read(compute1, qemu).includes('# mine'), 'overwritten, now that it was said');
  });

  test('a node that cannot be reached says so, and holds up nobody', async () => {
    lab.trust(compute1, compute3, 'jovi-controller');
    await openView();
    await row('jovi-compute4').click();
    await row('unreachable – retry').waitFor();
    await row(compute3).click();
    await row('libvirtd.conf').waitFor();
    await desk.shot('unreachable');
  });
});
