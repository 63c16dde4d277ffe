import type { Host } from '../../model/host';
import { dialledTransports, wantedTransport, type WantedTransport } from '../../model/transport';
import { setLibvirtKey } from '../edits';
import { computesOf } from '../nova/_guests';
import { defineRule } from '../rule';
import { closed, type Socket } from './_listening';

const SOCKETS: readonly Socket[] = ['tls', 'tcp'];

export default defineRule({
  id: 'cluster/transport-mismatch',
  scope: 'cluster',
  title: 'Nova on one host dials where libvirt on another does not listen',
  severity: 'error',
  files: ['libvirtd', 'facts'],
  messages: {
    default:
      '{source} migrates over {transport}, and {key} is {state} here: its migrations to {host} end with "Connection refused"',
    units:
      '{source} migrates over {transport}, and systemd opens no {unit} here: its migrations to {host} end with "Connection refused"',
    maybe: '{source} migrates over {transport}, and {key} is {state} here: right only where systemd opens {unit}',
  },
  fixes: { listen: 'Listen on TCP: listen_tcp = 1' },
  why: `The source's libvirt dials the destination's over the transport that the source's nova.conf names: live_migration_uri, else
live_migration_scheme, else plain TCP. Where the destination does not listen on it the migration ends with *unable to connect to server
at 'HOST:16514': Connection refused* (16509 for TCP). Either let the destination listen, or give all computes one transport.`,
  sources: [
    'nova/virt/libvirt/driver.py, _live_migration_uri, 33.0.0',
    'libvirtd 9.0.0 with listen_tcp = 0, listen_tls = 0, and with socket units',
  ],
  explains: [/unable to connect to server at '[^']*:(16509|16514)': Connection refused/],
  preflight: true,
  examples: [
    {
      title: 'TLS is dialled, and closed at the destination',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/libvirt/libvirtd.conf': '⟦listen_tls = 0⟧\nlisten_tcp = 1\n',
      },
    },
    {
      title: 'the destination uses TLS itself, the source the default, TCP',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/libvirt/libvirtd.conf': '⟦listen_tcp = 0⟧\nlisten_tls = 1\n',
      },
      fix: 'listen',
      good: { 'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_tls = 1\n' },
    },
    {
      title: 'systemd opens the wrong socket',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/libvirt/libvirtd.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/libvirt/libvirtd.conf': '⟦⟧listen_tls = 1\n',
        'c2/facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}',
      },
    },
    {
      title: 'a host alone, set up against itself; how libvirtd is started is not known',
      severity: 'info',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'etc/libvirt/libvirtd.conf': '⟦listen_tls = 0⟧\n',
      },
    },
    {
      title: 'the transport is served: by default, by systemd, or it is SSH',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'auth_tls = "none"\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 0\n',
        'c2/facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tls.socket"]}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s/system\n',
        'c3/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
      },
    },
    {
      title: 'a controller dials nobody',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n[node c1]\nroles = compute\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\n',
      },
    },
    {
      title: 'it would be served, by a line that the daemon cannot read',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_tcp = 1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_tcp = “1”\n',
      },
    },
  ],
  check(cluster, report) {
    const sources = computesOf(cluster)
      .map(wantedTransport)
      .filter((w) => w !== undefined);
    if (sources.length === 0) return;
    const dialled = dialledTransports(cluster);
    /** Two by socket suffice: one of them is not the destination. */
    const dialling = new Map<Socket, readonly WantedTransport[]>(
      SOCKETS.map((socket) => [socket, firstTwo(sources, socket)]),
    );
    for (const host of cluster.hosts) {
      if (!host.isCompute) continue;
      for (const socket of SOCKETS) {
        // What a host's own nova.conf says of TCP is libvirtd/listen-tcp-off's to tell.
        if (socket === 'tcp' && dialled(host)?.transport === 'tcp') continue;
        const source = sourceFor(host, dialling.get(socket)!, sources);
        const shut = source && closed(host, socket);
        if (!shut || (!shut.proven && !source.declared)) continue;
        const { place, by, proven } = shut;
        report({
          host,
          ...place,
          message: by === 'units' ? 'units' : proven ? 'default' : 'maybe',
          severity: proven ? 'error' : 'info',
          values: {
            source: source.host.name,
            transport: socket === 'tls' ? 'TLS' : 'TCP',
            key: `listen_${socket}`,
            state: by === 'setting' ? '0' : 'not set, which means 0',
            unit: `${unitOf(host)}-${socket}.socket`,
            host: host.name,
          },
          related: [
            ...(source.place ? [{ ...source.place, message: `The transport of ${source.host.name}` }] : []),
            ...(host.daemon.arguments
              ? [
                  {
                    file: host.daemon.arguments.file,
                    span: host.daemon.arguments.span,
                    message: 'How libvirtd is started',
                  },
                ]
              : []),
          ],
          fixes: [
            // TLS needs certificates first, without which libvirtd would not start at all.
            socket === 'tcp' && by !== 'units'
              ? { title: 'listen', edits: [setLibvirtKey(place.file, 'listen_tcp', '1')], preferred: false }
              : undefined,
          ],
        });
      }
    }
  },
});

/** A host that dials the socket, if it is not the destination; the destination itself where it is alone. */
function sourceFor(
  host: Host,
  dialling: readonly WantedTransport[],
  sources: readonly WantedTransport[],
): WantedTransport | undefined {
  const other = dialling.find((w) => w.host !== host);
  if (other) return other;
  return sources.length === 1 && dialling[0]?.declared ? dialling[0] : undefined;
}

/** The two that say so themselves, if there are any, else two that have it by default. */
function firstTwo(sources: readonly WantedTransport[], socket: Socket): readonly WantedTransport[] {
  const all = sources.filter((w) => w.transport === socket);
  return [...all.filter((w) => w.declared), ...all.filter((w) => !w.declared)].slice(0, 2);
}

function unitOf(host: Host): string {
  return host.platform.daemons === 'modular' ? 'virtproxyd' : 'libvirtd';
}
