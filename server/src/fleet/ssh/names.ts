import type { SshTarget } from '../types';

/** `10.0.0.5`, or `[10.0.0.5]:2222`, as known_hosts writes it: what messages and the log call a host. */
export function nameOf({ host, port }: Pick<SshTarget, 'host' | 'port'>): string {
  return port === 22 ? host : `[${host}]:${port}`;
}
