// Plays an extension host that has just been started: loads the bundle, activates it, opens the view, and tells when its rows
// were there. Forked by start.mjs, each time anew, since what was loaded once is loaded.
import { createRequire } from 'node:module';
import path from 'node:path';
import { URI } from 'vscode-uri';
import { nothing, playVscode } from './vscode.mjs';

const [bundle, folder] = process.argv.slice(2);
const vscode = playVscode(folder);

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
  const tree = vscode.trees['livemig.nodes'];
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
