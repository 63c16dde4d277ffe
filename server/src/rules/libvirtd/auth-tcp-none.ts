import { isLoopback } from '../../model/cluster';
import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';
import { tcpListens } from './_listening';

export default defineRule({
  id: 'libvirtd/auth-tcp-none',
  scope: 'host',
  title: 'Anybody who reaches the port rules the hypervisor',
  severity: 'warning',
  files: ['libvirtd'],
  messages: {
    default:
      'auth_tcp = "none" lets everybody who reaches TCP port {port} of this host start, read and destroy its guests',
  },
  fixes: {
    sasl: 'Ask for SASL: auth_tcp = "sasl" (accounts must be made with saslpasswd2)',
    off: 'Close plain TCP: listen_tcp = 0 (migrations then need TLS or SSH)',
  },
  why: `Migrations work so, and many guides say it; but a libvirt connection is root on the host. Keep it where only the hosts of the
cluster reach the port (listen_addr on a migration network, a firewall), or use TLS or SSH, or accept it with a reason.`,
  sources: [
    'libvirtd.conf of libvirt 9.0.0, auth_tcp',
    'Compute administration guide, Grizzly: Configuring Migrations',
  ],
  exposure: true,
  examples: [
    {
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\n⟦auth_tcp = "none"⟧\n' },
      fix: 'sasl',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\n' },
    },
    {
      title: 'opened by systemd, which does not look at listen_tcp and listen_addr',
      files: {
        'facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 0\r\nlisten_addr = "127.0.0.1"\r\n⟦auth_tcp = "none"⟧\r\n',
      },
      fix: 'sasl',
      good: {
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 0\r\nlisten_addr = "127.0.0.1"\r\nauth_tcp = "sasl"\r\n',
      },
    },
    {
      title: 'closing the port',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1 # TLS is on, too\n⟦auth_tcp = "none"⟧\n' },
      fix: 'off',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 0 # TLS is on, too\nauth_tcp = "none"\n' },
    },
    {
      title: 'started without --listen',
      release: 'grizzly',
      files: {
        'etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "none"\n',
      },
    },
    { title: 'TCP is off', files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 0\nauth_tcp = "none"\n' } },
    {
      title: 'on loopback only',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = "127.0.0.1"\nauth_tcp = "none"\n' },
    },
  ],
  check(host, report) {
    const auth = host.libvirtd.get('auth_tcp');
    if (!auth || auth.entry.value.type !== 'string' || auth.entry.value.text !== 'none') return;
    const sockets = host.daemon.sockets?.tcp ?? false;
    if (tcpListens(host) === false) return;
    // A socket of systemd's binds where its unit says.
    const address = sockets ? '' : (host.libvirtd.string('listen_addr') ?? '');
    if (isLoopback(address) || /^(localhost|ip6-localhost)/i.test(address)) return;
    report({
      file: auth.file,
      span: auth.entry.span,
      values: { port: host.libvirtd.string('tcp_port') ?? '16509' },
      fixes: [
        // Without accounts SASL lets nobody in: never applied unasked.
        { title: 'sasl', edits: [setLibvirtKey(auth.file, 'auth_tcp', '"sasl"')], preferred: false },
        sockets ? undefined : { title: 'off', edits: [setLibvirtKey(auth.file, 'listen_tcp', '0')] },
      ],
    });
  },
});
