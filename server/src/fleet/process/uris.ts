import { FleetError } from '../types';

/** A file or folder of a connected node. */
export interface NodePath {
  readonly cluster: string;
  readonly node: string;
  /** Absolute on the node: `/etc/nova/nova.conf`. */
  readonly path: string;
}

/** What was measured on a node, beside its files. */
export const FACTS = '/facts.json';

/** `livemig:///CLUSTER/NODE`, to which paths of the node are put. */
export function nodeUri(cluster: string, node: string): string {
  return `livemig:///${encodeURIComponent(cluster)}/${encodeURIComponent(node)}`;
}

/** The one spelling of a URI of ours. */
export function uriOf({ cluster, node, path }: NodePath): string {
  return nodeUri(cluster, node) + path.split('/').map(encodeURIComponent).join('/');
}

/**
 * Takes a `livemig:` URI apart.
 * @throws FleetError of code `not-found` for one that leads nowhere, or out of its node
 */
export function readUri(uri: string): NodePath {
  const parts = /^livemig:(?:\/\/)?\/([^/?#]+)\/([^/?#]+)((?:\/[^?#]*)?)$/.exec(uri);
  const words = parts && [parts[1]!, parts[2]!, ...parts[3]!.split('/').filter((p) => p !== '')].map(decoded);
  // A slash that is written as %2F would make two names of one; a NUL no program can be given.
  if (
    !words ||
    words.some((w, i) => w === undefined || w === '..' || w === '.' || /\0/.test(w) || (i > 1 && w.includes('/')))
  )
    throw new FleetError('not-found', `${uri}: is no file of a node: livemig:///CLUSTER/NODE/etc/… would be one`);
  const [cluster = '', node = '', ...path] = words;
  return { cluster, node, path: `/${path.join('/')}` };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
