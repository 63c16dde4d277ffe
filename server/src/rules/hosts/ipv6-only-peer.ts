import { isAddress, isLoopback, type Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import { wantedTransport } from '../../model/transport';
import type { HostsEntry, LibvirtEntry } from '../../syntax/types';
import { defineRule } from '../rule';
import { peerOf } from './_names';

export default defineRule({
  id: 'hosts/ipv6-only-peer',
  scope: 'cluster',
  title: 'A host has IPv6 addresses only, and its libvirt listens on IPv4',
  severity: 'error',
  files: ['hosts'],
  messages: {
    default:
      '{name} has IPv6 addresses only here, but libvirt on {peer} listens on 0.0.0.0, which is IPv4: Connection refused; add its IPv4 address',
  },
  why: `A name that etc/hosts knows is not looked up elsewhere, so the source dials the IPv6 address. \`listen_addr = "0.0.0.0"\` is all
addresses of IPv4 and none of IPv6: *unable to connect to server at 'compute2:16509': Connection refused*. Without listen_addr libvirt
listens on both.`,
  sources: [
    'getent ahosts of glibc 2.36 with an IPv6 line alone',
    'libvirtd.conf of libvirt 9.0.0, listen_addr; virnetsocket.c binds by the family of the address',
  ],
  explains: [/unable to connect to server at '.*': Connection refused/],
  preflight: 'source',
  examples: [
    {
      release: 'zed',
      files: {
        'c1/etc/hosts': '10.0.0.1 c1\n⟦2001:db8::2⟧ c2\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = "0.0.0.0"\n',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
      },
    },
    {
      title: 'systemd may listen in its place',
      release: 'zed',
      severity: 'warning',
      files: {
        'c1/etc/hosts': '⟦2001:db8::2⟧ c2\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_addr = "0.0.0.0"\n',
      },
    },
    {
      title: 'both families, an inbound address, all addresses, SSH, sockets of systemd, a name that DNS knows',
      release: 'zed',
      files: {
        'c1/etc/hosts':
          '2001:db8::2 c2\n10.0.0.2 c2.example.org c2\n2001:db8::3 c3\n2001:db8::4 c4\n2001:db8::6 c6\n::1 localhost c5\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_addr = "0.0.0.0"\n',
        'c3/etc/libvirt/libvirtd.conf': 'listen_addr = "0.0.0.0"\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.0.0.3\n',
        'c4/etc/libvirt/libvirtd.conf': 'listen_addr = "::"\n',
        'c5/etc/hosts': '2001:db8::2 c2\n',
        'c5/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c6/etc/libvirt/libvirtd.conf': 'listen_addr = "0.0.0.0"\n',
        'c6/facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}',
      },
    },
  ],
  check(cluster, report) {
    const closed = new Map<Host, LibvirtEntry>();
    for (const host of cluster.hosts) {
      const set = host.libvirtd.get('listen_addr');
      const sockets = host.daemon.sockets;
      if (sockets && (sockets.tcp || sockets.tls || sockets.local)) continue;
      if (set && host.libvirtd.string('listen_addr') === '0.0.0.0' && !hasInbound(host)) closed.set(host, set.entry);
    }
    if (closed.size === 0) return;
    for (const host of cluster.hosts) {
      const file = host.first('hosts');
      const transport = wantedTransport(host)?.transport;
      if (!file || (transport !== 'tcp' && transport !== 'tls')) continue;
      for (const [peer, { entry, name, four }] of namedPeers(cluster, host)) {
        const listen = closed.get(peer);
        if (!listen || four) continue;
        const set = peer.libvirtd.get('listen_addr')!;
        report({
          host,
          file,
          span: entry.addressSpan,
          values: { name, peer: peer.name },
          severity: peer.daemon.serviceMode || peer.daemon.listen === true ? 'error' : 'warning',
          related: [{ file: set.file, span: listen.span, message: `libvirt on ${peer.name} listens here` }],
        });
      }
    }
  },
});

function hasInbound(host: Host): boolean {
  return Boolean(host.nova.get('live_migration_inbound_addr')?.value);
}

interface Named {
  readonly entry: HostsEntry;
  readonly name: string;
  four: boolean;
}

/** Peers in the host's etc/hosts: their first line, and whether any line has an IPv4 address. */
function namedPeers(cluster: Cluster, host: Host): Map<Host, Named> {
  const found = new Map<Host, Named>();
  const file = host.first('hosts');
  for (const entry of file ? documentOf(file, 'hosts').entries : []) {
    if (!isAddress(entry.address) || isLoopback(entry.address)) continue;
    for (const { name } of entry.names) {
      const peer = peerOf(cluster, host, name);
      if (!peer) continue;
      const known = found.get(peer);
      const four = !entry.address.includes(':');
      if (known) known.four ||= four;
      else found.set(peer, { entry, name, four });
    }
  }
  return found;
}
