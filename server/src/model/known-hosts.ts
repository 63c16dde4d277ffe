import { matchesList } from './patterns';

/** HMAC-SHA1 of a name in UTF-8: the platform's own where there is one, which is several times as fast. */
export type Hmac = (salt: Uint8Array, name: string) => Uint8Array;

const HASHED = '|1|';
/** Any other ssh does not take. */
const SALT_BYTES = 20;

/** Whether the names of a line of known_hosts are hidden. */
export const isHashed = (hosts: string): boolean => hosts.startsWith(HASHED);

/**
 * Tells whether a line of known_hosts speaks of a host, by the name that ssh writes: in lower case, `[host]:port` where the port
 * is not 22. Read once, of however many hosts is asked.
 * @param hosts names and patterns, as they stand there; of a hashed line the hash
 */
export function nameTest(hosts: string, hmac: Hmac): (name: string) => boolean {
  if (!isHashed(hosts)) {
    const patterns = hosts.toLowerCase();
    return (name) => matchesList(name, patterns);
  }
  const [salt, hash] = hosts.slice(HASHED.length).split('|').map(bytesOf);
  // To the letter: ssh compares what it would write itself.
  if (salt?.length !== SALT_BYTES || !hash || written(salt, hash) !== hosts) return () => false;
  return (name) => {
    const own = hmac(salt, name);
    return own.length === hash.length && own.every((byte, i) => byte === hash[i]);
  };
}

/** A name as a hashed line has it. */
export function hashed(name: string, salt: Uint8Array, hmac: Hmac): string {
  return written(salt, hmac(salt, name));
}

function written(salt: Uint8Array, hash: Uint8Array): string {
  return `${HASHED}${base64(salt)}|${base64(hash)}`;
}

/** @returns undefined for what is no base64 */
function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
