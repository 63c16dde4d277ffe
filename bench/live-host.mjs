// Plays the extension host: forks the fleet process and the language server as the client does, has all nodes read, hands
// what comes on to the language server, and types meanwhile. Tells its parent what it took. Forked by fleet-live.mjs.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { cpu } from './figures.mjs';

/** From one key press to the next, in ms: somebody who types fast. */
const KEY_MS = 60;

process.once('message', async ({ dist, folder, sshConfig, rounds, nodesPid, profile }) => {
  try {
    process.send(await run(dist, folder, sshConfig, rounds, nodesPid, profile));
  } catch (error) {
    process.send({ error: error.stack ?? String(error) });
  }
  process.disconnect();
});

/** CPU time of processes by name, in ms, less what it was before. Of the host without its children, which are the others. */
function cpuOf(pids, before = {}) {
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, cpu(pid, name !== 'host') - (before[name] ?? 0)]),
  );
}

/** A child that speaks JSON-RPC over IPC. */
function connected(file, args, profile) {
  const execArgv = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const child = fork(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv });
  const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  connection.listen();
  return { child, connection };
}

async function run(dist, folder, sshConfig, rounds, nodesPid, profile) {
  const fleet = connected(path.join(dist, 'fleet.js'), [], profile);
  const server = connected(path.join(dist, 'server.js'), ['--node-ipc'], profile);
  fleet.connection.onNotification(() => undefined);
  fleet.connection.onRequest('prompt/hostKey', () => {
    throw new Error('a host key was asked for');
  });
  const judged = await startServer(server.connection, folder);
  const uri = pathToFileURL(path.join(folder, 'livemig.ini')).href;
  const text = readFileSync(path.join(folder, 'livemig.ini'), 'utf8');
  const [cluster] = await fleet.connection.sendRequest('fleet/inventories', {
    files: [{ uri, text }],
    trusted: true,
    sshConfig,
  });
  const results = [];
  const pids = { host: process.pid, fleet: fleet.child.pid, server: server.child.pid, nodes: nodesPid };
  let open = await openFile(
    server.connection,
    judged,
    pathToFileURL(path.join(folder, 'typed/etc/nova/nova.conf')).href,
  );
  // Before anything is read: what typing takes when nothing else happens.
  const idle = typing(server.connection, open);
  await sleep(20 * KEY_MS);
  results.push({ round: 'nothing', typed: await idle() });
  for (let i = 0; i < rounds; i++) {
    const delay = monitorEventLoopDelay({ resolution: 2 });
    judged.reset();
    const stop = typing(server.connection, open);
    delay.enable();
    const from = performance.now();
    const before = cpuOf(pids);
    let first;
    const answers = await Promise.all(
      cluster.nodes.map(async ({ name }) => {
        const { view, live } = await fleet.connection.sendRequest('fleet/refresh', { cluster: cluster.id, node: name });
        server.connection.sendNotification('livemig/live', live);
        first ??= performance.now() - from;
        return view;
      }),
    );
    const seconds = (performance.now() - from) / 1000;
    const spent = cpuOf(pids, before);
    const settled = await judged.settled(from);
    delay.disable();
    const typed = await stop();
    const blockedMs = delay.max / 1e6;
    const failures = answers.flatMap((view) => view.failures);
    results.push({
      round: i === 0 ? 'connect and read' : 'read again',
      seconds,
      settled,
      first,
      blockedMs,
      typed,
      spent,
      failures: failures.length,
    });
    if (i === 0) {
      // From now on in a file of a node, which all others are judged beside.
      const node = cluster.nodes[0].name;
      open = await openFile(
        server.connection,
        judged,
        `livemig:///${encodeURIComponent(cluster.id)}/${node}/etc/nova/nova.conf`,
        folder,
      );
    }
  }
  const ended = new Promise((resolve) => server.child.once('exit', resolve));
  await server.connection.sendRequest('shutdown');
  server.connection.sendNotification('exit');
  await Promise.race([ended, sleep(2000)]);
  for (const { child, connection } of [fleet, server]) {
    connection.dispose();
    // Closed, it ends by itself; at once where it does not.
    if (child.connected) child.disconnect();
    setTimeout(() => child.kill(), 2000).unref();
  }
  return { results, problems: judged.count() };
}

