/** The fleet process as the editor has it: the bundle, forked, spoken to over its IPC channel. */
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { FleetFailure, LogParams, NodeState, Refreshed } from '../../server/src/fleet-protocol';
import { buildSync } from '../support/bundle';

export interface FleetProcess {
  readonly child: ChildProcess;
  readonly client: MessageConnection;
  /** All states that were told, as `NODE: KIND`. */
  readonly states: string[];
  readonly told: NodeState[];
  readonly log: string[];
  ask<T>(what: string, params: object, token?: CancellationToken): Promise<T>;
  refresh(node: string, more?: object): Promise<Refreshed>;
  /** Waits until a state was told. */
  until(state: string): Promise<void>;
  stop(): Promise<void>;
}

/** @param cluster of `refresh`, when nothing else is said */
export function startFleet(cluster: string, args: readonly string[] = []): FleetProcess {
  const bundle = path.join(path.dirname(buildSync()), 'fleet.js');
  const child = fork(bundle, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const client = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  const states: string[] = [];
  const told: NodeState[] = [];
  const log: string[] = [];
  const waiting = new Set<() => void>();
  client.onNotification('fleet/state', (state: NodeState) => {
    told.push(state);
    states.push(`${state.node}: ${state.kind}`);
    for (const look of waiting) look();
  });
  client.onNotification('fleet/log', ({ lines }: LogParams) => void log.push(...lines));
  client.listen();
  const ask = <T>(what: string, params: object, token?: CancellationToken): Promise<T> =>
    token ? client.sendRequest<T>(`fleet/${what}`, params, token) : client.sendRequest<T>(`fleet/${what}`, params);
  return {
    ...{ child, client, states, told, log, ask },
    refresh: (node, more = {}) => ask<Refreshed>('refresh', { cluster, node, ...more }),
    until: (state) =>
      new Promise((resolve) => {
        const look = () => {
          if (!states.includes(state)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    stop: async () => {
      client.dispose();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (child.connected) child.disconnect();
      const late = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(late);
    },
  };
}

/** The failure that a request is rejected with. */
export async function failureOf(request: Promise<unknown>): Promise<FleetFailure & { readonly message: string }> {
  try {
    await request;
  } catch (error) {
    const { message, data } = error as Error & { data: FleetFailure };
    return { ...data, message };
  }
  throw new Error('it did not fail');
}

/** Words of a mount that gives a server an /etc of its own: a copy, with these files in it. */
export function ownEtc(folder: string, files: Readonly<Record<string, string>>): readonly string[] {
  const etc = path.join(mkdtempSync(path.join(folder, 'own-')), 'etc');
  execFileSync('cp', ['-a', '/etc', etc]);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(etc, name)), { recursive: true });
    writeFileSync(path.join(etc, name), text);
  }
  return ['--bind', etc, '/etc'];
}
