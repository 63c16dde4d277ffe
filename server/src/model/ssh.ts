import { isHashed, nameTest, type Hmac } from './known-hosts';
import { hmacSha1 } from './sha1';

/**
 * Whom root of this host trusts over SSH, and who may log in here: what a migration by `qemu+ssh` hangs on. Keys by type and
 * fingerprint, `ssh-ed25519 SHA256:…`, as `ssh-keygen -l` has it. What is absent could not be learned for certain.
 */
export interface SshFacts {
  /** Lines of root's and the host's known_hosts: `c2,10.0.0.2 ssh-ed25519 SHA256:…`, hashed names as they are, markers before them. */
  readonly known?: readonly string[];
  /** Keys of root that ssh tries by itself. */
  readonly keys?: readonly string[];
  /** Keys that may log in, by account; `options` stands before one that is restricted. */
  readonly authorized?: Readonly<Record<string, readonly string[]>>;
  /** Keys by which sshd shows itself. */
  readonly hostKeys?: readonly string[];
  /** What ssh's configuration says beyond that for some host, `proxyjump ?`: the value only where it is a plain word. */
  readonly client?: readonly string[];
  /** The same of sshd's. */
  readonly server?: readonly string[];
}

const indices = new WeakMap<readonly string[], ReadonlyMap<string, readonly string[]>>();

/** Lines of {@link SshFacts.known} by their keys, those with markers by `@`: looked through once, of however many hosts is asked. */
export function byKey(known: readonly string[]): ReadonlyMap<string, readonly string[]> {
  let index = indices.get(known);
  if (!index) {
    const made = new Map<string, string[]>();
    for (const line of known) {
      const key = line.startsWith('@') ? '@' : line.slice(line.indexOf(' ') + 1);
      const same = made.get(key);
      if (same) same.push(line);
      else made.set(key, [line]);
    }
    indices.set(known, (index = made));
  }
  return index;
}

/**
 * Whether a line of {@link SshFacts.known} speaks of a host.
 * @param name as ssh is given it: `c2`, `10.0.0.2`
 */
export function knows(line: string, name: string): boolean {
  const hosts = line.split(' ')[0]!;
  const wanted = name.toLowerCase();
  if (!isHashed(hosts)) return nameTest(hosts, hmac)(wanted);
  const asked = `${hosts} ${wanted}`;
  let same = hashed.get(asked);
  if (same === undefined) {
    if (hashed.size >= MOST_HASHED) hashed.clear();
    hashed.set(asked, (same = nameTest(hosts, hmac)(wanted)));
  }
  return same;
}

const encoder = new TextEncoder();
const hmac: Hmac = (salt, name) => hmacSha1(salt, encoder.encode(name));

/** What came of it, since rules ask after every edit. */
const hashed = new Map<string, boolean>();
const MOST_HASHED = 50_000;
