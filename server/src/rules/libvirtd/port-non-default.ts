import type { Place } from '../../model/host';
import { wantedTransport } from '../../model/transport';
import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';
import { tcpListens, tlsListens } from './_listening';

const PORTS = {
  tcp: { key: 'tcp_port', usual: 16509, listens: tcpListens },
  tls: { key: 'tls_port', usual: 16514, listens: tlsListens },
} as const;

export default defineRule({
  id: 'libvirtd/port-non-default',
  scope: 'host',
  title: 'libvirt listens on another port than nova dials',
  severity: 'error',
  files: ['libvirtd', 'nova'],
  messages: {
    default:
      '{key} = "{port}", and nova dials {dialled}: migrations to this host end with "Connection refused"; write "{dialled}"',
    uri: 'nova dials port {dialled}, and libvirt listens on {port}: migrations to this host end with "Connection refused"',
  },
  fixes: { dialled: 'Listen where nova dials: {key} = "{dialled}"' },
  why: `live_migration_scheme cannot name a port: nova dials 16509 for TCP and 16514 for TLS; only live_migration_uri can,
\`qemu+tcp://%s:16510/system\`, and must then be the same on all hosts. Where nobody listens the migration ends with *unable to connect to
server at 'HOST:16509': Connection refused*. Where systemd opens the sockets the key is ignored.`,
  sources: [
    'virsh migrate --p2p to libvirtd 9.0.0 with tcp_port = "16510"',
    'nova/virt/libvirt/driver.py, _live_migration_uri, 33.0.0',
  ],
  explains: [/unable to connect to server at '[^']*:\d+': Connection refused/],
  preflight: 'destination',
  examples: [
    {
      title: 'nova cannot name a port',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf':
          'listen_tls = 0\r\nlisten_tcp = 1\r\nauth_tcp = "sasl"\r\n⟦tcp_port = "16510"⟧ # moved\r\n',
      },
      good: {
        'etc/libvirt/libvirtd.conf':
          'listen_tls = 0\r\nlisten_tcp = 1\r\nauth_tcp = "sasl"\r\ntcp_port = "16509" # moved\r\n',
      },
    },
    {
      title: 'the URI names one, libvirt has the default',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = ⟦qemu+tls://%s:16515/system⟧\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
      },
      fix: 'dialled',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 1\ntls_port = "16515"\n' },
    },
    {
      title: 'how libvirtd is started is not known',
      severity: 'info',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n⟦tcp_port = "16510"⟧\n',
      },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\ntcp_port = "16509"\n' },
    },
    {
      title: 'the same port; another that nobody dials; no port; sockets of systemd',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s:16510/system\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\ntcp_port = "16510"\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\ntcp_port = "16510"\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\ntcp_port = "99999"\n',
        'c4/facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c4/etc/libvirt/libvirtd.conf': 'auth_tcp = "sasl"\ntcp_port = "16510"\n',
      },
    },
  ],
  check(host, report) {
    const wanted = wantedTransport(host);
    const { sockets } = host.daemon;
    const { file } = host.libvirtd;
    if (!file || (wanted?.transport !== 'tcp' && wanted?.transport !== 'tls')) return;
    const { key, usual, listens } = PORTS[wanted.transport];
    const heeded = listens(host);
    if (sockets?.[wanted.transport] || heeded === false) return;
    const set = host.libvirtd.get(key);
    const port = set ? host.libvirtd.string(key) : String(usual);
    const dialled = wanted.port ?? usual;
    // What is no port at all is libvirtd/port-invalid's to tell.
    if (port === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 65535 || Number(port) === 0) return;
    const place: Place | undefined = set ? { file: set.file, span: set.entry.span } : wanted.place;
    if (Number(port) === dialled || !place) return;
    report({
      ...place,
      message: set ? 'default' : 'uri',
      severity: heeded && wanted.declared ? 'error' : 'info',
      values: { key, port, dialled },
      related: set && wanted.place ? [{ ...wanted.place, message: 'What nova dials' }] : [],
      fixes: [
        // With a port in the URI either of the two may be the wrong one.
        {
          title: 'dialled',
          edits: [setLibvirtKey(file, key, `"${dialled}"`)],
          preferred: wanted.port === undefined,
        },
      ],
    });
  },
});
