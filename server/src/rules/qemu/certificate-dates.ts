import { checkDates, DATE_MESSAGES } from '../libvirtd/_certificates';
import { defineRule } from '../rule';
import { migrationFiles, migrationFolder, nativeTls } from './_certificates';

export default defineRule({
  id: 'qemu/certificate-dates',
  scope: 'host',
  title: "A certificate of QEMU's is not good on this day",
  severity: 'error',
  files: ['nova', 'qemu', 'facts'],
  releases: { from: 'stein' },
  messages: DATE_MESSAGES,
  why: `QEMU looks at the certificates when a migration with native TLS begins, on both hosts: *unable to execute QEMU command
'object-add': The server certificate /etc/pki/qemu/server-cert.pem has expired*, or *is not yet active* where a clock goes wrong. Guests
that run are not touched by it, so nobody notices before.`,
  sources: ['virsh migrate --p2p --tls between two libvirtd 9.0.0 with QEMU 7.2 and certificates of 2020'],
  explains: [/'object-add': The (server|client|CA) certificate \S+ (has expired|is not yet active)/],
  preflight: true,
  examples: [
    {
      title: 'ended, and not yet good',
      files: {
        'c1/facts.json':
          '{"measured": 1750000000, "certificates": {"/etc/pki/qemu/server-cert.pem": {"names": [], "notAfter": 1700000000}}}',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = ⟦true⟧\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/facts.json':
          '{"measured": 1750000000, "certificates": {"/etc/pki/mig/ca-cert.pem": {"names": [], "notBefore": 1760000000}}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c2/etc/libvirt/qemu.conf': '⟦migrate_tls_x509_cert_dir = "/etc/pki/mig"⟧\r\n',
      },
    },
    {
      title: 'ends within a month',
      severity: 'warning',
      files: {
        'facts.json':
          '{"measured": 1750000000, "certificates": {"/etc/pki/qemu/client-cert.pem": {"names": [], "notAfter": 1751000000}}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = ⟦true⟧\n',
      },
    },
    {
      title: 'good for long, or of no use',
      files: {
        'c1/facts.json':
          '{"measured": 1750000000, "certificates": {"/etc/pki/qemu/client-cert.pem": {"names": [], "notBefore": 1700000000, "notAfter": 1800000000}}}',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/facts.json':
          '{"measured": 1750000000, "certificates": {"/etc/pki/qemu/client-cert.pem": {"names": [], "notAfter": 1000}}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
  ],
  check(host, report) {
    const asked = nativeTls(host);
    if (!asked) return;
    const place = migrationFolder(host).place ?? asked;
    checkDates(host, migrationFiles(host), place, 'migrations with native TLS fail', report);
  },
});
