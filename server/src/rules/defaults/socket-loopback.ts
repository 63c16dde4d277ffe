import { isLoopback } from '../../model/cluster';
import { wantedTransport } from '../../model/transport';
import { isOwn } from '../../model/units';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { isLocalOnly, isSeenOpen, ownSockets } from './_units';

export default defineRule({
  id: 'defaults/socket-loopback',
  scope: 'host',
  title: "systemd opens libvirt's port on loopback only",
  severity: 'error',
  files: ['unit'],
  messages: {
    default:
      'ListenStream={value} is reached by this host alone: migrations to it end with "Connection refused"; give an address of its own',
  },
  fixes: { own: "Listen on this host's address, {own}", all: 'Listen on all addresses: ListenStream={port}' },
  why: `Where systemd opens libvirt's sockets their units say where, not listen_addr. The source's libvirt dials this host over the
network, where nothing answers: *unable to connect to server at 'HOST:16514': Connection refused*.`,
  sources: ['systemd.socket(5), ListenStream=', 'libvirtd 9.0.0 under systemd-socket-activate'],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'etc/systemd/system/libvirtd-tls.socket.d/override.conf':
          '[Socket]\r\nListenStream=\r\n⟦ListenStream=127.0.0.1:16514⟧\r\n',
      },
      fix: 'all',
      good: {
        'etc/systemd/system/libvirtd-tls.socket.d/override.conf': '[Socket]\r\nListenStream=\r\nListenStream=16514\r\n',
      },
    },
    {
      title: "the host's address is known, and the whole unit is the administrator's",
      files: {
        'livemig.ini': '[node c1]\naddress = 192.0.2.31\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/systemd/system/sockets.target.wants/virtproxyd-tls.socket': '',
        'c1/etc/systemd/system/virtproxyd-tls.socket':
          '[Socket]\n⟦ListenStream = [::1]:16514⟧\nService=virtproxyd.service\n',
      },
      fix: 'own',
      good: {
        'c1/etc/systemd/system/virtproxyd-tls.socket':
          '[Socket]\nListenStream = 192.0.2.31:16514\nService=virtproxyd.service\n',
      },
    },
    {
      title: 'over both protocols; nobody has said how to migrate',
      severity: 'warning',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'etc/systemd/system/libvirtd-tcp.socket.d/override.conf':
          '[Socket]\nListenStream=\n⟦ListenStream=127.0.0.1:16509⟧\nListenStream=[::1]:16509\n',
      },
    },
    {
      title: 'no nova in view',
      severity: 'info',
      files: {
        'etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\n⟦ListenStream=127.0.0.1:16509⟧\n',
      },
    },
    {
      title: 'another address beside it, another transport, a socket that is off, a port that was seen open',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/systemd/system/libvirtd-tls.socket.d/o.conf':
          '[Socket]\nListenStream=\nListenStream=127.0.0.1:16514\nListenStream=192.0.2.31:16514\nFreeBind=yes\n',
        'c1/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=127.0.0.1:16509\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/systemd/system/sockets.target.wants/libvirtd.socket': '',
        'c2/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=127.0.0.1:16509\n',
        'c3/facts.json': '{"listening": ["127.0.0.1:22", "[::]:16514"]}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c3/etc/systemd/system/libvirtd-tls.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=127.0.0.1:16514\n',
      },
    },
  ],
  check(host, report) {
    const wanted = wantedTransport(host);
    for (const open of ownSockets(host)) {
      const first = open.listens.find((l) => l.setting && isOwn(l.setting.file));
      if (!first?.setting || !isLocalOnly(open) || isSeenOpen(host, first.port)) continue;
      if (wanted && wanted.transport !== open.socket) continue;
      const { file, entry } = first.setting;
      const own = host.node?.address;
      const one = open.listens.length === 1;
      const { port } = first;
      const address = own?.includes(':') ? `[${own}]:${port}` : `${own ?? ''}:${port}`;
      report({
        file,
        span: entry.span,
        severity: wanted?.declared ? 'error' : wanted ? 'warning' : 'info',
        values: { value: entry.value, port },
        related: wanted?.place ? [{ ...wanted.place, message: 'The transport of migrations' }] : [],
        fixes: [
          one && own !== undefined && !isLoopback(own)
            ? { title: 'own', values: { own }, edits: [replace(file, entry.rawSpan, address)], preferred: false }
            : undefined,
          one ? { title: 'all', edits: [replace(file, entry.rawSpan, String(port))], preferred: false } : undefined,
        ],
      });
    }
  },
});
