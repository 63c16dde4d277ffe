import { utils, type ParsedKey } from 'ssh2';
import { signsAtOnce } from '../../server/src/fleet/ssh/sign';

/** A new ed25519 key. Of those that ssh2 makes, one in some hundreds is none that it can read again: the next one is. */
export function generateKey(): ReturnType<typeof utils.generateKeyPairSync> {
  for (;;) {
    const pair = utils.generateKeyPairSync('ed25519');
    if (!(utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** A private key, as a server keeps it. @throws Error for what is none */
export function readKey(text: string): ParsedKey {
  const key = utils.parseKey(text);
  if (key instanceof Error) throw key;
  return signsAtOnce(key);
}
