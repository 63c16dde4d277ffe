// Plays the extension host of drain.mjs: the extension's bundles, a view of nodes and one of migrations that are open, and a
// page of the drain that is looked at.
import { activated, fleetPid } from './extension.mjs';
import { cpu, rounded, watchBlocking } from './figures.mjs';
import { measures } from './forked.mjs';
import { paint } from './vscode.mjs';

/** So many move at a time. */
const PARALLEL = 10;
/** Without a word of the drain for so long, something is wrong, ms. */
const SILENCE_MS = 60_000;

measures(run);

async function run({ dist, folder, sshConfig, instances }) {
  const { client, api, vscode } = activated(dist, folder, sshConfig);
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
  // Their disks are files of that node alone.
  if (panel.last.page.moves.some(({ copied }) => copied !== 'its disks are copied'))
    throw new Error(`not all are copied: ${JSON.stringify(panel.last.page.moves).slice(0, 2000)}`);
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
