import type { Finding } from '../lint';
import type { Cluster } from '../model/cluster';
import { factPlace } from '../model/factPlace';
import type { Host } from '../model/host';
import { DEFAULT_SETTINGS, type Settings } from '../settings';
import { pairFindings } from './pair';
import type { MigrateOptions } from './types';

/** Why an instance cannot, or perhaps should not, be moved to a node. */
export interface Reason {
  /** An error stops the migration; a warning is asked about. */
  readonly severity: 'error' | 'warning';
  readonly finding: Finding;
}

/** What pre-flight says of one instance and one destination. */
export interface Verdict {
  readonly destination: Host;
  readonly state: 'ready' | 'warnings' | 'blocked';
  /** Errors first. */
  readonly reasons: readonly Reason[];
}

export interface PreflightRequest {
  readonly cluster: Cluster;
  readonly source: Host;
  /** Of the instance; undefined to ask of the two hosts alone. */
  readonly uuid?: string;
  readonly settings?: Settings;
  /** How it is to be moved, if that is known already. */
  readonly options?: MigrateOptions;
}

/** Guests run there, be nothing of nova's on it. */
export function runsGuests(host: Host): boolean {
  return host.isCompute || host.facts?.emulator !== undefined;
}

/** What stands on it may concern migrations between others: it runs no guests, or has another role beside. */
export function isServer(host: Host): boolean {
  return !host.isCompute && (host.facts?.emulator === undefined || (host.node?.roles ?? []).length > 0);
}

/** The hosts that an instance could be moved to. */
export function destinationsOf({ cluster, source }: PreflightRequest): Host[] {
  return cluster.hosts.filter((h) => h !== source && runsGuests(h));
}

/**
 * Judges a migration from the files and facts at hand: what the rules find when there are no other hosts than these two and
 * those that serve them. What stands on a host that only would send guests, or only would take them, counts there alone.
 */
export function judge(request: PreflightRequest, destination: Host): Verdict {
  const { cluster, source, uuid, settings = DEFAULT_SETTINGS, options = {} } = request;
  const hosts = cluster.hosts.filter((h) => h === source || h === destination || isServer(h));
  const others = otherInstances(source, uuid);
  const reasons = pairFindings(cluster, hosts, settings, options).flatMap((finding): Reason[] => {
    const side = finding.preflight ?? finding.rule.preflight;
    if (side === undefined || finding.severity === 'info') return [];
    const name = finding.host?.name;
    if (side === 'source' && name !== source.name) return [];
    if (side === 'destination' && name !== destination.name) return [];
    // Where the destination's own guests cannot go is no matter.
    if (isOfInstance(finding, destination, undefined) || others.some((o) => within(finding, o))) return [];
    return [{ severity: finding.severity, finding }];
  });
  return { destination, ...verdictBy(reasons) };
}

/** What such reasons come to. */
export function verdictBy(reasons: readonly Reason[]): Pick<Verdict, 'state' | 'reasons'> {
  const sorted = [...reasons].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  const [worst] = sorted;
  return { state: !worst ? 'ready' : worst.severity === 'error' ? 'blocked' : 'warnings', reasons: sorted };
}

type Place = NonNullable<ReturnType<typeof factPlace>>;

/** Where the facts of a host speak of instances that are not the one. */
function otherInstances(host: Host, uuid: string | undefined): Place[] {
  if (uuid === undefined) return [];
  return (host.facts?.instances ?? []).flatMap((instance, i) => {
    if (instance.uuid === uuid) return [];
    return factPlace(host, ['instances', i]) ?? [];
  });
}

function isOfInstance(finding: Finding, host: Host, uuid: string | undefined): boolean {
  return (host.facts?.instances ?? []).some((instance, i) => {
    const place = instance.uuid === uuid ? undefined : factPlace(host, ['instances', i]);
    return place !== undefined && within(finding, place);
  });
}

/** A finding stands in that part of its file. */
export function within({ file, span }: Finding, place: Place): boolean {
  return file.uri === place.file.uri && span.start >= place.span.start && span.end <= place.span.end;
}
