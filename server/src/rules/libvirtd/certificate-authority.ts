import { tlsWanted } from '../../model/transport';
import { defineRule } from '../rule';
import { isSignedBy, nameOf, strangers, type Trusting } from './_authority';
import { libvirtFiles, libvirtPlace } from './_certificates';
import { tlsListens } from './_listening';

export default defineRule({
  id: 'libvirtd/certificate-authority',
  scope: 'cluster',
  title: "libvirt's certificate is of another authority",
  severity: 'error',
  files: ['libvirtd', 'nova', 'facts'],
  messages: {
    own: '{path} was not signed by the authority in {ca} ({authority}): libvirtd does not start; put the right CA certificate there',
    peers:
      '{path} is of {authority}, and the others trust {usual}: no migration between them; have all certificates signed by one authority',
  },
  why: `libvirtd verifies its own certificate before it listens, and ends with *Our own certificate /etc/pki/libvirt/servercert.pem failed
validation against /etc/pki/CA/cacert.pem: The certificate hasn't got a known issuer*. Where each host has a pair that fits, and the pairs are
of different authorities, as when each made its own, the source says *authentication failed: Failed to verify peer's certificate*. Two
authorities of one name differ by their keys.`,
  sources: [
    'libvirtd 9.0.0 and virsh migrate over qemu+tls:// with certificates of two authorities',
    'RFC 5280, 4.2.1.1',
  ],
  explains: [/failed validation against/, /Failed to verify peer's certificate/],
  preflight: true,
  examples: [
    {
      title: 'its own authority is another one',
      files: {
        'etc/libvirt/libvirtd.conf': '⟦listen_tls = 1⟧\r\n',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'facts.json':
          '{"certificates": {"/etc/pki/CA/cacert.pem": {"names": [], "subject": "CN=CA", "keyId": "aa"}, "/etc/pki/libvirt/servercert.pem": {"names": ["c1"], "issuer": "CN=CA", "authorityKeyId": "bb"}}}',
      },
    },
    {
      title: 'each made its own',
      files: {
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/facts.json':
          '{"certificates": {"/etc/pki/CA/cacert.pem": {"names": [], "subject": "CN=c1"}, "/etc/pki/libvirt/servercert.pem": {"names": ["c1"], "issuer": "CN=c1"}}}',
        'c2/etc/libvirt/libvirtd.conf': '⟦listen_tls = 1⟧\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/facts.json':
          '{"certificates": {"/etc/pki/CA/cacert.pem": {"names": [], "subject": "CN=c2"}, "/etc/pki/libvirt/servercert.pem": {"names": ["c2"], "issuer": "CN=c2"}}}',
      },
    },
    {
      title: 'one for all; several in one file; TLS is not used; nothing is known of issuers',
      files: {
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/facts.json':
          '{"certificates": {"/etc/pki/CA/cacert.pem": {"names": [], "subject": "CN=CA", "keyId": "aa"}, "/etc/pki/libvirt/servercert.pem": {"names": ["c1"], "issuer": "CN=CA", "authorityKeyId": "aa"}}}',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/facts.json':
          '{"certificates": {"/etc/pki/CA/cacert.pem": {"names": [], "subject": "CN=root", "several": true}, "/etc/pki/libvirt/servercert.pem": {"names": ["c2"], "issuer": "CN=CA", "authorityKeyId": "aa"}}}',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c3/facts.json':
          '{"certificates": {"/etc/pki/CA/cacert.pem": {"names": [], "subject": "CN=x"}, "/etc/pki/libvirt/servercert.pem": {"names": ["c3"], "issuer": "CN=y"}}}',
        'c4/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c4/facts.json':
          '{"certificates": {"/etc/pki/CA/cacert.pem": {"names": [], "subject": "CN=x"}, "/etc/pki/libvirt/servercert.pem": {"names": ["c4"]}}}',
      },
    },
  ],
  check(cluster, report) {
    const fit: Trusting[] = [];
    for (const host of cluster.hosts) {
      const certificates = host.facts?.certificates;
      if (!certificates || !(tlsWanted(host) || tlsListens(host) === true)) continue;
      const [ca, cert] = libvirtFiles(host);
      const [authority, own] = [certificates[ca!.path], certificates[cert!.path]];
      if (!authority || !own) continue;
      if (isSignedBy(own, authority) !== false) {
        fit.push({ host, own, authority });
        continue;
      }
      const place = libvirtPlace(host, ['ca_file', 'cert_file']);
      if (place)
        report({
          ...{ host, ...place, message: 'own' },
          values: { path: cert!.path, ca: ca!.path, authority: nameOf(authority) },
        });
    }
    for (const { one, usual } of strangers(fit)) {
      const { host, own, authority } = one;
      const [, cert] = libvirtFiles(host);
      const place = libvirtPlace(host, ['ca_file', 'cert_file']);
      const theirs = libvirtPlace(usual.host, ['ca_file']);
      if (!place) continue;
      report({
        ...{ host, ...place, message: 'peers' },
        values: { path: cert!.path, authority: own.issuer ?? nameOf(authority), usual: nameOf(usual.authority) },
        related: theirs ? [{ ...theirs, message: `${usual.host.name} trusts ${nameOf(usual.authority)}` }] : [],
      });
    }
  },
});
