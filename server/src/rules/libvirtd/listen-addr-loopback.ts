import { hostsAddresses, isLoopback } from '../../model/cluster';
import type { Host } from '../../model/host';
import { wantedTransport } from '../../model/transport';
import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';
import { isMonolith, tcpListens, tlsListens } from './_listening';

export default defineRule({
  id: 'libvirtd/listen-addr-loopback',
  scope: 'host',
  title: 'libvirt listens on loopback only',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default:
      'listen_addr = "{address}" is reached by this host alone: migrations to it end with "Connection refused"; give an address of its own',
  },
  fixes: { own: "Listen on this host's address, {own}", all: 'Listen on all addresses: listen_addr = "0.0.0.0"' },
  why: `The source's libvirtd dials this host over the network, where nothing answers: *unable to connect to server at 'HOST:16509':
Connection refused*. Leave listen_addr out, or give the address by which the peers come. Where systemd opens the sockets the key
is ignored.`,
  sources: [
    'virsh migrate --p2p to libvirtd 9.0.0 with listen_addr = "127.0.0.1" and "localhost", and with a name of two addresses',
  ],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  preflight: 'destination',
  examples: [
    {
      release: 'zed',
      files: {
        'livemig.ini': '[node compute1]\naddress = 10.0.0.1\n',
        'compute1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n⟦listen_addr = "127.0.0.1"⟧\n',
      },
      fix: 'own',
      good: { 'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\nlisten_addr = "10.0.0.1"\n' },
    },
    {
      title: 'by name, over TLS',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\n⟦listen_addr = "localhost"⟧\r\n',
      },
      fix: 'all',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\nlisten_addr = "0.0.0.0"\r\n' },
    },
    {
      title: "the host's own name, which Debian's installer puts on a loopback address",
      release: 'zed',
      files: {
        'livemig.ini': '[node compute1]\naddress = 10.0.0.1\n',
        'compute1/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 compute1\n',
        'compute1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n⟦listen_addr = "compute1"⟧\n',
        'compute2/etc/hosts': '127.0.1.1 compute2\n10.0.0.2 compute2\n',
        'compute2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\nlisten_addr = "compute2"\n',
      },
      fix: 'own',
      good: { 'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\nlisten_addr = "10.0.0.1"\n' },
    },
    {
      title: 'nobody has said how to migrate',
      severity: 'warning',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n⟦listen_addr = "::1"⟧\n',
      },
    },
    {
      title: 'for programs on this host, while migrations go over SSH',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s/system\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = "127.0.0.1"\n',
      },
    },
    { title: 'nothing listens', files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 0\nlisten_addr = "127.0.0.1"\n' } },
    {
      title: 'an address of its own',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = "10.0.0.1"\n' },
    },
  ],
  check(host, report) {
    const set = host.libvirtd.get('listen_addr');
    if (set?.entry.value.type !== 'string' || host.daemon.sockets?.tcp || host.daemon.sockets?.tls) return;
    const address = set.entry.value.text;
    const local = /^(localhost|ip6-localhost|ip6-loopback)(\.|$)/i.test(address);
    if (!isLoopback(address) && !local && !isOwnLoopback(host, address)) return;
    const wanted = wantedTransport(host);
    const tcp = tcpListens(host) !== false;
    const tls = tlsListens(host) !== false;
    if (wanted ? !((wanted.transport === 'tcp' && tcp) || (wanted.transport === 'tls' && tls)) : !tcp && !tls) return;
    const own = host.node?.address;
    report({
      file: set.file,
      span: set.entry.span,
      severity: wanted?.declared ? 'error' : wanted ? 'warning' : 'info',
      values: { address },
      related: wanted?.place ? [{ ...wanted.place, message: 'The transport of migrations' }] : [],
      fixes: [
        own === undefined || isLoopback(own) || !isMonolith(host)
          ? undefined
          : {
              title: 'own',
              values: { own },
              edits: [setLibvirtKey(set.file, 'listen_addr', `"${own}"`)],
              preferred: false,
            },
        { title: 'all', edits: [setLibvirtKey(set.file, 'listen_addr', '"0.0.0.0"')], preferred: false },
      ],
    });
  },
});

/** A name that the host's own etc/hosts gives nothing but loopback addresses: libvirt listens on all that it finds. */
function isOwnLoopback(host: Host, name: string): boolean {
  const addresses = hostsAddresses(host, name);
  return addresses.length > 0 && addresses.every(isLoopback);
}
