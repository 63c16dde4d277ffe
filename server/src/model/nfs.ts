import { isIpv4, isIpv6 } from '../addresses';
import type { ExportClient, ExportEntry, FstabEntry } from '../syntax/types';
import { isAddress } from './cluster';
import type { Host } from './host';

/** `unknown` where it hangs on what no file in view says: DNS, a netgroup, an address that nobody wrote down. */
export type Match = 'yes' | 'no' | 'unknown';

/**
 * What a client of etc/exports is to nfs-utils (support/export/client.c). `network` is also a bare address, `name` all that
 * is nothing else, addresses of which one number is too many included.
 */
export type ClientForm = 'world' | 'gss' | 'netgroup' | 'wildcard' | 'network' | 'name';

export function clientForm(spec: string): ClientForm {
  if (spec === '' || spec === '*') return 'world';
  if (spec.startsWith('gss/')) return 'gss';
  if (spec.startsWith('@')) return 'netgroup';
  // The first of these decides: `[2001:db8::]/64` is a pattern, and so is `10.0.*/16`.
  const mark = /[*?[/]/.exec(spec)?.[0];
  if (mark !== undefined) return mark === '/' ? 'network' : 'wildcard';
  return isAddress(spec) ? 'network' : 'name';
}

/** Everybody, however it is written: no host at all, `*`, or a network without a mask. */
export function isWorld(spec: string): boolean {
  return clientForm(spec) === 'world' || /^(0\.0\.0\.0|::)\/(0|0\.0\.0\.0)$/.test(spec);
}

/** A host as an NFS server sees it. */
export interface NfsClient {
  readonly host: Host;
  /** Lower case. */
  readonly names: ReadonlySet<string>;
  readonly addresses: readonly string[];
  /** The address it comes with is surely one of these. */
  readonly certain: boolean;
}

/** What a name in the server's files leads to; undefined when only DNS would know. */
export interface Resolved {
  readonly host: Host | undefined;
  readonly addresses: readonly string[];
}

/**
 * Whether a client of etc/exports is a host, as rpc.mountd would find.
 * @param resolve looks names up where the server would; a name that it does not know is `unknown`
 */
export function exportMatches(
  spec: string,
  client: NfsClient,
  resolve: (name: string) => Resolved | undefined = () => undefined,
): Match {
  switch (clientForm(spec)) {
    case 'world':
      return 'yes';
    case 'gss':
    case 'netgroup':
      return 'unknown';
    case 'wildcard':
      // Patterns meet the name that the server finds for the address: one that fits no alias may yet fit DNS's name.
      return [...client.names].some((n) => wildcardMatches(spec.toLowerCase(), n)) ? 'yes' : 'unknown';
    case 'network': {
      if (client.addresses.some((a) => networkHolds(spec, a))) return 'yes';
      return client.certain ? 'no' : 'unknown';
    }
    case 'name': {
      const name = spec.toLowerCase();
      if (client.names.has(name)) return 'yes';
      const found = resolve(name);
      if (!found) return 'unknown';
      if (found.host === client.host || found.addresses.some((a) => client.addresses.includes(a))) return 'yes';
      return found.host !== undefined || client.certain ? 'no' : 'unknown';
    }
  }
}

/** Whether `10.0.0.0/24`, `10.0.0.0/255.255.255.0`, `2001:db8::/32` or a bare address holds an address. */
export function networkHolds(network: string, address: string): boolean {
  const slash = network.indexOf('/');
  const base = bytesOf(slash < 0 ? network : network.slice(0, slash));
  const own = bytesOf(address);
  if (!base || !own || base.length !== own.length) return false;
  const mask = maskOf(slash < 0 ? undefined : network.slice(slash + 1), base.length);
  return mask !== undefined && base.every((b, i) => ((b ^ own[i]!) & mask[i]!) === 0);
}

/** Whether what stands behind the slash is a mask that exportfs takes. */
export function isMask(mask: string, family: 4 | 6): boolean {
  return maskOf(mask, family === 4 ? 4 : 16) !== undefined;
}

function maskOf(text: string | undefined, bytes: number): readonly number[] | undefined {
  if (text === undefined) return new Array<number>(bytes).fill(0xff);
  if (bytes === 4 && isIpv4(text)) return bytesOf(text);
  if (!/^\d{1,3}$/.test(text)) return undefined;
  const bits = Number(text);
  if (bits > bytes * 8) return undefined;
  return Array.from({ length: bytes }, (_, i) => (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))) & 0xff);
}

