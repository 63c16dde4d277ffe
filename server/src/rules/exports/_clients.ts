import { isAddress, mountsOf, nfsSource, type Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import { isNfs } from '../../model/storage';
import { keptOut } from '../cluster/_firewall';

/** The clients of each NFS server whose firewall certainly keeps them out of port 2049. */
export function shutOut(cluster: Cluster): ReadonlyMap<Host, ReadonlySet<Host>> {
  const found = new Map<Host, ReadonlySet<Host>>();
  for (const [server, byAddress] of dialled(cluster)) {
    const out = new Set<Host>();
    for (const [address, clients] of byAddress)
      for (const peer of keptOut(cluster, server, [...clients], 2049, isAddress(address) ? address : undefined))
        out.add(peer);
    if (out.size > 0) found.set(server, out);
  }
  return found;
}

/** Clients of each server by the name or address that they dial. */
function dialled(cluster: Cluster): ReadonlyMap<Host, ReadonlyMap<string, ReadonlySet<Host>>> {
  const found = new Map<Host, Map<string, Set<Host>>>();
  for (const mount of cluster.hosts.flatMap(mountsOf)) {
    const { entry, host } = mount;
    const served =
      isNfs(entry.type.value) && !entry.optionList.some((o) => o.name === 'port') ? cluster.served(mount) : undefined;
    if (!served?.server.facts?.firewall || served.server === host) continue;
    const address = nfsSource(entry.spec.value)!.host;
    const byAddress = found.get(served.server) ?? new Map<string, Set<Host>>();
    byAddress.set(address, (byAddress.get(address) ?? new Set()).add(host));
    found.set(served.server, byAddress);
  }
  return found;
}
