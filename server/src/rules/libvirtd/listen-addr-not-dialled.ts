import { hostsAddresses, isAddress, isLoopback } from '../../model/cluster';
import type { Cluster } from '../../model/cluster';
import type { Host, Place } from '../../model/host';
import { documentOf } from '../../model/parsed';
import { wantedTransport } from '../../model/transport';
import { setLibvirtKey } from '../edits';
import { foreignOwner, isSpecific } from '../nova/_addresses';
import { defineRule } from '../rule';
import { dialledByNova, sameName } from './_dialled';
import { tcpListens, tlsListens } from './_listening';

export default defineRule({
  id: 'libvirtd/listen-addr-not-dialled',
  scope: 'cluster',
  title: 'libvirt listens on another address than peers dial',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default:
      'libvirt listens on {address} only, and peers dial {name}: migrations to {host} end with "Connection refused"; listen on both',
    name: 'libvirt listens on {address} only, and {name} is {found} on {peer}: migrations to {host} end with "Connection refused"',
  },
  fixes: {
    all: 'Listen on all addresses: listen_addr = "0.0.0.0"',
    dialled: 'Take the address that nova dials: {name}',
  },
  why: `With the migration network in listen_addr, libvirt answers nobody who comes by another: the source's nova dials the destination's
live_migration_inbound_addr (mitaka and later), else its host name, and that name is usually an address of the management network. The
migration ends with *unable to connect to server at 'HOST:16509': Connection refused*. Where systemd opens the sockets the key is ignored.`,
  sources: [
    'virsh migrate --p2p to libvirtd 9.0.0 that listens on the second of two networks, by name and by both addresses',
    'nova/virt/libvirt/driver.py, _live_migration_operation: target_connect_addr',
  ],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  preflight: true,
  examples: [
    {
      title: 'guests come by one network, libvirt listens on the other',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\nlive_migration_inbound_addr = 10.1.0.31\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf':
          'listen_tls = 0\r\nlisten_tcp = 1\r\nauth_tcp = "sasl"\r\n⟦listen_addr = "10.0.0.31"⟧\r\n',
      },
      fix: 'dialled',
      good: {
        'etc/libvirt/libvirtd.conf':
          'listen_tls = 0\r\nlisten_tcp = 1\r\nauth_tcp = "sasl"\r\nlisten_addr = "10.1.0.31"\r\n',
      },
    },
    {
      title: 'by name, which the other host knows on the management network',
      release: 'zed',
      files: {
        'c1/etc/hosts': '10.0.0.31 c1\n10.0.0.32 c2\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nhost = c1\n[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c2/etc/hosts': '10.0.0.31 c1\n10.0.0.32 c2\n10.1.0.32 c2-migration\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = c2\n[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n⟦listen_addr = "10.1.0.32"⟧\n',
      },
      fix: 'all',
      good: { 'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_addr = "0.0.0.0"\n' },
    },
    {
      title: 'how libvirtd is started is not known',
      severity: 'warning',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\nlive_migration_inbound_addr = 10.1.0.31\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n⟦listen_addr = "10.0.0.31"⟧\n',
      },
    },
    {
      title: 'nor whether TCP is meant',
      severity: 'info',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.31\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n⟦listen_addr = "10.0.0.31"⟧\n',
      },
    },
    {
      title: 'what is dialled, by address or by name; all addresses; over SSH',
      release: 'zed',
      files: {
        'c1/etc/hosts': '10.0.0.31 c1\n10.1.0.32 c2\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\nlive_migration_inbound_addr = 10.1.0.31\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\nlisten_addr = "10.1.0.31"\n',
        'c2/etc/hosts': '127.0.1.1 c2\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = c2\n[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\nlisten_addr = "10.1.0.32"\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\nlive_migration_inbound_addr = 10.1.0.33\n',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\nlisten_addr = "0.0.0.0"\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\nlive_migration_inbound_addr = 10.1.0.34\n',
        'c4/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\nlisten_addr = "10.0.0.34"\n',
      },
    },
  ],
  check(cluster, report) {
    let known: ReadonlyMap<string, readonly Known[]> | undefined;
    for (const host of cluster.hosts) {
      const set = host.libvirtd.get('listen_addr');
      const address = host.libvirtd.string('listen_addr');
      if (!set || address === undefined || !isAddress(address) || !isSpecific(address)) continue;
      const { sockets } = host.daemon;
      const wanted = wantedTransport(host);
      if (!wanted || sockets?.tcp || sockets?.tls || sockets?.local) continue;
      const listens =
        wanted.transport === 'tcp' ? tcpListens(host) : wanted.transport === 'tls' ? tlsListens(host) : false;
      const dialled = dialledByNova(host);
      // An address of another host is libvirtd/listen-addr-not-own's to tell.
      if (listens === false || !dialled || foreignOwner(cluster, host, address)) continue;
      known ??= namesOf(cluster);
      const found = isAddress(dialled.name) ? [] : (known.get(dialled.name.toLowerCase()) ?? []);
      const peers = found.filter((k) => k.reader !== host);
      if (isAddress(dialled.name) ? sameName(dialled.name, address) : peers.length === 0) continue;
      if (peers.some((k) => k.address === address) || hostsAddresses(host, dialled.name).includes(address)) continue;
      const peer = peers[0];
      report({
        host,
        file: set.file,
        span: set.entry.span,
        message: peer ? 'name' : 'default',
        severity: !wanted.declared ? 'info' : listens ? 'error' : 'warning',
        values: {
          address,
          name: dialled.name,
          host: host.name,
          found: peer?.address ?? '',
          peer: peer?.reader.name ?? '',
        },
        related: [
          ...(dialled.place ? [{ ...dialled.place, message: `Peers dial ${dialled.name}` }] : []),
          ...(peer ? [{ ...peer.place, message: `${dialled.name} on ${peer.reader.name}` }] : []),
        ],
        fixes: [
          { title: 'all', edits: [setLibvirtKey(set.file, 'listen_addr', '"0.0.0.0"')], preferred: false },
          peer
            ? undefined
            : {
                title: 'dialled',
                edits: [setLibvirtKey(set.file, 'listen_addr', `"${dialled.name}"`)],
                preferred: false,
              },
        ],
      });
    }
  },
});

/** What a host's etc/hosts makes of a name. */
interface Known {
  readonly reader: Host;
  readonly address: string;
  readonly place: Place;
}

/** By name, each address once for a reader or two: that suffices to find one that is not the host itself. */
function namesOf(cluster: Cluster): ReadonlyMap<string, readonly Known[]> {
  const all = new Map<string, Known[]>();
  for (const reader of cluster.hosts) {
    const file = reader.first('hosts');
    for (const { address, addressSpan, names } of file ? documentOf(file, 'hosts').entries : []) {
      if (!isAddress(address) || isLoopback(address)) continue;
      for (const { name } of names) {
        const key = name.toLowerCase();
        const list = all.get(key) ?? [];
        if (list.filter((k) => k.address === address).length < 2)
          list.push({ reader, address, place: { file: file!, span: addressSpan } });
        all.set(key, list);
      }
    }
  }
  return all;
}
