import type { Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import { wantedTransport, type Transport } from '../../model/transport';
import { isTrue } from '../nova/_guests';

/** Where each transport goes unless the URI names a port. */
export const PORTS: Readonly<Partial<Record<Transport, number>>> = {
  tcp: 16509,
  tls: 16514,
  ssh: 22,
  libssh: 22,
  libssh2: 22,
};

/** A port of another host that a migration there needs, and that cannot be reached. */
export interface Blocked {
  /** Of `reaches`. */
  readonly key: string;
  /** Undefined for an address that is nobody's known. */
  readonly peer: Host | undefined;
  readonly name: string;
  readonly port: number;
  /** Libvirt's own connection, not QEMU's. */
  readonly control: boolean;
  /** Of QEMU's ports: `49152 to 49215`. */
  readonly range: string;
}

/** What a host was seen to be kept out of, in the order of its facts. */
export function blockedFrom(cluster: Cluster, host: Host): readonly Blocked[] {
  return Object.entries(host.facts?.reaches ?? {}).flatMap(([key, outcome]) => {
    const peer = outcome === 'filtered' ? peerOf(cluster, host, key) : undefined;
    const use = peer && useOf(host, peer.host, peer.port);
    // Which ports a node migrates by its own qemu.conf says.
    if (use && !use.control && !peer.host && cluster.unseen.length > 0) return [];
    return use ? [{ key, peer: peer.host, name: peer.name, port: peer.port, ...use }] : [];
  });
}

/** Whom an entry of `reaches` is about. */
function peerOf(
  cluster: Cluster,
  host: Host,
  key: string,
): { readonly name: string; readonly port: number; readonly host: Host | undefined } | undefined {
  const parts = /^\[?([^\]]*)\]?:(\d+)$/.exec(key);
  if (!parts) return undefined;
  const [, address = '', port] = parts;
  const peer = cluster.host(address, host);
  return { name: peer?.name ?? address, port: Number(port), host: peer };
}

/** What a migration from one host to another needs a port for; undefined where it needs it for nothing. */
function useOf(
  from: Host,
  to: Host | undefined,
  port: number,
): { readonly control: boolean; readonly range: string } | undefined {
  const wanted = wantedTransport(from);
  if (wanted && port === (wanted.port ?? PORTS[wanted.transport])) return { control: true, range: '' };
  const min = to?.qemu.number('migration_port_min') ?? 49_152;
  const max = to?.qemu.number('migration_port_max') ?? 49_215;
  if (port < min || port > max || tunnelled(from)) return undefined;
  return { control: false, range: `${min} to ${max}` };
}

/** Memory goes through libvirt's own connection. */
export function tunnelled(host: Host): boolean {
  const flags = host.nova.get('live_migration_flag')?.value ?? '';
  return isTrue(host.nova.get('live_migration_tunnelled')?.value) || flags.includes('VIR_MIGRATE_TUNNELLED');
}
