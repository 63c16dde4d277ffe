// What else a user does with nodes: by keyboard, with several, on files, with secrets, and where he is not trusted.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { keygen, noSshd, startSshd, type Sshd } from '../fleet/sshd';
import { command } from '../tools/workbench.mjs';
import { Desk, until } from './help';
import { Lab } from './lab';
import { NodesView } from './view';

const compute1 = 'jovi-compute1';
const compute3 = 'jovi-compute3';
const QEMU = 'libvirt/qemu.conf';
const PASSPHRASE = 'sesame-of-the-tests';
/** One that is typed first, and taken for the password by mistake. */
const MISTAKEN = 'mistaken-of-the-tests';

describe('more about nodes', { skip: noSshd }, () => {
  const desk = new Desk();
  const view = new NodesView(desk);
  const lab = new Lab();
  let folder = '';
  let locked: Sshd;
  let gate: Sshd;
  let late: Sshd | undefined;
  let broken = false;

  before(
    async () => {
      await lab.start([compute1, compute3]);
      locked = await startSshd(path.dirname(lab.sshConfig), {
        keys: [keygen(lab.file('locked'), 'ed25519', PASSPHRASE)],
      });
      gate = await startSshd(path.dirname(lab.sshConfig));
      const host = (name: string, { port }: Sshd, ...more: string[]): string =>
        [`Host ${name}`, 'HostName 127.0.0.1', `Port ${port}`, 'IdentitiesOnly yes', ...more].join('\n  ');
      const own = [
        host('locked', locked, 'User root', `IdentityFile ${lab.file('locked')}`),
        host('gate', gate, 'User op', 'IdentityFile none'),
      ];
      // The first of two values counts: those for all come last.
      const all = `Host *\n  UserKnownHostsFile ${lab.file('known_hosts')}\n  IdentityFile ${lab.file('id')}\n  IdentityAgent none\n`;
      writeFileSync(lab.sshConfig, `${own.join('\n')}\n${all}`);
      lab.trust(compute1, compute3);
      for (const { port, hostKey } of [locked, gate]) know(port, hostKey);
      await desk.start({
        'livemig.nodes.sshConfig': lab.sshConfig,
        'terminal.integrated.gpuAcceleration': 'off',
      });
      await desk.open((opened) => {
        folder = opened;
        lab.fill(opened);
        writeFileSync(
          path.join(opened, 'hosts'),
          '[computes]\njovi-compute7 ansible_host=192.0.2.7 ansible_user=ops\n',
        );
      });
      await view.show();
      await view.row(compute1).waitFor();
    },
    { timeout: 600_000 },
  );
  after(async () => {
    await desk.close(broken, 'more about nodes');
    await desk.stop();
    for (const sshd of [locked, gate, late]) await sshd?.stop();
    await lab.stop();
  });
  afterEach(async (t) => {
    const { error } = t as { error?: unknown };
    if (error !== undefined && !broken) await desk.shot(`failed-${t.name.replace(/\W+/g, '-')}`).catch(() => undefined);
    broken ||= error !== undefined;
  });

  const know = (port: number, hostKey: string): void =>
    appendFileSync(lab.file('known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  const inventory = () => desk.read('livemig.ini');
  const logins = (name: string) => lab.nodes.get(name)!.sshd.log().split('Starting session').length;

  test('by keyboard: expanded, and an action of its menu', async () => {
    const { page } = desk;
    await command(page, 'Focus on Nodes View');
    await page.keyboard.press('Home');
    const focused = view.pane.locator('.monaco-list-row.focused');
    await until(async () => {
      await page.keyboard.press('ArrowDown');
      return (await focused.innerText()).startsWith(compute1);
    }, 'reached by the arrow keys');
    await page.keyboard.press('ArrowRight');
    await view.row('qemu.conf').waitFor();
    await page.keyboard.press('Shift+F10');
    const menu = page.locator('.monaco-menu');
    await menu.waitFor();
    await until(async () => {
      await page.keyboard.press('ArrowDown');
      return (await menu.locator('.action-item.focused').innerText()).includes('Open in livemig.ini');
    }, 'reached in the menu');
    await page.keyboard.press('Enter');
    await page.locator('.tab.active', { hasText: 'livemig.ini' }).waitFor();
  });

  test('several at once are read again', async () => {
    const before = [logins(compute1), logins(compute3)];
    await view.fold(compute1);
    await view.row(compute1).click();
    await view.fold(compute1);
    await view.row(compute3).click({ modifiers: ['ControlOrMeta'] });
    await view.choose(view.row(compute3), 'Refresh Node');
    await until(() => logins(compute1) > before[0]! && logins(compute3) > before[1]!, 'both are read');
    await view.unfold(compute3);
    await view.row('qemu.conf').waitFor();
    await view.fold(compute3);
  });

  test('a file beside that of another node; saved, and its version before put back', async () => {
    const { page } = desk;
    await view.unfold(compute1);
    await view.choose(view.row('qemu.conf'), 'Compare with Node…');
    await view.picks.filter({ hasText: compute3 }).click();
    await page.locator('.tab.active', { hasText: `qemu.conf: ${compute1} ↔ ${compute3}` }).waitFor();
    await page.locator('.diff-hidden-lines, .editor.modified .view-line').first().waitFor();
    await desk.shot('compare');

    const before = lab.read(compute1, QEMU);
    await view.row('qemu.conf').dblclick();
    await page.locator('.tab.active', { hasText: /^qemu\.conf(?!:)/ }).waitFor();
    await page.locator('.editor-instance .monaco-editor.focused').waitFor();
    await page.keyboard.press('ControlOrMeta+Home');
    await page.keyboard.type('# new\n');
    await page.keyboard.press('ControlOrMeta+s');
    await until(() => lab.read(compute1, QEMU) === `# new\n${before}`, 'saved on the node');
    await view.choose(view.row('qemu.conf'), 'Restore Previous Version…');
    await view.dialog.waitFor();
    await desk.shot('restore');
    await view.dialog.getByRole('button', { name: 'Restore' }).click();
    await until(() => lab.read(compute1, QEMU) === before, 'put back on the node');
    await view.toast(/qemu\.conf on jovi-compute1 is the version of/).waitFor();
  });

  test('a terminal on a node', async () => {
    const { page } = desk;
    await view.choose(view.row(compute1), 'Open Terminal on Node');
    const screen = page.locator('.terminal-wrapper.active .xterm-rows');
    await screen.getByText(/[#$]/).first().waitFor();
    await page.locator('.terminal-wrapper.active .xterm').click();
    await page.keyboard.type('echo $((6 * 7)) | tee /etc/answer\n');
    await until(async () => /^42\s*$/m.test((await screen.locator('div').allInnerTexts()).join('\n')), 'answered');
    assert.equal(lab.read(compute1, 'answer'), '42\n');
    await desk.shot('terminal');
    await page.keyboard.type('exit\n');
    await page.locator('.terminal-wrapper.active').waitFor({ state: 'detached' });
  });

  test('hosts of the SSH configuration; the passphrase of a key, a password: asked, and kept in no file', async () => {
    const { page } = desk;
    await command(page, 'Import Nodes from SSH Config…');
    await view.picks.filter({ hasText: 'locked' }).click();
    await view.picks.filter({ hasText: 'gate' }).click();
    await page.locator('.quick-input-widget').getByText('2 Selected').waitFor();
    await desk.shot('import-ssh');
    await page.keyboard.press('Enter');
    await until(() => /\[node locked\]/.test(inventory()) && /\[node gate\]/.test(inventory()), 'written');

    const box = page.locator('.quick-input-widget');
    const asked = async (row: string, title: string, wrong: string, right: string): Promise<void> => {
      await view.row(row).click();
      await box.filter({ hasText: title }).waitFor();
      assert.equal(await view.input.getAttribute('type'), 'password');
      await desk.shot(`asked-${row}`);
      await view.answer(title, MISTAKEN);
      await box.filter({ hasText: wrong }).waitFor();
      await view.answer(wrong, right);
    };
    await view.fold(compute1);
    await asked('locked', `Passphrase of ${lab.file('locked')}`, 'That was not the passphrase', PASSPHRASE);
    await view.row(/^passwd/).waitFor();
    await view.fold(/^locked/);
    await asked('gate', 'Password of op@127.0.0.1', 'did not take that password', 'lab');
    await view.row(/^passwd/).waitFor();
    await view.fold(/^gate/);

    assert.doesNotMatch(inventory(), /sesame|mistaken/);
    // What was logged is on the disk a moment later.
    // That grep finds what is there.
    assert.notDeepEqual(grep('livemig.nodes.sshConfig', desk.profile), []);
    assert.deepEqual(grep(`${PASSPHRASE}\\|${MISTAKEN}`, desk.profile), []);
  });

  test('hosts of an inventory of Ansible', async () => {
    const { page } = desk;
    await command(page, 'Import Nodes from Ansible Inventory…');
    await page.locator('.quick-input-widget').filter({ hasText: 'Ansible inventory' }).waitFor();
    // What is typed before the folder is listed gives way to it.
    await view.picks.filter({ hasText: 'livemig.ini' }).waitFor();
    await view.input.fill(path.join(folder, 'hosts'));
    await page.keyboard.press('Enter');
    const row = view.picks.filter({ hasText: 'jovi-compute7' });
    await row.click();
    await page.locator('.quick-input-widget').getByText('1 Selected').waitFor();
    await page.keyboard.press('Enter');
    await until(() => inventory().includes('[node jovi-compute7]\naddress = 192.0.2.7\nuser = ops\n'), 'written');
  });

  test('a node that is away, and back', async () => {
    await view.fold(compute1);
    await view.unfold('jovi-compute4');
    const retry = view.row('unreachable – retry');
    await retry.waitFor();
    late = await startSshd(path.dirname(lab.sshConfig), { port: lab.goneAt, keys: [lab.key] });
    know(late.port, late.hostKey);
    await retry.click();
    await view.row(/^passwd/).waitFor();
  });
});

describe('nodes of a folder that is not trusted', { skip: noSshd }, () => {
  const desk = new Desk();
  const view = new NodesView(desk);
  const lab = new Lab();
  before(
    async () => {
      await lab.start([compute1]);
      lab.trust(compute1);
      const settings = {
        'livemig.nodes.sshConfig': lab.sshConfig,
        'security.workspace.trust.startupPrompt': 'never',
        'security.workspace.trust.banner': 'never',
        // The page on which trust is given would cover the tree.
        'workbench.editor.useModal': 'off',
      };
      await desk.start(settings, true);
    },
    { timeout: 600_000 },
  );
  after(async () => {
    await desk.stop();
    await lab.stop();
  });

  test('nothing is dialled, and it says why; trusted, the tree is there', async (t) => {
    await desk.open((opened) => lab.fill(opened));
    try {
      const { page } = desk;
      const { sshd } = lab.nodes.get(compute1)!;
      await view.show();
      const words = view.pane.locator('.welcome-view-content');
      await words.getByText('no node is reached').waitFor();
      await desk.shot('untrusted');
      await command(page, 'livemig: Refresh All Nodes');
      await view.toast('Nodes are reached only from a trusted workspace').waitFor();
      assert.doesNotMatch(sshd.log(), /Connection from/);
      await words.getByRole('button', { name: 'Manage Workspace Trust' }).click();
      await page.getByRole('button', { name: 'Trust', exact: true }).click();
      await page.getByText('You trust this folder').waitFor();
      await view.unfold(compute1);
      await view.row('qemu.conf').waitFor();
      assert.match(sshd.log(), /Connection from/);
      await desk.close(false, t.name);
    } catch (error) {
      await desk.close(true, t.name);
      throw error;
    }
  });
});

/** Files below a folder in which there is such a text. */
function grep(what: string, where: string): readonly string[] {
  try {
    return execFileSync('grep', ['-rla', '--', what, where], { encoding: 'utf8' }).trim().split('\n');
  } catch (error) {
    if ((error as { status?: number }).status === 1) return [];
    throw error;
  }
}
