import { isAddress } from '../../model/cluster';
import type { Host } from '../../model/host';
import { sysctlOf } from '../../model/sysctl';
import { setLibvirtKey, TOP } from '../edits';
import { foreignOwner, isSpecific } from '../nova/_addresses';
import { defineRule } from '../rule';
import { isMonolith, tcpListens, tlsListens } from './_listening';

export default defineRule({
  id: 'libvirtd/listen-addr-not-own',
  scope: 'cluster',
  title: 'libvirt is to listen on an address that is not its own',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    foreign:
      'listen_addr = "{address}" is {other}\'s: libvirt cannot bind to it and does not start; give an address of {host}',
    measured:
      'listen_addr = "{address}" is on no interface of {host}: libvirt cannot bind to it and does not start; it has {own}',
  },
  fixes: { own: 'Take the address of this host: {own}', all: 'Listen on all addresses: listen_addr = "0.0.0.0"' },
  why: `libvirtd binds before it does anything else, and ends: *Unable to bind to port: Cannot assign requested address*, on standard error
only *Unable to initialize network sockets*. It comes of a libvirtd.conf copied from host to host, or an address that has moved. A host
with net.ipv4.ip_nonlocal_bind = 1 starts, and hears nobody. Where systemd opens the sockets the key is ignored.`,
  sources: ["libvirtd 9.0.0 run with --listen and another host's address, with ip_nonlocal_bind and without"],
  explains: [/Unable to bind to port: Cannot assign requested address/],
  preflight: 'destination',
  examples: [
    {
      title: 'copied',
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.31\n[node c2]\naddress = 10.0.0.32\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_tls = 0\nlisten_addr = "10.0.0.31"\n',
        'c2/facts.json': '{"addresses": {"eth0": ["10.0.0.32"]}}',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\r\nlisten_tls = 0\r\n⟦listen_addr = "10.0.0.31"⟧\r\n',
      },
      fix: 'own',
      good: { 'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\r\nlisten_tls = 0\r\nlisten_addr = "10.0.0.32"\r\n' },
    },
    {
      title: 'an address that nobody has',
      release: 'zed',
      files: {
        'facts.json': '{"addresses": {"lo": ["127.0.0.1"], "eth0": ["10.0.0.31", "fd00::31"]}}',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\n⟦listen_addr = "10.9.0.31"⟧\n',
      },
      fix: 'all',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nlisten_addr = "0.0.0.0"\n' },
    },
    {
      title: 'how libvirtd is started is not known',
      severity: 'warning',
      files: {
        'facts.json': '{"addresses": {"eth0": ["10.0.0.31"]}}',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n⟦listen_addr = "10.9.0.31"⟧\n',
      },
    },
    {
      title: 'its own, in other letters; one that is yet to come; a name; nothing listens',
      release: 'zed',
      files: {
        'c1/facts.json': '{"addresses": {"eth0": ["10.0.0.31", "fd00::a:31"]}}',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nlisten_addr = "FD00:0::A:31"\n',
        'c2/facts.json': '{"addresses": {"eth0": ["10.0.0.32"]}, "sysctls": {"net.ipv4.ip_nonlocal_bind": "1"}}',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_tls = 0\nlisten_addr = "10.0.0.100"\n',
        'c3/facts.json': '{"addresses": {"eth0": ["10.0.0.33"]}}',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_addr = "10.0.0.31"\n',
        'c4/facts.json': '{"addresses": {"eth0": ["10.0.0.34"]}}',
        'c4/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nlisten_addr = "0.0.0.0"\n',
      },
    },
    {
      title: 'started without --listen, or with sockets of systemd',
      release: 'zed',
      files: {
        'c1/facts.json': '{"addresses": {"eth0": ["10.0.0.31"]}}',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS=""\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = "10.9.0.31"\n',
        'c2/facts.json':
          '{"addresses": {"eth0": ["10.0.0.32"]}, "sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}',
        'c2/etc/libvirt/libvirtd.conf': 'listen_addr = "10.9.0.32"\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const set = host.libvirtd.get('listen_addr');
      const address = host.libvirtd.string('listen_addr');
      if (!set || address === undefined || !isSpecific(address)) continue;
      const { sockets, listen } = host.daemon;
      if (sockets?.tcp || sockets?.tls || sockets?.local || (isMonolith(host) && listen === false)) continue;
      const ways = [tcpListens(host), tlsListens(host)];
      if (ways.every((listens) => listens === false)) continue;
      const version = address.includes(':') ? 'ipv6' : 'ipv4';
      if (sysctlOf(host, `net.${version}.ip_nonlocal_bind`)?.value === '1') continue;
      const measured = measuredAddresses(host);
      if (measured?.some((a) => canonical(a) === canonical(address))) continue;
      const owner = foreignOwner(cluster, host, address);
      if (!owner && !(measured && isAddress(address))) continue;
      const facts = host.first('facts');
      const own = host.node?.address;
      report({
        host,
        file: set.file,
        span: set.entry.span,
        message: owner ? 'foreign' : 'measured',
        severity: ways.includes(true) ? 'error' : 'warning',
        values: { address, host: host.name, other: owner?.host.name ?? '', own: measured?.join(', ') ?? '' },
        related: owner?.related ?? (facts ? [{ file: facts, span: TOP, message: 'Its addresses' }] : []),
        fixes: [
          own === undefined || !owner?.inventory
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
    }
  },
});

/** All that are no loopback; undefined where nobody has looked. */
function measuredAddresses(host: Host): readonly string[] | undefined {
  const all = Object.values(host.facts?.addresses ?? {})
    .flat()
    .filter(isSpecific);
  return all.length > 0 ? all : undefined;
}

/** One spelling of an IPv6 address. */
function canonical(address: string): string {
  if (!address.includes(':')) return address;
  const [bare = ''] = address.toLowerCase().split('%');
  const [head = '', tail] = bare.split('::');
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(8 - left.length - right.length, 0);
  const all = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return all.map((g) => g.replace(/^0+(?=.)/, '')).join(':');
}
