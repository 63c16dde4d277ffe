import { utils } from 'ssh2';

/** A new ed25519 key. Of those that ssh2 makes, one in some hundreds is none that it can read again: the next one is. */
export function generateKey(): ReturnType<typeof utils.generateKeyPairSync> {
  for (;;) {
    const pair = utils.generateKeyPairSync('ed25519');
    if (!(utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
