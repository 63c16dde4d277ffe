import { wantedTransport } from '../../model/transport';
import { TOP } from '../edits';
import { defineRule } from '../rule';
import { libvirtFiles } from './_certificates';
import { enableKey } from './_edits';
import { isMonolith } from './_listening';

/** Any of these says that somebody has thought of TLS. */
const TLS_KEYS = [
  'ca_file',
  'cert_file',
  'key_file',
  'cert_files',
  'key_files',
  'crl_file',
  'tls_port',
  'tls_priority',
  'tls_allowed_dn_list',
  'tls_no_verify_certificate',
  'tls_no_sanity_certificate',
  'auth_tls',
];

export default defineRule({
  id: 'libvirtd/listen-tls-default-no-certs',
  scope: 'host',
  title: 'TLS is on by default, and nothing shows certificates',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default:
      'listen_tls is not set, which means 1: with --listen and no certificates libvirtd does not start; write listen_tls = 0',
  },
  fixes: { off: 'Do not listen on TLS: listen_tls = 0' },
  why: `With \`--listen\` libvirtd opens its TLS port unless told otherwise, and without a CA and a server certificate it ends: *Cannot
read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory*, on standard error only *Unable to initialize network
sockets*. Every connection is refused then, also over plain TCP. Where certificates do lie in the default places, write
\`listen_tls = 1\`, and this is silent.`,
  sources: ['libvirtd 9.0.0 run with --listen and listen_tcp = 1 alone', 'libvirtd.conf of libvirt 9.0.0, listen_tls'],
  explains: [/Cannot read CA certificate '\/etc\/pki\/CA\/cacert\.pem'/, /Unable to initialize network sockets/],
  preflight: 'destination',
  examples: [
    {
      title: 'plain TCP in the time of upstart',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'etc/libvirt/libvirtd.conf': '⟦⟧#listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\n',
      },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\n' },
    },
    {
      title: 'a file of Windows',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': '⟦⟧listen_tcp = 1\r\n',
      },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\r\nlisten_tls = 0\r\n' },
    },
    {
      title: 'migrations need --listen, which is yet to be added',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
        'etc/libvirt/libvirtd.conf': '⟦⟧listen_tcp = 1\n',
      },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_tls = 0\n' },
    },
    {
      title: 'migrations over TLS, certificates in the default places',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': 'auth_tcp = "sasl"\n',
      },
    },
    {
      title: 'certificates are named, or TLS is on in so many words',
      files: {
        'compute1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'compute1/etc/libvirt/libvirtd.conf':
          'listen_tcp = 1\nca_file = "/etc/pki/a/ca.pem"\ncert_file = "/etc/pki/a/c.pem"\nkey_file = "/etc/pki/a/k.pem"\n',
        'compute2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'compute2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_tls = 1\n',
      },
    },
    {
      title: 'certificates were seen in the default places',
      release: 'zed',
      files: {
        'facts.json':
          '{"paths": {"/etc/pki/CA/cacert.pem": {"type": "file", "mode": 420, "uid": 0, "gid": 0}, "/etc/pki/libvirt/servercert.pem": {"type": "file", "mode": 420, "uid": 0, "gid": 0}}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n',
      },
    },
    {
      title: 'without --listen nothing is opened, and nobody migrates',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nmy_ip=10.0.0.1\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
        'etc/libvirt/libvirtd.conf': '#listen_tls = 0\n',
      },
    },
    {
      title: 'it is there, in a line that the daemon cannot read',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = “0”\nlisten_tcp = 1\n',
      },
    },
  ],
  check(host, report) {
    const { file } = host.libvirtd;
    const { daemon } = host;
    if (!file || file.defect || !isMonolith(host) || daemon.sockets?.local) return;
    if (host.libvirtd.garbled('listen_tls')) return;
    if (host.libvirtd.get('listen_tls') || TLS_KEYS.some((k) => host.libvirtd.get(k))) return;
    const seen = host.facts?.paths ?? {};
    if (libvirtFiles(host).some(({ side, path, key }) => side === 'server' && key !== 'key_file' && seen[path])) return;
    const wanted = wantedTransport(host);
    if (wanted?.transport !== 'tcp' || !(wanted.declared || host.libvirtd.number('listen_tcp') === 1)) return;
    // Where migrations need --listen and it is yet to be added, it would bring this trouble next.
    if (daemon.listen !== true && !(daemon.serviceMode && wanted.declared)) return;
    if (host.nova.get('live_migration_with_native_tls')?.value?.toLowerCase() === 'true') return;
    report({
      file,
      span: TOP,
      related: daemon.arguments
        ? [{ file: daemon.arguments.file, span: daemon.arguments.span, message: 'How libvirtd is started' }]
        : [],
      fixes: [{ title: 'off', edits: [enableKey(file, 'listen_tls', '0')] }],
    });
  },
});
