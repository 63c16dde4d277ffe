#!/usr/bin/env node
// Poses as the desktop executable of VS Code for @vscode/test-electron: takes its command line, runs the suite in
// code-server's extension host, exits with the suite's exit code.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const argv = process.argv.slice(2);
const option = (name) => argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const here = import.meta.dirname;
if (argv.includes('--version')) {
  const product = path.join(here, 'node_modules/code-server/lib/vscode/package.json');
  console.log(`${JSON.parse(readFileSync(product, 'utf8')).version}\n${'0'.repeat(40)}\n${process.arch}`);
  process.exit(0);
}
const workspace = argv.find((a) => !a.startsWith('-'));
const args = [option('extensionDevelopmentPath'), option('extensionTestsPath'), workspace];
if (args.includes(undefined)) {
  console.error('code-shim: extensionDevelopmentPath, extensionTestsPath and a folder are needed');
  process.exit(2);
}
const { status } = spawnSync(process.execPath, [path.join(here, 'inhost.mjs'), ...args], { stdio: 'inherit' });
process.exit(status ?? 1);
