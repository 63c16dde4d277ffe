// Plays the extension host of drain.mjs: the extension's bundles, a view of nodes and one of migrations that are open, and a
// page of the drain that is looked at.
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { URI } from 'vscode-uri';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { cpu, rounded, watchBlocking } from './figures.mjs';
import { measures } from './forked.mjs';
import { nothing, paint, playVscode } from './vscode.mjs';

/** So many move at a time. */
const PARALLEL = 10;
/** Without a word of the drain for so long, something is wrong, ms. */
const SILENCE_MS = 60_000;

measures(run);

async function run({ dist, folder, sshConfig, instances }) {
  const server = languageServer(dist, folder);
  const vscode = playVscode(folder, {
    settings: { 'nodes.sshConfig': sshConfig },
    live: true,
    modules: { './client-main.js': { start: () => server } },
  });
  const client = createRequire(import.meta.url)(path.join(dist, 'client.js'));
  const api = client.activate({
    subscriptions: [],
    secrets: nothing(),
    workspaceState: vscode.memento,
    globalState: vscode.memento,
    extensionUri: URI.file(path.dirname(dist)),
    extensionPath: path.dirname(dist),
    asAbsolutePath: (file) => path.join(path.dirname(dist), file),
  });
  const tree = vscode.trees['livemig.nodes'];
  const [{ cluster }] = await tree.getChildren(undefined);
  await paint(tree);
  await api.ready;
  // All are looked into.
  await vscode.commands['livemig.nodes.refreshAll']();
  await paint(tree);
  await paint(vscode.trees['livemig.migrations']);
  const node = { kind: 'node', cluster: cluster.id, node: cluster.nodes[0].name };
  const fleet = fleetPid();
  const spent = () => ({ own: cpu(process.pid, false), fleet: cpu(fleet, false) });
  const [from, before, stop] = [performance.now(), spent(), watchBlocking()];
  await vscode.commands['livemig.migrations.drain'](node);
  const planMs = performance.now() - from;
  const [panel] = vscode.panels;
  if (!panel) throw new Error(`nothing was planned: ${vscode.errors.join('; ')}`);
  panel.said.fire({ kind: 'ready' });
  if (panel.last.page.moves.length !== instances) throw new Error(JSON.stringify(panel.last.page).slice(0, 2000));
  panel.said.fire({ kind: 'start', parallel: PARALLEL });
  const moves = await ended(panel, vscode);
  const after = spent();
  const moved = moves.filter(({ progress }) => progress === 'completed').length;
  if (moved !== instances) throw new Error(`${moved} of ${instances} moved: ${JSON.stringify(moves).slice(0, 2000)}`);
  const figures = {
    planMs: rounded(planMs),
    seconds: rounded((performance.now() - from) / 1000),
    ...stop(),
    cpuMs: after.own - before.own,
    fleetCpuMs: after.fleet - before.fleet,
    pages: panel.told,
  };
  await client.deactivate();
  return figures;
}

/** Until the page says of every instance what became of it. */
async function ended(panel, { errors }) {
  for (let [told, since] = [0, performance.now()]; ;) {
    const { moves } = panel.last.page;
    if (moves.every(({ progress }) => progress !== undefined && !['waiting', 'running'].includes(progress)))
      return moves;
    if (panel.told !== told) [told, since] = [panel.told, performance.now()];
    if (performance.now() - since > SILENCE_MS)
      throw new Error(`nothing more is told: ${errors.join('; ')} ${JSON.stringify(moves).slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** In place of the language client: what is told of nodes goes to a real server, and its diagnostics nowhere. */
function languageServer(dist, folder) {
  const child = fork(path.join(dist, 'server.js'), ['--node-ipc'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  connection.onRequest((method, params) =>
    method === 'workspace/configuration' ? params.items.map(() => null) : null,
  );
  connection.onNotification(() => undefined);
  connection.listen();
  const root = URI.file(folder).toString();
  let running = false;
  const ready = connection
    .sendRequest('initialize', {
      processId: process.pid,
      rootUri: root,
      workspaceFolders: [{ uri: root, name: 'bench' }],
      capabilities: { workspace: { configuration: true, workspaceFolders: true } },
      initializationOptions: {},
    })
    .then(() => {
      connection.sendNotification('initialized', {});
      running = true;
    });
  return {
    ready,
    commands: nothing(),
    server: {
      get running() {
        return running;
      },
      notify: (method, params) => void connection.sendNotification(method, params),
      onRunning: (listener) => {
        void ready.then(listener);
        return { dispose() {} };
      },
    },
    async stop() {
      connection.dispose();
      if (child.connected) child.disconnect();
      child.kill();
    },
  };
}

/** The extension tells nobody: it is the child that runs fleet.js. */
function fleetPid() {
  const child = process
    ._getActiveHandles()
    .find((handle) => handle.spawnargs?.some((word) => word.endsWith('fleet.js')));
  return child.pid;
}
