import type { ClusterView, InventoriesParams } from '../../fleet-protocol';
import type { SourceFile } from '../../model/files';
import { readInventory, readJump, type Inventory, type InventoryNode } from '../../model/inventory';

/** A livemig.ini, read. */
export interface ReadCluster {
  readonly view: ClusterView;
  readonly inventory: Inventory;
  /** By name; of two sections for one node the first. */
  readonly nodes: ReadonlyMap<string, InventoryNode>;
}

/**
 * Reads all livemig.ini files.
 * @param known ids that were given before, by URI: whose livemig.ini stays where it is keeps its id
 */
export function readInventories(
  files: InventoriesParams['files'],
  known: ReadonlyMap<string, string> = new Map(),
): readonly ReadCluster[] {
  const taken = new Set(files.flatMap(({ uri }) => known.get(uri) ?? []));
  // In an order that does not depend on who was found first.
  return [...files]
    .sort((a, b) => (a.uri < b.uri ? -1 : 1))
    .map(({ uri, text }) => {
      const file: SourceFile = { uri, path: 'livemig.ini', kind: 'livemig-ini', text };
      const inventory = readInventory(file);
      const name = inventory.name ?? folderOf(uri);
      const id = known.get(uri) ?? unique(idOf(name), taken);
      taken.add(id);
      const nodes = new Map<string, InventoryNode>();
      for (const node of inventory.nodes) if (!nodes.has(node.name)) nodes.set(node.name, node);
      const lineOf = lines(text);
      const heads = [...nodes.values()].map(({ name: node, address, roles, section }) => ({
        name: node,
        ...(address !== undefined && { address }),
        roles,
        line: lineOf(section.span.start),
      }));
      return { view: { id, name, uri, nodes: heads }, inventory, nodes };
    });
}

/** What a connection to a node depends on: a change of it means another connection. */
export function settingsOf(node: InventoryNode, { nodes }: ReadCluster, sshConfig: string | undefined): string {
  const seen = new Set<string>();
  const settings = ({ name, values }: InventoryNode): unknown => {
    seen.add(name);
    const { address, port, user, identity, jump } = values;
    // A jump host may be a node of the same file.
    const hops = (jump ?? '').split(',').flatMap((hop) => {
      const next = nodes.get(readJump(hop.trim())?.host ?? '');
      return next && !seen.has(next.name) ? [settings(next)] : [];
    });
    return [name, address, port, user, identity, jump, ...hops];
  };
  return JSON.stringify([sshConfig, settings(node)]);
}

/** What can be one part of a path. */
function idOf(name: string): string {
  const plain = name.replace(/[/\\\x00-\x1f\x7f]/g, '-').trim();
  return /^\.*$/.test(plain) ? `cluster${plain}` : plain;
}

function unique(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let i = 2; ; i++) if (!taken.has(`${name}-${i}`)) return `${name}-${i}`;
}

/** The name of the folder that a file lies in. */
function folderOf(uri: string): string {
  const folder = uri
    .replace(/[?#].*$/, '')
    .split('/')
    .at(-2);
  try {
    return decodeURIComponent(folder ?? '') || 'cluster';
  } catch {
    return folder ?? 'cluster';
  }
}

/** @returns for offsets in ascending order: 0-based */
function lines(text: string): (offset: number) => number {
  const ends = text.matchAll(/\r\n|\n|\r/g);
  let [line, end] = [0, ends.next()];
  return (offset) => {
    for (; !end.done && end.value.index + end.value[0].length <= offset; end = ends.next()) line++;
    return line;
  };
}
