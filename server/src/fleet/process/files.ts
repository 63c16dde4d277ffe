import type { RemoteContent, RemoteEntry, RemoteStat, UriParams, WriteParams } from '../../fleet-protocol';
import { FleetError } from '../types';
import type { Fleet } from './fleet';
import type { NodeSession } from './node';
import { factsFile } from './refreshed';
import { FACTS, readUri } from './uris';

/**
 * Files of nodes by their URIs. What lies below /etc is the node's own; facts.json, and what else the last snapshot brought,
 * such as the units of packages, is shown as it was read and cannot be written.
 */
export class FileRequests {
  constructor(private readonly fleet: Fleet) {}

  async stat({ uri }: UriParams): Promise<RemoteStat> {
    const { session, path } = this.#find(uri);
    if (isOwn(path)) return session.files.stat(path);
    const bytes = path === '/' ? undefined : await this.#shown(session, path);
    const { readAt } = session;
    if (bytes) return { type: 'file', size: bytes.length, mtime: readAt, readonly: true };
    this.#folder(session, path);
    return { type: 'folder', size: 0, mtime: readAt, readonly: true };
  }

  async list({ uri }: UriParams): Promise<readonly RemoteEntry[]> {
    const { session, path } = this.#find(uri);
    return isOwn(path) ? session.files.list(path) : this.#folder(session, path);
  }

  async read({ uri }: UriParams): Promise<RemoteContent> {
    const { session, path } = this.#find(uri);
    const bytes = isOwn(path) ? (await session.files.read(path)).bytes : await this.#shown(session, path);
    if (bytes) return { base64: base64(bytes) };
    this.#folder(session, path);
    throw new FleetError('is-folder', `${path} is a folder`);
  }

  async write({ uri, base64: content, create, overwrite }: WriteParams): Promise<RemoteStat> {
    const { session, path } = this.#own(uri);
    return session.files.write(path, Buffer.from(content, 'base64'), { create, overwrite });
  }

  async previous({ uri }: UriParams): Promise<RemoteContent | null> {
    const { session, path } = this.#find(uri);
    const found = isOwn(path) ? await session.files.previous(path) : undefined;
    return found ? { base64: base64(found.bytes), saved: found.saved } : null;
  }

  /** @returns null for a file that livemig had made, and that is gone now */
  async restore({ uri }: UriParams): Promise<RemoteStat | null> {
    const { session, path } = this.#own(uri);
    return (await session.files.restore(path)) ?? null;
  }

  #find(uri: string): { readonly session: NodeSession; readonly path: string } {
    const { path, ...node } = readUri(uri);
    return { session: this.fleet.node(node), path };
  }

  #own(uri: string): { readonly session: NodeSession; readonly path: string } {
    const found = this.#find(uri);
    if (found.path === FACTS) throw new FleetError('read-only', `${uri}: what was measured cannot be written`);
    if (!isOwn(found.path))
      throw new FleetError('no-permission', `${found.path}: livemig writes files below /etc, and no others`);
    return found;
  }

  /** What was read last of a file that is shown only. Undefined for a folder of such files, or what nobody knows. */
  async #shown(session: NodeSession, path: string): Promise<Uint8Array | undefined> {
    if (!session.snapshot) await session.refresh();
    const { snapshot } = session;
    if (!snapshot) return undefined;
    if (path === FACTS) return factsFile(snapshot.facts);
    return snapshot.files.find((file) => `/${file.path}` === path)?.bytes;
  }

  /**
   * What lies in a folder outside of /etc.
   * @throws FleetError of code `no-permission` for one of which nothing is shown
   */
  #folder({ snapshot }: NodeSession, path: string): readonly RemoteEntry[] {
    const prefix = path === '/' ? path : `${path}/`;
    const found = new Map<string, RemoteEntry['type']>(path === '/' ? [['etc', 'folder']] : []);
    if (path === '/') found.set(FACTS.slice(1), 'file');
    for (const file of snapshot?.files ?? []) {
      if (!`/${file.path}`.startsWith(prefix)) continue;
      const [name = '', ...rest] = `/${file.path}`.slice(prefix.length).split('/');
      found.set(name, rest.length > 0 ? 'folder' : 'file');
    }
    if (found.size === 0)
      throw new FleetError('no-permission', `${path}: livemig shows what lies below /etc, and the units that it read`);
    return [...found].map(([name, type]) => ({ name, type }));
  }
}

function isOwn(path: string): boolean {
  return path === '/etc' || path.startsWith('/etc/');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
