import { matchesList } from './patterns';
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

const HASHED = '|1|';

/**
 * Whether a line of {@link SshFacts.known} speaks of a host.
 * @param name as ssh is given it: `c2`, `10.0.0.2`
 */
export function knows(line: string, name: string): boolean {
  const hosts = line.split(' ')[0]!;
  if (!hosts.startsWith(HASHED)) return matchesList(name.toLowerCase(), hosts.toLowerCase());
  const [salt = '', hash = ''] = hosts.slice(HASHED.length).split('|');
  try {
    const found = hmacSha1(bytesOf(atob(salt)), bytesOf(name.toLowerCase()));
    return String.fromCharCode(...found) === atob(hash);
  } catch {
    // It is no base64, and so nobody's.
    return false;
  }
}

function bytesOf(latin1: string): Uint8Array {
  return Uint8Array.from(latin1, (c) => c.charCodeAt(0));
}
