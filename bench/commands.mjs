// What the command line costs: one file beside node itself and beside oslo-config-validator, and fleets of hosts.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SAMPLES } from './documents.mjs';
import { endedCpu, memory, quantile, rounded } from './figures.mjs';
import { writeFleet } from './fleet.mjs';

/** How often the memory of a command is looked at, in ms. */
const WATCH = 20;

/** Runs a command without a look at its output; 1 says that there were errors in the file. */
function timed([program, ...words]) {
  const from = performance.now();
  try {
    execFileSync(program, words, { stdio: 'ignore' });
  } catch (error) {
    if (error.status !== 1) throw error;
  }
  return performance.now() - from;
}

/**
 * `livemig lint FILE` of 1,000 lines, `node -e 0`, and oslo-config-validator where nova is installed, turn by turn, in ms.
 * @param {string} root of the project
 * @param {string} folder for what is made
 */
export function oneFile(root, folder, runs) {
  const file = path.join(folder, 'nova.conf');
  writeFileSync(file, Array.from({ length: 1000 }, (_, i) => SAMPLES.nova.line(i, 1000)).join('\n'));
  const commands = {
    node: [process.execPath, '-e', '0'],
    livemig: [process.execPath, path.join(root, 'dist/cli.js'), 'lint', '--release', 'zed', file],
  };
  if (novaInstalled()) commands.validator = ['oslo-config-validator', '--input-file', file, '--namespace', 'nova.conf'];
  const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  const spent = Object.fromEntries(Object.keys(commands).map((name) => [name, 0]));
  for (let i = 0; i < runs; i++)
    for (const [name, command] of Object.entries(commands)) {
      const before = endedCpu();
      times[name].push(timed(command));
      spent[name] += endedCpu() - before;
    }
  const { node, livemig, validator: other } = times;
  const [nodeMs, lintMs, validatorMs] = [node, livemig, other ?? []].map((t) => quantile(t, 0.5));
  return {
    lintMs,
    nodeMs,
    oursMs: rounded(lintMs - nodeMs),
    // On a machine that has other work, too, these say more.
    leastMs: rounded(Math.min(...livemig) - Math.min(...node)),
    cpuMs: rounded((spent.livemig - spent.node) / runs),
    validatorMs,
    timesFaster: validatorMs === null ? null : rounded(validatorMs / lintMs),
  };
}

/** Whether oslo-config-validator can be asked the way operators ask it: it loads nova itself for the names of the options. */
function novaInstalled() {
  const asked = spawnSync('/usr/bin/python3', ['-c', 'import nova.conf, oslo_config.validator'], { stdio: 'ignore' });
  return asked.status === 0;
}

/** `livemig lint` of a folder of so many hosts: seconds, peak memory in MiB, findings at error level. */
export async function fleet(root, folder, hosts) {
  const cluster = path.join(folder, `fleet-${hosts}`);
  mkdirSync(cluster);
  writeFleet(cluster, hosts);
  const from = performance.now();
  const child = spawn(process.execPath, [path.join(root, 'dist/cli.js'), 'lint', '--format', 'json', cluster], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, memory(child.pid).peak)), WATCH);
  const output = [];
  child.stdout.on('data', (data) => output.push(data));
  const code = await new Promise((done) => child.on('close', done));
  clearInterval(watch);
  const seconds = rounded((performance.now() - from) / 1000);
  if (code !== 0 && code !== 1) throw new Error(`lint of ${hosts} hosts ended with ${code}`);
  const { findings } = JSON.parse(Buffer.concat(output).toString());
  return { hosts, seconds, peakMiB: peak, errors: findings.filter((f) => f.severity === 'error').length };
}
