import { l10n, workspace, type TreeItem } from 'vscode';
import type { FileRow, NodeParams } from '../../../../server/src/fleet-protocol';
import type { Problems } from '../problems';
import type { NodeRecord, NodeStore } from '../store';
import { keyOf } from '../uris';
import {
  isShipped,
  type Element,
  type GroupElement,
  type GroupName,
  type NodeElement,
  type NoteElement,
} from './elements';
import { itemOf } from './items';
import { tooltipOf } from './tooltips';

/** The tree's content, all of it at once from what is known: nothing here waits for a node. */
export class NodeTree {
  readonly #store: NodeStore;
  readonly #problems: Problems;
  /** The clusters are known; before that the tree is not painted. */
  readonly #ready: () => Promise<void>;
  readonly #visit: (node: NodeRecord) => void;
  /** Rows that are told to have changed must be the same objects each time. */
  readonly #kept = new Map<string, Element>();

  /** @param visit a node is looked into that was never read */
  constructor(store: NodeStore, problems: Problems, ready: () => Promise<void>, visit: (node: NodeRecord) => void) {
    this.#store = store;
    this.#problems = problems;
    this.#ready = ready;
    this.#visit = visit;
  }

  async getChildren(element?: Element): Promise<Element[]> {
    if (!element) return this.#roots();
    switch (element.kind) {
      case 'cluster':
        return element.cluster.nodes.map(({ name: node }) => this.node({ cluster: element.cluster.id, node }));
      case 'node':
        return this.#inNode(element);
      case 'group':
        return this.#inGroup(element);
      default:
        return [];
    }
  }

  getParent(element: Element): Element | undefined {
    switch (element.kind) {
      case 'cluster':
        return undefined;
      case 'node':
        return this.#kept.get(element.cluster);
      case 'group':
        return element.group === 'units' ? this.#group(element, 'files') : this.node(element);
      case 'note':
        return this.node(element);
      case 'file':
        return this.#group(element, isShipped(element.file) ? 'units' : 'files');
      default:
        return this.#group(element, element.kind === 'unread' ? 'unread' : `${element.kind}s`);
    }
  }

  getTreeItem(element: Element): TreeItem {
    return itemOf(element, this.#store, this.#problems);
  }

  resolveTreeItem(item: TreeItem, element: Element): TreeItem {
    const tooltip = tooltipOf(element, this.#store, this.#problems);
    if (tooltip) item.tooltip = tooltip;
    return item;
  }

  /** The row of a node. */
  node({ cluster, node }: NodeParams): NodeElement {
    const id = keyOf({ cluster, node });
    return this.#keep<NodeElement>({ kind: 'node', id, cluster, node });
  }

  async #roots(): Promise<Element[]> {
    if (!workspace.isTrusted) return [];
    await this.#ready();
    const { clusters } = this.#store;
    // A livemig.ini without nodes is one that the welcome's three ways lead out of.
    if (clusters.every((c) => c.nodes.length === 0)) return [];
    return clusters.map((cluster) => {
      const element = this.#keep<Element>({ kind: 'cluster', id: cluster.id, cluster });
      if (element.kind === 'cluster') element.cluster = cluster;
      return element;
    });
  }

  #inNode({ cluster, node }: NodeElement): Element[] {
    const record = this.#store.get({ cluster, node });
    if (!record) return [];
    const { state, view } = record;
    if (state.kind === 'idle' && record.asked === 0) this.#visit(record);
    const note = noteOf(record);
    if (!view) return note;
    const groups: GroupName[] = ['files', 'instances', 'services', 'facts'];
    if (view.failures.length > 0) groups.push('unread');
    return [...note, ...groups.map((group) => this.#group(record, group))];
  }

  #group({ cluster, node }: NodeParams, group: GroupName): GroupElement {
    return this.#keep<GroupElement>({
      kind: 'group',
      id: `${keyOf({ cluster, node })}/${group}`,
      cluster,
      node,
      group,
    });
  }

  #inGroup({ id, cluster, node, group }: GroupElement): Element[] {
    const view = this.#store.get({ cluster, node })?.view;
    if (!view) return [];
    const of = { cluster, node };
    const files = (list: readonly FileRow[]): Element[] =>
      list.map((file) => ({ kind: 'file', id: `${id}/${file.path}`, ...of, file }));
    const rows = ((): Element[] => {
      switch (group) {
        case 'files':
          return files(view.files.filter((file) => !isShipped(file)));
        case 'units':
          return files(view.files.filter(isShipped));
        case 'instances':
          return view.instances.map((instance) => ({
            kind: 'instance',
            id: `${id}/${instance.uuid}`,
            ...of,
            instance,
          }));
        case 'services':
          return view.services.map((service) => ({ kind: 'service', id: `${id}/${service.name}`, ...of, service }));
        case 'facts':
          return view.facts.map((fact, i) => ({ kind: 'fact', id: `${id}/${i}/${fact.label}`, ...of, fact }));
        case 'unread':
          return view.failures.map(({ what, why }, i) => ({
            kind: 'unread',
            id: `${id}/${i}/${what}`,
            ...of,
            what,
            why,
          }));
      }
    })();
    if (group === 'files' && view.files.some(isShipped)) rows.push(this.#group(of, 'units'));
    return rows.length > 0 ? rows : [{ kind: 'note', note: 'empty', id: `${id}/none`, ...of, text: emptyText(group) }];
  }

  #keep<E extends Element>(element: E): E {
    const kept = this.#kept.get(element.id);
    if (kept) return kept as E;
    this.#kept.set(element.id, element);
    return element;
  }
}

/** What stands above, or instead of, what was read. */
function noteOf({ cluster, node, head, state, view }: NodeRecord): NoteElement[] {
  const note = (kind: NoteElement['note'], text: string, detail?: string): NoteElement => ({
    ...{ kind: 'note', note: kind, id: `${keyOf({ cluster, node })}/~${kind}`, cluster, node, text },
    ...(detail === undefined ? {} : { detail }),
  });
  switch (state.kind) {
    case 'idle':
    case 'connecting':
      return view ? [] : [note('connecting', l10n.t('connecting to {0}…', head.address ?? head.name))];
    case 'reading':
      return view ? [] : [note('reading', l10n.t('reading the node…'))];
    case 'unreachable':
    case 'lost': {
      const text = state.kind === 'lost' ? l10n.t('connection lost – retry') : l10n.t('unreachable – retry');
      const why = [state.why, state.detail].filter((part) => part).join('\n');
      return [note(state.kind, text, why), ...(state.why ? [note('why', state.why, state.detail)] : [])];
    }
    case 'ready':
      return [];
  }
}

function emptyText(group: GroupName): string {
  switch (group) {
    case 'files':
    case 'units':
      return l10n.t('None of the files that livemig knows is on this node');
    case 'instances':
      return l10n.t('No instance is defined on this node');
    case 'services':
      return l10n.t('None of the services that a migration needs is on this node');
    case 'facts':
    case 'unread':
      return l10n.t('Nothing was measured');
  }
}
