import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { FleetError, type SshTarget } from '../types';
import { matchesList } from './patterns';

/** A line of known_hosts that says something. */
export interface KnownHost {
  /** From 1. */
  readonly line: number;
  /** `@cert-authority`: the key signs keys of hosts; `@revoked`: the key may never be taken. */
  readonly marker: 'cert-authority' | 'revoked' | undefined;
  /** Names and patterns, as they stand there; of a hashed line the hash. */
  readonly hosts: string;
  /** As in the protocol: `ssh-ed25519`. */
  readonly type: string;
  readonly key: Buffer;
}

/** Where a line stands. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

export type Verdict =
  | ({ readonly kind: 'known' } & Place)
  | {
      readonly kind: 'unknown';
      /** Keys of other types by which the host is known; the one it shows may be new, or another's. */
      readonly others: readonly (Place & { readonly type: string; readonly fingerprint: string })[];
      /** Lines that trust the host's keys by a signature, which is not looked at here. */
      readonly authorities: readonly Place[];
    }
  | ({ readonly kind: 'changed'; readonly known: string; readonly offered: string } & Place)
  | ({ readonly kind: 'revoked'; readonly offered: string } & Place);

type Names = Pick<SshTarget, 'host' | 'port' | 'hostKeyAlias' | 'knownHosts'>;

const MARKERS = { '@cert-authority': 'cert-authority', '@revoked': 'revoked' } as const;
const HASHED = '|1|';
const SALT_BYTES = 20;

/** Lines that cannot be read are passed over, as ssh does; so are those of protocol 1, whose keys are two numbers. */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  const entries: KnownHost[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/[ \t]+/);
    const first = words[0] ?? '';
    if (first === '' || first.startsWith('#')) continue;
    const marked = first.startsWith('@');
    const marker = marked ? MARKERS[first as keyof typeof MARKERS] : undefined;
    if (marked && marker === undefined) continue;
    const [hosts, type, base64] = marked ? words.slice(1) : words;
    if (hosts === undefined || type === undefined || !/^[\w+/]+={0,2}$/.test(base64 ?? '')) continue;
    const key = Buffer.from(base64 ?? '', 'base64');
    if (protocolType(key) === type) entries.push({ line: index + 1, marker, hosts, type, key });
  }
  return entries;
}

