import { tlsWanted } from '../../model/transport';
import { atLeast } from '../../model/platform';
import { defineRule } from '../rule';
import { libvirtFiles, libvirtPlace } from './_certificates';
import { tlsListens } from './_listening';

export default defineRule({
  id: 'libvirtd/certificate-key-type',
  scope: 'host',
  title: "libvirt's certificate may not encipher keys",
  severity: 'error',
  files: ['libvirtd', 'nova', 'facts'],
  messages: {
    default:
      '{path} is not for the encipherment of keys (one of an elliptic curve, as a rule): libvirtd {libvirt} does not start; have one of RSA signed',
  },
  why: `libvirt before 10 wants *key encipherment* among what a certificate may be used for, where the certificate says that at all and
insists on it, and ends with *Certificate /etc/pki/libvirt/servercert.pem usage does not permit key encipherment*. Certificates of elliptic
curves, which certtool and many authorities make today, only sign. With tls_no_sanity_certificate nothing is looked at.`,
  sources: ['libvirtd 9.0.0 with a certificate of certtool --key-type=ecdsa', 'RFC 5280, 4.2.1.3'],
  explains: [/usage does not permit key encipherment/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/libvirt/libvirtd.conf': '⟦listen_tls = 1⟧\r\n',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'facts.json':
          '{"libvirt": "9.0.0", "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["c1"], "keyUsage": ["digitalSignature"]}}}',
      },
    },
    {
      title: 'of RSA; a newer libvirt; not insisted on; not looked at; no TLS',
      files: {
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/facts.json':
          '{"libvirt": "9.0.0", "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["c1"], "keyUsage": ["digitalSignature", "keyEncipherment"]}}}',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/facts.json':
          '{"libvirt": "11.0.0", "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["c2"], "keyUsage": ["digitalSignature"]}}}',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c3/facts.json': '{"libvirt": "9.0.0", "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["c3"]}}}',
        'c4/etc/libvirt/libvirtd.conf': 'listen_tls = 1\ntls_no_sanity_certificate = 1\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c4/facts.json':
          '{"libvirt": "9.0.0", "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["c4"], "keyUsage": ["digitalSignature"]}}}',
        'c5/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\n',
        'c5/facts.json':
          '{"libvirt": "9.0.0", "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["c5"], "keyUsage": ["digitalSignature"]}}}',
      },
    },
  ],
  check(host, report) {
    const { libvirt, certificates } = host.facts ?? {};
    if (libvirt === undefined || !certificates || !(tlsWanted(host) || tlsListens(host) === true)) return;
    // From which 10.x on it is no longer asked for is not known: none of them is blamed.
    if (atLeast(host.platform.libvirt, [10, 0]) !== false || host.libvirtd.number('tls_no_sanity_certificate') === 1)
      return;
    const { path } = libvirtFiles(host)[1]!;
    const usage = certificates[path]?.keyUsage;
    if (!usage || usage.includes('keyEncipherment')) return;
    const place = libvirtPlace(host, ['cert_file']);
    if (place) report({ ...place, values: { path, libvirt } });
  },
});