/** Four or sixteen bytes; undefined for what is no address. */
export function bytesOf(address: string): readonly number[] | undefined {
  if (isIpv4(address)) return address.split('.').map(Number);
  if (!isIpv6(address)) return undefined;
  const [head = [], rest = []] = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const bytes = (groups: readonly string[]): number[] =>
    groups.flatMap((g) => {
      if (g.includes('.')) return g.split('.').map(Number);
      const group = Number.parseInt(g, 16);
      return [group >> 8, group & 0xff];
    });
  const [start, end] = [bytes(head), bytes(rest)];
  return [...start, ...new Array<number>(16 - start.length - end.length).fill(0), ...end];
}

/** Two addresses that are very likely on one wire: the same /24, or the same /64. */
export function neighbours(a: string, b: string): boolean {
  return networkHolds(`${a}/${isIpv4(a) ? 24 : 64}`, b);
}

/** `*`, `?` and `[a-z]` as nfs-utils matches them: they match dots too. Linear but for the number of stars. */
export function wildcardMatches(pattern: string, name: string): boolean {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    const close = c === '[' ? pattern.indexOf(']', i + 2) : -1;
    if (c === '*') {
      while (pattern[i + 1] === '*') i++;
      source += '[^]*?';
    } else if (c === '?') source += '[^]';
    else if (close > 0) {
      const body = pattern.slice(i + 1, close).replace(/[\\\]]/g, '\\$&');
      source += body.startsWith('^') || body.startsWith('!') ? `[^${body.slice(1)}]` : `[${body}]`;
      i = close;
    } else source += c.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  }
  if ((source.match(/\[\^\]\*\?/g)?.length ?? 0) > 4) return false;
  try {
    return new RegExp(`^${source}$`).test(name);
  } catch {
    // A range the wrong way round, `[z-a]`.
    return false;
  }
}

// ---- exports ------------------------------------------------------------------------------------------------------

/** The clients of a line; a path alone has one that nobody wrote: the world. */
export function clientsOf(entry: ExportEntry): readonly ExportClient[] {
  if (entry.clients.length > 0) return entry.clients;
  const at = { start: entry.span.end, end: entry.span.end };
  return [{ host: '', hostSpan: at, optionsSpan: undefined, options: [], span: at }];
}

const positions = new WeakMap<ExportEntry, ReadonlyMap<ExportClient, number>>();

/** Which of its line's clients one is, from 0; -1 for the one that nobody wrote. Counted once: a line may have thousands. */
export function positionOf(entry: ExportEntry, client: ExportClient): number {
  let of = positions.get(entry);
  if (!of) positions.set(entry, (of = new Map(entry.clients.map((c, i) => [c, i]))));
  return of.get(client) ?? -1;
}

/** Whether a bracket stands a blank behind the client it was meant for, `host (rw)`. */
export function isStrayBracket(entry: ExportEntry, client: ExportClient, text: string): boolean {
  if (client.host !== '' || !client.optionsSpan) return false;
  const before = entry.clients[positionOf(entry, client) - 1];
  if (!before || before.optionsSpan || before.host === '') return false;
  return /^(?:[ \t]|\\\r?\n)+$/.test(text.slice(before.span.end, client.span.start));
}

/** Whether an option makes its export the root of NFSv4's tree. */
export function isRootId(value: string | undefined): boolean {
  return value === 'root' || (value !== undefined && /^0(x0+|0*)$/i.test(value));
}

// ---- mounts -------------------------------------------------------------------------------------------------------

/** NFS 3 (or 2) or 4, where the entry says it; undefined when client and server agree on one, beginning with 4. */
export function nfsVersion(entry: FstabEntry): 3 | 4 | undefined {
  if (entry.type.value === 'nfs4') return 4;
  let version: 3 | 4 | undefined;
  for (const { name, value } of entry.optionList) {
    const written = name === 'vers' || name === 'nfsvers' ? value : /^v[234](\.\d)?$/.test(name) ? name.slice(1) : '';
    if (written === undefined || written === '') {
      if (name === 'minorversion') version = 4;
      else if (/^mount(host|addr|vers|proto)$/.test(name)) version ??= 3;
    } else version = written.startsWith('4') ? 4 : 3;
  }
  return version;
}

/** The last word among options that undo each other, which is the one that counts. */
export function lastOf(entry: FstabEntry, names: readonly string[]): FstabEntry['optionList'][number] | undefined {
  return entry.optionList.findLast((o) => names.includes(o.name));
}
