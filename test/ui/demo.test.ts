// What a user does with the demo cluster, in a real VS Code with the packaged extension.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { command, goToLine, openFile, pressUntil, problems, showProblems } from '../tools/workbench.mjs';
import { Desk, until } from './help';

const qemu = 'jovi-compute1/etc/libvirt/qemu.conf';
const exported = 'jovi-controller/etc/exports';
const libvirtd1 = 'jovi-compute1/etc/libvirt/libvirtd.conf';
const libvirtd3 = 'jovi-compute3/etc/libvirt/libvirtd.conf';
const passwd1 = 'jovi-compute1/etc/passwd';
const group1 = 'jovi-compute1/etc/group';
const nova3 = 'jovi-compute3/etc/nova/nova.conf';

const desk = new Desk();
before(() => desk.start(), { timeout: 600_000 });
after(() => desk.stop());
beforeEach(() => desk.open());
// @types/node does not know yet that the context tells how the test went.
afterEach((t) => desk.close(Boolean((t as { error?: unknown }).error), t.name));

test('squiggle, Problems panel, quick fix by keyboard, save', async () => {
  const { page } = desk;
  await openFile(page, qemu);
  await page.locator('.squiggly-error').first().waitFor({ state: 'attached' });
  await showProblems(page);
  const problem = problems(page).filter({ hasText: /\[Ln 12, Col \d+\]/ });
  await problem.first().waitFor();
  await desk.shot('problems');

  await problem.first().dblclick(); // puts the cursor on the problem
  await page.locator('.editor-instance .monaco-editor.focused').waitFor(); // else the key goes to the Problems list
  const menu = page.locator('.action-widget .monaco-list-row.action');
  await pressUntil(page, 'Control+.', menu.first());
  await desk.shot('quick-fix');
  await page.keyboard.press('Enter'); // the preferred fix is the first
  await problem.first().waitFor({ state: 'detached' });
  await page.keyboard.press('Control+s');
  await desk.saved(qemu, (text) => text.includes('\nvnc_listen = "0.0.0.0"\n'));
});

test('fix all in one file, save: nothing is left in it', async () => {
  const { page } = desk;
  await openFile(page, nova3);
  await page.locator('.squiggly-error').first().waitFor({ state: 'attached' });
  await command(page, 'livemig: Fix All livemig Problems in This File');
  await page.locator('.view-line', { hasText: 'live_migration_bandwidth' }).waitFor();
  await goToLine(page, 37);
  const squiggles = (kind: string) => page.locator(`.squiggly-${kind}`).count();
  await until(async () => (await squiggles('error')) === 0 && (await squiggles('warning')) === 0);
  await page.keyboard.press('Control+s');
  await desk.saved(nova3, (text) => text.includes('live_migration_bandwidth=0'));
  await desk.shot('fixed-file');
});

test('the code of a problem opens the page of its rule', async () => {
  const { page } = desk;
  await openFile(page, qemu);
  await showProblems(page);
  const link = problems(page)
    .filter({ hasText: /\[Ln 12, Col \d+\]/ })
    .first()
    .locator('a.monaco-link');
  await link.waitFor();
  const id = (await link.innerText()).trim();
  await link.click();
  const preview = page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  await preview.getByText(id).first().waitFor();
  await desk.shot('rule-page');
});

test('the walkthrough shows its steps with their pictures', async () => {
  const { page } = desk;
  await command(page, 'Welcome: Open Walkthrough...');
  const walkthrough = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Find What Breaks' });
  await walkthrough.first().click();
  const step = (title: string) => page.locator('.gettingStartedContainer').getByText(title, { exact: true }).first();
  for (const [title, picture] of [
    ['Read what was found', /^The Problems panel/],
    ['Repair one', /^The menu of quick fixes/],
    ['Repair all', /^An empty Problems panel/],
  ] as const) {
    await step(title).click();
    const image = page.getByAltText(picture);
    await image.waitFor();
    await until(() => image.evaluate((img) => (img as unknown as { naturalWidth: number }).naturalWidth > 0));
  }
});

