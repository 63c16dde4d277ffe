// Runs the suite through @vscode/test-electron: in the VS Code at $VSCODE_PATH, else in code-server behind a shim.
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const here = import.meta.dirname;
const root = path.resolve(here, '../..');
const out = path.join(root, 'out/inhost');
await build({
  entryPoints: [path.join(here, 'index.ts')],
  outdir: out,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: 'inline',
  external: ['vscode', 'mocha'],
});

const scratch = mkdtempSync(path.join(tmpdir(), 'livemig-fleet-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
cpSync(path.join(root, 'test/demo/nfs'), scratch, { recursive: true });
/** Files of other people, whose names are like ours. */
const others = {
  'webapp/package.json': '{ "name": "webapp" }\n',
  'webapp/exports/index.js': 'module.exports = “broken”;\n',
  'webapp/lib/exports': '/srv *(rw)\n',
  'webapp/fstab': 'not a table\n',
  'webapp/config/app.conf': 'vnc_listen = “0.0.0.0″\n',
};
for (const [name, text] of Object.entries(others)) {
  mkdirSync(path.join(scratch, path.dirname(name)), { recursive: true });
  writeFileSync(path.join(scratch, name), text);
}

const status = await runTests({
  vscodeExecutablePath: process.env.VSCODE_PATH ?? path.join(root, 'test/tools/code-shim.mjs'),
  extensionDevelopmentPath: root,
  extensionTestsPath: path.join(out, 'index.js'),
  launchArgs: [scratch, '--disable-workspace-trust'],
}).catch((error) => {
  console.error(String(error));
  return 1;
});
process.exit(status);
