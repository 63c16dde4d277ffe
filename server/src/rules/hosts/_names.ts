import type { Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import type { HostsEntry } from '../../syntax/types';

/** Names that mean "here" on every host, whatever a host in view may be called. */
export function isLocalName(name: string): boolean {
  return (
    /^(localhost|localhost\d*\.localdomain\d*|localhost\d+|ip6-|broadcasthost)/i.test(name) ||
    name.endsWith('.localhost')
  );
}

/** The other host of the cluster that a name means. */
export function peerOf(cluster: Cluster, host: Host, name: string): Host | undefined {
  if (isLocalName(name)) return undefined;
  const peer = cluster.hostByName(name);
  return peer === host ? undefined : peer;
}

/** Hosts that migrate, or may: all but those that livemig.ini gives another role. */
export function mayMigrate(host: Host): boolean {
  return host.isCompute || (host.node?.roles ?? []).length === 0;
}

/**
 * What the machine calls itself (`hostname`), as measured or by etc/hostname; undefined where neither is in view. libvirt
 * looks a name without a dot up and goes by the first name of the line that holds it.
 */
export function ownName(host: Host): string | undefined {
  const name = host.facts?.hostname ?? host.first('hostname')?.text.trim();
  return name !== undefined && /^[\w.-]+$/.test(name) ? name : undefined;
}

/** The other host that comes first in a line that holds this host's own name: as whom libvirt then introduces itself. */
export function canonicalPeer(cluster: Cluster, host: Host, entry: HostsEntry): Host | undefined {
  const own = ownName(host)?.toLowerCase();
  const [first] = entry.names;
  if (own === undefined || own.includes('.') || !first || !entry.names.some((n) => n.name.toLowerCase() === own))
    return undefined;
  return peerOf(cluster, host, first.name) ?? peerOf(cluster, host, first.name.replace(/\..*$/, ''));
}