test('the whole way: fix all in the workspace, decide the rest, and no problem is left', async () => {
  const { page } = desk;
  await showProblems(page);
  await problems(page).first().waitFor();
  await command(page, 'livemig: Fix All livemig Problems in the Workspace');
  const toast = page.locator('.notification-toast').filter({ hasText: /livemig repaired \d+ files/ });
  await toast.getByRole('button', { name: 'Save All' }).click();
  await desk.saved(nova3, (text) => text.includes('live_migration_uri=qemu+tcp://%s/system'));

  // Where the operator has to choose: the guide's answer to TCP without SASL accounts, and one number for nova.
  await choose(libvirtd3, 'listen_tcp', 'Ask nobody: auth_tcp = "none"', 'auth_tcp = "none"');
  await choose(passwd1, 'nova:', 'Write uid 108', 'nova:x:108:107:');
  await choose(passwd1, 'nova:', 'Write gid 114', 'nova:x:108:114:');
  await page.keyboard.press('Control+k');
  await page.keyboard.press('s'); // the group file was changed with it: save all
  await desk.saved(group1, (text) => text.includes('\nnova:x:114:'));

  // What the guide exposes on purpose stays, with a reason.
  await accept(libvirtd1, 'auth_tcp', 'libvirtd/auth-tcp-none', 'a network of its own');
  await accept(libvirtd3, 'auth_tcp', 'libvirtd/auth-tcp-none', 'a network of its own');
  await accept(exported, '/var/lib/nova/instances *', 'exports/world', 'the lab is closed');
  await showProblems(page);
  await page.locator('.markers-panel').getByText('No problems have been detected').waitFor();
  assert.match(
    desk.read(libvirtd1),
    /^# livemig: ignore libvirtd\/auth-tcp-none -- a network of its own\nauth_tcp="none"$/m,
  );
  await desk.shot('no-problems');
});

/** Takes the quick fix of that name on the first line that starts so, and saves. */
async function choose(file: string, start: string, title: string, result: string): Promise<void> {
  const { page } = desk;
  await openFile(page, file);
  await goToLine(page, lineOf(file, start));
  const action = page.locator('.action-widget .monaco-list-row.action').filter({ hasText: title });
  await pressUntil(page, 'Control+.', action);
  await action.click();
  await page.locator('.tab.active.dirty').waitFor(); // the line that changed may be out of sight
  await page.keyboard.press('Control+s');
  await desk.saved(file, (text) => text.includes(result));
}

/** The number of the first line that starts so, from 1. */
function lineOf(file: string, start: string): number {
  const line = desk
    .read(file)
    .split('\n')
    .findIndex((l) => l.startsWith(start));
  assert.ok(line >= 0, `${file} has a line ${start}`);
  return line + 1;
}

/** "Accept … with a reason" on the first line that starts so, and saves. */
async function accept(file: string, start: string, rule: string, reason: string): Promise<void> {
  const { page } = desk;
  await openFile(page, file);
  await goToLine(page, lineOf(file, start));
  const action = page
    .locator('.action-widget .monaco-list-row.action')
    .filter({ hasText: `Accept ${rule} with a reason…` });
  await pressUntil(page, 'Control+.', action);
  await action.click();
  const input = page.locator('.quick-input-widget input[type=text]');
  await input.waitFor();
  // Without a word nothing is accepted.
  await page.keyboard.press('Enter');
  await page.locator('.quick-input-widget').getByText('A few words are needed.').waitFor();
  await input.fill(reason);
  await page.keyboard.press('Enter');
  await page.locator('.view-line', { hasText: `-- ${reason}` }).waitFor();
  await page.keyboard.press('Control+s');
  await desk.saved(file, (text) => text.includes(`# livemig: ignore ${rule} -- ${reason}\n`));
}
