import { join } from '../workspace/source';

/** A URI in the one spelling that is used as a key. */
export type Key = string;

/**
 * Editors spell one file in several ways (`%2B` or `+`, `C:` or `c%3A`): this is the spelling that `discover` makes.
 * What cannot be decoded stays as it is.
 */
export function keyOf(uri: string): Key {
  const parts = /^([A-Za-z][\w+.-]*:\/\/[^/]*)\/(.*)$/s.exec(uri);
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
