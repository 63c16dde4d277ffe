import { isLoopback, isWildcard } from '../../model/cluster';
import type { Host } from '../../model/host';
import {
  isOwn,
  listenerOf,
  socketUnit,
  unitSettings,
  type Listen,
  type RemoteSocket,
  type SocketUnit,
} from '../../model/units';

export interface OpenSocket extends SocketUnit {
  readonly socket: RemoteSocket;
}

/** Remote sockets with something of an administrator's in view, except those known to be closed. */
export function ownSockets(host: Host): readonly OpenSocket[] {
  const found: OpenSocket[] = [];
  for (const socket of ['tcp', 'tls'] as const) {
    if (host.daemon.sockets?.[socket] === false) continue;
    const unit = socketUnit(host, socket);
    if (unit && [unit.unit.main, ...unit.unit.dropIns].some((f) => f && isOwn(f))) found.push({ ...unit, socket });
  }
  return found;
}

/** Whether a setting of the unit is on, as systemd reads booleans. */
export function isOn({ unit }: SocketUnit, key: string): boolean {
  const value = unitSettings(unit, 'Socket', key).list.at(-1)?.entry.value ?? '';
  return /^(1|yes|y|true|t|on)$/i.test(value);
}

/** Whether the kernel gives the port to the first of them alone. */
export function collide(a: Listen, b: Listen): boolean {
  if (a.port !== b.port) return false;
  const six = (l: Listen): boolean => l.address.includes(':');
  // `16509` and `[::]:16509` take IPv4 along.
  const all = (l: Listen): boolean => l.address === '' || (six(l) && isWildcard(l.address));
  if (a.address === b.address || all(a) || all(b)) return true;
  return six(a) === six(b) && (isWildcard(a.address) || isWildcard(b.address));
}

/** Whether nobody but the host itself reaches any of the unit's addresses. */
export function isLocalOnly({ listens }: SocketUnit): boolean {
  return listens.length > 0 && listens.every((l) => isLoopback(l.address));
}

/** Whether a look at the host itself found the port open to others. */
export function isSeenOpen(host: Host, port: number): boolean {
  return (host.facts?.listening ?? []).some(
    (l) => l.endsWith(`:${port}`) && !isLoopback(l.slice(0, l.lastIndexOf(':')).replace(/^\[|\]$/g, '')),
  );
}

/** The unit's name for messages, where nothing of it need be in view. */
export function socketName(host: Host, socket: RemoteSocket): string {
  return `${listenerOf(host)}-${socket}.socket`;
}
