// What speaks against moving one instance to each of so many embedded nodes: asked of the fleet process, whose snapshots of
// them are fresh. The first answer of a process is told apart: its engine has run none of it yet.
import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { cpu, medianOf, rounded } from './figures.mjs';
import { writeFleet } from './fleet.mjs';

/** Processes that are asked, and how often each. */
const ROUNDS = 3;
const ASKED = 5;

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
    const later = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [cold, ...warm] = await asked(root, { text, sshConfig });
      first.push(cold);
      later.push(...warm);
    }
    return {
      destinations: count,
      firstMs: medianOf(first, 'ms'),
      firstCpuMs: medianOf(first, 'cpu'),
      ms: medianOf(later, 'ms'),
      cpuMs: medianOf(later, 'cpu'),
    };
  } finally {
    if (embedded.connected) embedded.disconnect();
  }
}

/** Reads all nodes, and asks then. */
async function asked(root, { text, sshConfig }) {
  const child = fork(path.join(root, 'dist/fleet.js'), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const client = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  client.onNotification(() => undefined);
  client.listen();
  try {
    const files = [{ uri: 'file:///bench/livemig.ini', text }];
    const [{ id: cluster, nodes }] = await client.sendRequest('fleet/inventories', { files, trusted: true, sshConfig });
    await Promise.all(nodes.map(({ name: node }) => client.sendRequest('fleet/refresh', { cluster, node })));
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
    return figures;
  } finally {
    client.dispose();
    child.disconnect();
  }
}
