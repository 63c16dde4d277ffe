import type { Effective } from '../../model/nova';
import type { Span } from '../../syntax/types';
import { isPlaceholder } from './_items';

/** A libvirt URI in its parts. */
export interface LibvirtUri {
  /** Without the transport: `qemu`. */
  readonly driver: string;
  readonly transport: string | undefined;
  /** Host, user and port; empty for this host. */
  readonly authority: string;
  /** From the slash on; empty where there is none. */
  readonly path: string;
  /** libvirt sends this URI to the other side instead. */
  readonly renamed: boolean;
}

/** Undefined for what is none, is a template, or holds what other rules tell of: comments, quotes, odd characters. */
export function uriOf(setting: Effective | undefined): LibvirtUri | undefined {
  const value = setting?.value;
  if (!setting?.entry || value === undefined || isPlaceholder(value)) return undefined;
  const parts = /^([a-z][\w.-]*)(?:\+(\w+))?:\/\/([^/?#\s"']*)(\/[^?#\s"']*)?(\?[^#\s"']*)?$/i.exec(value);
  if (!parts || !/^[ -~]*$/.test(value)) return undefined;
  const [, driver = '', transport, authority = '', path = '', query = ''] = parts;
  return { driver, transport, authority, path, renamed: /[?&]name=/.test(query) };
}

/** Where a part of the URI stands in the file; its whole value where the file has it by a `$name`. */
export function spanOfPart(setting: Effective, part: 'driver' | 'path', uri: LibvirtUri): Span {
  const { file, entry } = setting;
  if (!file || !entry) return { start: 0, end: 0 };
  const raw = file.text.slice(entry.rawSpan.start, entry.rawSpan.end);
  const lead = raw.indexOf(
    `${uri.driver}${uri.transport === undefined ? '' : `+${uri.transport}`}://${uri.authority}${uri.path}`,
  );
  if (lead < 0) return entry.rawSpan;
  const start = entry.rawSpan.start + lead;
  if (part === 'driver') return { start, end: start + uri.driver.length };
  const transport = uri.transport === undefined ? 0 : uri.transport.length + 1;
  const path = start + uri.driver.length + transport + 3 + uri.authority.length;
  return { start: path, end: path + uri.path.length };
}

/** Paths that libvirtd as root takes for QEMU's driver; of old it takes `/session` for `/system`. */
export const QEMU_PATHS: ReadonlySet<string> = new Set(['/system', '/session']);

/** What libvirt takes behind the plus sign, in any case of letters; `native` since 9.0. */
export const URI_TRANSPORTS: ReadonlySet<string> = new Set([
  ...['tls', 'tcp', 'ssh', 'unix', 'ext', 'libssh', 'libssh2', 'native'],
]);