/** @param name as ssh writes it: lower case, `[host]:port` where the port is not 22 */
export function isNamed({ hosts }: KnownHost, name: string): boolean {
  if (!hosts.startsWith(HASHED)) return matchesList(name, hosts.toLowerCase());
  const [salt, hash] = hosts.slice(HASHED.length).split('|');
  const wanted = Buffer.from(hash ?? '', 'base64');
  const found = createHmac('sha1', Buffer.from(salt ?? '', 'base64'))
    .update(name)
    .digest();
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

/** The name by which known_hosts knows a host; a HostKeyAlias stands for host and port. */
export function knownName({ host, port, hostKeyAlias }: Pick<SshTarget, 'host' | 'port' | 'hostKeyAlias'>): string {
  if (hostKeyAlias !== undefined) return hostKeyAlias.toLowerCase();
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/**
 * What the known_hosts files say of a host's key, as ssh reads them: a line that has the key settles it wherever it stands,
 * unless the key is revoked; else a line that has another key of this type does. Of a host at another port than 22
 * that is unknown, the key by which it is known at 22 is as good.
 * @throws FleetError of code `host-key` for a file that is there and cannot be read
 */
export async function verify(target: Names, key: Buffer): Promise<Verdict> {
  const verdict = await verdictOf(target, knownName(target), key);
  if (verdict.kind !== 'unknown' || target.hostKeyAlias !== undefined || target.port === 22) return verdict;
  const bare = await verdictOf(target, knownName({ ...target, port: 22 }), key);
  return bare.kind === 'known' || bare.kind === 'revoked' ? bare : verdict;
}

async function verdictOf(target: Names, name: string, key: Buffer): Promise<Verdict> {
  const type = protocolType(key);
  const named = await entriesFor(target, name);
  const revoked = named.find((e) => e.marker === 'revoked' && e.key.equals(key));
  if (revoked) return { kind: 'revoked', ...placeOf(revoked), offered: fingerprint(key) };
  const own = named.filter((e) => e.marker === undefined);
  const known = own.find((e) => e.key.equals(key));
  if (known) return { kind: 'known', ...placeOf(known) };
  const other = own.find((e) => e.type === type);
  if (other) return { kind: 'changed', ...placeOf(other), known: fingerprint(other.key), offered: fingerprint(key) };
  return {
    kind: 'unknown',
    others: own.map((e) => ({ ...placeOf(e), type: keyType(e.key), fingerprint: fingerprint(e.key) })),
    authorities: named.filter((e) => e.marker === 'cert-authority').map(placeOf),
  };
}

/** Types of the keys by which a host is known, as in the protocol: asked for first, a server shows a key that can be compared. */
export async function knownTypes(target: Names): Promise<readonly string[]> {
  const types = async (name: string) =>
    (await entriesFor(target, name)).filter((e) => e.marker === undefined).map((e) => e.type);
  const own = await types(knownName(target));
  if (own.length > 0 || target.hostKeyAlias !== undefined) return own;
  return types(knownName({ ...target, port: 22 }));
}

/**
 * Appends one line to the first of the files, hashed where that file's own lines are. The file is made with mode 0600,
 * its folder with 0700; what is there is never rewritten.
 * @returns where the key stands now
 * @throws FleetError of code `host-key` when it cannot be written
 */
export async function store(target: Names, key: Buffer): Promise<string> {
  const file = target.knownHosts[0];
  if (file === undefined) throw new FleetError('host-key', 'There is no known_hosts file to keep the key in');
  const text = await read(file);
  const name = knownName(target);
  const hosts = parseKnownHosts(text).some((e) => e.hosts.startsWith(HASHED)) ? hashed(name) : name;
  const line = `${hosts} ${protocolType(key)} ${key.toString('base64')}\n`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'a', 0o600);
    try {
      // One write, so that others who append at the same time do not come between.
      await handle.writeFile(text === '' || text.endsWith('\n') ? line : `\n${line}`);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new FleetError('host-key', `The host key cannot be kept in ${file}: ${(error as Error).message}`);
  }
  return file;
}

/** `SHA256:…`, as ssh-keygen prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** As `ssh-keygen -l` names it: `ED25519`. */
export function keyType(key: Buffer): string {
  const type = protocolType(key).replace(/@.*$/, '');
  const name = /^(?:sk-)?(?:ssh|ecdsa)/.exec(type) && type.replace(/^(sk-)?(?:ssh-)?/, '').replace(/-sha2-.*$/, '');
  if (name === null) return type;
  const short = name === 'dss' ? 'DSA' : name.toUpperCase();
  return type.startsWith('sk-') ? `${short}-SK` : short;
}

/** The type that a key itself says it has; empty for what is no key. */
export function protocolType(key: Buffer): string {
  if (key.length < 4) return '';
  const end = 4 + key.readUInt32BE(0);
  return end <= key.length ? key.toString('latin1', 4, end) : '';
}

function hashed(name: string): string {
  const salt = randomBytes(SALT_BYTES);
  return `${HASHED}${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

async function entriesFor(target: Names, name: string): Promise<readonly (KnownHost & Place)[]> {
  const entries: (KnownHost & Place)[] = [];
  for (const file of target.knownHosts)
    for (const entry of entriesOf(file, await read(file))) if (isNamed(entry, name)) entries.push({ ...entry, file });
  return entries;
}

/** Of each file as it was read last: a fleet is looked for in it twice for each node. */
const lastRead = new Map<string, { readonly text: string; readonly entries: readonly KnownHost[] }>();

function entriesOf(file: string, text: string): readonly KnownHost[] {
  const before = lastRead.get(file);
  if (before?.text === text) return before.entries;
  const entries = parseKnownHosts(text);
  lastRead.set(file, { text, entries });
  return entries;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    // Without it a revoked or changed key would pass for an unknown one.
    throw new FleetError('host-key', `Host keys cannot be checked: ${(error as Error).message}`);
  }
}

function placeOf({ file, line }: Place): Place {
  return { file, line };
}
