// The servers that are measured beside each other.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Language servers that many people use, with the versions that were compared. */
const PEERS = {
  'vscode-langservers-extracted': '4.10.0',
  'dockerfile-language-server-nodejs': '0.15.0',
  'yaml-language-server': '1.25.0',
};

/** The least that this way of writing language servers can cost, bundled into a folder. */
export async function floor(root, folder) {
  const outfile = path.join(folder, 'floor.cjs');
  await build({
    entryPoints: [path.join(root, 'bench/floor.mjs')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'warning',
  });
  return { name: 'floor', command: [process.execPath, outfile, '--stdio'], sample: 'nova', pull: false };
}

export function ours(server) {
  return { name: 'livemig', command: [process.execPath, server, '--stdio'], sample: 'nova', pull: true };
}

/** Installs the peers into a folder by npm, once. */
export function peers(folder) {
  const bin = path.join(folder, 'node_modules/.bin');
  if (!existsSync(path.join(bin, 'yaml-language-server'))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
    const wanted = Object.entries(PEERS).map(([name, version]) => `${name}@${version}`);
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', ...wanted], {
      cwd: folder,
      stdio: 'inherit',
    });
  }
  const run = (name) => [path.join(bin, name), '--stdio'];
  return [
    {
      name: 'json',
      command: run('vscode-json-language-server'),
      sample: 'json',
      pull: true,
      settings: { json: { validate: { enable: true } } },
      options: { provideFormatter: true },
    },
    { name: 'dockerfile', command: run('docker-langserver'), sample: 'dockerfile', pull: false },
    {
      name: 'yaml',
      command: run('yaml-language-server'),
      sample: 'yaml',
      pull: false,
      settings: { yaml: { validate: true, schemaStore: { enable: false } } },
    },
  ];
}
