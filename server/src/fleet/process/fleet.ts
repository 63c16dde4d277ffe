import type { ClusterView, InventoriesParams, NodeParams, NodeState, Refreshed } from '../../fleet-protocol';
import { dialSsh, isLocal } from '../dial';
import { previousFolder } from '../files/place';
import { PreviousVersions } from '../files/previous';
import { Pool } from '../pool';
import { KeyStore } from '../ssh/keys';
import type { StepTimeouts } from '../ssh/steps';
import { FleetError, type FleetLog } from '../types';
import { LocalConnection, type Connection } from './connection';
import { readInventories, settingsOf, type ReadCluster } from './inventories';
import { NodeSession } from './node';
import type { Asker } from './prompts';
import { Queue } from './queue';

/** Nodes that are dialled or read at a time. */
const PARALLEL = 20;

/** How long a silent node keeps others waiting, in ms. */
const PATIENCE_MS = 3000;

/** A livemig.ini and the sessions of its nodes. */
export interface ClusterSession {
  readonly id: string;
  read: ReadCluster;
  readonly pool: Pool<Connection>;
  readonly previous: PreviousVersions;
  readonly nodes: Map<string, NodeSession>;
}

export interface FleetOptions {
  readonly asker: Asker;
  readonly log: FleetLog;
  readonly tell: (state: NodeState) => void;
  /** Gets what was read of a node without being asked. */
  readonly push?: (refreshed: Refreshed) => void;
  readonly timeouts?: Partial<StepTimeouts> | undefined;
  /** Folder for previous versions of files, if not the user's own. */
  readonly previous?: string | undefined;
}

/** All clusters and their nodes. Nothing is dialled but for a request that names its node. */
export class Fleet {
  readonly #clusters = new Map<string, ClusterSession>();
  readonly #queue = new Queue(PARALLEL, PATIENCE_MS);
  readonly #keys = new KeyStore();
  readonly #options: FleetOptions;
  #trusted = false;
  #sshConfig: string | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Takes over what livemig.ini files there are; nodes whose connection would be another one are parted with. */
  inventories({ files, trusted, sshConfig }: InventoriesParams): ClusterView[] {
    this.#trusted = trusted;
    this.#sshConfig = sshConfig === '' ? undefined : sshConfig;
    const ids = new Map([...this.#clusters.values()].map(({ id, read }) => [read.view.uri, id]));
    const read = readInventories(files, ids);
    const present = new Set(read.map(({ view }) => view.id));
    for (const session of this.#clusters.values())
      if (!present.has(session.id) || !trusted) {
        for (const node of session.nodes.values()) node.disconnect();
        session.pool.close();
        this.#clusters.delete(session.id);
      }
    for (const cluster of read) this.#take(cluster);
    return read.map(({ view }) => view);
  }

  /** @throws FleetError of code `not-found` */
  cluster(id: string): ClusterSession {
    const found = this.#clusters.get(id);
    if (!found) throw new FleetError('not-found', `there is no cluster ${id}: its livemig.ini is gone, or was renamed`);
    return found;
  }

  /**
   * A node that may be dialled.
   * @throws FleetError of codes `untrusted`, `not-found`
   */
  node({ cluster, node }: NodeParams): NodeSession {
    this.allowed();
    const session = this.cluster(cluster);
    let found = session.nodes.get(node);
    if (!found) {
      const own = session.read.nodes.get(node);
      if (!own) throw new FleetError('not-found', `there is no [node ${node}] in ${session.read.view.uri}`);
      found = this.#session(session, node, settingsOf(own, session.read, this.#sshConfig));
    }
    return found;
  }

  get log(): FleetLog {
    return this.#options.log;
  }

  /** @throws FleetError of code `untrusted` */
  allowed(): void {
    if (!this.#trusted)
      throw new FleetError(
        'untrusted',
        'nodes are reached only from a trusted workspace: livemig.ini chooses the hosts',
      );
  }

  /** Closes all connections. */
  close(): void {
    for (const { pool } of this.#clusters.values()) pool.close();
  }

  #take(read: ReadCluster): void {
    const { id } = read.view;
    const known = this.#clusters.get(id);
    if (!known) {
      const pool = new Pool<Connection>((node, signal) => this.#dial(id, node, signal));
      const previous = new PreviousVersions(previousFolder(read.view.uri, this.#options.previous));
      this.#clusters.set(id, { id, read, pool, previous, nodes: new Map() });
      return;
    }
    known.read = read;
    for (const [name, session] of known.nodes) {
      const own = read.nodes.get(name);
      if (own && settingsOf(own, read, this.#sshConfig) === session.settings) continue;
      session.disconnect();
      known.nodes.delete(name);
    }
  }

  #session(cluster: ClusterSession, node: string, settings: string): NodeSession {
    const { log, tell, push = () => undefined } = this.#options;
    const session = new NodeSession({ cluster: cluster.id, node }, settings, {
      pool: cluster.pool,
      queue: this.#queue,
      log,
      tell,
      push,
      cluster: () => cluster.read,
      previous: cluster.previous,
    });
    cluster.nodes.set(node, session);
    return session;
  }

  async #dial(id: string, name: string, signal: AbortSignal): Promise<Connection> {
    const { asker, log, tell, timeouts } = this.#options;
    const cluster = this.cluster(id);
    const node = cluster.read.nodes.get(name);
    if (!node) throw new FleetError('not-found', `there is no [node ${name}] any more`);
    if (isLocal(node)) return new LocalConnection(log);
    return this.#queue.run(
      (place) => {
        tell({ cluster: id, node: name, kind: 'connecting' });
        return dialSsh(node, {
          prompts: asker.of({ cluster: id, node: name }, () => place.leave(), signal),
          keys: this.#keys,
          nodes: [...cluster.read.nodes.values()],
          configFile: this.#sshConfig,
          log,
          signal,
          ...(timeouts && { timeouts }),
        });
      },
      { signal },
    );
  }
}
