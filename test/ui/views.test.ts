// Pages of ours in a real VS Code: the matrix of the lab, the drain of a node.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noLab } from '../lab/lab';
import { QUIET, startGuest, stateOn } from '../migration/guests';
import { command } from '../tools/workbench.mjs';
import { until } from './help';
import { Moving } from './moving';

describe('pages', { skip: noLab }, () => {
  const moving = new Moving();
  const { desk, view } = moving;

  test('the matrix: a cell says why, by mouse and by keys, and leads to the line', async () => {
    const { page } = desk;
    await moving.unheard(async () => {
      await view.show();
      await command(page, 'livemig: Migration Matrix');
      const cell = view.shown.getByRole('gridcell', { name: /^compute1 to compute2: blocked/ });
      await cell.waitFor({ timeout: 240_000 });
      assert.equal(await cell.innerText(), '✕');
      assert.equal(await view.shown.getByRole('gridcell', { name: /compute1 to compute1/ }).innerText(), '–');
      await cell.click();
      const finding = view.shown.locator('#details li', { hasText: 'listen_tcp' }).first();
      await finding.waitFor();
      await desk.shot('matrix');
      // One cell can be reached by Tab; arrows go to the others.
      assert.equal(await view.shown.locator('td[tabindex="0"]').count(), 1);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowLeft');
      const focused = () => view.shown.locator('td:focus').getAttribute('aria-label');
      await until(async () => /^compute2 to compute1/.test((await focused()) ?? ''), 'the other cell has the focus');
      await page.keyboard.press('Enter');
      await view.shown.getByRole('heading', { name: /^compute2 to compute1/ }).waitFor();
      await cell.click();
      await finding.getByRole('button', { name: /compute2: libvirtd\.conf, line \d+/ }).click();
      await page.locator('.tab.active', { hasText: 'libvirtd.conf' }).waitFor();
      await page.locator('.view-line', { hasText: 'listen_tcp = 0' }).waitFor();
    });
  });

  test('a drain: the plan first, then the way, and all are gone', async () => {
    const guests = [
      await startGuest(moving.lab, 'compute1', 'web1', QUIET),
      await startGuest(moving.lab, 'compute1', 'web2', QUIET),
    ];
    await view.show();
    await view.row(/^compute1/).click();
    await view.row('Instances').waitFor({ timeout: 240_000 });
    await view.choose(view.row(/^compute1/), 'Drain Node…');
    await view.shown.getByRole('heading', { name: 'Drain compute1' }).waitFor({ timeout: 240_000 });
    for (const name of ['web1', 'web2'])
      await view.shown.getByRole('row', { name: new RegExp(`${name} compute2`) }).waitFor();
    assert.match((await stateOn(moving.lab, 'compute1', guests[0]!))!, /^running/, 'nothing was begun');
    await desk.shot('drain');
    await view.shown.getByRole('button', { name: 'Drain compute1' }).click();
    await view.toast(/compute1 is drained: 2 of 2 moved/).waitFor({ timeout: 240_000 });
    await view.shown.getByRole('row', { name: /web2.*moved/ }).waitFor();
    await view.migration(/Drain of compute1.*2 of 2 moved/s).waitFor();
    for (const guest of guests) {
      assert.match((await stateOn(moving.lab, 'compute2', guest))!, /^running/);
      assert.equal(await stateOn(moving.lab, 'compute1', guest), undefined);
    }
  });

  test('a drain: its page is opened again; with its window it ends, and what became of it is told after', async () => {
    const { page } = desk;
    const { lab } = moving;
    const names = ['web1', 'web2'];
    const guests = await Promise.all(names.map((name) => startGuest(lab, 'compute1', name, QUIET)));
    const speed = (limit: number) =>
      Promise.all(names.map((name) => lab.must('compute1', ['virsh', '-q', 'migrate-setspeed', name, String(limit)])));
    await speed(1);
    const drain = (text: string) => view.migration(new RegExp(`Drain of compute1.*${text}`, 's'));
    const inPage = (name: string, state: string) =>
      view.shown.getByRole('row', { name: new RegExp(`${name} compute2.*${state}`) }).waitFor();
    await view.show();
    await view.row(/^compute1/).click();
    await view.row('Instances').waitFor();
    await view.choose(view.row(/^compute1/), 'Drain Node…');
    await view.shown.getByRole('button', { name: 'Drain compute1' }).click({ timeout: 240_000 });
    await inPage('web1', 'on the way');
    await page.keyboard.press('ControlOrMeta+w');
    const tab = page.locator('.tab', { hasText: 'Drain compute1' });
    await tab.waitFor({ state: 'detached' });
    // A row that is drawn anew meanwhile, as it is with each step, may miss a click.
    const reopen = (text: string) =>
      until(async () => {
        await drain(text).click();
        return tab.waitFor({ timeout: 5000 }).then(
          () => true,
          () => false,
        );
      }, `the page of the drain that is ${text}`);
    await reopen('1 on the way');
    await inPage('web1', 'on the way');
    await inPage('web2', 'waiting');
    await view.migration(/web1.*compute1 → compute2, \d+ %/s).waitFor();

    await view.kept('"progress":"running"');
    await page.reload({ waitUntil: 'commit' });
    await view.show();
    await drain('not carried on, 0 of 2 moved, 1 on the way, 1 stayed').waitFor();
    await view.migration(/web1.*compute1 → compute2, \d+ %/s).waitFor();
    await speed(1000);
    await reopen('not carried on, 1 of 2 moved, 1 stayed');
    await inPage('web1', 'moved');
    await inPage('web2', 'stayed');
    await view.shown.getByText('Drain the node again for the rest').waitFor();
    assert.match((await stateOn(lab, 'compute2', guests[0]!))!, /^running/);
    assert.match((await stateOn(lab, 'compute1', guests[1]!))!, /^running/);
  });
});
