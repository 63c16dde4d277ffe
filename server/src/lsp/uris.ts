import { join, nameOf } from '../workspace/source';

/** A URI in the one spelling that is used as a key. */
export type Key = string;

/** Files of connected nodes: `livemig:///CLUSTER/NODE/etc/…`. */
const LIVE = 'livemig://';

/**
 * Editors spell one file in several ways (`%2B` or `+`, `C:` or `c%3A`): this is the spelling that `discover` makes.
 * VS Code also leaves out an authority that is empty: `livemig:/CLUSTER/NODE/etc/…`. What cannot be decoded stays as it is.
 */
export function keyOf(uri: string): Key {
  const whole = uri.replace(/^livemig:\/(?!\/)/, `${LIVE}/`);
  const parts = /^([A-Za-z][\w+.-]*:\/\/[^/]*)\/(.*)$/s.exec(whole);
  if (!parts) return uri;
  try {
    const segments = parts[2]!.replace(/\/$/, '').split('/');
    const drive = /^([A-Za-z])(?::|%3A)$/i.exec(segments[0]!);
    const first = drive ? [`${drive[1]!.toLowerCase()}:`] : [];
    const rest = (drive ? segments.slice(1) : segments).map((s) => join('', decodeURIComponent(s)).slice(1));
    return [parts[1]!, ...first, ...rest].join('/');
  } catch {
    return uri;
  }
}

/** Whether a key is a folder's own, or lies below it. */
export function isWithin(key: Key, folder: Key): boolean {
  return key === folder || key.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

export function isOnDisk(key: Key): boolean {
  return key.startsWith('file:');
}

export function isLive(key: Key): boolean {
  return key.startsWith(`${LIVE}/`);
}

/** Of a cluster of connected nodes, of one of them, or of a file of one. */
export function liveKey(cluster: string, node?: string, path?: string): Key {
  return [cluster, ...(node === undefined ? [] : [node]), ...(path?.split('/') ?? [])].reduce(
    (folder, name) => `${folder}${join('', name)}`,
    LIVE,
  );
}

/** The cluster of a connected node's file. */
export function liveCluster(key: Key): string {
  return nameOf(key.split('/').slice(0, 4).join('/'));
}
