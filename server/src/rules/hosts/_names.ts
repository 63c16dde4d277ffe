import type { Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';

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
