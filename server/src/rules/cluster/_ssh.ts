import type { Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import type { SshFacts } from '../../model/ssh';
import { wantedTransport } from '../../model/transport';
import { PORTS } from './_ports';

/** A migration from one host to another that goes by ssh, which libvirtd starts as root. */
export interface SshWay {
  readonly destination: Host;
  /** What was measured there. */
  readonly there: SshFacts;
  /** As ssh is given it. */
  readonly name: string;
  /** Who logs in there. */
  readonly user: string;
  /** Nova's configuration says so; else ssh is what is left where libvirt listens for nothing. */
  readonly declared: boolean;
}

/** So many hosts before and behind a source are compared with it: that stays linear, and a pair is compared whole. */
const MOST = 8;

/** Where migrations from a host go by ssh, to hosts beside it; none where that cannot be known. */
export function sshWays(cluster: Cluster, source: Host, at: number): readonly SshWay[] {
  if (!source.isCompute || !source.facts?.ssh) return [];
  const { hosts } = cluster;
  const login = source.nova.files.length > 0 ? novaLogin(source) : plainLogin(cluster);
  if (!login) return [];
  return [...hosts.slice(Math.max(0, at - MOST), at), ...hosts.slice(at + 1, at + 1 + MOST)].flatMap((destination) => {
    const there = destination.isCompute ? destination.facts?.ssh : undefined;
    // On another port another sshd may answer.
    if (!there || says(there.server, 'port', 'include')) return [];
    const name = login.declared ? novaName(destination) : plainName(cluster, destination);
    if (name === undefined || cluster.host(name, source) !== destination) return [];
    return [{ ...login, destination, there, name }];
  });
}

/** Where they lead to, in few words. */
export function destinationsIn(ways: readonly SshWay[]): string {
  return ways.length > 3 ? `${ways.length} hosts` : ways.map((way) => way.destination.name).join(', ');
}

/** Whether a configuration says one of these. */
export function says(options: readonly string[] | undefined, ...names: string[]): boolean {
  return options === undefined || options.some((o) => names.includes(o.split(' ')[0]!));
}

type Login = Pick<SshWay, 'user' | 'declared'>;

/** What a URI says beyond user and host may make it another question. */
function novaLogin(source: Host): Login | undefined {
  const wanted = wantedTransport(source);
  if (wanted?.transport !== 'ssh' || !wanted.declared) return undefined;
  const uri = source.nova.get('live_migration_uri');
  const given = uri?.origin === 'set' && uri.value !== '' ? uri.value : 'qemu+ssh://%s/system';
  const parts = /^qemu\+ssh:\/\/(?:([a-z_][\w.-]*)@)?%s(?::22)?\/system$/i.exec(given ?? '');
  return parts ? { user: parts[1] ?? 'root', declared: true } : undefined;
}

const novas = new WeakMap<Cluster, boolean>();

/** Where none of them is nova's. */
function plainLogin(cluster: Cluster): Login | undefined {
  let nova = novas.get(cluster);
  if (nova === undefined) novas.set(cluster, (nova = cluster.hosts.some((h) => h.nova.files.length > 0)));
  return nova ? undefined : { user: 'root', declared: false };
}

function novaName(destination: Host): string | undefined {
  const inbound = destination.nova.get('live_migration_inbound_addr');
  if (inbound?.origin === 'set' && inbound.value !== '') return inbound.value;
  const host = destination.nova.get('host');
  return host?.origin === 'set' ? host.value : destination.facts?.hostname;
}

/** As livemig itself dials it; undefined where libvirt there listens for other hosts. */
function plainName(cluster: Cluster, destination: Host): string | undefined {
  const { listening, fqdn } = destination.facts ?? {};
  if (!listening || listening.some((l) => l.endsWith(`:${PORTS.tcp}`) || l.endsWith(`:${PORTS.tls}`))) return undefined;
  return cluster.nodeOf(destination)?.address ?? fqdn;
}
