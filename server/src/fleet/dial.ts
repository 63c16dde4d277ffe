import type { InventoryNode } from '../model/inventory';
import { localRunner } from './shell';
import { resolveTarget } from './ssh/config';
import { connect } from './ssh/connect';
import type { SshConnection } from './ssh/connection';
import type { KeyStore } from './ssh/keys';
import type { StepTimeouts } from './ssh/steps';
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
  readonly timeouts?: Partial<StepTimeouts>;
}

/** What a node is called by whoever needs no more of it. */
export type DialNode = Pick<InventoryNode, 'name' | 'address' | 'values'>;

/** Whether a node is this machine by its own word. */
export function isLocal({ address }: DialNode): boolean {
  return address === 'local';
}

/**
 * The one place where a node of livemig.ini becomes something that runs commands. For trusted folders only: livemig.ini
 * chooses the hosts that are dialled, and the user's ssh configuration may run programs for them.
 *
 * @throws FleetError when it cannot be reached
 */
export async function dial(node: DialNode, options: DialOptions): Promise<Dialled> {
  if (options.local === true || isLocal(node)) return { runner: localRunner(options.log), close: () => undefined };
  const connection = await dialSsh(node, options);
  return { runner: connection, close: () => connection.close() };
}

/** The same for a node that is another machine. */
export async function dialSsh(
  node: DialNode,
  { prompts, keys, nodes = [], configFile, log = () => undefined, signal, timeouts }: DialOptions,
): Promise<SshConnection> {
  const target = await resolveTarget(node, { nodes, ...(configFile !== undefined && { configFile }) });
  const options = { trusted: true, ...(keys && { keys }), ...(timeouts && { timeouts }) };
  return connect(target, prompts, log, signal, options);
}
