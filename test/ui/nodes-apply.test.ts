// The way of a user with a node that is new to him, over real nodes: added, its key taken, its file repaired, applied.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { noLab, startLab, type Lab } from '../lab/lab';
import { LIBVIRTD } from '../migration/guests';
import { quickFixes } from '../tools/workbench.mjs';
import { Desk, until } from './help';
import { NodesView } from './view';

const desk = new Desk();
const view = new NodesView(desk);

describe('a node of the lab', { skip: noLab }, () => {
  let lab: Lab;
  let folder = '';
  before(
    async () => {
      lab = await startLab(['compute1', 'compute2']);
      writeFileSync(lab.file('known_here'), '');
      const config = readFileSync(lab.file('ssh_config'), 'utf8').replace(
        lab.file('known_hosts'),
        lab.file('known_here'),
      );
      writeFileSync(lab.file('ssh_config_here'), config);
      await desk.start({ 'livemig.nodes.sshConfig': lab.file('ssh_config_here') });
    },
    { timeout: 600_000 },
  );
  after(async () => {
    await desk.stop();
    await lab.stop();
  });
  afterEach((t) => desk.close(Boolean((t as { error?: unknown }).error), t.name));

  /** Whether somebody listens on libvirt's port, asked on the node. */
  const listens = async () => (await lab.must('compute1', ['ss', '-Hltn'])).includes(':16509 ');

  test('added, its host key taken, its file repaired, saved and applied: the daemon listens', async () => {
    await lab.must('compute1', ['sed', '-i', '/^listen_tcp/d', LIBVIRTD]);
    await lab.must('compute1', ['/run/lab/restart-libvirtd']);
    assert.equal(await listens(), false);
    await desk.open((opened) => {
      folder = opened;
      mkdirSync(opened, { recursive: true });
      writeFileSync(path.join(opened, 'livemig.ini'), '[cloud]\nname = lab\n\n[rules]\nlibvirtd/auth-tcp-none = off\n');
    });
    const { page } = desk;
    await view.show();

    const ways = view.pane.locator('.welcome-view-content');
    await ways.waitFor();
    await ways.getByRole('button', { name: 'Add Node…' }).click();
    await view.answer('Address of the node', `root@${lab.address('compute1')}`);
    await view.answer('Name of the node', 'compute1');
    await view.answer('Account to log in with');
    await view.answer('Add Node (4/4)');
    await page.locator('.tab.active', { hasText: 'livemig.ini' }).waitFor();
    const ini = readFileSync(path.join(folder, 'livemig.ini'), 'utf8');
    assert.ok(
      ini.includes(`[node compute1]\naddress = ${lab.address('compute1')}\nuser = root\nroles = compute\n`),
      ini,
    );

    await view.row(/^compute1/).click();
    await view.dialog.waitFor();
    const print = await lab.must('compute1', ['ssh-keygen', '-lf', '/etc/ssh/ssh_host_ed25519_key.pub']);
    assert.ok((await view.dialog.innerText()).includes(print.split(' ')[1]!));
    await view.dialog.getByRole('button', { name: 'Trust and Connect' }).click();
    await view.row('libvirtd.conf').waitFor();
    assert.ok(readFileSync(lab.file('known_here'), 'utf8').startsWith(`${lab.address('compute1')} `));

    await view.row('libvirtd.conf').click();
    const squiggle = page.locator('.squiggly-error').first();
    await squiggle.waitFor({ state: 'attached' });
    const actions = page.locator('.action-widget .monaco-list-row.action');
    await quickFixes(page, page.locator('.editor-instance .view-line').getByText('listen_tls'), actions.first());
    await page.keyboard.press('Enter');
    await page.locator('.editor-instance .view-line').getByText('listen_tcp').waitFor();
    await page.keyboard.press('Control+s');
    await until(() => /^listen_tcp = 1$/m.test(lab.read('compute1', LIBVIRTD)), 'saved on the node');
    assert.equal(await listens(), false);
    const offer = view.toast('libvirtd.conf is saved on compute1');
    await offer.waitFor();
    await offer.getByRole('button', { name: 'Apply…' }).click();
    await view.dialog.waitFor();
    assert.match(await view.dialog.innerText(), /service libvirtd restart/);
    await view.dialog.getByRole('button', { name: 'Apply', exact: true }).click();
    const progress = view.toast('Applying on compute1');
    await progress.filter({ hasText: 'is up and stays so' }).waitFor();
    await desk.shot('apply');
    await view.toast('Applied on compute1.').waitFor();
    assert.equal(await listens(), true);
    // That nobody listens, though the file says so, was a finding until then.
    await squiggle.waitFor({ state: 'detached' });
    await until(async () => !/problem/.test(await view.row(/^compute1/).innerText()), 'no problem any more');
  });

  test('a finding that is more than a file: the plan, run step by step, and verified', async () => {
    // As Debian's installer writes a host's own name, and people copy it.
    await lab.must('compute1', [
      'sh',
      '-c',
      'sed "s/^.* compute2.lab/127.0.1.1 compute2.lab/" /etc/hosts >/run/lab/hosts && cat /run/lab/hosts >/etc/hosts',
    ]);
    writeFileSync(lab.file('known_here'), readFileSync(lab.file('known_hosts')));
    await desk.open((opened) => {
      mkdirSync(opened, { recursive: true });
      writeFileSync(
        path.join(opened, 'livemig.ini'),
        `[cloud]\nname = lab\n${readFileSync(lab.file('livemig.ini'), 'utf8')}`,
      );
    });
    const { page } = desk;
    await view.show();
    await view.row(/^compute2/).waitFor();
    await view.unfold(/^compute2/);
    await view.row('libvirtd.conf').waitFor();
    await view.fold(/^compute2/);
    await view.unfold(/^compute1/);
    await view.row(/^hosts/).click();
    const squiggle = page.locator('.squiggly-error, .squiggly-warning').first();
    await squiggle.waitFor({ state: 'attached' });
    const repair = page.locator('.action-widget .monaco-list-row.action').filter({ hasText: 'Repair on the nodes…' });
    await quickFixes(page, page.locator('.editor-instance .view-line').getByText('compute2.lab'), repair);
    await repair.click();
    await view.dialog.waitFor();
    assert.match(await view.dialog.innerText(), /Write etc\/hosts/);
    await desk.shot('repair');
    await view.dialog.getByRole('button', { name: 'Repair', exact: true }).click();
    await view.toast(/Done: .* The finding is gone\./).waitFor();
    await squiggle.waitFor({ state: 'detached' });
    assert.equal((await lab.must('compute1', ['getent', 'hosts', 'compute2'])).split(' ')[0], lab.address('compute2'));
  });
});