/** Initialized, and asked for the diagnostics of the whole workspace as VS Code asks: one request that stays open. */
async function startServer(connection, folder) {
  const root = pathToFileURL(folder).href;
  const token = 'workspace';
  const items = new Map();
  let last = 0;
  connection.onRequest((method, params) =>
    method === 'workspace/configuration' ? params.items.map(() => null) : null,
  );
  connection.onNotification(() => undefined);
  // A file that is typed in is told of with every key.
  const openUris = new Set();
  connection.onProgress({ __: undefined }, token, ({ items: told }) => {
    for (const item of told) {
      if (item.kind === 'full') items.set(item.uri, item.items.length);
      if (!openUris.has(item.uri)) last = performance.now();
    }
  });
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: root,
    workspaceFolders: [{ uri: root, name: 'bench' }],
    capabilities: {
      textDocument: {
        synchronization: {},
        diagnostic: { relatedDocumentSupport: false },
        publishDiagnostics: { relatedInformation: true },
      },
      workspace: { configuration: true, workspaceFolders: true, diagnostics: { refreshSupport: true } },
    },
    initializationOptions: {},
  });
  connection.sendNotification('initialized', {});
  connection
    .sendRequest('workspace/diagnostic', { previousResultIds: [], partialResultToken: token })
    .catch(() => undefined);
  return {
    openUris,
    reset: () => (last = 0),
    count: () => [...items.values()].reduce((sum, n) => sum + n, 0),
    /** Until no more diagnostics come; seconds since a time. */
    async settled(from) {
      for (let waited = 0; waited < 60; waited++) {
        const before = last;
        await sleep(500);
        if (last === before) break;
      }
      return last === 0 ? null : (last - from) / 1000;
    },
  };
}

async function openFile(connection, judged, uri, folder) {
  judged.openUris.clear();
  judged.openUris.add(uri);
  const file = uri.startsWith('file:') ? new URL(uri) : path.join(folder, 'typed/etc/nova/nova.conf');
  const text = readFileSync(file, 'utf8');
  connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'nova-conf', version: 1, text },
  });
  await connection.sendRequest('textDocument/diagnostic', { textDocument: { uri } });
  return { uri, line: text.split('\n').length >> 1, version: 1 };
}

/** Types a bad line and takes it out again, over and over. @returns ends it, and gives the ms from each key to its diagnostics */
function typing(connection, open) {
  const times = [];
  let ended = false;
  const at = { line: open.line, character: 0 };
  const loop = (async () => {
    for (let i = 0; !ended; i++) {
      const change =
        i % 2 === 0
          ? { range: { start: at, end: at }, text: 'oops here\n' }
          : { range: { start: at, end: { line: at.line + 1, character: 0 } }, text: '' };
      const from = performance.now();
      connection.sendNotification('textDocument/didChange', {
        textDocument: { uri: open.uri, version: ++open.version },
        contentChanges: [change],
      });
      await connection.sendRequest('textDocument/diagnostic', { textDocument: { uri: open.uri } });
      const took = performance.now() - from;
      times.push(took);
      await sleep(Math.max(0, KEY_MS - took));
    }
    if (times.length % 2 === 1)
      connection.sendNotification('textDocument/didChange', {
        textDocument: { uri: open.uri, version: ++open.version },
        contentChanges: [{ range: { start: at, end: { line: at.line + 1, character: 0 } }, text: '' }],
      });
  })();
  return async () => {
    ended = true;
    await loop;
    return times;
  };
}
