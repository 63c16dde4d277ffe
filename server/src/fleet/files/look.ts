import type { Stats, SFTPWrapper } from 'ssh2';
import type { RemoteEntry } from '../../fleet-protocol';
import { seconds } from '../shell';
import type { NodeConnection } from '../ssh/connection';
import { FleetError, type Ran } from '../types';
import { lookScript } from './script';

/** The largest file that is opened, in bytes: as much as the collector brings. */
export const LIMIT_BYTES = 4 * 1024 * 1024;

/** What there is at a path, links followed. */
export type Look =
  | { readonly type: 'none' }
  | { readonly type: 'folder'; readonly mtime: number; readonly entries: readonly RemoteEntry[] }
  | {
      readonly type: 'file';
      readonly size: number;
      /** ms since 1970, by the node's clock; whole seconds. */
      readonly mtime: number;
      /** Undefined for one of more than {@link LIMIT_BYTES}. */
      readonly bytes: Uint8Array | undefined;
    };

const TIMEOUT_MS = 30_000;
/** A login shell that prints something makes nonsense of SFTP: then its answer never comes. */
const OPEN_TIMEOUT_MS = 10_000;

const NO_SUCH_FILE = 2;

/** Connections that give no SFTP, and logins that sudo refuses. */
const withoutSftp = new WeakSet<NodeConnection>();
const withoutSudo = new WeakMap<NodeConnection, FleetError>();

/**
 * Looks by SFTP, else by a script with the rights of root, else with those of the login.
 * @throws FleetError: no-permission, refused, and what connections throw
 */
export async function look(connection: NodeConnection, node: string, path: string): Promise<Look> {
  if (!withoutSftp.has(connection)) {
    try {
      const sftp = await within(connection.sftp(), connection, OPEN_TIMEOUT_MS);
      return await within(bySftp(sftp, path), connection, TIMEOUT_MS);
    } catch (error) {
      if (connection.closed) throw connection.closed;
      if ((error as { code?: unknown }).code === NO_SUCH_FILE) return { type: 'none' };
      // One that was refused, or is silent, will be the next time; anything else is about this path.
      if (error instanceof FleetError) withoutSftp.add(connection);
    }
  }
  const ran = await asRoot(connection, ['sh', '-c', lookScript(), 'livemig-look', path, String(LIMIT_BYTES)], {
    timeout: TIMEOUT_MS,
  });
  return byShell(ran, connection, node, path);
}

/** With the rights of root where sudo allows it, else without: a login may own what it edits. */
export async function asRoot(
  connection: NodeConnection,
  argv: readonly string[],
  options: { readonly timeout: number; readonly input?: Uint8Array },
): Promise<Ran> {
  if (!withoutSudo.has(connection)) {
    try {
      return await connection.run(argv, { ...options, root: true });
    } catch (error) {
      if (!(error instanceof FleetError) || error.code !== 'sudo') throw error;
      withoutSudo.set(connection, error);
    }
  }
  return connection.run(argv, options);
}

/** What sudo said when it was asked last; undefined where it allowed what it was asked for. */
export function sudoSaid(connection: NodeConnection): FleetError | undefined {
  return withoutSudo.get(connection);
}

/** Whatever a connection has been told about its rights is asked anew. */
export function forgetRights(connection: NodeConnection): void {
  withoutSudo.delete(connection);
}

async function bySftp(sftp: SFTPWrapper, path: string): Promise<Look> {
  const stats = await promised<Stats>((done) => sftp.stat(path, done));
  const mtime = stats.mtime * 1000;
  if (stats.isDirectory()) {
    const list = await promised<{ filename: string; attrs: Stats }[]>((done) => sftp.readdir(path, done));
    const entries = await Promise.all(
      list.map(async ({ filename, attrs }): Promise<RemoteEntry | undefined> => {
        const at = `${path.replace(/\/$/, '')}/${filename}`;
        const own: Stats | undefined = attrs.isSymbolicLink()
          ? await promised<Stats>((done) => sftp.stat(at, done)).catch(() => undefined)
          : attrs;
        if (own?.isDirectory()) return { name: filename, type: 'folder' };
        return own?.isFile() ? { name: filename, type: 'file' } : undefined;
      }),
    );
    return { type: 'folder', mtime, entries: sorted(entries.filter((e) => e !== undefined)) };
  }
  if (!stats.isFile()) throw new Error('no regular file');
  const bytes = stats.size <= LIMIT_BYTES ? await promised<Buffer>((done) => sftp.readFile(path, done)) : undefined;
  if (bytes && bytes.length > LIMIT_BYTES) return { type: 'file', size: bytes.length, mtime, bytes: undefined };
  return { type: 'file', size: bytes?.length ?? stats.size, mtime, bytes };
}

