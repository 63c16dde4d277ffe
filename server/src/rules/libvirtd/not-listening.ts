import { isLoopback } from '../../model/cluster';
import { listens as listenArgument } from '../../model/daemon';
import { factPlace } from '../../model/factPlace';
import type { Host, Place } from '../../model/host';
import { wantedTransport } from '../../model/transport';
import { TOP } from '../edits';
import { defineRule } from '../rule';
import { isMonolith, tcpListens, tlsListens } from './_listening';

const SOCKETS = [
  { name: 'tcp', usual: 16509, listens: tcpListens },
  { name: 'tls', usual: 16514, listens: tlsListens },
] as const;

type Socket = (typeof SOCKETS)[number];

export default defineRule({
  id: 'libvirtd/not-listening',
  scope: 'host',
  title: 'Libvirt is set to listen, and nothing does',
  severity: 'error',
  files: ['nova', 'libvirtd', 'facts'],
  messages: {
    default:
      'Nothing listens on port {port}, though libvirt is told to: migrations are refused; restart {daemon} and read its log',
    loopback:
      'Port {port} is open to this host alone: migrations here end with "Connection refused"; let libvirt listen on all addresses',
  },
  why: `The files say that libvirt listens, the node's list of sockets says that it does not. The daemon was not restarted since, it
could not bind or read its certificates and ended (*Unable to initialize network sockets*), or it listens on another port. A migration
to this host ends with *unable to connect to server at 'HOST:16509': Connection refused*.`,
  sources: ['virsh migrate --p2p to a host on whose port 16509 nothing listened, libvirt 9.0.0'],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  preflight: 'destination',
  examples: [
    {
      title: 'libvirtd, the sockets masked',
      files: {
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 0\n⟦listen_tcp = 1⟧\ntcp_port = "16500"\n',
        'facts.json': '{"sockets": [], "listening": ["0.0.0.0:22", "0.0.0.0:16509"]}',
      },
    },
    {
      title: 'how it is started is not known; for this host alone',
      files: {
        'etc/libvirt/libvirtd.conf': '⟦listen_tcp = 1⟧\n',
        'facts.json': '{"listening": ["127.0.0.1:16509", "[::1]:16509"]}',
      },
    },
    {
      title: 'started by hand, in other words than the file has',
      files: {
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': '⟦listen_tcp = 1⟧\n',
        'facts.json':
          '{"init": "sysvinit", "daemonArguments": ["/usr/sbin/libvirtd", "-d"], "listening": ["0.0.0.0:22"]}',
      },
    },
    {
      title: 'TLS by default, and nova wants it',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ⟦tls⟧\n',
        'etc/libvirt/libvirtd.conf': 'tls_no_verify_certificate = 0\n',
        'facts.json': '{"daemonArguments": ["/usr/sbin/libvirtd", "--listen"], "listening": ["0.0.0.0:22"]}',
      },
    },
    {
      title: 'the socket of systemd has another port than the one dialled',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tls://%s/system\n',
        'etc/libvirt/virtproxyd.conf': '',
        'facts.json': '{"sockets": [⟦"virtproxyd-tls.socket"⟧], "daemons": "modular", "listening": ["*:26514"]}',
      },
    },
    {
      title: 'it listens: on all addresses, on one, on a port that the URI names',
      files: {
        'c1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'c1/facts.json': '{"listening": ["*:16509"]}',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_addr = "10.0.0.1"\n',
        'c2/facts.json': '{"listening": ["127.0.0.1:25", "10.0.0.1:16514"]}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s:26509/system\n',
        'c3/etc/libvirt/libvirtd.conf': '',
        'c3/facts.json': '{"sockets": ["libvirtd-tcp.socket"], "listening": ["[::]:26509"]}',
      },
    },
    {
      title: 'it is not told to; migrations go another way; nobody measured; its address says so',
      files: {
        'c1/etc/libvirt/libvirtd.conf': 'listen_tcp = 0\n',
        'c1/facts.json': '{"listening": []}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'c2/facts.json': '{"listening": []}',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'c4/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = "127.0.0.1"\n',
        'c4/facts.json': '{"listening": ["127.0.0.1:16509"]}',
        'c5/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'c5/facts.json': '{"sockets": ["libvirtd.socket"], "listening": []}',
      },
    },
  ],
  check(host, report) {
    const sockets = host.facts?.listening;
    if (!sockets) return;
    const wanted = wantedTransport(host);
    for (const socket of SOCKETS) {
      if (wanted?.declared && wanted.transport !== socket.name) continue;
      const place = placeOf(host, socket);
      if (!place) continue;
      const port = portOf(host, socket);
      const found = port === undefined ? [] : sockets.filter((s) => s.endsWith(`:${port}`));
      if (port === undefined || found.some((s) => !isLoopback(addressOf(s)))) continue;
      // Of an address that only this host reaches libvirtd/listen-addr-loopback speaks.
      if (found.length > 0 && host.libvirtd.get('listen_addr')) continue;
      const measured = factPlace(host, ['listening']);
      report({
        ...place,
        message: found.length > 0 ? 'loopback' : 'default',
        values: { port, daemon: host.platform.daemons === 'modular' ? 'virtproxyd' : 'libvirtd' },
        related: [
          ...(measured ? [{ ...measured, message: 'What listens on the node' }] : []),
          ...(wanted?.place ? [{ ...wanted.place, message: 'The transport of migrations' }] : []),
        ],
      });
    }
  },
});

/** What says that the socket is to be open; undefined where nothing does, or where it is not heeded. */
function placeOf(host: Host, { name, listens }: Socket): Place | undefined {
  const unit = host.facts?.sockets?.findIndex((s) => new RegExp(`^(libvirtd|virtproxyd)-${name}\\.socket$`).test(s));
  if (unit !== undefined && unit >= 0) {
    // Its port stands in the unit: only that of the URI can be missed.
    return wantedTransport(host)?.transport === name ? factPlace(host, ['sockets', unit]) : undefined;
  }
  // What runs without --listen may be older than the file, or was started by hand.
  const told = listens(host) === false ? startedOtherwise(host) : listens(host);
  if (told === false) return undefined;
  const key = `listen_${name}`;
  const set = host.libvirtd.get(key);
  if (set) return host.libvirtd.number(key) === 1 ? { file: set.file, span: set.entry.span } : undefined;
  const wanted = wantedTransport(host);
  const { file } = host.libvirtd;
  // Libvirtd opens TLS unasked.
  if (!told || !file || !isMonolith(host) || wanted?.transport !== name) return undefined;
  return wanted.place ?? { file, span: TOP };
}

/** Whether the files give --listen, though what runs is without it. */
function startedOtherwise({ daemon }: Host): boolean {
  return daemon.listen === false && !daemon.sockets?.local && listenArgument(daemon.arguments?.words ?? []);
}

/** The port that is to be open; undefined where the file's is no port, which has a finding of its own. */
function portOf(host: Host, { name, usual }: Socket): number | undefined {
  if (host.daemon.sockets?.[name]) return wantedTransport(host)?.port ?? usual;
  const set = host.libvirtd.get(`${name}_port`);
  if (!set) return usual;
  const port = Number(host.libvirtd.string(`${name}_port`) ?? NaN);
  return Number.isInteger(port) && port > 0 && port <= 65535 ? port : undefined;
}

/** Of `0.0.0.0:22` or `[::1]:22`. */
function addressOf(socket: string): string {
  return socket.slice(0, socket.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
