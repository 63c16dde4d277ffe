import { EventEmitter, l10n, type Disposable } from 'vscode';
import type {
  ClusterView,
  NodeHead,
  NodeParams,
  NodeState,
  NodeView,
  Refreshed,
} from '../../../server/src/fleet-protocol';
import { failureOf } from './failure';
import type { Live } from './live';
import { keyOf } from './uris';

/** What is known of one node. */
export interface NodeRecord extends NodeParams {
  head: NodeHead;
  state: NodeState;
  view: NodeView | undefined;
  /** ms since 1970 of the last attempt to read it; 0 for never. */
  asked: number;
}

export interface Requests {
  request<T>(method: string, params: unknown): Promise<T>;
}

/** All nodes of all clusters, and what was read from them. */
export class NodeStore implements Disposable {
  readonly #fleet: Requests;
  readonly #live: Live;
  readonly #records = new Map<string, NodeRecord>();
  readonly #refreshing = new Map<string, Promise<void>>();
  readonly #changed = new EventEmitter<NodeRecord | undefined>();
  /** A node, or undefined when the list of clusters and nodes is another. */
  readonly onDidChange = this.#changed.event;
  clusters: readonly ClusterView[] = [];

  constructor(fleet: Requests, live: Live) {
    this.#fleet = fleet;
    this.#live = live;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  get(node: NodeParams): NodeRecord | undefined {
    return this.#records.get(keyOf(node));
  }

  get all(): readonly NodeRecord[] {
    return [...this.#records.values()];
  }

  cluster(id: string): ClusterView | undefined {
    return this.clusters.find((c) => c.id === id);
  }

  /** What livemig.ini says now. Nodes that are no more are forgotten, by the language server too. */
  setClusters(clusters: readonly ClusterView[]): void {
    this.clusters = clusters;
    const gone = new Set(this.#records.keys());
    for (const { id: cluster, nodes } of clusters)
      for (const head of nodes) {
        const key = keyOf({ cluster, node: head.name });
        gone.delete(key);
        const known = this.#records.get(key);
        if (known) known.head = head;
        else this.#records.set(key, fresh({ cluster, node: head.name }, head));
      }
    for (const key of gone) {
      const { cluster, node } = this.#records.get(key)!;
      this.#records.delete(key);
      this.#live.forget({ cluster, node });
    }
    this.#changed.fire(undefined);
  }

  setState(state: NodeState): void {
    const record = this.get(state);
    if (!record) return;
    record.state = state;
    this.#changed.fire(record);
  }

  /** The process that held the connections is gone. What was read stays to be seen. */
  allIdle(): void {
    for (const record of this.#records.values()) record.state = idle(record);
    this.#refreshing.clear();
    this.#changed.fire(undefined);
  }

  /**
   * Reads a node. Asked twice at a time it is read once.
   * @param now somebody pressed *retry*
   * @throws FleetFailed; the node's state says the same
   */
  refresh(node: NodeParams, now = false): Promise<void> {
    const key = keyOf(node);
    const record = this.#records.get(key);
    if (!record) return Promise.resolve();
    const going = this.#refreshing.get(key);
    // One that waits for its turn to dial again is woken.
    if (going && !now) return going;
    const done = this.#refresh(record, now).finally(() => {
      if (this.#refreshing.get(key) === done) this.#refreshing.delete(key);
    });
    this.#refreshing.set(key, done);
    return done;
  }

  /** What a request brought: a refresh, or a repair. */
  take({ view, live }: Refreshed): void {
    const record = this.get(view);
    if (!record) return;
    record.view = view;
    record.state = { ...nameOf(record), kind: 'ready' };
    this.#live.tell(live);
    this.#changed.fire(record);
  }

  async disconnect(node: NodeParams): Promise<void> {
    await this.#fleet.request('fleet/disconnect', nameOf(node));
    const record = this.get(node);
    if (record) this.setState(idle(record));
  }

  async #refresh(record: NodeRecord, now: boolean): Promise<void> {
    record.asked = Date.now();
    if (record.state.kind === 'idle') this.setState({ ...nameOf(record), kind: 'connecting' });
    try {
      this.take(await this.#fleet.request<Refreshed>('fleet/refresh', { ...nameOf(record), ...(now ? { now } : {}) }));
    } catch (error) {
      const failure = failureOf(error);
      const { kind } = record.state;
      // The process told more of it as a state; unless it could not, or nobody wanted it any more.
      if (kind === 'connecting' || kind === 'reading')
        this.setState(
          failure.code === 'cancelled' || failure.code === 'gone'
            ? { ...idle(record), why: failure.message }
            : {
                ...nameOf(record),
                kind: record.view ? 'lost' : 'unreachable',
                why: failure.message,
                ...(failure.detail === undefined ? {} : { detail: failure.detail }),
              },
        );
      throw failure;
    }
  }
}

export const nameOf = ({ cluster, node }: NodeParams): NodeParams => ({ cluster, node });

const idle = (node: NodeParams): NodeState => ({ ...nameOf(node), kind: 'idle' });

const fresh = (node: NodeParams, head: NodeHead): NodeRecord => ({
  ...node,
  head,
  state: idle(node),
  view: undefined,
  asked: 0,
});

/** A state in a word or two, for a description. */
export function stateText({ state, view }: NodeRecord): string | undefined {
  switch (state.kind) {
    case 'idle':
      return view ? l10n.t('disconnected') : undefined;
    case 'connecting':
      return l10n.t('connecting…');
    case 'reading':
      return view ? undefined : l10n.t('reading…');
    case 'unreachable':
      return l10n.t('unreachable');
    case 'lost':
      return l10n.t('connection lost');
    case 'ready':
      return undefined;
  }
}
