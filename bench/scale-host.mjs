// Plays the extension host of scale.mjs: the view of nodes and that of migrations are open, one node is looked into.
import path from 'node:path';
import { blockedBetween, watchedEnv } from './blocked.mjs';
import { activated, fleetPid } from './extension.mjs';
import { cpu, memory, rounded, watchBlocking } from './figures.mjs';
import { measures } from './forked.mjs';
import { sum, takeCalls } from './nova.mjs';
import { paint } from './vscode.mjs';

/** So long migrations are watched, in ms. */
const WATCHED_MS = 15_000;
/** Until something is seen that is waited for, in ms. */
const PATIENCE_MS = 120_000;

measures(async ({ dist, folder, sshConfig, scratch, nova, moving }) => {
  const watched = path.join(scratch, 'scale-blocked');
  Object.assign(process.env, watchedEnv(watched));
  const { client, vscode } = activated(dist, folder, sshConfig);
  const { 'livemig.nodes': tree, 'livemig.migrations': migrations } = vscode.trees;
  const until = async (what, look) => {
    for (const from = performance.now(); ;) {
      const seen = await look();
      if (seen) return seen;
      if (performance.now() - from > PATIENCE_MS) throw new Error(`${what}: not seen. ${vscode.errors.join('; ')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await takeCalls(nova);
  const [root] = await tree.getChildren(undefined);
  await paint(tree);
  // From here on the rows are there: its start is the same for any cluster, and measured elsewhere.
  const [began, from, stop] = [Date.now(), performance.now(), watchBlocking()];
  const [node] = await tree.getChildren(root);
  const groups = await until('the node', async () => {
    const rows = await tree.getChildren(node);
    return rows.some(({ kind }) => kind === 'group') ? rows : undefined;
  });
  const nodeMs = rounded(performance.now() - from);
  const [instance] = await tree.getChildren(groups.find(({ group }) => group === 'instances'));
  await until('migrations', async () => (await paint(migrations)) >= moving);
  const foundMs = rounded(performance.now() - from);
  const found = await takeCalls(nova);
  const fleet = fleetPid();

  const asked = performance.now();
  void vscode.commands['livemig.migrations.migrate'](instance);
  await until('destinations', () => vscode.picks.length > 0);
  const verdictsMs = rounded(performance.now() - asked);
  const planned = performance.now();
  await vscode.commands['livemig.migrations.drain'](node);
  const planMs = rounded(performance.now() - planned);
  if (vscode.panels.length === 0) throw new Error(`nothing was planned: ${vscode.errors.join('; ')}`);
  const plan = await takeCalls(nova);
  const { blockedMs, busyMs } = stop();
  const blockedFleetMs = blockedBetween(watched, began, Date.now());

  const before = cpu(fleet, false);
  const watching = watchBlocking();
  const since = Date.now();
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const polled = await takeCalls(nova);
  const rounds = polled['GET /v2.1/os-migrations'] ?? 0;
  const figures = {
    ...{ nodeMs, foundMs, foundCalls: sum(found), verdictsMs, destinations: vscode.picks[0].items.length },
    ...{ planMs, planCalls: sum(plan), blockedMs, busyMs, blockedFleetMs },
    rounds,
    callsPerRound: rounds === 0 ? null : rounded(sum(polled) / rounds),
    callsPerSecond: rounded((sum(polled) * 1000) / WATCHED_MS),
    watchingCpuMsPerSecond: rounded(((cpu(fleet, false) - before) * 1000) / WATCHED_MS),
    watchingBlockedMs: watching().blockedMs,
    watchingBlockedFleetMs: blockedBetween(watched, since, Date.now()),
    fleetMiB: memory(fleet).peak,
    hostMiB: rounded(process.memoryUsage().rss / 1024 / 1024),
  };
  await client.deactivate();
  return figures;
});
