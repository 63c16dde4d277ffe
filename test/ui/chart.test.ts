// The live chart in a real VS Code, of a real migration that does not converge.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noLab } from '../lab/lab';
import { startGuest, stateOn } from '../migration/guests';
import { command } from '../tools/workbench.mjs';
import { until } from './help';
import { Moving } from './moving';

/** Writes its 8 MiB anew all the time, on a slow machine, too. */
const BUSY = { dirty: 8, delay: 0 };
/** MiB/s: sending those takes two seconds. */
const NARROW = 4;

describe('the chart', { skip: noLab }, () => {
  const moving = new Moving();
  const { desk, view } = moving;

  test('of one that somebody else began: its numbers, that it does not converge, and what is pressed is done', async () => {
    const { page } = desk;
    const { lab } = moving;
    const guest = await startGuest(lab, 'compute1', 'busy1', BUSY);
    const speed = (limit: number) =>
      lab.must('compute1', ['virsh', '-q', 'migrate-setspeed', guest.uuid, String(limit)]);
    await speed(NARROW);
    await view.show();
    for (const node of ['compute1', 'compute2']) await view.unfold(new RegExp(`^${node}`));
    for (const node of ['compute1', 'compute2']) await view.fold(new RegExp(`^${node}`));
    const way = ['--live', '--p2p', '--persistent', '--undefinesource', 'busy1', 'qemu+tcp://compute2.lab/system'];
    const moved = lab.run('compute1', ['virsh', 'migrate', ...way]);
    await command(page, 'livemig: Refresh All Nodes');
    const running = view.migration(/busy1.*compute1 → compute2, \d+ %/s);
    await running.waitFor();
    await running.hover();
    await running.getByRole('button', { name: 'Show Chart of Migration' }).click();
    await view.shown.locator('canvas').first().waitFor();
    assert.equal(await view.shown.locator('canvas').count(), 2);
    const stuck = view.shown.getByRole('alert').filter({ hasText: 'does not converge' });
    await stuck.waitFor({ timeout: 240_000 });
    await view.migration(/busy1.*does not converge/s).waitFor();
    const offer = view.toast(/The migration of busy1 does not converge/);
    await offer.getByRole('button', { name: 'Pause the Guest' }).waitFor();
    await offer.hover();
    await offer.locator('.codicon-notifications-clear').click();
    await desk.shot('chart', 36);

    await view.shown.getByText('The numbers as a table').click();
    const numbers = view.shown.locator('tbody tr');
    assert.ok((await numbers.count()) >= 10, 'one a second');
    assert.match(await numbers.nth(5).innerText(), /^\d+:\d\d\s.*[KMG]iB\s.*iB\/s/s);
    await view.shown.getByRole('button', { name: 'Abort the Migration' }).click();
    await view.shown.getByRole('status').getByText('aborted').waitFor();
    assert.equal(await view.shown.getByRole('button').count(), 0);
    assert.equal(await stuck.count(), 0);
    assert.match((await stateOn(lab, 'compute1', guest))!, /^running/);
    assert.notEqual((await moved).code, 0);

    // A past one has its chart as long as its numbers are kept.
    await page.keyboard.press('ControlOrMeta+w');
    await view.shown.locator('canvas').first().waitFor({ state: 'detached' });
    await view.choose(view.migration(/busy1.*aborted/s), 'Show Chart of Migration');
    await view.shown.locator('canvas').first().waitFor();
    await until(async () => (await view.shown.locator('tbody tr').count()) >= 10, 'its samples');
  });
});
