// A cluster of so many nodes and instances: the rows of the tree, the instances as nova tells of them, one node that is looked
// into, a drain that is planned, where an instance could go, and many migrations that are watched. One node is there; the
// others stand in livemig.ini and in nova's answers, and nobody may dial them for what is asked here.
import { fork, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { memory, rounded } from './figures.mjs';
import { writeFleet } from './fleet.mjs';
import { measured, message } from './forked.mjs';
import { startNova, sum, takeCalls } from './nova.mjs';
import { start } from './start.mjs';

/** Of them so many are being migrated. */
const MOVING = 50;
/** On the node that is there. */
const GUESTS = 10;
/** How often the memory of a process is looked at, in ms. */
const WATCH = 20;

/**
 * @param {string} root of the project
 * @param {string} scratch a folder for what is made
 * @param {{ nodes: number, instances: number, runs: number, profile?: string }} of
 */
export async function scale(root, scratch, { nodes: count, instances, runs, profile }) {
  const hosts = path.join(scratch, `scale-${count}`);
  const folder = path.join(scratch, `scale-${count}-workspace`);
  mkdirSync(hosts);
  mkdirSync(folder);
  writeFleet(hosts, 1);
  const embedded = fork(
    path.join(root, 'test/embedded/main.ts'),
    ['hosts', folder, '--from', hosts, '--guests', String(GUESTS)],
    {
      execArgv: ['--import', 'tsx'],
      cwd: root,
    },
  );
  let nova;
  try {
    const { sshConfig, nodes } = await message(embedded, 'the embedded cluster');
    const names = [
      nodes[0].name,
      ...Array.from({ length: count - 1 }, (_, i) => `far${String(i + 1).padStart(5, '0')}`),
    ];
    // Nova has them by their full names, as many do.
    const known = names.map((name) => `${name}.example.net`);
    nova = await startNova({ hosts: known, servers: instances, moving: MOVING });
    const sections = names.map((name) => `[node ${name}]\nroles = compute\n`);
    const head = '[cluster]\nname = bench\nrelease = zed\n\n[cloud]\nname = bench\ndriver = nova\n';
    writeFileSync(path.join(folder, 'livemig.ini'), [head, ...sections].join('\n'));
    writeFileSync(path.join(folder, 'clouds.yaml'), clouds(nova.url));
    const painted = await start(root, scratch, Math.min(runs, 5), count);
    const listed = await list(root, folder, sshConfig, nova);
    const request = { dist: path.join(root, 'dist'), folder, sshConfig, scratch, nova: nova.url, moving: MOVING };
    const asked = await measured('scale-host.mjs', request, { cwd: root, what: 'the large cluster', profile });
    return { nodes: count, instances, moving: MOVING, paintMs: painted.paintMs, ...listed, ...asked };
  } finally {
    nova?.close();
    if (embedded.connected) embedded.disconnect();
  }
}

/** Nobody is asked for a password. */
function clouds(url) {
  const auth = { auth_url: `${url}/v3`, username: 'admin', password: 'recorded', project_name: 'admin' };
  const domains = { user_domain_id: 'default', project_domain_id: 'default' };
  return JSON.stringify({ clouds: { bench: { auth: { ...auth, ...domains } } } });
}

/** `livemig instances`, all of them. */
async function list(root, folder, sshConfig, nova) {
  const words = ['instances', '--json', '--inventory', path.join(folder, 'livemig.ini'), '--ssh-config', sshConfig];
  await takeCalls(nova.url);
  const from = performance.now();
  const child = spawn(process.execPath, [path.join(root, 'dist/cli.js'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let [peak, rows] = [0, 0];
  const watch = setInterval(() => (peak = Math.max(peak, memory(child.pid).peak)), WATCH);
  child.stdout.on('data', (data) => {
    for (const byte of data) if (byte === 10) rows++;
  });
  const code = await new Promise((done) => child.on('close', done));
  clearInterval(watch);
  if (code !== 0) throw new Error(`livemig instances ended with ${code}`);
  return {
    listSeconds: rounded((performance.now() - from) / 1000),
    listMiB: peak,
    listed: rows,
    listCalls: sum(await takeCalls(nova.url)),
  };
}
