import type { Host } from '../../model/host';
import { removeEntry } from '../libvirtd/_keys';
import type { Complaint } from '../rule';

/** What qemu_conf.c takes for the local machine: these literals, with or without brackets, and all that begins with localhost. */
export function refusedByLibvirt(address: string): boolean {
  const bare = address.replace(/^\[(.*)\]$/, '$1');
  return bare === '127.0.0.1' || bare === '::1' || bare.startsWith('localhost');
}

/**
 * Complains of an address that libvirt refuses as the local machine's, or that `itself` says leads to this host alone.
 *
 * @param key migration_address or migration_host
 */
export function checkLocal(
  host: Host,
  key: string,
  itself: (address: string) => boolean,
  report: (complaint: Omit<Complaint<'refused' | 'loopback', 'remove'>, 'host'>) => void,
): void {
  const set = host.qemu.get(key);
  if (set?.entry.value.type !== 'string') return;
  const address = set.entry.value.text;
  const refused = refusedByLibvirt(address);
  if (!refused && !itself(address)) return;
  const remove = removeEntry(set.file, set.entry);
  report({
    file: set.file,
    span: set.entry.span,
    message: refused ? 'refused' : 'loopback',
    values: { address },
    fixes: [remove && { title: 'remove', edits: [remove] }],
  });
}
