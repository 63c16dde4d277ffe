import { wantedTransport } from '../../model/transport';
import { basename } from '../../model/files';
import { TOP } from '../edits';
import { defineRule } from '../rule';
import { enableKey } from './_edits';
import { isMonolith, tcpListens } from './_listening';

export default defineRule({
  id: 'libvirtd/auth-tcp-absent',
  scope: 'host',
  title: 'TCP asks for SASL, which nothing shows to be set up',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default:
      'auth_tcp is not set, which means "sasl": without SASL accounts every migration to this host ends with "authentication failed"',
  },
  fixes: {
    none: 'Ask nobody: auth_tcp = "none" (whoever reaches the port rules the hypervisor)',
    sasl: 'Keep SASL, with accounts or Kerberos set up: auth_tcp = "sasl"',
  },
  why: `The default of auth_tcp is SASL, and neither the daemon nor the peers have credentials as packages install them: the migration
ends with *authentication failed: authentication failed*, the destination's log with *cannot list SASL mechanisms* or *no SASL
mechanisms are available*. Guides write \`auth_tcp = "none"\`, which is right only where the hosts of the cluster alone reach the
port. Where SASL is set up, say so with \`auth_tcp = "sasl"\`.`,
  sources: [
    'virsh migrate --p2p to libvirtd 9.0.0 with auth_tcp unset, with --listen and with libvirtd-tcp.socket',
    'libvirtd.conf of libvirt 9.0.0, auth_tcp',
  ],
  explains: [
    /authentication failed: authentication failed/,
    /cannot list SASL mechanisms/,
    /no SASL mechanisms are available/,
  ],
  preflight: 'destination',
  examples: [
    {
      title: 'as the package comments it out',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 0\r\n⟦listen_tcp = 1⟧\r\n#auth_tcp = "sasl"\r\n',
      },
      fix: 'none',
      good: {
        'etc/libvirt/libvirtd.conf': 'listen_tls = 0\r\nlisten_tcp = 1\r\n#auth_tcp = "sasl"\r\nauth_tcp = "none"\r\n',
      },
    },
    {
      title: "systemd's socket: the daemon still asks for SASL",
      files: {
        'facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/libvirt/libvirtd.conf': '⟦⟧#auth_tcp = "sasl"\n',
      },
      fix: 'sasl',
      good: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = "sasl"\n' },
    },
    {
      title: 'TCP is needed and not open yet',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
        'etc/libvirt/libvirtd.conf': '⟦⟧#listen_tcp = 1\n#auth_tcp = "sasl"\n',
      },
      fix: 'sasl',
      good: { 'etc/libvirt/libvirtd.conf': '#listen_tcp = 1\nauth_tcp = "sasl"\n' },
    },
    {
      title: 'SASL is named, or its accounts are',
      release: 'zed',
      files: {
        'compute1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n',
        'compute2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'compute2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nsasl_allowed_username_list = ["nova@EXAMPLE.ORG"]\n',
      },
    },
    {
      title: 'Kerberos, or the credentials of peers',
      release: 'zed',
      files: {
        'compute1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute1/etc/sasl2/libvirt.conf': 'mech_list: gssapi\nkeytab: /etc/libvirt/krb5.tab\n',
        'compute2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'compute2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute2/etc/libvirt/auth.conf': '[credentials-default]\n',
      },
    },
    {
      title: "SASL of the consoles is none of libvirt's connections",
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': '⟦listen_tcp = 1⟧\n',
        'etc/sasl2/qemu.conf': 'mech_list: gssapi\n',
      },
    },
    {
      title: 'nobody migrates over TCP',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
      },
    },
    {
      title: 'whether it listens is not known',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
      },
    },
    {
      title: 'it is there, in a line that the daemon cannot read',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = “none”\n',
      },
    },
  ],
  check(host, report) {
    const { file } = host.libvirtd;
    if (!file || file.defect || host.libvirtd.get('auth_tcp') || host.libvirtd.garbled('auth_tcp')) return;
    // Whoever has SASL's own files in view has it set up, or as its package brings it: the two look alike.
    if (host.first('libvirt-auth') || host.filesOf('sasl').some((f) => basename(f.path) === 'libvirt.conf')) return;
    if (['sasl_allowed_username_list', 'tcp_min_ssf'].some((k) => host.libvirtd.get(k))) return;
    const wanted = wantedTransport(host);
    if (wanted?.transport !== 'tcp') return;
    // Where TCP is needed and yet to be opened, it would bring this trouble next.
    const needed = wanted.declared && host.daemon.serviceMode && isMonolith(host);
    if (tcpListens(host) !== true && !needed) return;
    const listens = host.libvirtd.get('listen_tcp');
    // Sockets that systemd opens of itself, with nova's bare default, show nobody who means to use them.
    if (!wanted.declared && host.libvirtd.number('listen_tcp') !== 1) return;
    report({
      file,
      span: host.libvirtd.number('listen_tcp') === 1 && listens ? listens.entry.span : TOP,
      related: wanted.place ? [{ ...wanted.place, message: 'The transport of migrations' }] : [],
      fixes: [
        { title: 'none', edits: [enableKey(file, 'auth_tcp', '"none"')] },
        { title: 'sasl', edits: [enableKey(file, 'auth_tcp', '"sasl"')] },
      ],
    });
  },
});
