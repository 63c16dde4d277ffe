import type {
  ClusterView,
  FactRow,
  FileRow,
  InstanceRow,
  NodeParams,
  ServiceRow,
} from '../../../../server/src/fleet-protocol';

/** `units`: those that the distribution ships, below the files; nobody edits them there. */
export type GroupName = 'files' | 'units' | 'instances' | 'services' | 'facts' | 'unread';

/** A row of the tree. `id` is unique and stays: VS Code keeps by it what is expanded and selected. */
export type Element = ClusterElement | NodeElement | GroupElement | FileElement | RowElement | NoteElement;

export interface ClusterElement {
  readonly kind: 'cluster';
  readonly id: string;
  cluster: ClusterView;
}

export interface NodeElement extends NodeParams {
  readonly kind: 'node';
  readonly id: string;
}

export interface GroupElement extends NodeParams {
  readonly kind: 'group';
  readonly id: string;
  readonly group: GroupName;
}

export interface FileElement extends NodeParams {
  readonly kind: 'file';
  readonly id: string;
  readonly file: FileRow;
}

/** What is only read. */
export type RowElement = NodeParams & { readonly id: string } & (
    | { readonly kind: 'service'; readonly service: ServiceRow }
    | { readonly kind: 'instance'; readonly instance: InstanceRow }
    | { readonly kind: 'fact'; readonly fact: FactRow }
    | { readonly kind: 'unread'; readonly what: string; readonly why: string }
  );

/** A line about a node instead of its content, or above it. */
export interface NoteElement extends NodeParams {
  readonly kind: 'note';
  readonly id: string;
  readonly note: 'connecting' | 'reading' | 'unreachable' | 'lost' | 'empty' | 'why';
  readonly text: string;
  readonly detail?: string;
}

export const isShipped = ({ path }: FileRow): boolean => /^(usr\/)?lib\//.test(path);
