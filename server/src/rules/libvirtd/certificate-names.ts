import { tlsWanted } from '../../model/transport';
import { defineRule } from '../rule';
import { isFor, libvirtFiles, libvirtPlace } from './_certificates';
import { dialledByUri } from './_dialled';

export default defineRule({
  id: 'libvirtd/certificate-names',
  scope: 'host',
  title: 'The certificate is not for the name that peers dial',
  severity: 'error',
  files: ['libvirtd', 'nova', 'facts'],
  messages: {
    default:
      'Peers dial {name}, and {path} is good for {names} only: migrations to this host fail; have one signed for {name}',
  },
  why: `With live_migration_scheme = tls the source compares the name or address that it dials, the destination's
live_migration_inbound_addr or else its host name, with those in the destination's certificate, and ends with *authentication failed:
Failed to verify peer's certificate*. A short name is not its long form, and an address needs an entry of its own (\`ip_address\` of
certtool, \`IP:\` of openssl). A \`*\` stands for the first label of three or more.`,
  sources: [
    'virsh migrate --p2p over qemu+tls between two libvirtd 9.0.0: by an address, a short name and a wildcard that the certificate lacks',
    'nova/virt/libvirt/driver.py, _live_migration_operation: target_connect_addr',
  ],
  explains: [/authentication failed: Failed to verify peer's certificate/],
  preflight: 'destination',
  examples: [
    {
      title: 'an address that the certificate does not name',
      files: {
        'facts.json':
          '{"certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["compute1.example.org", "compute1"]}}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\nlive_migration_inbound_addr = 10.1.0.1\n',
        'etc/libvirt/libvirtd.conf': '⟦listen_tls = 1⟧\r\n',
      },
    },
    {
      title: 'the host name is short, and the one common name is long',
      files: {
        'facts.json':
          '{"hostname": "compute1", "certificates": {"/etc/pki/nova/cert.pem": {"subject": "O=Example,CN=compute1.example.org", "names": []}}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tls://%s/system\n',
        'etc/libvirt/libvirtd.conf':
          'ca_file = "/etc/pki/nova/ca.pem"\n⟦cert_file = "/etc/pki/nova/cert.pem"⟧\nkey_file = "/etc/pki/nova/key.pem"\n',
      },
    },
    {
      title: 'neither listen_tls nor a path is set; the wildcard is for longer names',
      files: {
        'facts.json': '{"certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["*.lab"]}}}',
        'etc/hostname': 'compute1.lab\n',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ⟦tls⟧\n',
        'etc/libvirt/libvirtd.conf': '',
      },
    },
    {
      title: 'the name, in capitals, or covered by a wildcard, or put together by the URI',
      files: {
        'c1/facts.json': '{"certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["COMPUTE1.example.org"]}}}',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nhost = compute1.example.org\n[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c2/facts.json': '{"certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["*.example.org"]}}}',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = compute2.example.org\n[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c3/facts.json':
          '{"certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["compute3.mig.example.org"]}}}',
        'c3/etc/nova/nova.conf':
          '[DEFAULT]\nhost = compute3\n[libvirt]\nlive_migration_uri = qemu+tls://%s.mig.example.org/system\n',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
      },
    },
    {
      title: 'nobody looks at the name: plain TCP, or no_verify',
      files: {
        'c1/facts.json':
          '{"hostname": "c1", "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["elsewhere"]}}}',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n',
        'c2/facts.json':
          '{"hostname": "c2", "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["elsewhere"]}}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tls://%s/system?no_verify=1\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
      },
    },
  ],
  check(host, report) {
    if (!tlsWanted(host) || /[?&]no_verify=1/.test(host.nova.get('live_migration_uri')?.value ?? '')) return;
    const dialled = dialledByUri(host);
    const file = libvirtFiles(host).find((f) => f.key === 'cert_file');
    const certificate = file && host.facts?.certificates?.[file.path];
    const place = libvirtPlace(host, ['cert_file']);
    if (!dialled || !certificate || !place || isFor(certificate, dialled.name)) return;
    const names = certificate.names.length > 0 ? certificate.names.join(', ') : (certificate.subject ?? 'nobody');
    report({
      ...place,
      values: { name: dialled.name, path: file.path, names },
      related: dialled.place ? [{ ...dialled.place, message: `Peers dial ${dialled.name}` }] : [],
    });
  },
});
