// What a user's hands do in the workbench, for the UI tests and the demo's picture.
import path from 'node:path';

/**
 * Where the workbench opens a folder, or the folders of a .code-workspace file.
 * @param {{ url: string }} server
 * @param {string} opened
 */
export function addressOf(server, opened) {
  const kind = opened.endsWith('.code-workspace') ? 'workspace' : 'folder';
  return `${server.url}/?${new URLSearchParams({ [kind]: opened }).toString()}`;
}

/**
 * Opens a folder or a workspace and waits until its explorer shows something.
 * @param {import('playwright-core').Browser} browser
 * @param {{ url: string }} server
 * @param {string} opened
 */
export async function openWorkbench(browser, server, opened) {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    locale: 'en-US',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(addressOf(server, opened), { waitUntil: 'commit' });
  await page
    .getByRole('tree', { name: /Explorer/ })
    .getByRole('treeitem')
    .first()
    .waitFor({ timeout: 240_000 });
  return page;
}

const quickInput = (page) => page.locator('.quick-input-widget input[type=text]');
const quickRows = (page) => page.locator('.quick-input-list .monaco-list-row');

/**
 * Presses a key until its effect shows: a press can be lost while the workbench is still settling. Each press is given longer
 * than the one before: a slow machine may be at work on what it asked for.
 */
export async function pressUntil(page, key, effect, tries = 8) {
  for (let i = 1; ; i++) {
    await page.keyboard.press(key);
    try {
      return await effect.waitFor({ timeout: 3000 * i });
    } catch (error) {
      if (i === tries) throw error;
      await page.keyboard.press('Escape');
    }
  }
}

/** Opens the quick fixes of a place in the editor: whatever took the focus meanwhile, the place is clicked again. */
export async function quickFixes(page, place, action, tries = 8) {
  for (let i = 1; ; i++) {
    await place.click();
    await page.locator('.editor-instance .monaco-editor.focused').waitFor();
    try {
      return await pressUntil(page, 'Control+.', action, 1);
    } catch (error) {
      const focus = await page.evaluate(() => document.activeElement?.className);
      if (i === tries) throw new Error(`${error.message}\nThe focus is at ${focus}`, { cause: error });
      await page.keyboard.press('Escape');
    }
  }
}

/** Runs a command by its full title, as the command palette shows it. */
export async function command(page, title) {
  await pressUntil(page, 'F1', quickInput(page));
  await quickInput(page).fill(`>${title}`);
  await quickRows(page).filter({ hasText: title }).first().click();
}

/** Opens a file by its path below the folder and puts the cursor into it. */
export async function openFile(page, file) {
  await pressUntil(page, 'F1', quickInput(page));
  await quickInput(page).fill(file);
  // The row reads `qemu.conf jovi-compute1/etc/libvirt`.
  const row = quickRows(page)
    .filter({ hasText: path.basename(file) })
    .filter({ hasText: path.dirname(file) });
  await row.first().click();
  await page.locator('.editor-instance .monaco-editor.focused').waitFor();
}

/** Puts the cursor of the open editor into a line, counted from 1. */
export async function goToLine(page, line) {
  await pressUntil(page, 'F1', quickInput(page));
  await quickInput(page).fill(`:${line}`);
  await page.keyboard.press('Enter');
  await page.locator('.editor-instance .monaco-editor.focused').waitFor();
}

/** Rows of the Problems panel. */
export const problems = (page) => page.locator('.markers-panel .monaco-list-row');

export async function showProblems(page) {
  await command(page, 'Problems: Focus on Problems View');
  await page.locator('.markers-panel').waitFor();
}

/** The section of the side bar that has livemig's nodes. */
export const nodesSection = (page) => page.locator('.pane').filter({ has: page.getByLabel('Nodes Section') });

/** Shows livemig's side bar. A click on what is there already closes it, and it may come back by itself a moment later. */
export async function showNodes(page) {
  const tab = page.getByRole('tab', { name: 'Live Migration' });
  await tab.waitFor({ timeout: 240_000 });
  const section = nodesSection(page);
  for (let i = 1; !(await section.isVisible()); i++) {
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    try {
      await section.waitFor({ timeout: 5000 });
    } catch (error) {
      if (i === 20) throw error;
    }
  }
}

/** Folds or unfolds a row of a tree by clicks: one may come while the tree is still being painted. */
export async function fold(row, expanded) {
  for (let i = 1; (await row.getAttribute('aria-expanded')) !== String(expanded); i++) {
    if (i > 200) throw new Error(`${await row.innerText()} does not ${expanded ? 'un' : ''}fold`);
    await row.click();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
