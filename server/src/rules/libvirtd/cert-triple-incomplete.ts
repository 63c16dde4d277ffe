import { wantedTransport } from '../../model/transport';
import { defineRule } from '../rule';
import { tlsListens } from './_listening';

const TRIPLE = ['ca_file', 'cert_file', 'key_file'] as const;

export default defineRule({
  id: 'libvirtd/cert-triple-incomplete',
  scope: 'host',
  title: 'Only some of CA, certificate and key are named',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default: '{set} is set, {missing} is not: libvirt takes all three paths or none, and with TLS on it does not start',
  },
  why: `As soon as one of ca_file, cert_file and key_file is set, the defaults of the other two no longer hold. The daemon ends with
*unsupported configuration: No CA certificate path set to match server key/cert*, *No server certificate path set to match server
key* or *No server key path set to match server cert*.`,
  sources: [
    'libvirtd 9.0.0 run with --listen and one and two of the three',
    'src/remote/remote_daemon.c of libvirt 9.0.0',
  ],
  explains: [/No (CA certificate|server certificate|server key) path set to match/],
  preflight: 'destination',
  examples: [
    {
      release: 'zed',
      files: {
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf':
          'listen_tls = 1\n⟦cert_file = "/etc/pki/nova/cert.pem"⟧\nkey_file = "/etc/pki/nova/key.pem"\n',
      },
    },
    {
      title: 'how libvirtd is started is not known',
      severity: 'warning',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 1\n⟦ca_file = "/etc/pki/ca.pem"⟧\n' },
    },
    {
      title: 'TLS is off, as kolla writes it',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_tls = 0\nauth_tcp = "sasl"\nca_file = ""\n' },
    },
    {
      title: 'all three',
      files: {
        'etc/libvirt/libvirtd.conf':
          'listen_tls = 1\nca_file = "/etc/pki/a"\ncert_file = "/etc/pki/b"\nkey_file = "/etc/pki/c"\n',
      },
    },
  ],
  check(host, report) {
    const { libvirtd } = host;
    const set = TRIPLE.filter((k) => libvirtd.get(k));
    const first = set[0] === undefined ? undefined : libvirtd.get(set[0]);
    // Newer daemons take lists of certificates and keys instead.
    if (!first || set.length === 3 || libvirtd.get('cert_files') || libvirtd.get('key_files')) return;
    const listens = tlsListens(host);
    if (listens === false) return;
    const wanted = wantedTransport(host);
    report({
      file: first.file,
      span: first.entry.span,
      severity: listens ? 'error' : 'warning',
      values: { set: set.join(' and '), missing: TRIPLE.filter((k) => !set.includes(k)).join(' and ') },
      related: wanted?.place ? [{ ...wanted.place, message: 'The transport of migrations' }] : [],
    });
  },
});
