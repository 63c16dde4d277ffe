// What a user does with instances: a real VS Code, over SSH, moves real guests between the nodes of the lab.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { noLab, startLab, type Lab } from '../lab/lab';
import { removeGuests, startGuest, stateOn } from '../migration/guests';
import { Desk, until } from './help';

/** Writes a few hundred KiB a second, in 16 MiB: it fits through a narrow way, on a busy machine, too. */
const QUIET = { dirty: 16, delay: 60_000 };
const LIBVIRTD = '/etc/libvirt/libvirtd.conf';
const desk = new Desk();

describe('migrations', { skip: noLab }, () => {
  let lab: Lab;
  before(
    async () => {
      lab = await startLab(['compute1', 'compute2']);
      await desk.start({ 'livemig.nodes.sshConfig': lab.file('ssh_config') });
    },
    { timeout: 120_000 },
  );
  after(async () => {
    await desk.stop();
    await lab.stop();
  });
  beforeEach(() =>
    desk.open((folder) => {
      mkdirSync(folder, { recursive: true });
      const text = readFileSync(lab.file('livemig.ini'), 'utf8');
      writeFileSync(path.join(folder, 'livemig.ini'), `[cloud]\nname = lab\ndriver = libvirt\n${text}`);
    }),
  );
  afterEach(async (t) => {
    await desk.close(Boolean((t as { error?: unknown }).error), t.name);
    await removeGuests(lab);
  });

  const view = (name: string) => desk.page.locator('.pane').filter({ has: desk.page.getByLabel(`${name} Section`) });
  const rows = () => view('Nodes').locator('.monaco-list-row');
  const row = (text: string | RegExp) => rows().filter({ hasText: text }).first();
  const migration = (text: string | RegExp) => view('Migrations').locator('.monaco-list-row').filter({ hasText: text });
  const picks = () => desk.page.locator('.quick-input-list .monaco-list-row');
  const toast = (text: string | RegExp) => desk.page.locator('.notification-toast').filter({ hasText: text });
  const dialog = () => desk.page.locator('.monaco-dialog-box');

  /** The tree with the instances of both nodes, and nothing else of them. */
  async function openView(): Promise<void> {
    const { page } = desk;
    await page.getByRole('tab', { name: 'Live Migration' }).click();
    for (const node of ['compute1', 'compute2']) {
      const group = async (name: string) => {
        const names = await rows().allInnerTexts();
        const start = names.findIndex((n) => n.startsWith(node));
        const below = names.slice(start).findIndex((n) => n.startsWith(name));
        return below < 0 ? undefined : rows().nth(start + below);
      };
      await row(new RegExp(`^${node}`)).waitFor();
      await row(new RegExp(`^${node}`)).click();
      await until(async () => (await group('Instances')) !== undefined, `${node} is read`);
      await (await group('Files'))!.click();
      await until(async () => (await group('Instances')) !== undefined);
      await (await group('Instances'))!.click();
    }
  }

  async function chooseInMenu(instance: string): Promise<void> {
    await row(instance).click({ button: 'right' });
    // A menu takes no click in its first moment.
    const item = desk.page.locator('.monaco-menu .action-item', { hasText: 'Live Migrate…' });
    await item.waitFor();
    await until(async () => {
      await item.click({ timeout: 500 }).catch(() => undefined);
      return (await item.count()) === 0;
    }, 'chosen in the menu');
    await picks().first().waitFor();
  }

  /** Rows of the tree from a node's own to the next node's. */
  async function below(node: string): Promise<string> {
    const names = await rows().allInnerTexts();
    const start = names.findIndex((n) => n.startsWith(node));
    const next = names.findIndex((n, i) => i > start && /^compute\d/.test(n));
    return names.slice(start, next < 0 ? undefined : next).join('\n');
  }

  async function withListening(value: 0 | 1): Promise<void> {
    await lab.must('compute2', ['sed', '-i', `s/^listen_tcp.*/listen_tcp = ${value}/`, LIBVIRTD]);
    await lab.must('compute2', ['/run/lab/restart-libvirtd']);
  }

  test('right-click, the list of destinations, the way, and the instance under its new node', async () => {
    const guest = await startGuest(lab, 'compute1', 'web1', QUIET);
    await openView();
    await chooseInMenu('web1');
    await picks()
      .filter({ hasText: /compute2/ })
      .click();
    if ((await dialog().count()) > 0) await dialog().getByRole('button', { name: 'Migrate' }).click();
    await toast(/web1 is on compute2 now/).waitFor();
    assert.equal(await stateOn(lab, 'compute2', guest), 'running (migrated)');
    assert.equal(await stateOn(lab, 'compute1', guest), undefined);
    await until(async () => (await below('compute2')).includes('web1'), 'under compute2');
    await until(async () => !(await below('compute1')).includes('web1'), 'not under compute1');
    await migration(/web1.*compute1 → compute2, completed/s).waitFor();
    await desk.shot('migrated');
  });

  test('a drop on a node, a narrow way by the options, how it runs, and abort', async () => {
    const { page } = desk;
    const guest = await startGuest(lab, 'compute1', 'db1', QUIET);
    await openView();
    await row('db1').dragTo(row(/^compute2/));
    await picks().filter({ hasText: 'compute2' }).waitFor();
    await page.locator('.quick-input-titlebar .codicon-gear').click();
    await picks().filter({ hasText: 'Limit the bandwidth' }).click();
    await desk.shot('migrate-options');
    await page.locator('.quick-input-action').getByText('OK').click();
    await page.locator('.quick-input-widget').getByText('MiB per second').waitFor();
    await page.keyboard.type('2');
    await page.keyboard.press('Enter');
    await picks().filter({ hasText: 'compute2' }).waitFor();
    assert.match((await page.locator('.quick-input-widget input[type=text]').getAttribute('placeholder'))!, /2 MiB\/s/);
    await page.keyboard.press('Enter');
    if ((await dialog().count()) > 0) await dialog().getByRole('button', { name: 'Migrate' }).click();
    await migration(/db1.*compute1 → compute2, \d+ %/s).waitFor();
    const running = toast(/db1, compute1 → compute2/);
    await running.filter({ hasText: /sending memory · \d+ % of 1\d\d MiB/ }).waitFor();
    await row(/db1.*migrating/s).waitFor();
    await desk.shot('migrating');
    await running.hover();
    await running.getByRole('button', { name: 'Cancel' }).click();
    await dialog().getByRole('button', { name: 'Abort the Migration' }).click();
    await toast(/The migration of db1 was aborted\. It runs on, on compute1/).waitFor();
    await migration(/db1.*aborted/s).waitFor();
    assert.match((await stateOn(lab, 'compute1', guest))!, /^running/);
    assert.equal(await stateOn(lab, 'compute2', guest), undefined);
  });

  test('the window is reloaded meanwhile: the migration that runs is found, and watched to its end', async () => {
    const { page } = desk;
    const guest = await startGuest(lab, 'compute1', 'web3', { dirty: 64, delay: 60_000 });
    const speed = (limit: number) =>
      lab.must('compute1', ['virsh', '-q', 'migrate-setspeed', guest.uuid, String(limit)]);
    await speed(1);
    await openView();
    await chooseInMenu('web3');
    await picks()
      .filter({ hasText: /compute2/ })
      .click();
    if ((await dialog().count()) > 0) await dialog().getByRole('button', { name: 'Migrate' }).click();
    const running = migration(/web3.*compute1 → compute2, \d+ %/s);
    await running.waitFor();
    await page.reload({ waitUntil: 'commit' });
    const tab = page.getByRole('tab', { name: 'Live Migration' });
    await tab.waitFor({ timeout: 60_000 });
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    await running.waitFor();
    assert.equal(await migration('web3').count(), 1);
    await speed(1000);
    await migration(/web3.*compute1 → compute2, completed/s).waitFor();
    assert.equal(await migration('web3').count(), 1);
    assert.equal(await stateOn(lab, 'compute2', guest), 'running (migrated)');
    assert.equal(await stateOn(lab, 'compute1', guest), undefined);
  });

  test('one that will fail says why before; begun anyway it is explained, down to the line', async () => {
    const { page } = desk;
    await withListening(0);
    try {
      const guest = await startGuest(lab, 'compute1', 'web2', QUIET);
      await openView();
      await chooseInMenu('web2');
      const blocked = picks().filter({ hasText: /compute2.*blocked/s });
      await blocked.waitFor();
      await blocked.hover();
      await toast('Looking where').waitFor({ state: 'detached' });
      await desk.shot('destinations');
      await blocked.click();
      await dialog().waitFor();
      assert.match(await dialog().innerText(), /listen_tcp/);
      await desk.shot('blocked');
      await dialog().getByRole('button', { name: 'Migrate Anyway…' }).click();
      await page.locator('.quick-input-widget').getByText('Type compute2').waitFor();
      await page.keyboard.type('compute1');
      await page.keyboard.press('Enter');
      await page.locator('.quick-input-widget').getByText('That is not compute2').waitFor();
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type('compute2');
      await page.keyboard.press('Enter');
      const failed = toast(/web2 could not be migrated: compute1 → compute2.*libvirtd\.conf, line \d+/);
      await failed.waitFor();
      await desk.shot('explained');
      assert.match((await stateOn(lab, 'compute1', guest))!, /^running/);
      await failed.getByRole('button', { name: 'Show Cause' }).click();
      // Of several findings the likeliest is the first.
      const active = page.locator('.tab.active', { hasText: 'libvirtd.conf' });
      await active.or(picks().first()).first().waitFor();
      if ((await active.count()) === 0) await picks().first().click();
      await active.waitFor();
      const line = lab.read('compute2', LIBVIRTD).split('\n').indexOf('listen_tcp = 0') + 1;
      await page.locator('.statusbar').getByText(`Ln ${line}, Col`).waitFor();
      await page.locator('.squiggly-error').first().waitFor({ state: 'attached' });
      await desk.shot('cause');
      await migration(/web2.*failed/s).waitFor();
    } finally {
      await withListening(1);
    }
  });
});
