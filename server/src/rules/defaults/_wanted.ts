import type { Cluster } from '../../model/cluster';
import type { Host, Place } from '../../model/host';
import { dialledTransports } from '../../model/transport';
import { isMonolith } from '../libvirtd/_listening';

/** Why libvirtd has to listen on a host. */
export interface ListenReason {
  /** `listen_tcp = 1` or `migrations over TCP`. */
  readonly what: string;
  readonly place: Place | undefined;
}

/**
 * For each host what says that libvirtd must listen: its own libvirtd.conf, else nova's transport where somebody has
 * written it. Undefined where nobody says so, and where migrations go another way.
 */
export function listenReasons(cluster: Cluster): (host: Host) => ListenReason | undefined {
  const dialled = dialledTransports(cluster);
  return (host) => {
    const wanted = dialled(host);
    const network = wanted?.transport === 'tcp' || wanted?.transport === 'tls';
    if (wanted?.declared && !network) return undefined;
    if (isMonolith(host)) {
      for (const key of ['listen_tcp', 'listen_tls']) {
        const set = host.libvirtd.get(key);
        if (set && host.libvirtd.number(key) === 1)
          return { what: `${key} = 1`, place: { file: set.file, span: set.entry.span } };
      }
    }
    return wanted?.declared
      ? { what: `migrations over ${wanted.transport.toUpperCase()}`, place: wanted.place }
      : undefined;
  };
}
