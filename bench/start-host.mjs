// Plays an extension host that has just been started: loads the bundle, activates it, opens the view, and tells when its rows
// were there. Of VS Code there is as much as the extension asks of it until then; what it is told is thrown away. Forked by
// start.mjs, each time anew, since what was loaded once is loaded.
import { existsSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { URI, Utils } from 'vscode-uri';

const [bundle, folder] = process.argv.slice(2);

/** A value of which everything can be asked, and nothing comes. */
function nothing() {
  const target = function () {};
  return new Proxy(target, {
    get: (_, name) =>
      name === 'then' || name === Symbol.iterator ? undefined : name === Symbol.toPrimitive ? () => '' : nothing(),
    apply: () => nothing(),
    construct: () => ({}),
  });
}

class EventEmitter {
  event = () => ({ dispose() {} });
  fire() {}
  dispose() {}
}

let tree;
const known = {
  EventEmitter,
  Uri: Object.assign(URI, { joinPath: Utils.joinPath }),
  TreeItem: class {
    constructor(label) {
      this.label = label;
    }
  },
  Disposable: class {
    dispose() {}
  },
  l10n: { t: (text) => text },
  languages: { getDiagnostics: () => [] },
  window: {
    createTreeView(id, { treeDataProvider }) {
      if (id === 'livemig.nodes') tree = treeDataProvider;
      return nothing();
    },
  },
  workspace: {
    isTrusted: true,
    textDocuments: [],
    workspaceFolders: [{ uri: URI.file(folder), name: 'bench', index: 0 }],
    getConfiguration: () => ({ get: (_, other) => other }),
    fs: {
      // Through the editor's own process: a turn of the loop at the least.
      readFile: async ({ fsPath }) => {
        await new Promise((resolve) => setImmediate(resolve));
        if (!existsSync(fsPath)) throw new Error(`${fsPath} is not there`);
        return readFileSync(fsPath);
      },
    },
  },
};
/** What is known, and nothing of all else. */
const over = (own) => new Proxy(own, { get: (all, name) => (name in all ? all[name] : nothing()) });
const vscode = over({
  ...known,
  window: over(known.window),
  workspace: over(known.workspace),
  languages: over(known.languages),
});

const load = Module._load;
Module._load = function (name, ...more) {
  return name === 'vscode' ? vscode : load.call(this, name, ...more);
};

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function main() {
  const from = { time: performance.now(), cpu: cpuMs() };
  const client = createRequire(import.meta.url)(bundle);
  const loaded = performance.now();
  client.activate({
    subscriptions: [],
    secrets: nothing(),
    workspaceState: nothing(),
    globalState: nothing(),
    extensionUri: URI.file(path.dirname(path.dirname(bundle))),
    extensionPath: path.dirname(path.dirname(bundle)),
    asAbsolutePath: (file) => path.join(path.dirname(path.dirname(bundle)), file),
  });
  const active = { time: performance.now(), cpu: cpuMs() };
  const roots = await tree.getChildren(undefined);
  const rows = [...roots];
  for (const root of roots) rows.push(...((await tree.getChildren(root)) ?? []));
  for (const row of rows) await tree.getTreeItem(row);
  const painted = { time: performance.now(), cpu: cpuMs() };
  process.send(
    {
      loadMs: loaded - from.time,
      activateMs: active.time - from.time,
      activateCpuMs: active.cpu - from.cpu,
      paintMs: painted.time - active.time,
      paintCpuMs: painted.cpu - active.cpu,
      rows: rows.length,
    },
    () => process.exit(0),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
