// What speaks against moving one instance to each of so many embedded nodes: asked of the fleet process, whose snapshots of
// them are fresh. The first answer of a process is told apart, as it is a moment after all nodes were read, in which the process
// runs the rules over them for the first time, and how long that blocks it; and as it is where there was no such moment.
import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { setTimeout as sleep } from 'node:timers/promises';
import { blockedBetween, watchedEnv } from './blocked.mjs';
import { cpu, medianOf, rounded } from './figures.mjs';
import { writeFleet } from './fleet.mjs';

/** Processes that are asked, and how often each. */
const ROUNDS = 3;
const ASKED = 5;
/** Until somebody has seen that the nodes were read, has found an instance, its menu and *Live Migrate…*, in ms. */
const MOMENT_MS = 2000;

/**
 * @param {string} root of the project
 * @param {string} scratch a folder for what is made
 * @param {number} count destinations
 */
export async function verdicts(root, scratch, count) {
  const hosts = path.join(scratch, `verdicts-${count}`);
  const folder = path.join(scratch, `verdicts-${count}-workspace`);
  mkdirSync(hosts);
  mkdirSync(folder);
  writeFleet(hosts, count + 1);
  const embedded = fork(path.join(root, 'test/embedded/main.ts'), ['hosts', folder, '--from', hosts], {
    execArgv: ['--import', 'tsx'],
    cwd: root,
  });
  try {
    const { sshConfig, nodes } = await new Promise((resolve, reject) => {
      embedded.once('message', resolve);
      embedded.once('exit', (code) => reject(new Error(`the embedded cluster ended with ${code}`)));
    });
    const inventory = nodes.map(({ name }) => `[node ${name}]\nroles = compute\n`);
    const text = ['release = zed\n', ...inventory].join('\n');
    const first = [];
    const atOnce = [];
    const later = [];
    const blocked = [];
    for (let round = 0; round < ROUNDS; round++)
      for (const [moment, list] of [
        [MOMENT_MS, first],
        [0, atOnce],
      ]) {
        const watched = path.join(scratch, `verdicts-${count}-${round}-${moment}`);
        const { figures, blockedMs } = await asked(root, { text, sshConfig, moment, watched });
        list.push(figures[0]);
        later.push(...figures.slice(1));
        if (blockedMs !== undefined) blocked.push(blockedMs);
      }
    return {
      destinations: count,
      momentMs: MOMENT_MS,
      firstMs: medianOf(first, 'ms'),
      firstCpuMs: medianOf(first, 'cpu'),
      atOnceMs: medianOf(atOnce, 'ms'),
      atOnceCpuMs: medianOf(atOnce, 'cpu'),
      blockedMs: blocked.length > 0 ? rounded(Math.max(...blocked)) : null,
      ms: medianOf(later, 'ms'),
      cpuMs: medianOf(later, 'cpu'),
    };
  } finally {
    if (embedded.connected) embedded.disconnect();
  }
}

/** Reads all nodes, lets a moment pass, and asks then. */
async function asked(root, { text, sshConfig, moment, watched }) {
  const child = fork(path.join(root, 'dist/fleet.js'), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: watchedEnv(watched),
  });
  const client = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  client.onNotification(() => undefined);
  client.listen();
  try {
    const files = [{ uri: 'file:///bench/livemig.ini', text }];
    const [{ id: cluster, nodes }] = await client.sendRequest('fleet/inventories', { files, trusted: true, sshConfig });
    await Promise.all(nodes.map(({ name: node }) => client.sendRequest('fleet/refresh', { cluster, node })));
    // What was read is told of a little longer.
    const read = Date.now() + 100;
    await sleep(moment);
    const blockedMs = moment === 0 ? undefined : blockedBetween(watched, read + 100, Date.now() - 100);
    const figures = [];
    for (let i = 0; i < ASKED; i++) {
      const from = { time: performance.now(), cpu: cpu(child.pid, false) };
      const { length } = await client.sendRequest('fleet/verdicts', {
        cluster,
        node: nodes[0].name,
        uuid: '6f1c2d5e-8a47-4b0e-9d31-000000000001',
      });
      if (length !== nodes.length - 1) throw new Error(`${length} verdicts of ${nodes.length - 1}`);
      figures.push({ ms: rounded(performance.now() - from.time), cpu: cpu(child.pid, false) - from.cpu });
    }
    return { figures, blockedMs };
  } finally {
    client.dispose();
    child.disconnect();
  }
}
