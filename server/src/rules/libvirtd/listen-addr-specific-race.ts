import { isLoopback, isWildcard } from '../../model/cluster';
import { libvirtdService } from '../../model/service';
import { unitSettings } from '../../model/units';
import { defineRule } from '../rule';
import { tcpListens, tlsListens } from './_listening';

export default defineRule({
  id: 'libvirtd/listen-addr-specific-race',
  scope: 'host',
  title: 'libvirtd may start before its address is there',
  severity: 'info',
  files: ['libvirtd'],
  messages: {
    default:
      'libvirtd starts after network.target, when {address} need not be there yet: it would not start then; order it after network-online.target',
  },
  why: `network.target says that the network is being set up, not that it is. Where the address is not there when libvirtd binds to it, the
daemon ends: *Unable to bind to port: Cannot assign requested address*. systemd tries a few times within seconds, then gives up, and
after a reboot migrations to the host end with *Connection refused*. A drop-in with \`After=network-online.target\` and
\`Wants=network-online.target\` for libvirtd.service orders them; listening on all addresses needs no order.`,
  sources: [
    'libvirtd 9.0.0 with a listen_addr that the host lacks',
    'libvirtd.service of libvirt 9.0.0, After=network.target',
    'systemd.special(7), network-online.target',
  ],
  explains: [/Unable to bind to port: Cannot assign requested address/],
  examples: [
    {
      files: {
        'etc/systemd/system/libvirtd.socket': '',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 1\n⟦listen_addr = "192.0.2.31"⟧\n',
      },
    },
    {
      title: "ordered, on all addresses, not listening, opened by systemd, a container's",
      files: {
        'c1/etc/systemd/system/libvirtd.socket': '',
        'c1/etc/systemd/system/libvirtd.service.d/o.conf': '[Unit]\nAfter=network-online.target\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_addr = "192.0.2.31"\n',
        'c2/etc/systemd/system/libvirtd.socket': '',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_addr = "0.0.0.0"\n',
        'c3/etc/systemd/system/libvirtd.socket': '',
        'c3/etc/default/libvirtd': 'LIBVIRTD_ARGS="-v"\n',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_addr = "192.0.2.31"\n',
        'c4/etc/systemd/system/sockets.target.wants/libvirtd.socket': '',
        'c4/etc/libvirt/libvirtd.conf': 'listen_addr = "192.0.2.31"\n',
        'c5/etc/systemd/system/libvirtd.socket': '',
        'c5/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c5/etc/kolla/nova-libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_addr = "192.0.2.31"\n',
      },
    },
  ],
  check(host, report) {
    const set = host.libvirtd.get('listen_addr');
    const address = host.libvirtd.string('listen_addr');
    if (!set || address === undefined || host.platform.init !== 'systemd') return;
    if (isWildcard(address) || isLoopback(address) || /^localhost/i.test(address)) return;
    // In a container the host's network was there long before.
    if (!/(^|\/)etc\/libvirt\//.test(set.file.path)) return;
    // Only where it surely opens the ports itself.
    const { sockets, serviceMode } = host.daemon;
    if (!sockets || !serviceMode || (tcpListens(host) !== true && tlsListens(host) !== true)) return;
    const unit = libvirtdService(host);
    if (unit && unitSettings(unit, 'Unit', 'After').list.some((s) => s.entry.value.includes('network-online'))) return;
    report({ file: set.file, span: set.entry.span, values: { address } });
  },
});
