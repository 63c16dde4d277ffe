// Pages of ours in a real VS Code: the matrix of the lab, the chart of a migration that runs, the drain of a node.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { noLab, startLab, type Lab } from '../lab/lab';
import { removeGuests, startGuest, stateOn } from '../migration/guests';
import { command } from '../tools/workbench.mjs';
import { Desk, until } from './help';

const QUIET = { dirty: 16, delay: 60_000 };
/** Writes more than 2 MiB a second. */
const BUSY = { dirty: 64, delay: 100 };
const LIBVIRTD = '/etc/libvirt/libvirtd.conf';
const desk = new Desk();

describe('pages, the chart too', { skip: noLab }, () => {
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

  /** What is in the page that is seen. */
  const shown = () => desk.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  const view = (name: string) => desk.page.locator('.pane').filter({ has: desk.page.getByLabel(`${name} Section`) });
  const row = (text: string | RegExp) => view('Nodes').locator('.monaco-list-row').filter({ hasText: text }).first();
  const migration = (text: string | RegExp) => view('Migrations').locator('.monaco-list-row').filter({ hasText: text });
  const toast = (text: string | RegExp) => desk.page.locator('.notification-toast').filter({ hasText: text });
  const dialog = () => desk.page.locator('.monaco-dialog-box');
  const picks = () => desk.page.locator('.quick-input-list .monaco-list-row');

  const openView = () => desk.page.getByRole('tab', { name: 'Live Migration' }).click();

  async function withListening(value: 0 | 1): Promise<void> {
    await lab.must('compute2', ['sed', '-i', `s/^listen_tcp.*/listen_tcp = ${value}/`, LIBVIRTD]);
    await lab.must('compute2', ['/run/lab/restart-libvirtd']);
  }

  test('the matrix: a cell says why, by mouse and by keys, and leads to the line', async () => {
    const { page } = desk;
    await withListening(0);
    try {
      await openView();
      await command(page, 'livemig: Migration Matrix');
      const cell = shown().getByRole('gridcell', { name: /^compute1 to compute2: blocked/ });
      await cell.waitFor({ timeout: 60_000 });
      assert.equal(await cell.innerText(), '✕');
      assert.equal(
        await shown()
          .getByRole('gridcell', { name: /compute1 to compute1/ })
          .innerText(),
        '–',
      );
      await cell.click();
      const finding = shown().locator('#details li', { hasText: 'listen_tcp' }).first();
      await finding.waitFor();
      await desk.shot('matrix');
      // One cell can be reached by Tab; arrows go to the others.
      assert.equal(await shown().locator('td[tabindex="0"]').count(), 1);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowLeft');
      const focused = () => shown().locator('td:focus').getAttribute('aria-label');
      await until(async () => /^compute2 to compute1/.test((await focused()) ?? ''), 'the other cell has the focus');
      await page.keyboard.press('Enter');
      await shown()
        .getByRole('heading', { name: /^compute2 to compute1/ })
        .waitFor();
      await cell.click();
      await finding.getByRole('button', { name: /compute2: libvirtd\.conf, line \d+/ }).click();
      await page.locator('.tab.active', { hasText: 'libvirtd.conf' }).waitFor();
      await page.locator('.view-line', { hasText: 'listen_tcp = 0' }).waitFor();
    } finally {
      await withListening(1);
    }
  });

  test('the chart of one that runs, and what is pressed there is done', async () => {
    const { page } = desk;
    const guest = await startGuest(lab, 'compute1', 'busy1', BUSY);
    await lab.must('compute1', ['virsh', 'migrate-setspeed', 'busy1', '2']);
    await openView();
    await row(/^compute1/).waitFor();
    await command(page, 'livemig: Live Migrate…');
    await picks().filter({ hasText: 'busy1' }).click({ timeout: 60_000 });
    const to = picks().filter({ hasText: 'compute2' });
    await to.waitFor({ timeout: 60_000 });
    // What hovers over the list would lie over it.
    await page.mouse.move(700, 800);
    await page.locator('.hover-contents').waitFor({ state: 'hidden' });
    await page.locator('.quick-input-titlebar .codicon-gear').click();
    await picks().filter({ hasText: 'Auto-converge' }).click();
    await picks().filter({ hasText: 'Limit the bandwidth' }).click();
    await page.locator('.quick-input-action').getByText('OK').click();
    await page.locator('.quick-input-widget').getByText('MiB per second').waitFor();
    await page.keyboard.type('2');
    await page.keyboard.press('Enter');
    await to.click();
    if ((await dialog().count()) > 0) await dialog().getByRole('button', { name: 'Migrate' }).click();
    const running = migration(/busy1.*compute1 → compute2, \d+ %/s);
    await running.waitFor({ timeout: 60_000 });
    await running.hover();
    await running.getByRole('button', { name: 'Show Chart of Migration' }).click();
    await shown().locator('canvas').first().waitFor();
    assert.equal(await shown().locator('canvas').count(), 2);
    await desk.shot('chart');
    await shown().getByText('The numbers as a table').click();
    const numbers = shown().locator('tbody tr');
    await until(async () => (await numbers.count()) >= 5, 'five samples');
    assert.match(await numbers.nth(3).innerText(), /^\d+:\d\d\s.*[KMG]iB\s.*iB\/s/s);
    await shown().getByRole('button', { name: 'Abort the Migration' }).click();
    await shown().getByRole('status').getByText('aborted').waitFor();
    assert.equal(await shown().getByRole('button').count(), 0);
    assert.match((await stateOn(lab, 'compute1', guest))!, /^running/);
    // A past one has its chart as long as its numbers are kept.
    await page.keyboard.press('ControlOrMeta+w');
    await migration(/busy1.*aborted/s).click({ button: 'right' });
    const item = page.locator('.monaco-menu .action-item', { hasText: 'Show Chart of Migration' });
    await item.waitFor();
    await until(async () => {
      await item.click({ timeout: 500 }).catch(() => undefined);
      return (await item.count()) === 0;
    }, 'chosen in the menu');
    await shown().locator('canvas').first().waitFor();
    await until(async () => (await shown().locator('tbody tr').count()) >= 5, 'its samples');
  });

  test('a drain: the plan first, then the way, and all are gone', async () => {
    const { page } = desk;
    const guests = [await startGuest(lab, 'compute1', 'web1', QUIET), await startGuest(lab, 'compute1', 'web2', QUIET)];
    await openView();
    await row(/^compute1/).click();
    await row('Instances').waitFor({ timeout: 60_000 });
    await row(/^compute1/).click({ button: 'right' });
    const item = page.locator('.monaco-menu .action-item', { hasText: 'Drain Node…' });
    await item.waitFor();
    await until(async () => {
      await item.click({ timeout: 500 }).catch(() => undefined);
      return (await item.count()) === 0;
    }, 'chosen in the menu');
    await shown().getByRole('heading', { name: 'Drain compute1' }).waitFor({ timeout: 60_000 });
    for (const name of ['web1', 'web2'])
      await shown()
        .getByRole('row', { name: new RegExp(`${name} compute2`) })
        .waitFor();
    assert.match((await stateOn(lab, 'compute1', guests[0]!))!, /^running/, 'nothing was begun');
    await desk.shot('drain');
    await shown().getByRole('button', { name: 'Drain compute1' }).click();
    await toast(/compute1 is drained: 2 of 2 moved/).waitFor({ timeout: 60_000 });
    await shown()
      .getByRole('row', { name: /web2.*moved/ })
      .waitFor();
    await migration(/Drain of compute1.*2 of 2 moved/s).waitFor();
    for (const guest of guests) {
      assert.match((await stateOn(lab, 'compute2', guest))!, /^running/);
      assert.equal(await stateOn(lab, 'compute1', guest), undefined);
    }
  });
});
