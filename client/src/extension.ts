/**
 * The entry. It registers the commands and returns at once; the language client (40 ms to load) comes after
 * `activate` has returned, so that opening a file never waits for it.
 */
import { commands, workspace, type Disposable, type ExtensionContext } from 'vscode';
import { languageIds } from './languages';
import type { CommandId, Main } from './main';
import { migrationCommandIds } from './migrations/ids';
import { nodeCommandIds } from './nodes/ids';
import type { Nodes } from './nodes/start';
import { registerNodes, type RegisteredNodes } from './nodes/register';

/** What `activate` gives to other extensions and to the tests. */
export interface Api {
  /** Settles when the language server answers; rejects when it cannot be started. */
  readonly ready: Promise<void>;
  /** A request to the language server; waits for `ready`. */
  request<T>(method: string, params?: unknown): Promise<T>;
  /** The text and detail that the language status item shows now; undefined while it shows none. */
  status(): Promise<{ text: string; detail: string } | undefined>;
  /** The tree of nodes and what belongs to it; loads it. */
  nodes(): Promise<Nodes>;
  /** ms that `activate` took. */
  readonly activated: number;
}

const ids = ['openRule', 'fixAll', 'fixWorkspace', 'restartServer', 'showLog'] as const satisfies CommandId[];
/** Those in the command palette; package.json has the same. */
export const commandIds = [...ids, ...nodeCommandIds, ...migrationCommandIds];
/** Reached by code actions only. */
const innerIds = ['suppress'] as const satisfies CommandId[];

/** So soon after `activate` a view that was open asks for its rows. */
const VIEW_OPENS_MS = 30;

let running: Promise<Main> | undefined;
let nodes: RegisteredNodes | undefined;

export function activate(context: ExtensionContext): Api {
  const start = performance.now();
  let registered: RegisteredNodes | undefined;
  const main = new Promise<Main>((resolve, reject) => {
    const load = (): void => void import('./main').then((m) => m.start(context)).then(resolve, reject);
    // To load it takes longer than the tree may take to appear; who has a file of ours open waits for nothing.
    setImmediate(() => {
      if (workspace.textDocuments.some(({ languageId }) => (languageIds as readonly string[]).includes(languageId)))
        load();
      else setTimeout(() => void registered?.painted().then(load, load), VIEW_OPENS_MS);
    });
  });
  running = main;
  const ready = main.then((m) => m.ready);
  ready.catch(() => undefined); // shown to the user by the language client; here it only must not count as unhandled
  context.subscriptions.push(...[...ids, ...innerIds].map((id) => forward(id, main)));
  const all = registerNodes(context, main);
  nodes = registered = all;
  return {
    ready,
    request: async (method, params) => {
      await ready;
      return (await main).request(method, params);
    },
    status: async () => (await main).status(),
    nodes: () => all.load(),
    activated: performance.now() - start,
  };
}

export async function deactivate(): Promise<void> {
  await nodes?.stop();
  await (await running?.catch(() => undefined))?.stop();
}

function forward(id: CommandId, main: Promise<Main>): Disposable {
  return commands.registerCommand(`livemig.${id}`, async (...args: unknown[]) => (await main).commands[id](...args));
}
