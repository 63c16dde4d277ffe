import { Uri } from 'vscode';
import type { NodeParams } from '../../../server/src/fleet-protocol';

export const SCHEME = 'livemig';

/** Of a file of a node. @param path without the slash at the front: `etc/nova/nova.conf` */
export const uriOf = ({ cluster, node }: NodeParams, path: string): Uri =>
  Uri.from({ scheme: SCHEME, path: `/${cluster}/${node}/${path}` });

/** The node's own, below which its files are. */
export const nodeUri = ({ cluster, node }: NodeParams): Uri =>
  Uri.from({ scheme: SCHEME, path: `/${cluster}/${node}` });

/** Which node's file it is; undefined for anything else. */
export function placeOf(uri: Uri): (NodeParams & { readonly path: string }) | undefined {
  if (uri.scheme !== SCHEME) return undefined;
  const [, cluster, node, ...rest] = uri.path.split('/');
  return cluster && node ? { cluster, node, path: rest.join('/') } : undefined;
}

/** For maps. Neither part holds a slash. */
export const keyOf = ({ cluster, node }: NodeParams): string => `${cluster}/${node}`;

export const FACTS = 'facts.json';
