import { replace } from '../edits';
import { documentOf } from '../../model/parsed';
import { defineRule } from '../rule';
import { nativeTls, unverified } from './_certificates';

export default defineRule({
  id: 'qemu/tls-verify-off',
  scope: 'host',
  title: 'Incoming guests are taken from anybody',
  severity: 'warning',
  files: ['qemu'],
  releases: { from: 'stein' },
  messages: {
    default:
      '{key} = 0: whoever reaches the ports of a migration can send this host a guest; write 1, sources have certificates',
  },
  fixes: { verify: 'Ask sources for a certificate: {key} = 1' },
  why: `The destination's QEMU then does not ask the source who it is. The stream is encrypted, and comes from anybody: a guest's memory
made up by a stranger. With 1, the default, each host needs client-cert.pem and client-key.pem beside its server's.`,
  sources: [
    'virsh migrate --p2p --tls to libvirtd 9.0.0 without a client certificate: completed with 0, refused without the key',
    'qemu.conf of libvirt 9.0.0, migrate_tls_x509_verify',
  ],
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'etc/libvirt/qemu.conf': '⟦default_tls_x509_verify = 0⟧ # no client certificates yet\r\n',
      },
      good: { 'etc/libvirt/qemu.conf': 'default_tls_x509_verify = 1 # no client certificates yet\r\n' },
    },
    {
      title: 'for migrations it is on; guests travel without TLS; not set',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c1/etc/libvirt/qemu.conf': 'default_tls_x509_verify = 0\nmigrate_tls_x509_verify = 1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/libvirt/qemu.conf': 'migrate_tls_x509_verify = 0\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c3/etc/libvirt/qemu.conf': '#migrate_tls_x509_verify = 0\n',
      },
    },
  ],
  check(host, report) {
    const asked = nativeTls(host);
    const place = unverified(host);
    const entry = place && documentOf(place.file, 'libvirt').entries.find((e) => e.span === place.span);
    if (!asked || !place || !entry) return;
    report({
      ...place,
      values: { key: entry.key },
      related: [{ ...asked, message: 'Native TLS is on' }],
      fixes: [{ title: 'verify', edits: [replace(place.file, entry.value.span, '1')] }],
    });
  },
});
