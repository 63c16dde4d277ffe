import { isFor } from '../libvirtd/_certificates';
import { inboundAddress, type Dialled } from '../libvirtd/_dialled';
import type { Host } from '../../model/host';
import { TOP } from '../edits';
import { defineRule } from '../rule';
import { migrationFolder, nativeTls } from './_certificates';

export default defineRule({
  id: 'qemu/certificate-names',
  scope: 'host',
  title: "QEMU's certificate is not for the address that guests are sent to",
  severity: 'error',
  files: ['nova', 'qemu', 'facts'],
  releases: { from: 'stein' },
  messages: {
    default:
      'Guests are sent to {name}, and {path} is good for {names} only: migrations to this host fail; have one signed for {name}',
  },
  why: `With native TLS the source's QEMU compares the address that it sends the guest to with those in the destination's
server-cert.pem. It is live_migration_inbound_addr, else migration_host of qemu.conf, else the host's full name. The source's log says
*Certificate does not match the hostname compute2.example.org*, the destination's QEMU ends with *Cannot read from TLS channel:
Input/output error*.`,
  sources: [
    'virsh migrate --p2p --tls --migrateuri between two libvirtd 9.0.0 with QEMU 7.2, by an address that the certificate has and by one that it lacks',
  ],
  explains: [/Certificate does not match the hostname/, /Cannot read from TLS channel: Input\/output error/],
  preflight: true,
  examples: [
    {
      files: {
        'facts.json':
          '{"certificates": {"/etc/pki/qemu/server-cert.pem": {"names": ["compute1.example.org", "10.0.0.31"]}}}',
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_with_native_tls = ⟦true⟧\nlive_migration_inbound_addr = 10.1.0.31\n',
      },
    },
    {
      title: "the host's full name, in a folder of its own; migration_host in its place",
      files: {
        'c1/facts.json':
          '{"fqdn": "c1.example.org", "certificates": {"/etc/pki/mig/server-cert.pem": {"names": ["c1"]}}}',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c1/etc/libvirt/qemu.conf': '⟦migrate_tls_x509_cert_dir = "/etc/pki/mig"⟧\r\n',
        'c2/facts.json':
          '{"fqdn": "c2.example.org", "certificates": {"/etc/pki/qemu/server-cert.pem": {"names": ["c2.example.org"]}}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = ⟦true⟧\n',
        'c2/etc/libvirt/qemu.conf': 'migration_host = "10.1.0.32"\n',
      },
    },
    {
      title: 'it is named; no certificate was seen; native TLS is off',
      files: {
        'c1/facts.json': '{"certificates": {"/etc/pki/qemu/server-cert.pem": {"names": ["10.1.0.31"]}}}',
        'c1/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_with_native_tls = true\nlive_migration_inbound_addr = 10.1.0.31\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/facts.json': '{"fqdn": "c2.example.org"}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c2/etc/libvirt/qemu.conf': '',
        'c3/facts.json': '{"fqdn": "c3", "certificates": {"/etc/pki/qemu/server-cert.pem": {"names": ["c1"]}}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c3/etc/libvirt/qemu.conf': '',
      },
    },
  ],
  check(host, report) {
    const asked = nativeTls(host);
    const folder = migrationFolder(host);
    const path = `${folder.path}/server-cert.pem`;
    const certificate = host.facts?.certificates?.[path];
    const dialled = asked && certificate && sentTo(host);
    if (!dialled || isFor(certificate, dialled.name)) return;
    const names = certificate.names.length > 0 ? certificate.names.join(', ') : (certificate.subject ?? 'nobody');
    report({
      ...(folder.place ?? asked),
      values: { name: dialled.name, path, names },
      related: dialled.place ? [{ ...dialled.place, message: `Guests are sent to ${dialled.name}` }] : [],
    });
  },
});

/** Where the destination has guests sent to. */
function sentTo(host: Host): Dialled | undefined {
  const inbound = inboundAddress(host);
  if (inbound || host.nova.get('live_migration_inbound_addr')?.origin === 'set') return inbound;
  const set = host.qemu.get('migration_host');
  const own = host.qemu.string('migration_host')?.replace(/^\[(.*)\]$/, '$1');
  if (set && own) return { name: own, place: { file: set.file, span: set.entry.span } };
  const facts = host.first('facts');
  return host.facts?.fqdn ? { name: host.facts.fqdn, place: facts && { file: facts, span: TOP } } : undefined;
}
