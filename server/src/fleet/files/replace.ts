import type { NodeConnection } from '../ssh/connection';
import { FleetError } from '../types';
import { answers, asRoot, forgetRights, noPermission } from './look';
import { replaceScript } from './script';

const TIMEOUT_MS = 60_000;

/** A new content, and what it is to take the place of. */
export interface Replacement {
  /** SHA-256 of what the file must hold, or `none`. */
  readonly expected: string;
  /** Null: the file is removed. */
  readonly bytes: Uint8Array | null;
  /** SHA-256 of `bytes`, or `none`. */
  readonly sum: string;
  /** Letters and digits that nobody can guess. */
  readonly nonce: string;
}

const WORDS: Readonly<Partial<Record<FleetError['code'], string>>> = {
  conflict: 'was changed on the node in this very moment',
  'no-space': "was not written, as the node's disk is full",
  'read-only': 'was not written, as it lies on a read-only file system',
  'not-found': 'was not written',
  'is-folder': 'was not written',
  refused: 'was not written',
  lost: 'was not written, as the connection was cut',
  cancelled: 'was not written',
};

/**
 * One script on the node does it all, from the comparing to the renaming: what is cut in the middle leaves the old file.
 * @returns when the node says that it was written, in ms since 1970
 * @throws FleetError, after which the file is as it was; of the connection's own `lost`, `timeout` and `cancelled` that is
 *   not known, and their message says so
 */
export async function replace(
  connection: NodeConnection,
  node: string,
  path: string,
  { expected, bytes, sum, nonce }: Replacement,
): Promise<number> {
  const { mode, like } = rightsOfNew(path);
  const words = [path, expected, sum, String(bytes?.length ?? 0), nonce, mode, like];
  const argv = ['sh', '-c', replaceScript(), 'livemig-replace', ...words];
  // Sudo may have been allowed since.
  forgetRights(connection);
  const ran = await asRoot(connection, argv, { input: bytes ?? new Uint8Array(), timeout: TIMEOUT_MS }).catch(
    (error: unknown) => {
      if (!(error instanceof FleetError) || !['lost', 'timeout', 'cancelled'].includes(error.code)) throw error;
      throw new FleetError(
        error.code,
        `${error.message}. ${path} is whole: as it was, or as it was to be. Save it again`,
        error.detail,
      );
    },
  );
  const answer = answers(Buffer.from(ran.stdout)).at(-1)?.text;
  const done = /^done(?: (\d+))?$/.exec(answer ?? '');
  if (done) return Number(done[1] ?? 0) * 1000;
  const [, code = '', words_ = ''] = /^(\S+) (.*)$/.exec(answer ?? '') ?? [];
  if (code === 'no-permission') throw noPermission(connection, node, path, 'written', words_);
  if (code in WORDS) {
    const known = code as FleetError['code'];
    // The script that says so has changed nothing: this is not the connection's own end.
    const settled = known === 'lost' || known === 'cancelled' ? 'refused' : known;
    throw new FleetError(settled, `${node}: ${path} ${WORDS[known]}: ${words_}. It is as it was`, words_);
  }
  const said = ran.stderr.trim() || `sh ended with ${ran.code ?? ran.signal ?? 'no status'}`;
  // A shell that was not let run, or does not understand the script, has not come to the renaming.
  if (ran.code !== undefined && ran.code < 128)
    throw new FleetError('refused', `${node}: ${path} was not written: ${said}. It is as it was`, said);
  throw new FleetError(
    'lost',
    `${node}: nobody knows whether ${path} was written: ${said}. It is whole; save it again`,
    said,
  );
}

/** Folders whose files hold secrets: what is new there is not for everybody. */
function rightsOfNew(path: string): { readonly mode: string; readonly like: string } {
  if (path.startsWith('/etc/nova/')) return { mode: '0640', like: '/etc/nova/nova.conf' };
  const kolla = /^(\/etc\/kolla\/[^/]+\/)/.exec(path)?.[1];
  if (kolla !== undefined) return { mode: '0640', like: `${kolla}config.json` };
  if (/^\/etc\/(?:libvirt\/auth\.conf|sasl2\/)/.test(path) || path === '/etc/libvirt/passwd.db')
    return { mode: '0600', like: '' };
  return { mode: '0644', like: '' };
}
