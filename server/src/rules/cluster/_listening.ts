import type { Host, Place } from '../../model/host';
import { basename } from '../../model/files';
import { TOP } from '../edits';

export type Socket = 'tcp' | 'tls';

/** A host whose libvirt takes no connection on a socket, as far as its files and facts say. */
export interface Closed {
  /** Where it says so; the top of libvirtd.conf where nothing is said. */
  readonly place: Place;
  /** By a setting, or because systemd's units alone open sockets. */
  readonly by: 'setting' | 'default' | 'units';
  /** Known to go by its own settings: otherwise a systemd socket may be open all the same. */
  readonly proven: boolean;
}

/** Undefined where the socket is open, or where nothing tells. */
export function closed(host: Host, socket: Socket): Closed | undefined {
  const { file } = host.libvirtd;
  const { sockets, serviceMode, listen } = host.daemon;
  if (sockets?.[socket]) return undefined;
  if (sockets && !serviceMode) {
    const facts = file ?? host.first('facts') ?? host.first('unit');
    return facts && { place: { file: facts, span: TOP }, by: 'units', proven: true };
  }
  const key = `listen_${socket}`;
  if (!file || file.defect || host.libvirtd.garbled(key)) return undefined;
  const set = host.libvirtd.get(key);
  const value = host.libvirtd.number(key);
  const proven = serviceMode || listen === true;
  if (set) return value === 0 ? { place: { file, span: set.entry.span }, by: 'setting', proven } : undefined;
  // Libvirtd opens TLS by itself when it listens at all; virtproxyd does not.
  if (socket === 'tls' && basename(file.path) === 'libvirtd.conf') return undefined;
  return { place: { file, span: TOP }, by: 'default', proven };
}

/** Whether the socket is surely open. */
export function open(host: Host, socket: Socket): boolean {
  const { sockets, listen } = host.daemon;
  if (sockets?.[socket]) return true;
  return listen === true && !sockets?.local && host.libvirtd.number(`listen_${socket}`) === 1;
}
