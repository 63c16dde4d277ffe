import type { Host } from '../../model/host';
import { socketUnit, type RemoteSocket } from '../../model/units';
import type { Port } from './types';

const PORTS: Readonly<Record<RemoteSocket, number>> = { tcp: 16509, tls: 16514 };

/** Which of the daemon's sockets systemd is to open. */
export type Wanted = Readonly<Record<RemoteSocket | 'local', boolean>>;

/**
 * Ports on which the daemon must listen by the configuration: those of systemd's sockets that it starts at boot, else
 * those of libvirtd itself. Only what is certain: an address that may be a name is left out.
 */
export function portsOf(host: Host, wanted: Wanted | undefined): Port[] {
  const sockets = (['tcp', 'tls'] as const).filter((s) => wanted?.[s]);
  if (sockets.length > 0)
    return sockets.flatMap((socket) => {
      const unit = socketUnit(host, socket);
      if (unit && unit.listens.length === 0) return [];
      const listens = unit?.listens ?? [{ address: '', port: PORTS[socket] }];
      return listens.map(({ address, port }) => ({ port, address, by: unit?.unit.name ?? `the ${socket} socket` }));
    });
  const { daemon, libvirtd } = host;
  // With systemd's socket the daemon opens none of its own.
  if (daemon.listen !== true || (wanted ?? daemon.sockets)?.local === true) return [];
  const listen = libvirtd.string('listen_addr') ?? '';
  const address = /^[\d.]+$|:/.test(listen) && listen !== '0.0.0.0' && listen !== '::' ? listen : '';
  return (['tcp', 'tls'] as const).flatMap((socket) => {
    const on = libvirtd.number(`listen_${socket}`) ?? (socket === 'tls' ? 1 : 0);
    if (on === 0 || libvirtd.garbled(`listen_${socket}`)) return [];
    const set = libvirtd.string(`${socket}_port`);
    const port =
      set === undefined ? PORTS[socket] : /^\d+$/.test(set) && Number(set) <= 65535 ? Number(set) : undefined;
    return port === undefined
      ? []
      : [{ port, address, by: `listen_${socket} in ${libvirtd.file?.path ?? 'its default'}` }];
  });
}

/** Whether a port is listened on, by /proc/net/tcp and /proc/net/tcp6: `0100007F:407D 00000000:0000 0A`. */
export function isListening(table: string, { port, address }: Pick<Port, 'port' | 'address'>): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const found = [...table.matchAll(/^\s*\d+: ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) \S+ 0A /gm)].filter(
    ([, , p]) => p === hex,
  );
  if (address === '') return found.length > 0;
  const wanted = address.includes(':') ? undefined : ipv4(address);
  // All addresses are this one, too. How IPv6 addresses are spelled is left alone: the port is enough.
  return found.some(([, at = '']) => wanted === undefined || at === wanted || /^0+$/.test(at) || at.endsWith(wanted));
}

/** As the kernel writes it: the bytes backwards. */
function ipv4(address: string): string {
  return address
    .split('.')
    .reverse()
    .map((n) => Number(n).toString(16).toUpperCase().padStart(2, '0'))
    .join('');
}

/** Whether one of some paths is a Unix socket that is listened on, by /proc/net/unix. */
export function isOpen(table: string, paths: readonly string[]): boolean {
  // Num RefCount Protocol Flags Type St Inode Path; the flag 00010000 is __SO_ACCEPTCON.
  return [...table.matchAll(/^\S+: \S+ \S+ (\S+) \S+ \S+ +\d+ (\/.*)$/gm)].some(
    ([, flags, path = '']) => flags === '00010000' && paths.includes(path),
  );
}
