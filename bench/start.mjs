// How long the extension takes to be active, its bundle's load included, and the view of nodes to have its rows: in a process of
// its own each time, since what was loaded once is loaded.
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { quantile } from './figures.mjs';

/** Of the livemig.ini that the tree is painted from. */
const NODES = 200;

/**
 * @param {string} root of the project
 * @param {string} scratch a folder for what is made
 */
export async function start(root, scratch, runs, count = NODES) {
  const folder = path.join(scratch, `start-${count}`);
  mkdirSync(folder);
  const nodes = Array.from(
    { length: count },
    (_, i) => `[node compute${i}]\naddress = 198.18.${i >> 8}.${i & 255}\nroles = compute\n`,
  );
  writeFileSync(path.join(folder, 'livemig.ini'), ['[cluster]\nname = bench\nrelease = zed\n', ...nodes].join('\n'));
  const all = [];
  for (let i = 0; i < runs; i++) all.push(await once(root, folder));
  const p50 = (name) =>
    quantile(
      all.map((one) => one[name]),
      0.5,
    );
  return {
    activateMs: p50('activateMs'),
    activateCpuMs: p50('activateCpuMs'),
    paintMs: p50('paintMs'),
    paintCpuMs: p50('paintCpuMs'),
    rows: all[0].rows,
  };
}

function once(root, folder) {
  return new Promise((resolve, reject) => {
    const host = fork(path.join(root, 'bench/start-host.mjs'), [path.join(root, 'dist/client.js'), folder]);
    host.once('message', resolve);
    host.once('exit', (code) => reject(new Error(`the extension host ended with ${code}`)));
  });
}
