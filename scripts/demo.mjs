// A real VS Code on the demo clusters, with livemig installed. Usage:
//   node scripts/demo.mjs [nfs|cephfs] [--screenshot FILE] [--vsix FILE]   (a packaged livemig instead of one made of these sources)
// The three nodes of nfs can be connected to: an embedded cluster answers for them (test/embedded), on loopback.
// Opens a browser window when there is a display, else prints the address. Ctrl-C, or closing the window, ends it.
import { fork } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
const { values, positionals } = parseArgs({
  options: { screenshot: { type: 'string' }, vsix: { type: 'string' } },
  allowPositionals: true,
});
if (!positionals.every((name) => Object.hasOwn(clusters, name))) {
  console.error(`usage: node scripts/demo.mjs [${Object.keys(clusters).join('|')}] [--screenshot FILE] [--vsix FILE]`);
  process.exit(2);
}

const missing = await setup('demo');
if (missing.some(({ part }) => part === 'VS Code')) process.exit(1);

const { buildAll } = await import('./build.mjs');
const { pack } = await import('./package.mjs');
const { startCodeServer } = await import('../test/tools/serve.mjs');
if (!values.vsix) await buildAll();
const vsix = [values.vsix ? path.resolve(values.vsix) : await pack()];

/** How long the embedded nodes take for each command, in ms: about as long as real ones nearby. */
const LATENCY_MS = 60;

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
const nodes = names.includes('nfs') ? await embed(folders[names.indexOf('nfs')]) : undefined;
const settings = nodes ? { 'livemig.nodes.sshConfig': nodes.sshConfig } : {};
let server;
try {
  server = await startCodeServer({ vsix, settings });
  if (values.screenshot) await picture(path.resolve(values.screenshot));
  else await show();
} finally {
  await server?.stop();
  nodes?.stop();
}

/**
 * Starts the cluster's nodes, which end with us, and has its livemig.ini lead to them. Nobody's own ssh configuration, keys
 * and known hosts are looked at: an ssh configuration in the scratch folder says where the nodes are.
 */
async function embed(folder) {
  const inventory = path.join(folder, 'livemig.ini');
  const text = readFileSync(inventory, 'utf8').replace(/^address = .*\n/gm, '');
  // Where no nova answers, libvirt itself moves the instances.
  writeFileSync(inventory, text.replace(/^\[node /m, '[cloud]\ndriver = libvirt\n\n[node '));
  const child = fork(path.join(root, 'test/embedded/main.ts'), ['nfs', scratch, '--latency', String(LATENCY_MS)], {
    execArgv: ['--import', 'tsx'],
    cwd: root,
    // Ctrl-C is ours: it goes when we do.
    detached: true,
  });
  const { sshConfig } = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the embedded cluster ended with ${code}`)));
  });
  return {
    sshConfig,
    stop() {
      if (child.connected) child.disconnect();
    },
  };
}

/** One picture without a display: a file with a mistake, and all problems below; beside them a node that was connected to. */
async function picture(file) {
  const { launch } = await import('../test/tools/browser.mjs');
  const { fold, openFile, openWorkbench, problems, showNodes, showProblems } =
    await import('../test/tools/workbench.mjs');
  const browser = await launch();
  try {
    const page = await openWorkbench(browser, server, opened);
    await openFile(page, clusters[names[0]].shown);
    await page.locator('.squiggly-error').first().waitFor({ state: 'attached', timeout: 60_000 });
    await showProblems(page);
    await problems(page).first().waitFor();
    if (nodes) {
      await showNodes(page);
      const row = (text) => page.locator('.customview-tree .monaco-list-row').filter({ hasText: text }).first();
      const node = row('jovi-compute1');
      const trust = page.locator('.monaco-dialog-box').getByRole('button', { name: 'Trust and Connect' });
      // A click may come while the tree is still being painted.
      for (let i = 1; !(await trust.isVisible()) && i < 6; i++) {
        await node.click({ timeout: 10_000 }).catch(() => undefined);
        await trust.waitFor({ timeout: 10_000 * i }).catch(() => undefined);
      }
      await trust.click();
      await fold(node, true);
      await row('libvirtd.conf').waitFor();
    }
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
  if (nodes) {
    console.log(
      'Live Migration in the side bar: expand jovi-compute1, take its host key, open etc/libvirt/qemu.conf, repair it, Apply.',
    );
    console.log(
      'Live Migrate… on web-1 tells why jovi-compute3 does not take it; repair and apply that, and watch it move, or abort it.',
    );
    console.log(
      'The nodes are embedded stand-ins: files and daemons that are only state, behind a real SSH server on loopback.',
    );
  }
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
