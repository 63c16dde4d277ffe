import { wantedTransport } from '../../model/transport';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { runsGuests } from './_guests';
import { isOn, usesQemu } from './_options';

export default defineRule({
  id: 'nova/native-tls-without-tls-scheme',
  scope: 'host',
  title: 'The data is encrypted, the orders are not',
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'stein' },
  messages: {
    default:
      'Native TLS covers memory and disks only: libvirt is still dialled over plain TCP; use live_migration_scheme = tls, or ssh',
  },
  why: `live_migration_with_native_tls is about the stream between the two QEMU processes. The connection between the two libvirt
daemons, which tells the destination what to start, goes by live_migration_scheme, by default over TCP port 16509 in the clear, where
whoever can read along or connect rules the guests. Nothing is logged of it. Where certificates are in place for QEMU, \`tls\` asks
for the same for libvirt, in /etc/pki/libvirt.`,
  sources: [
    'virsh migrate --tls over qemu+tcp of libvirt 9.0.0: migrates',
    'Nova administration guide: Secure live migration with QEMU-native TLS',
  ],
  examples: [
    {
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = ⟦true⟧\n' },
    },
    {
      title: 'said aloud',
      release: 'stein',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_uri=qemu+tcp://%s/system\r\nlive_migration_with_native_tls=⟦yes⟧\r\n',
      },
    },
    {
      title: 'over TLS, over SSH, and by a file of which the rest is not in view',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\nlive_migration_with_native_tls = true\n',
        'c2/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s/system\nlive_migration_with_native_tls = true\n',
        'c3/etc/nova/nova-compute.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
      },
    },
    {
      title: 'not in use',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = false\n' },
    },
  ],
  check(host, report) {
    const native = host.nova.get('live_migration_with_native_tls');
    const place = placeOf(native);
    if (!isOn(native) || !place || !usesQemu(host) || !runsGuests(host)) return;
    const wanted = wantedTransport(host);
    if (wanted?.transport !== 'tcp' || (!wanted.declared && !host.nova.whole)) return;
    report({
      ...place,
      related: wanted.place ? [{ ...wanted.place, message: 'Libvirt is dialled so' }] : [],
    });
  },
});
