import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect } from '../../server/src/fleet/ssh/connect';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import { answering, targetOf, type Sshd } from './sshd';

let logins = 0;

/** A connection to a private sshd by the key `id` in the folder; its host key is known. */
export function login(
  folder: string,
  sshd: Sshd,
  user = 'root',
  log: (line: string) => void = () => undefined,
): Promise<SshConnection> {
  const known = path.join(folder, `known_hosts${logins++}`);
  writeFileSync(known, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
  const more = { user, knownHosts: [known], identityFiles: [path.join(folder, 'id')] };
  return connect(targetOf(folder, sshd.port, more), answering({}), log);
}