function byShell(ran: Ran, connection: NodeConnection, node: string, path: string): Look {
  const all = Buffer.from(ran.stdout);
  const lines = answers(all);
  const [first] = lines;
  const [, kind = '', rest = ''] = first ? /^(\S+) ?(.*)$/s.exec(first.text)! : [];
  const [size = 0, time = 0] = rest.split(' ').map(Number);
  switch (kind) {
    case 'not-found':
      return { type: 'none' };
    case 'no-permission':
      throw noPermission(connection, node, path, 'read', rest);
    case 'folder': {
      const entries = lines.flatMap(({ text }): RemoteEntry[] => {
        const [, type, name = ''] = /^entry (file|folder) (.*)$/s.exec(text) ?? [];
        return type === 'file' || type === 'folder' ? [{ name, type }] : [];
      });
      if (lines.at(-1)?.text === 'end') return { type: 'folder', mtime: time * 1000, entries: sorted(entries) };
      break;
    }
    case 'file': {
      const [, content] = lines;
      if (content?.text === 'end') return { type: 'file', size, mtime: time * 1000, bytes: undefined };
      const length = Number(/^content (\d+)$/.exec(content?.text ?? '')?.[1] ?? NaN);
      if (!content || Number.isNaN(length)) break;
      const bytes = all.subarray(content.after, content.after + length);
      // A file that was cut while it was sent is not told as if it were whole.
      if (
        !all
          .subarray(content.after + length)
          .toString()
          .startsWith('\n@@livemig end')
      )
        break;
      return { type: 'file', size: length, mtime: time * 1000, bytes: Uint8Array.from(bytes) };
    }
    case 'refused':
      throw new FleetError('refused', `${node}: ${rest}`);
  }
  const said = ran.stderr.trim() || `sh ended with ${ran.code ?? ran.signal ?? 'no status'}`;
  throw new FleetError('refused', `${node}: ${path} could not be read: ${said}`, said);
}

/** Our lines among what a login says, and where the next line begins; what a file holds is not searched. */
export function answers(all: Buffer): readonly { readonly text: string; readonly after: number }[] {
  const found: { text: string; after: number }[] = [];
  const mark = '\n@@livemig ';
  for (let at = all.indexOf(mark); at >= 0;) {
    const start = at + mark.length;
    const eol = all.indexOf('\n', start);
    const end = eol < 0 ? all.length : eol;
    const text = all.subarray(start, end).toString();
    found.push({ text, after: end + 1 });
    const length = /^content (\d+)$/.exec(text)?.[1];
    at = all.indexOf(mark, length === undefined ? end : end + 1 + Number(length));
  }
  return found;
}

/** The error for what a login is not let do, with what sudo said where it was asked. */
export function noPermission(
  connection: NodeConnection,
  node: string,
  path: string,
  what: 'read' | 'written',
  said: string,
): FleetError {
  const sudo = sudoSaid(connection);
  const why = sudo ? `, and sudo does not help: ${sudo.detail ?? sudo.message}` : '';
  return new FleetError(
    'no-permission',
    `${node}: ${path} cannot be ${what} by ${connection.target.user}: ${said}${why}`,
    [said, sudo?.detail].filter(Boolean).join('\n'),
  );
}

function sorted(entries: readonly RemoteEntry[]): RemoteEntry[] {
  return [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function promised<T>(start: (done: (error: Error | null | undefined, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}

/** Rejects when the time is over, or with the connection's own reason when that is lost. */
function within<T>(done: Promise<T>, connection: NodeConnection, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new FleetError('timeout', `SFTP did not answer within ${seconds(ms)}`)), ms);
    const undo = connection.onClose(reject);
    void done.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      undo();
    });
  });
}
