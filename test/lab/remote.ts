/** Ways to the nodes of the lab, as the product goes them. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DialNode } from '../../server/src/fleet/dial';
import { PreviousVersions } from '../../server/src/fleet/files/previous';
import { RemoteFiles } from '../../server/src/fleet/files/remote';
import { Pool } from '../../server/src/fleet/pool';
import { connect, type ConnectOptions } from '../../server/src/fleet/ssh/connect';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import { resolveTarget } from '../../server/src/fleet/ssh/config';
import { KeyStore } from '../../server/src/fleet/ssh/keys';
import type { Prompts } from '../../server/src/fleet/types';
import { readInventory } from '../../server/src/model/inventory';
import { answering } from '../fleet/sshd';
import type { Lab, LabNode } from './lab';

export interface Way {
  /** Of the user in livemig.ini, root. */
  readonly user?: string;
  readonly jump?: string;
  /** Lines of ssh's configuration, in place of the lab's. */
  readonly config?: readonly string[];
  readonly prompts?: Prompts;
  /** In ms: what is lost is noticed after three of them. */
  readonly keepalive?: number;
  readonly timeouts?: ConnectOptions['timeouts'];
}

let configs = 0;

export async function dialNode(lab: Lab, node: LabNode, way: Way = {}, signal?: AbortSignal): Promise<SshConnection> {
  const text = readFileSync(lab.file('livemig.ini'), 'utf8');
  const nodes: readonly DialNode[] = readInventory({
    uri: 'file:///x',
    path: 'livemig.ini',
    kind: 'livemig-ini',
    text,
  }).nodes;
  const { user, jump, config, prompts = answering({}), keepalive = 500, timeouts } = way;
  const found = nodes.find((n) => n.name === node)!;
  const own = { ...found, values: { ...found.values, ...(user && { user }), ...(jump && { jump }) } };
  let configFile = lab.file('ssh_config');
  if (config) writeFileSync((configFile = lab.file(`ssh_config${configs++}`)), `${config.join('\n')}\n`);
  const target = await resolveTarget(own, { nodes, configFile });
  const options = { trusted: true, keys: new KeyStore(), keepalive, ...(timeouts && { timeouts }) };
  return connect(target, prompts, () => undefined, signal, options);
}

/** One connection per node, dialled anew at once when it is lost. */
export function poolOf(lab: Lab, way: Way = {}): Pool<SshConnection> {
  return new Pool((node, signal) => dialNode(lab, node as LabNode, way, signal));
}

export function filesOf(lab: Lab, pool: Pool<SshConnection>, node: LabNode): RemoteFiles {
  const kept = new PreviousVersions(path.join(lab.folder, 'previous'));
  return new RemoteFiles(() => pool.get(node, { now: true }), node, kept);
}
