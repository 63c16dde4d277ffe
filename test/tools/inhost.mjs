// Runs a mocha suite inside the real extension host of code-server.
// Usage: node inhost.mjs EXTENSION_FOLDER SUITE_INDEX_JS WORKSPACE
// The workspace is copied first; results go to $LIVEMIG_RESULTS (JSON) when set. VERBOSE=1 shows the host's console.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { launch } from './browser.mjs';
import { startCodeServer } from './serve.mjs';

const LIMIT_MS = Number(process.env.LIMIT_MS ?? 600_000);

const [extension, suite, workspace] = process.argv.slice(2).map((p) => path.resolve(p));
if (!extension || !suite || !workspace) {
  console.error('usage: node inhost.mjs EXTENSION_FOLDER SUITE_INDEX_JS WORKSPACE');
  process.exit(2);
}
const scratch = mkdtempSync(path.join(tmpdir(), 'livemig-inhost-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

const folder = path.join(scratch, 'workspace');
cpSync(workspace, folder, { recursive: true });
const resultsFile = path.join(scratch, 'results.json');
const server = await startCodeServer({
  env: { LIVEMIG_RESULTS: resultsFile },
  // A built VS Code takes `payload` from the address only with its smoke-test driver enabled.
  args: ['--vscode-option', 'enable-smoke-test-driver'],
});
const browser = await launch();
const page = await browser.newPage();
let ended;
const code = new Promise((resolve) => (ended = resolve));
await page.exposeFunction('codeAutomationExit', (status) => ended(status));
await page.exposeFunction('codeAutomationLog', (type, args) => {
  if (process.env.VERBOSE) console.log(`[${type}]`, ...args);
});
const remote = (file) => `vscode-remote://127.0.0.1:${server.port}${file}`;
const payload = JSON.stringify([
  ['extensionDevelopmentPath', remote(extension)],
  ['extensionTestsPath', remote(suite)],
]);
const query = new URLSearchParams({ folder, payload });
await page.goto(`${server.url}/?${query.toString()}`, { waitUntil: 'commit' });
const status = await Promise.race([code, new Promise((resolve) => setTimeout(resolve, LIMIT_MS, 'timeout'))]);

const text = existsSync(resultsFile) ? readFileSync(resultsFile, 'utf8') : undefined;
const results = text === undefined ? undefined : JSON.parse(text);
if (status === 'timeout' || !results?.tests.length) {
  const shots = path.join(import.meta.dirname, '../../out/shots');
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, 'inhost-failed.png') }).catch(() => undefined);
  console.error(
    `the suite ${status === 'timeout' ? `was not done after ${LIMIT_MS} ms` : 'ended without results'}; see out/shots/inhost-failed.png`,
  );
}
for (const t of results?.tests ?? [])
  console.log(
    `${t.skipped ? 'skipped' : t.ok ? 'ok' : 'NOT OK'} ${t.title}${t.ok ? ` (${t.ms} ms)` : t.error ? `\n${t.error}` : ''}`,
  );
if (process.env.LIVEMIG_RESULTS && text !== undefined) writeFileSync(process.env.LIVEMIG_RESULTS, text);
await browser.close();
await server.stop();
process.exit(status === 0 && results?.failed === 0 ? 0 : 1);
