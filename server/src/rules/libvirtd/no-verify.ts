import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';
import { tlsListens } from './_listening';

export default defineRule({
  id: 'libvirtd/no-verify',
  scope: 'host',
  title: "TLS without a look at the client's certificate",
  severity: 'warning',
  files: ['libvirtd'],
  messages: {
    default:
      "tls_no_verify_certificate = 1 lets everybody who reaches TCP port {port} start, read and destroy this host's guests; write 0",
  },
  fixes: { verify: 'Ask clients for a certificate: tls_no_verify_certificate = 0' },
  why: `Over TLS the client's certificate is what tells friend from foe, unless auth_tls asks for more. Without it the connection is
encrypted, and open to all; a libvirt connection is root on the host.`,
  sources: ['libvirtd.conf of libvirt 9.0.0, tls_no_verify_certificate'],
  exposure: true,
  examples: [
    {
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\n⟦tls_no_verify_certificate = 1⟧ # for now\r\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\ntls_no_verify_certificate = 0 # for now\r\n' },
    },
    {
      title: 'SASL asks instead',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 1\nauth_tls = "sasl"\ntls_no_verify_certificate = 1\n' },
    },
    { title: 'TLS is off', files: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 0\ntls_no_verify_certificate = 1\n' } },
  ],
  check(host, report) {
    const { libvirtd } = host;
    const set = libvirtd.get('tls_no_verify_certificate');
    if (!set || libvirtd.number('tls_no_verify_certificate') !== 1 || libvirtd.string('auth_tls') === 'sasl') return;
    if (tlsListens(host) === false) return;
    report({
      file: set.file,
      span: set.entry.span,
      values: { port: libvirtd.string('tls_port') ?? '16514' },
      fixes: [{ title: 'verify', edits: [setLibvirtKey(set.file, 'tls_no_verify_certificate', '0')] }],
    });
  },
});
