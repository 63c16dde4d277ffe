import { isIpv6 } from '../../addresses';
import { FleetError } from '../../fleet/types';
import type { Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import { dialledTransports } from '../../model/transport';
import type { Way } from './commands';

const PORTS = { tcp: 16509, tls: 16514 } as const;

/**
 * How a source's libvirt reaches a destination: by the transport that nova would take, else by what libvirtd there listens
 * on, else over SSH; under live_migration_inbound_addr, else the address of livemig.ini, else its name.
 *
 * @throws FleetError of code `refused` for a destination whose address is none
 */
export function wayTo(cluster: Cluster, destination: Host): Way {
  const inbound = destination.nova.get('live_migration_inbound_addr')?.value;
  const given = inbound !== undefined && inbound !== '' ? inbound : undefined;
  const address = given ?? cluster.nodeOf(destination)?.address ?? destination.facts?.fqdn ?? destination.name;
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/.test(address))
    throw new FleetError('refused', `${destination.name}: "${address}" is no address that guests can be sent to`);
  const host = isIpv6(address) ? `[${address}]` : address;
  const { transport, port } = transportOf(cluster, destination);
  return {
    uri: `qemu+${transport}://${host}${port === undefined ? '' : `:${port}`}/system`,
    // As nova does: the stream goes where the daemon is reached.
    ...(given !== undefined && { migrateUri: `tcp://${host}` }),
  };
}

function transportOf(cluster: Cluster, destination: Host): { transport: string; port: number | undefined } {
  const wanted = dialledTransports(cluster)(destination);
  if (wanted && wanted.transport !== 'unix' && wanted.transport !== 'ext') return wanted;
  const listening = destination.facts?.listening ?? [];
  for (const transport of ['tls', 'tcp'] as const)
    if (listening.some((l) => l.endsWith(`:${PORTS[transport]}`))) return { transport, port: undefined };
  return { transport: 'ssh', port: undefined };
}
