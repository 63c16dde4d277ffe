import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { hashed, isHashed, nameTest, type Hmac } from '../../model/known-hosts';
import { FleetError, type SshTarget } from '../types';
import { Unchanged } from './unchanged';

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
const SALT_BYTES = 20;
const hmac: Hmac = (salt, name) => createHmac('sha1', salt).update(name).digest();

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
  const known = await knownIn(target);
  const verdict = verdictOf(known, knownName(target), key);
  if (verdict.kind !== 'unknown' || target.hostKeyAlias !== undefined || target.port === 22) return verdict;
  const bare = verdictOf(known, knownName({ ...target, port: 22 }), key);
  return bare.kind === 'known' || bare.kind === 'revoked' ? bare : verdict;
}

function verdictOf(known: readonly KnownFile[], name: string, key: Buffer): Verdict {
  const type = protocolType(key);
  const named = entriesFor(known, name);
  const revoked = named.find((e) => e.marker === 'revoked' && e.key.equals(key));
  if (revoked) return { kind: 'revoked', ...placeOf(revoked), offered: fingerprint(key) };
  const own = named.filter((e) => e.marker === undefined);
  const right = own.find((e) => e.key.equals(key));
  if (right) return { kind: 'known', ...placeOf(right) };
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
  const known = await knownIn(target);
  const types = (name: string): readonly string[] =>
    entriesFor(known, name)
      .filter((e) => e.marker === undefined)
      .map((e) => e.type);
  const own = types(knownName(target));
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
  const before = await look(file);
  const name = knownName(target);
  const hosts = before?.isHashed === true ? hashed(name, randomBytes(SALT_BYTES), hmac) : name;
  const line = `${hosts} ${protocolType(key)} ${key.toString('base64')}\n`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'a', 0o600);
    try {
      // One write, so that others who append at the same time do not come between.
      await handle.writeFile(before?.isOpen === true ? `\n${line}` : line);
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

interface KnownFile {
  readonly file: string;
  readonly hosts: KnownHosts;
}

/** The lines of one file, by the hosts that they are about: a fleet is looked for in it twice for each node. */
class KnownHosts {
  /** Its last line has no end. */
  readonly isOpen: boolean;
  readonly isHashed: boolean;
  /** Lines of plain names alone, by these. */
  readonly #plain = new Map<string, KnownHost[]>();
  /** Lines of patterns and hashes. */
  readonly #others: readonly { readonly entry: KnownHost; readonly isNamed: (name: string) => boolean }[];
  readonly #found = new Map<string, readonly KnownHost[]>();

  constructor(text: string) {
    const entries = parseKnownHosts(text);
    this.isOpen = text !== '' && !text.endsWith('\n');
    this.isHashed = entries.some((e) => isHashed(e.hosts));
    const others = new Set(entries.filter((e) => isHashed(e.hosts) || /[*?!]/.test(e.hosts)));
    this.#others = [...others].map((entry) => ({ entry, isNamed: nameTest(entry.hosts, hmac) }));
    for (const entry of entries) {
      if (others.has(entry)) continue;
      for (const name of new Set(entry.hosts.toLowerCase().split(','))) {
        const list = this.#plain.get(name);
        if (list) list.push(entry);
        else this.#plain.set(name, [entry]);
      }
    }
  }

  /** In their order. */
  of(name: string): readonly KnownHost[] {
    let found = this.#found.get(name);
    if (!found) {
      const others = this.#others.flatMap(({ entry, isNamed }) => (isNamed(name) ? [entry] : []));
      const own = [...(this.#plain.get(name) ?? []), ...others];
      this.#found.set(name, (found = own.sort((a, b) => a.line - b.line)));
    }
    return found;
  }
}

const files = new Unchanged((content) => new KnownHosts(content.toString()));

async function knownIn({ knownHosts }: Names): Promise<readonly KnownFile[]> {
  const known: KnownFile[] = [];
  for (const file of knownHosts) {
    const hosts = await look(file);
    if (hosts) known.push({ file, hosts });
  }
  return known;
}

function entriesFor(known: readonly KnownFile[], name: string): readonly (KnownHost & Place)[] {
  return known.flatMap(({ file, hosts }) => hosts.of(name).map((entry) => ({ ...entry, file })));
}

/** @returns undefined for a file that is not there */
async function look(file: string): Promise<KnownHosts | undefined> {
  try {
    return await files.get(file);
  } catch (error) {
    // Without it a revoked or changed key would pass for an unknown one.
    throw new FleetError('host-key', `Host keys cannot be checked: ${(error as Error).message}`);
  }
}

function placeOf({ file, line }: Place): Place {
  return { file, line };
}
