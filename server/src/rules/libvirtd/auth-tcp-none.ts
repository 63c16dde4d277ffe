import { isLoopback } from '../../model/cluster';
import { socketUnit } from '../../model/units';
import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';
import { tcpListens } from './_listening';
import { peersNeedTcp, waysOut, type WaysOut } from './_waysOut';

export default defineRule({
  id: 'libvirtd/auth-tcp-none',
  scope: 'cluster',
  title: 'Anybody who reaches the port rules the hypervisor',
  severity: 'warning',
  files: ['libvirtd'],
  messages: {
    default:
      'auth_tcp = "none" lets everybody who reaches TCP port {port} of this host start, read and destroy its guests',
  },
  fixes: {
    sasl: 'Ask for SASL: auth_tcp = "sasl" (accounts must be made with saslpasswd2)',
    off: 'Close plain TCP, which no migration uses: listen_tcp = 0',
    tls: 'Migrate over TLS, on all {count} computes: their certificates must be in /etc/pki before',
    ssh: 'Migrate over SSH, on all {count} computes: root of each must get into the others by key before',
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
      title: "systemd's socket, on another port",
      files: {
        'etc/systemd/system/sockets.target.wants/libvirtd-tcp.socket': '',
        'etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=16510\n',
        'etc/libvirt/libvirtd.conf': '⟦auth_tcp = "none"⟧\n',
      },
    },
    {
      title: "systemd's socket, on loopback, and one that is not enabled",
      files: {
        'c1/etc/systemd/system/sockets.target.wants/libvirtd-tcp.socket': '',
        'c1/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=127.0.0.1:16509\n',
        'c1/etc/libvirt/libvirtd.conf': 'auth_tcp = "none"\n',
        'c2/etc/systemd/system/sockets.target.wants/libvirtd-tls.socket': '',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "none"\n',
      },
    },
    {
      title: 'closing the port',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1 # TLS is on, too\n⟦auth_tcp = "none"⟧\n' },
      fix: 'off',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 0 # TLS is on, too\nauth_tcp = "none"\n' },
    },
    {
      title: 'closing the port where migrations go over SSH',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\r\n⟦auth_tcp = "none"⟧\r\n',
      },
      fix: 'off',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 0\r\nauth_tcp = "none"\r\n' },
    },
    {
      title: 'TLS for all, of old by the URI',
      release: 'grizzly',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri="qemu+tcp://%s:16509/system"\n',
        'c1/etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\n⟦auth_tcp = "none"⟧\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip=10.0.0.2\n',
        'c2/etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\r\n⟦auth_tcp = "none"⟧\r\n',
      },
      fix: 'tls',
      good: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri="qemu+tls://%s/system"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_tcp = 0\nauth_tcp = "none"\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip=10.0.0.2\nlive_migration_uri=qemu+tls://%s/system\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 0\r\nauth_tcp = "none"\r\nlisten_tls = 1\r\n',
      },
    },
    {
      title: 'SSH for all, by the scheme',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\n⟦auth_tcp = "none"⟧\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tls = "none"\n⟦auth_tcp = "none"⟧\n',
      },
      fix: 'ssh',
      good: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 0\nauth_tcp = "none"\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nlive_migration_scheme = ssh\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 0\nauth_tls = "none"\nauth_tcp = "none"\nlisten_tls = 0\n',
      },
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
  check(cluster, report) {
    const needed = peersNeedTcp(cluster);
    let ways: { readonly out: WaysOut | undefined } | undefined;
    for (const host of cluster.hosts) {
      const auth = host.libvirtd.get('auth_tcp');
      if (!auth || auth.entry.value.type !== 'string' || auth.entry.value.text !== 'none') continue;
      const sockets = host.daemon.sockets?.tcp ?? false;
      if (tcpListens(host) === false) continue;
      // A socket of systemd's binds where its unit says.
      const unit = sockets ? socketUnit(host, 'tcp') : undefined;
      const bound = unit?.listens.filter((l) => !isLoopback(l.address));
      if (bound?.length === 0) continue;
      const address = sockets ? '' : (host.libvirtd.string('listen_addr') ?? '');
      if (isLoopback(address) || /^(localhost|ip6-localhost)/i.test(address)) continue;
      // The same edits for each: those of all computes.
      const { out } = (ways ??= { out: waysOut(cluster) });
      const values = { count: out?.count ?? 0 };
      report({
        host,
        file: auth.file,
        span: auth.entry.span,
        values: { port: bound?.[0]?.port ?? (sockets ? 16509 : (host.libvirtd.string('tcp_port') ?? '16509')) },
        related: (bound ?? []).flatMap(({ setting }) =>
          setting ? [{ file: setting.file, span: setting.entry.span, message: 'systemd opens it here' }] : [],
        ),
        fixes: [
          // All of them need something done on the hosts first: never applied unasked.
          out?.tls && { title: 'tls', values, edits: out.tls, preferred: false },
          out && { title: 'ssh', values, edits: out.ssh, preferred: false },
          { title: 'sasl', edits: [setLibvirtKey(auth.file, 'auth_tcp', '"sasl"')], preferred: false },
          sockets || needed(host) ? undefined : { title: 'off', edits: [setLibvirtKey(auth.file, 'listen_tcp', '0')] },
        ],
      });
    }
  },
});
