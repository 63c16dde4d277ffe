/** Where files come from: the disk, an editor's file system of any scheme, a snapshot. All paths are URIs. */
export interface FileSource {
  /** Entries of a folder. Symbolic links to files count as files; those to folders as `other`, so that no loop is walked. Rejects when it cannot be read. */
  list(folder: string): Promise<readonly FolderEntry[]>;
  /** A file's bytes. Rejects when it cannot be read. */
  read(uri: string): Promise<Uint8Array>;
}

export interface FolderEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'other';
  /** Where a symbolic link leads, as it is written. */
  readonly link?: string;
}

/** Something that could not be read; the rest goes on. */
export interface Failure {
  readonly uri: string;
  /** In words, e.g. `permission denied`, `is a folder`. */
  readonly reason: string;
}

/** A child's URI: the name is percent-encoded as VS Code and Node do it. */
export function join(folder: string, name: string): string {
  return `${folder.replace(/\/$/, '')}/${encodeURIComponent(name).replace(/%40/g, '@').replace(/%2C/g, ',').replace(/%3D/g, '=')}`;
}

/** The folder that holds a URI; the URI itself at the top. */
export function parentOf(uri: string): string {
  const at = uri.lastIndexOf('/');
  return at > uri.indexOf('://') + 2 ? uri.slice(0, at) : uri;
}

/** Last part of a URI, decoded; `localhost` for the root of a file system, which is this machine's own. */
export function nameOf(uri: string): string {
  const last = uri.replace(/\/$/, '').slice(uri.replace(/\/$/, '').lastIndexOf('/') + 1);
  if (last === '') return 'localhost';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
