import type { Cluster } from './cluster';
import type { Host, Place } from './host';

/** How libvirt reaches the destination's daemon. */
export type Transport = 'tcp' | 'tls' | 'ssh' | 'libssh' | 'libssh2' | 'unix' | 'ext';

export interface WantedTransport {
  readonly transport: Transport;
  /** The port in live_migration_uri; undefined for the transport's own. */
  readonly port: number | undefined;
  /** The value that says so; undefined where only the release's default does. */
  readonly place: Place | undefined;
  /** Said by live_migration_uri or live_migration_scheme, not by the release's default alone. */
  readonly declared: boolean;
  /** The host whose nova wants it: the source of the migration. */
  readonly host: Host;
}

const TRANSPORTS: readonly string[] = ['tcp', 'tls', 'ssh', 'libssh', 'libssh2', 'unix', 'ext'] satisfies Transport[];
const known = new WeakMap<Host, { readonly wanted: WantedTransport | undefined }>();

/**
 * The transport by which a host's nova dials the destination of a live migration: that of live_migration_uri, else
 * live_migration_scheme (ocata and later), else plain TCP. Undefined for a host without nova's files, for hypervisors
 * whose migrations do not pass libvirt's daemon, and for a value that names no transport of libvirt's.
 */
export function wantedTransport(host: Host): WantedTransport | undefined {
  const memo = known.get(host);
  if (memo) return memo.wanted;
  const wanted = judge(host);
  known.set(host, { wanted });
  return wanted;
}

function judge(host: Host): WantedTransport | undefined {
  if (host.nova.files.length === 0) return undefined;
  const uri = host.nova.get('live_migration_uri');
  // An empty one is as good as none: nova tests its truth.
  if (uri?.origin === 'set' && uri.value !== '') {
    const place = uri.file && uri.entry && { file: uri.file, span: uri.entry.rawSpan };
    const parts = uri.value === undefined ? undefined : ofUri(uri.value);
    return parts && { ...parts, place, declared: true, host };
  }
  const hypervisor = host.nova.get('virt_type')?.value ?? 'kvm';
  if (hypervisor !== 'kvm' && hypervisor !== 'qemu') return undefined;
  const scheme = host.nova.get('live_migration_scheme');
  if (scheme?.origin === 'set' && scheme.value !== '') {
    const place = scheme.file && scheme.entry && { file: scheme.file, span: scheme.entry.rawSpan };
    const transport = scheme.value?.toLowerCase();
    return isTransport(transport) ? { transport, port: undefined, place, declared: true, host } : undefined;
  }
  return { transport: 'tcp', port: undefined, place: undefined, declared: false, host };
}

/** Whether nova says that guests are to be migrated over libvirt's TLS. */
export function tlsWanted(host: Host): boolean {
  const wanted = wantedTransport(host);
  return wanted?.transport === 'tls' && wanted.declared;
}

/** Transport and port of `qemu+tcp://%s:16509/system`; `qemu://HOST/` is TLS, `qemu:///` this host's own socket. */
export function ofUri(uri: string): { readonly transport: Transport; readonly port: number | undefined } | undefined {
  const parts = /^([a-z][a-z0-9]*)(?:\+([a-z0-9]+))?:\/\/([^/?#]*)/i.exec(uri);
  if (!parts) return undefined;
  const [, driver = '', word, authority = ''] = parts;
  const port = /:(\d{1,5})$/.exec(authority)?.[1];
  const transport = word?.toLowerCase() ?? (driver !== 'qemu' ? undefined : authority === '' ? 'unix' : 'tls');
  return isTransport(transport) ? { transport, port: port === undefined ? undefined : Number(port) } : undefined;
}

function isTransport(word: string | undefined): word is Transport {
  return word !== undefined && TRANSPORTS.includes(word);
}

/**
 * For each host the transport by which it is dialled as a destination: its own nova's, as the hosts of a cluster are
 * set up alike; for a host without nova's files that of a peer, one that declares it first.
 */
export function dialledTransports(cluster: Cluster): (host: Host) => WantedTransport | undefined {
  const all = cluster.hosts.map(wantedTransport).filter((w) => w !== undefined);
  const peers = all.find((w) => w.declared) ?? all[0];
  return (host) => wantedTransport(host) ?? (host.nova.files.length === 0 && host.isCompute ? peers : undefined);
}
