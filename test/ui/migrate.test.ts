// What a user does with instances: a real VS Code, over SSH, moves real guests between the nodes of the lab.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noLab } from '../lab/lab';
import { LIBVIRTD, QUIET, startGuest, stateOn } from '../migration/guests';
import { until } from './help';
import { Moving } from './moving';

describe('migrations', { skip: noLab }, () => {
  const moving = new Moving();
  const { desk, view } = moving;

  test('right-click, the list of destinations, the way, and the instance under its new node', async () => {
    const guest = await startGuest(moving.lab, 'compute1', 'web1', QUIET);
    await view.showInstances();
    await view.migrate('web1');
    await view.picks.filter({ hasText: /compute2/ }).click();
    await view.confirm();
    await view.toast(/web1 is on compute2 now/).waitFor();
    assert.equal(await stateOn(moving.lab, 'compute2', guest), 'running (migrated)');
    assert.equal(await stateOn(moving.lab, 'compute1', guest), undefined);
    await until(async () => (await view.below('compute2')).includes('web1'), 'under compute2');
    await until(async () => !(await view.below('compute1')).includes('web1'), 'not under compute1');
    await view.migration(/web1.*compute1 → compute2, completed/s).waitFor();
    await desk.shot('migrated');
  });

  test('a drop on a node, a narrow way by the options, how it runs, and abort', async () => {
    const { page } = desk;
    const guest = await startGuest(moving.lab, 'compute1', 'db1', QUIET);
    await view.showInstances();
    await view.row('db1').dragTo(view.row(/^compute2/));
    await view.picks.filter({ hasText: 'compute2' }).waitFor();
    await view.openOptions();
    await view.picks.filter({ hasText: 'Limit the bandwidth' }).click();
    await desk.shot('migrate-options');
    await page.locator('.quick-input-action').getByText('OK').click();
    await page.locator('.quick-input-widget').getByText('MiB per second').waitFor();
    await page.keyboard.type('2');
    await page.keyboard.press('Enter');
    await view.picks.filter({ hasText: 'compute2' }).waitFor();
    assert.match((await page.locator('.quick-input-widget input[type=text]').getAttribute('placeholder'))!, /2 MiB\/s/);
    await page.keyboard.press('Enter');
    await view.confirm();
    await view.migration(/db1.*compute1 → compute2, \d+ %/s).waitFor();
    const running = view.toast(/db1, compute1 → compute2/);
    await running.filter({ hasText: /sending memory · \d+ % of 1\d\d MiB/ }).waitFor();
    await view.row(/db1.*migrating/s).waitFor();
    await desk.shot('migrating');
    await running.hover();
    await running.getByRole('button', { name: 'Cancel' }).click();
    await view.dialog.getByRole('button', { name: 'Abort the Migration' }).click();
    await view.toast(/The migration of db1 was aborted\. It runs on, on compute1/).waitFor();
    await view.migration(/db1.*aborted/s).waitFor();
    assert.match((await stateOn(moving.lab, 'compute1', guest))!, /^running/);
    assert.equal(await stateOn(moving.lab, 'compute2', guest), undefined);
  });

  test('the window is reloaded meanwhile: the migration that runs is found, and watched to its end', async () => {
    const { page } = desk;
    const guest = await startGuest(moving.lab, 'compute1', 'web3', { dirty: 64, delay: 60_000 });
    const speed = (limit: number) =>
      moving.lab.must('compute1', ['virsh', '-q', 'migrate-setspeed', guest.uuid, String(limit)]);
    await speed(1);
    await view.showInstances();
    await view.migrate('web3');
    await view.picks.filter({ hasText: /compute2/ }).click();
    await view.confirm();
    const running = view.migration(/web3.*compute1 → compute2, \d+ %/s);
    await running.waitFor();
    await page.reload({ waitUntil: 'commit' });
    await view.show();
    await running.waitFor();
    assert.equal(await view.migration('web3').count(), 1);
    await speed(1000);
    await view.migration(/web3.*compute1 → compute2, completed/s).waitFor();
    assert.equal(await view.migration('web3').count(), 1);
    assert.equal(await stateOn(moving.lab, 'compute2', guest), 'running (migrated)');
    assert.equal(await stateOn(moving.lab, 'compute1', guest), undefined);
  });

  test('a probe: chosen among the options, drawn in the chart, its downtime told beside libvirt’s', async () => {
    const { page } = desk;
    const { lab } = moving;
    // Stands for the guest's: the lab's guests have no network.
    const address = lab.address('compute2').replace(/\d+$/, '99');
    await lab.must('compute2', ['ip', 'addr', 'replace', `${address}/24`, 'dev', 'eth0']);
    const nft = (rules: string) => lab.must('compute2', ['nft', '-f', '-'], rules);
    const guest = await startGuest(lab, 'compute1', 'api1', QUIET);
    const speed = (limit: number) => lab.must('compute1', ['virsh', '-q', 'migrate-setspeed', 'api1', String(limit)]);
    await speed(1);
    await view.showInstances();
    await view.migrate('api1');
    const to = view.picks.filter({ hasText: /compute2/ });
    await to.waitFor();
    await view.openOptions();
    await view.picks.filter({ hasText: 'Probe…' }).click();
    await page.locator('.quick-input-action').getByText('OK').click();
    await view.answer('Address or name of the guest', 'no address');
    await view.answer('An address or a name', address);
    await view.picks.filter({ hasText: 'Ping' }).click();
    await view.picks.filter({ hasText: 'compute1' }).click();
    await until(async () =>
      (await view.input.getAttribute('placeholder'))!.includes(`probe of ${address}, from compute1`),
    );
    await to.click();
    await view.confirm();
    const running = view.migration(/api1.*compute1 → compute2, \d+ %/s);
    await running.waitFor();
    await running.hover();
    await running.getByRole('button', { name: 'Show Chart of Migration' }).click();
    const asked = async () => Number(/was asked (\d+) times/.exec(await view.shown.locator('body').innerText())?.[1]);
    await until(async () => (await asked()) >= 10, 'it answers');
    await nft(`table inet hole { chain in { type filter hook input priority 0; ip daddr ${address} drop; }; }`);
    await view.shown.getByText(/did not answer [1-9]\d* times; the longest silence was \d{3,} ms/).waitFor();
    await nft('delete table inet hole');
    await view.shown.getByText('Guest does not answer').first().waitFor();
    await desk.shot('probe');
    await speed(1000);
    const told = view.toast(/api1 is on compute2 now\. It stood still for \d+ ms\. The probe measured/);
    await told.waitFor();
    assert.match(
      await told.innerText(),
      new RegExp(`measured: \\d{3,} ms without an answer of ${address}, [1-9]\\d* of \\d+ lost`),
    );
    await view.choose(view.migration(/api1.*completed/s), 'Show Details');
    await page.locator('.view-line', { hasText: /Measured.downtime:.\d{3,}.ms/ }).waitFor();
    assert.equal(await stateOn(lab, 'compute2', guest), 'running (migrated)');
  });

  test('where nova moves them, its scheduler is offered, and of the options only what nova takes', async () => {
    const { page } = desk;
    await startGuest(moving.lab, 'compute1', 'nova1', QUIET);
    // By its name is seen that the other file was read. No such cloud is known here: the list does without.
    desk.write(
      'livemig.ini',
      desk.read('livemig.ini').replace('name = lab\ndriver = libvirt', 'name = cloud\ndriver = nova'),
    );
    await view.show();
    await view.row(/^cloud/).waitFor();
    await view.unfold(/^compute1/);
    await view.row('Instances').waitFor();
    await view.unfold('Instances');
    await view.migrate('nova1');
    await view.picks.filter({ hasText: 'Nova’s scheduler chooses' }).waitFor();
    await view.picks.filter({ hasText: /compute2/ }).waitFor();
    assert.match((await view.input.getAttribute('placeholder'))!, /as nova is configured/);
    await view.openOptions();
    const labels = (await view.picks.allInnerTexts()).map((text) => text.trim().split('\n')[0]);
    assert.deepEqual(labels, ['Copy its disks', 'Probe…']);
    assert.match((await view.input.getAttribute('placeholder'))!, /nova\.conf/);
    await page.keyboard.press('Escape');
  });

  test('one that will fail says why before; begun anyway it is explained, down to the line', async () => {
    const { page } = desk;
    await moving.unheard(async () => {
      const guest = await startGuest(moving.lab, 'compute1', 'web2', QUIET);
      await view.showInstances();
      await view.migrate('web2');
      const blocked = view.picks.filter({ hasText: /compute2.*blocked/s });
      await blocked.waitFor();
      await blocked.hover();
      await view.toast('Looking where').waitFor({ state: 'detached' });
      await desk.shot('destinations');
      await blocked.click();
      await view.dialog.waitFor();
      assert.match(await view.dialog.innerText(), /listen_tcp/);
      await desk.shot('blocked');
      await view.dialog.getByRole('button', { name: 'Migrate Anyway…' }).click();
      await page.locator('.quick-input-widget').getByText('Type compute2').waitFor();
      await page.keyboard.type('compute1');
      await page.keyboard.press('Enter');
      await page.locator('.quick-input-widget').getByText('That is not compute2').waitFor();
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type('compute2');
      await page.keyboard.press('Enter');
      const failed = view.toast(/web2 could not be migrated: compute1 → compute2.*libvirtd\.conf, line \d+/);
      await failed.waitFor();
      await desk.shot('explained');
      assert.match((await stateOn(moving.lab, 'compute1', guest))!, /^running/);
      await failed.getByRole('button', { name: 'Show Cause' }).click();
      // Of several findings the likeliest is the first.
      const active = page.locator('.tab.active', { hasText: 'libvirtd.conf' });
      await active.or(view.picks.first()).first().waitFor();
      if ((await active.count()) === 0) await view.picks.first().click();
      await active.waitFor();
      const line = moving.lab.read('compute2', LIBVIRTD).split('\n').indexOf('listen_tcp = 0') + 1;
      await page.locator('.statusbar').getByText(`Ln ${line}, Col`).waitFor();
      await page.locator('.squiggly-error').first().waitFor({ state: 'attached' });
      await desk.shot('cause');
      await view.migration(/web2.*failed/s).waitFor();
    });
  });
});
