import { isAddress, type Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import { dialledTransports } from '../../model/transport';
import { inboundAddress } from '../libvirtd/_dialled';
import { keptOut } from './_firewall';
import { PORTS, tunnelled } from './_ports';

/** A port that a migration to a host needs, and that the host's own firewall closes to computes. */
export interface Shut {
  readonly port: number;
  readonly to: readonly Host[];
  /** Of QEMU's ports, `49152 to 49215`; undefined for libvirt's own connection. */
  readonly range: string | undefined;
}

/** What the firewalls of hosts close, by what was read of their rules and by what somebody got for an answer. */
export function shutPorts(cluster: Cluster): (host: Host) => readonly Shut[] {
  const dialled = dialledTransports(cluster);
  const computes = cluster.hosts.filter((h) => h.isCompute);
  /** By the host's address and port, what somebody got for an answer. */
  const answers = { open: new Set<string>(), refused: new Set<string>(), filtered: new Set<string>() };
  for (const { facts } of computes)
    for (const [key, outcome] of Object.entries(facts?.reaches ?? {})) answers[outcome].add(key);
  return (host) => {
    if (!host.facts?.firewall || !host.isCompute) return [];
    const inbound = inboundAddress(host)?.name;
    const address = inbound !== undefined && isAddress(inbound) ? inbound : undefined;
    const answered = (set: ReadonlySet<string>, port: number): boolean =>
      cluster.addressesOf(host).some((a) => set.has(`${a.includes(':') ? `[${a}]` : a}:${port}`));
    const closed = (peers: readonly Host[], port: number): readonly Host[] =>
      answered(answers.open, port) ? [] : keptOut(cluster, host, peers, port, address, answered(answers.refused, port));
    const peers = computes.filter((h) => h !== host);
    const wanted = dialled(host);
    const control = wanted && (wanted.port ?? PORTS[wanted.transport]);
    const min = host.qemu.number('migration_port_min') ?? 49_152;
    const max = host.qemu.number('migration_port_max') ?? 49_215;
    const all: readonly Shut[] = [
      ...(control === undefined ? [] : [{ port: control, to: closed(peers, control), range: undefined }]),
      // The first free one is taken.
      {
        port: min,
        to: closed(
          peers.filter((h) => !tunnelled(h)),
          min,
        ),
        range: `${min} to ${max}`,
      },
    ];
    return all.filter(({ to }) => to.length > 0);
  };
}
