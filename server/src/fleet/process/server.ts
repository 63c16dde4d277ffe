import { setMaxListeners } from 'node:events';
import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node';
import { addNodes, ansibleHosts, sshHosts } from '../inventory';
import { FleetError } from '../types';
import { Applying, progressTo } from './actions';
import { Drains } from './drain';
import { failure } from './failures';
import { FileRequests } from './files';
import { Fleet, type FleetOptions } from './fleet';
import { LogLines } from './log-lines';
import { matrix } from './matrix';
import { Migrations } from './migrations';
import { Asker } from './prompts';
import { Repairs } from './repairs';
import type { Answers } from './requests';
import { Terminals } from './terminals';
import { verdicts } from './verdicts';
import { WarmUp } from './warm';

/** Answers the client. @returns closes all connections */
export function serve(
  client: MessageConnection,
  options: Pick<FleetOptions, 'timeouts' | 'previous'> = {},
): () => void {
  // Of a client that is gone nobody has to be told.
  const tell = (what: string, params: object): void => {
    client.sendNotification(what, params).catch(() => undefined);
  };
  const lines = new LogLines((params) => tell('fleet/log', params));
  const log = (line: string): void => lines.add(line);
  const asker = new Asker(client);
  const fleet = new Fleet({
    ...{ ...options, asker, log },
    tell: (state) => tell('fleet/state', state),
    push: (refreshed) => tell('fleet/refreshed', refreshed),
  });

  let lastActivity = performance.now();
  let closed = false;
  const warmUp = new WarmUp(
    () => lastActivity,
    () => closed,
  );
  const files = new FileRequests(fleet);
  const terminals = new Terminals(client, fleet);
  const migrations = new Migrations(fleet, asker, (view) => tell('fleet/migration', view));
  const drains = new Drains(fleet, asker, migrations, (view) => tell('fleet/drainState', view));
  const progress = progressTo((params) => tell('fleet/progress', params));
  const applying = new Applying(fleet, progress);
  const repairs = new Repairs(fleet, progress);
  const answers: Answers = {
    inventories: (params) => fleet.inventories(params),
    refresh: async ({ now = false, ...params }, signal) => {
      const node = fleet.node(params);
      const answer = await node.refresh({ signal, now });
      if (node.snapshot) migrations.look(params.cluster);
      warmUp.begin(fleet.cluster(params.cluster)).catch((error: unknown) => log(`warming up: ${String(error)}`));
      return answer;
    },
    disconnect: (node) => {
      fleet.node(node).disconnect();
      return null;
    },
    stat: (params) => files.stat(params),
    list: (params) => files.list(params),
    read: (params) => files.read(params),
    write: (params) => files.write(params),
    previous: (params) => files.previous(params),
    restore: (params) => files.restore(params),
    applyPlan: (params, signal) => applying.plan(params, signal),
    apply: (params, signal) => applying.run(params, signal),
    repairPlan: (params) => repairs.plan(params),
    repair: (params, signal) => repairs.run(params, signal),
    verdicts: (params, signal) => verdicts(fleet, params, signal, (cluster) => migrations.driver(cluster)),
    migrate: (params, signal) => migrations.migrate(params, signal),
    migrations: () => migrations.list(),
    steer: (params) => migrations.steer(params),
    drainPlan: (params, signal) => drains.plan(params, signal),
    drain: (params, signal) => drains.begin(params, signal),
    drainSteer: (params) => drains.steer(params),
    serviceEnable: (params, signal) => drains.enable(params, signal),
    samples: ({ id }) => migrations.samples.of(id),
    matrix: (params, signal) => matrix(fleet, params, signal),
    sshHosts: ({ sshConfig }) => sshHosts(sshConfig === '' ? undefined : sshConfig),
    ansibleHosts: ({ text }) => ansibleHosts(text),
    addNodes: ({ text, nodes }) => ({ text: addNodes(text, nodes) }),
    terminal: (params, signal) => terminals.open(params, signal),
  };

  for (const [name, answer] of Object.entries(answers) as [string, (p: unknown, signal: AbortSignal) => unknown][])
    client.onRequest(`fleet/${name}`, async (params: unknown, token: CancellationToken) => {
      lastActivity = performance.now();
      const stop = new AbortController();
      // One request may ask all nodes of a cluster.
      setMaxListeners(0, stop.signal);
      if (token.isCancellationRequested) stop.abort();
      const listening = token.onCancellationRequested(() => stop.abort());
      try {
        return await answer(params, stop.signal);
      } catch (error) {
        // A fault of ours: its stack says where, and no content.
        if (!(error instanceof FleetError)) log(`${name}: ${error instanceof Error ? String(error.stack) : 'failed'}`);
        return failure(error);
      } finally {
        listening.dispose();
        lines.tell();
        lastActivity = performance.now();
      }
    });
  return () => {
    closed = true;
    migrations.close();
    fleet.close();
    lines.tell();
  };
}
