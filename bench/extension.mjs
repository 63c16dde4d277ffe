// The extension's bundles in a played extension host, with a real language server and fleet process beside.
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { URI } from 'vscode-uri';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { nothing, playVscode } from './vscode.mjs';

/** The extension, active in a workspace whose views are open. */
export function activated(dist, folder, sshConfig) {
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
  return { client, api, vscode };
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
export function fleetPid() {
  const child = process
    ._getActiveHandles()
    .find((handle) => handle.spawnargs?.some((word) => word.endsWith('fleet.js')));
  return child.pid;
}
