import type { InventoryNode } from '../model/inventory';
import { localRunner } from './shell';
import { resolveTarget } from './ssh/config';
import { connect } from './ssh/connect';
import type { KeyStore } from './ssh/keys';
import type { FleetLog, Prompts, Runner } from './types';

export interface Dialled {
  readonly runner: Runner;
  readonly close: () => void;
}

export interface DialOptions {
  /** Every node is this machine, whatever its address. */
  readonly local?: boolean;
  readonly prompts: Prompts;
  /** Shared by all nodes, so that a passphrase is asked for once. */
  readonly keys?: KeyStore;
  /** All nodes of livemig.ini: a jump host may be one of them. */
  readonly nodes?: readonly DialNode[];
  /** Instead of ~/.ssh/config and /etc/ssh/ssh_config. */
  readonly configFile?: string | undefined;
  readonly log?: FleetLog;
  readonly signal?: AbortSignal;
}

/** What a node is called by whoever needs no more of it. */
export type DialNode = Pick<InventoryNode, 'name' | 'address' | 'values'>;

/**
 * The one place where a node of livemig.ini becomes something that runs commands. For trusted folders only: livemig.ini
 * chooses the hosts that are dialled, and the user's ssh configuration may run programs for them.
 *
 * @throws FleetError when it cannot be reached
 */
export async function dial(node: DialNode, options: DialOptions): Promise<Dialled> {
  const { local = false, prompts, keys, nodes = [], configFile, log = () => undefined, signal } = options;
  if (local || node.address === 'local') return { runner: localRunner(log), close: () => undefined };
  const target = await resolveTarget(node, { nodes, ...(configFile !== undefined && { configFile }) });
  const connection = await connect(target, prompts, log, signal, { trusted: true, ...(keys && { keys }) });
  return { runner: connection, close: () => connection.close() };
}
