import { isWildcard } from '../../model/cluster';
import { listenerOf, socketUnit, type RemoteSocket } from '../../model/units';
import { defineRule } from '../rule';

const OF_SOCKET: readonly (readonly [key: string, socket: RemoteSocket])[] = [
  ['tcp_port', 'tcp'],
  ['tls_port', 'tls'],
  ['listen_tcp', 'tcp'],
  ['listen_tls', 'tls'],
];

export default defineRule({
  id: 'libvirtd/sockets-ignore-settings',
  scope: 'host',
  title: "A setting that systemd's sockets make void",
  severity: 'info',
  files: ['libvirtd'],
  messages: {
    default:
      '{key} = {value} is ignored: systemd opens the socket, on {where}; say it by ListenStream= in a drop-in of {unit}',
    open: '{key} = 0 is ignored: systemd opens {unit} all the same, on {where}; to close it disable the unit',
  },
  why: `A daemon that systemd hands its sockets opens none itself: listen_tcp, listen_tls, listen_addr, tcp_port and tls_port are not
looked at. The unit says where: \`ListenStream=\`, \`ListenStream=192.0.2.31:16514\`, \`FreeBind=yes\` in
\`systemctl edit libvirtd-tls.socket\`. Authentication and certificates are still the file's.`,
  sources: [
    'libvirtd 9.0.0 under systemd-socket-activate with another tcp_port and listen_addr in its file',
    'libvirtd.conf of libvirt 9.0.0, listen_addr',
  ],
  examples: [
    {
      files: {
        'etc/systemd/system/sockets.target.wants/libvirtd-tls.socket': '',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 1\n⟦listen_addr = "192.0.2.31"⟧\n⟦tls_port = "16515"⟧\n',
      },
    },
    {
      title: 'closed in the file, opened by systemd',
      files: {
        'facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 0\r\n⟦listen_tcp = 0⟧\r\nlisten_addr = "0.0.0.0"\r\n',
      },
    },
    {
      title: 'the same in both; systemd opens the local socket alone; service mode',
      files: {
        'c1/etc/systemd/system/sockets.target.wants/libvirtd-tls.socket': '',
        'c1/etc/systemd/system/libvirtd-tls.socket.d/o.conf':
          '[Socket]\nListenStream=\nListenStream=192.0.2.31:16515\nFreeBind=yes\n',
        'c1/etc/libvirt/libvirtd.conf': 'tls_port = "16515"\nlisten_addr = "192.0.2.31"\n',
        'c2/etc/systemd/system/sockets.target.wants/libvirtd.socket': '',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 0\nlisten_addr = "192.0.2.31"\nauth_tls = "none"\n',
        'c3/etc/systemd/system/libvirtd.socket': '',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_addr = "192.0.2.31"\n',
      },
    },
  ],
  check(host, report) {
    const { sockets } = host.daemon;
    if (!sockets?.tcp && !sockets?.tls) return;
    const say = (key: string, socket: RemoteSocket, real: readonly string[], message: 'default' | 'open'): void => {
      const set = host.libvirtd.get(key);
      if (!set) return;
      const { file, entry } = set;
      const setting = socketUnit(host, socket)?.listens[0]?.setting;
      report({
        file,
        span: entry.span,
        message,
        values: {
          key,
          value: file.text.slice(entry.value.span.start, entry.value.span.end),
          where: real.join(', '),
          unit: `${listenerOf(host)}-${socket}.socket`,
        },
        related: setting ? [{ file: setting.file, span: setting.entry.span, message: 'Where systemd opens it' }] : [],
      });
    };
    for (const [key, socket] of OF_SOCKET) {
      if (!sockets[socket]) continue;
      const { addresses, ports } = real(host, socket);
      const where = addresses.map((a, i) => `${a === '' ? 'all addresses' : a}, port ${ports[i] ?? ''}`);
      const port = host.libvirtd.string(key);
      if (key.endsWith('_port') && port !== undefined && !ports.includes(Number(port)))
        say(key, socket, where, 'default');
      if (key.startsWith('listen_') && host.libvirtd.number(key) === 0) say(key, socket, where, 'open');
    }
    const address = host.libvirtd.string('listen_addr');
    const socket = sockets.tls ? 'tls' : 'tcp';
    const { addresses, ports } = real(host, socket);
    if (address === undefined || isWildcard(address) || addresses.includes(address)) return;
    const where = addresses.map((a, i) => `${a === '' ? 'all addresses' : a}, port ${ports[i] ?? ''}`);
    say('listen_addr', socket, where, 'default');
  },
});

/** Addresses and ports side by side; the package's where no unit is in view. */
function real(
  host: Parameters<typeof socketUnit>[0],
  socket: RemoteSocket,
): { readonly addresses: readonly string[]; readonly ports: readonly number[] } {
  const listens = socketUnit(host, socket)?.listens ?? [{ address: '', port: socket === 'tcp' ? 16509 : 16514 }];
  return { addresses: listens.map((l) => l.address), ports: listens.map((l) => l.port) };
}
