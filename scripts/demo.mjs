// A real VS Code on the demo clusters, with livemig installed. Usage: node scripts/demo.mjs [nfs|cephfs] [--screenshot FILE]
// Opens a browser window when there is a display, else prints the address. Ctrl-C, or closing the window, ends it.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { setup } from './setup.mjs';

const root = path.resolve(import.meta.dirname, '..');
/** The clusters under test/demo: what each is called in the explorer, and a file with a mistake among its first lines. */
const clusters = {
  nfs: { name: 'jovi', shown: 'jovi-compute1/etc/libvirt/qemu.conf' },
  cephfs: { name: 'stack', shown: 'stack02/etc/default/libvirt-bin' },
};
const { values, positionals } = parseArgs({ options: { screenshot: { type: 'string' } }, allowPositionals: true });
if (!positionals.every((name) => Object.hasOwn(clusters, name))) {
  console.error(`usage: node scripts/demo.mjs [${Object.keys(clusters).join('|')}] [--screenshot FILE]`);
  process.exit(2);
}

const missing = await setup('demo');
if (missing.some(({ part }) => part === 'VS Code')) process.exit(1);

const { buildAll } = await import('./build.mjs');
const { pack } = await import('./package.mjs');
const { startCodeServer } = await import('../test/tools/serve.mjs');
await buildAll();
const vsix = [await pack()];

const scratch = mkdtempSync(path.join(tmpdir(), 'livemig-demo-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
let end;
const ended = new Promise((resolve) => (end = resolve));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => end());

const names = Object.keys(clusters).filter((name) => positionals.length === 0 || positionals.includes(name));
const folders = names.map((name) => path.join(scratch, clusters[name].name));
names.forEach((name, i) => cpSync(path.join(root, 'test/demo', name), folders[i], { recursive: true }));
const workspace = path.join(scratch, 'demo.code-workspace');
writeFileSync(workspace, JSON.stringify({ folders: folders.map((folder) => ({ path: path.basename(folder) })) }));
const [opened] = folders.length > 1 ? [workspace] : folders;
const server = await startCodeServer({ vsix });
try {
  if (values.screenshot) await picture(path.resolve(values.screenshot));
  else await show();
} finally {
  await server.stop();
}

/** One picture without a display: a file with a mistake, and all problems below. */
async function picture(file) {
  const { launch } = await import('../test/tools/browser.mjs');
  const { openFile, openWorkbench, problems, showProblems } = await import('../test/tools/workbench.mjs');
  const browser = await launch();
  try {
    const page = await openWorkbench(browser, server, opened);
    await openFile(page, clusters[names[0]].shown);
    await page.locator('.squiggly-error').first().waitFor({ state: 'attached', timeout: 60_000 });
    await showProblems(page);
    await problems(page).first().waitFor();
    mkdirSync(path.dirname(file), { recursive: true });
    await page.screenshot({ path: file });
    console.log(file);
  } finally {
    await browser.close();
  }
}

async function show() {
  const { addressOf } = await import('../test/tools/workbench.mjs');
  const url = addressOf(server, opened);
  console.log(`\n  ${url}\n\nThe files are copies under ${scratch}; change them as you like. Ctrl-C ends.`);
  let browser;
  if (process.env.DISPLAY || process.env.WAYLAND_DISPLAY) {
    const { launch } = await import('../test/tools/browser.mjs');
    browser = await launch({ headless: false, args: ['--window-size=1400,950'] }).catch((error) => {
      console.log(`No browser window (${String(error.message).split('\n')[0]}): open the address yourself.`);
    });
    browser?.once('disconnected', () => end());
    const page = await (await browser?.newContext({ viewport: null }))?.newPage();
    page?.once('close', () => end());
    await page?.goto(url);
  }
  await ended;
  await browser?.close();
}
