import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';
import { tlsListens } from './_listening';

export default defineRule({
  id: 'libvirtd/no-sanity',
  scope: 'host',
  title: 'Bad certificates come to light only when a migration fails',
  severity: 'info',
  files: ['libvirtd'],
  messages: {
    default:
      'tls_no_sanity_certificate = 1 starts libvirt with certificates that nobody can use: only migrations tell; write 0',
  },
  fixes: { look: 'Look at the certificates at the start: tls_no_sanity_certificate = 0' },
  why: `Otherwise libvirt looks at its own certificates before it listens, and says what is wrong: *has expired*, *is not yet active*,
*failed validation against /etc/pki/CA/cacert.pem*. With this key it starts and listens with a certificate of 2020, and migrations end with
*authentication failed: Failed to verify peer's certificate*.`,
  sources: ['libvirtd 9.0.0 with a certificate that has ended, with the key and without'],
  examples: [
    {
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\n⟦tls_no_sanity_certificate = 1⟧\r\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\ntls_no_sanity_certificate = 0\r\n' },
    },
    {
      title: 'TLS is off, or the certificates are looked at',
      files: {
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tls = 0\ntls_no_sanity_certificate = 1\n',
        'compute2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\ntls_no_sanity_certificate = 0\n',
      },
    },
  ],
  check(host, report) {
    const set = host.libvirtd.get('tls_no_sanity_certificate');
    if (!set || host.libvirtd.number('tls_no_sanity_certificate') !== 1 || tlsListens(host) === false) return;
    report({
      file: set.file,
      span: set.entry.span,
      fixes: [{ title: 'look', edits: [setLibvirtKey(set.file, 'tls_no_sanity_certificate', '0')] }],
    });
  },
});
