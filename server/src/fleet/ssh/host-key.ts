import { FleetError, type Prompts, type SshTarget } from '../types';
import { fingerprint, keyType, knownName, knownTypes, protocolType, store, verify } from './known-hosts';
import { nameOf } from './names';

/** Signatures that ssh2 makes of keys of a type, best first. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
};

/** Algorithms of host keys to offer: first those of the keys by which the host is known, so that it shows one of them. */
export async function hostKeyAlgorithms(target: SshTarget): Promise<readonly string[]> {
  const known = await knownTypes(target);
  const types = Object.keys(ALGORITHMS);
  return [...types.filter((t) => known.includes(t)), ...types.filter((t) => !known.includes(t))].flatMap(
    (t) => ALGORITHMS[t] ?? [],
  );
}

/**
 * Passes when the host's key is known, or unknown and trusted by the user, who is asked; it is kept then.
 * @throws FleetError of code `host-key`: changed, revoked, not trusted, or not to be kept
 */
export async function checkHostKey(
  target: SshTarget,
  key: Buffer,
  prompts: Pick<Prompts, 'hostKey'>,
  log: (line: string) => void,
): Promise<void> {
  const verdict = await verify(target, key);
  const name = nameOf(target);
  const shown = `${keyType(key)} ${fingerprint(key)}`;
  switch (verdict.kind) {
    case 'known':
      return;
    case 'changed':
      throw new FleetError(
        'host-key',
        `The host key of ${name} is not the one that is known: either the host was set up anew, or somebody stands between. It shows ${shown}; ${verdict.file}, line ${verdict.line}, has ${verdict.known}. If you know why it changed, remove that line: ssh-keygen -R '${knownName(target)}'`,
      );
    case 'revoked':
      throw new FleetError(
        'host-key',
        `${name} shows a key that ${verdict.file}, line ${verdict.line}, revokes: ${shown}`,
      );
    case 'unknown':
  }
  const notes = [
    ...verdict.others.map((o) => `known so far by another key, ${o.type} ${o.fingerprint} (${o.file}, line ${o.line})`),
    ...verdict.authorities.map(
      (a) =>
        `${a.file}, line ${a.line}, trusts such hosts by the signature of an authority, which livemig does not check`,
    ),
  ];
  const trusted = await prompts.hostKey({
    host: target.host,
    port: target.port,
    type: keyType(key),
    fingerprint: fingerprint(key),
    ...(notes.length > 0 ? { note: notes.join('; ') } : {}),
  });
  if (!trusted) throw new FleetError('host-key', `The host key of ${name} is unknown, and was not trusted: ${shown}`);
  const file = await store(target, key);
  log(`${name}: host key ${shown} (${protocolType(key)}) kept in ${file}`);
}
