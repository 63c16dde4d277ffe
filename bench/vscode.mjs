// Of VS Code as much as the extension asks of it in the bench: what it is told is thrown away, what is asked for by name is
// kept, and rows that are told to have changed are asked for again as the real one does.
import { existsSync, readFileSync } from 'node:fs';
import Module from 'node:module';
import { URI, Utils } from 'vscode-uri';

/** VS Code gathers what a tree tells to have changed for so long, in ms. */
const GATHER_MS = 200;

/** A value of which everything can be asked, and nothing comes. */
export function nothing() {
  const target = function () {};
  return new Proxy(target, {
    get: (_, name) =>
      name === 'then' || name === Symbol.iterator ? undefined : name === Symbol.toPrimitive ? () => '' : nothing(),
    apply: () => nothing(),
    construct: () => ({}),
  });
}

class EventEmitter {
  #listeners = new Set();
  event = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  };
  fire(value) {
    for (const listener of this.#listeners) listener(value);
  }
  dispose() {
    this.#listeners.clear();
  }
}

class MarkdownString {
  value = '';
  appendMarkdown(text) {
    this.value += text;
    return this;
  }
  appendText(text) {
    return this.appendMarkdown(text);
  }
}

/** All rows of a tree, as if all were open. @returns how many */
export async function paint(tree, from) {
  let rows = 0;
  for (const row of (await tree.getChildren(from)) ?? []) {
    await tree.getTreeItem(row);
    rows += 1 + (await paint(tree, row));
  }
  return rows;
}

/** Asks for the rows of what has changed, once they have been gathered. */
function repaint(tree) {
  let waiting;
  tree.onDidChangeTreeData?.((changed) => {
    if (!waiting) {
      waiting = new Set();
      setTimeout(() => void gathered(), GATHER_MS);
    }
    for (const element of Array.isArray(changed) ? changed : [changed]) waiting.add(element);
  });
  const gathered = async () => {
    const elements = waiting.has(undefined) ? [undefined] : [...waiting];
    waiting = undefined;
    for (const element of elements) {
      if (element) await tree.getTreeItem(element);
      await paint(tree, element);
    }
  };
}

/**
 * From now on `require('vscode')` is this.
 * @param {string} folder of the workspace
 * @param {{ settings?: object, live?: boolean, modules?: Record<string, object> }} options
 *   live: trees are painted again; modules: others, by what they are required as
 */
export function playVscode(folder, { settings = {}, live = false, modules = {} } = {}) {
  const played = { trees: {}, commands: {}, panels: [], picks: [], errors: [] };
  const answers = async () => undefined;
  const log = { error: (text) => void played.errors.push(String(text)), warn() {}, info() {}, debug() {} };
  const state = new Map();
  const known = {
    EventEmitter,
    MarkdownString,
    Uri: Object.assign(URI, { joinPath: Utils.joinPath }),
    TreeItem: class {
      constructor(label) {
        this.label = label;
      }
    },
    Disposable: class {
      dispose() {}
    },
    l10n: { t: (text, ...values) => (text.message ?? text).replace(/\{(\d)\}/g, (_, i) => String(values[i])) },
    languages: { getDiagnostics: () => [] },
    commands: {
      registerCommand(id, run) {
        played.commands[id] = run;
        return { dispose() {} };
      },
      executeCommand: answers,
    },
    window: {
      createTreeView(id, { treeDataProvider }) {
        played.trees[id] = treeDataProvider;
        if (live) repaint(treeDataProvider);
        return live ? over({ visible: true, onDidExpandElement: () => nothing() }) : nothing();
      },
      createOutputChannel: () => over(log),
      withProgress: (_, run) =>
        run({ report() {} }, { isCancellationRequested: false, onCancellationRequested: () => nothing() }),
      // Nobody picks anything.
      createQuickPick() {
        const list = over({ items: [], show: () => void played.picks.push(list) });
        return list;
      },
      createWebviewPanel() {
        const said = new EventEmitter();
        const panel = { said, told: 0, last: undefined };
        played.panels.push(panel);
        const webview = over({
          onDidReceiveMessage: said.event,
          // It goes to another process as text.
          postMessage: async (message) => {
            JSON.stringify(message);
            panel.told++;
            panel.last = message;
          },
          asWebviewUri: (uri) => uri,
        });
        return over({ webview, visible: true });
      },
      showInformationMessage: answers,
      showWarningMessage: answers,
      showErrorMessage: answers,
    },
    workspace: {
      isTrusted: true,
      textDocuments: [],
      workspaceFolders: [{ uri: URI.file(folder), name: 'bench', index: 0 }],
      getConfiguration: () => ({ get: (name, other) => settings[name] ?? other }),
      findFiles: async () => [URI.file(`${folder}/livemig.ini`)],
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
    commands: over(known.commands),
  });
  const load = Module._load;
  Module._load = function (name, ...more) {
    return name === 'vscode' ? vscode : Object.hasOwn(modules, name) ? modules[name] : load.call(this, name, ...more);
  };
  played.memento = {
    get: (key, other) => (state.has(key) ? JSON.parse(state.get(key)) : other),
    // It goes to another process as text.
    update: async (key, value) => void state.set(key, JSON.stringify(value)),
  };
  return played;
}
