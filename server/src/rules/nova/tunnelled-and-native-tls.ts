import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { isTrue, runsGuests } from './_guests';

export default defineRule({
  id: 'nova/tunnelled-and-native-tls',
  scope: 'host',
  title: 'Two ways of encryption that exclude each other',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'stein' },
  messages: {
    default:
      'live_migration_tunnelled and live_migration_with_native_tls exclude each other: nova-compute does not start; delete this one',
  },
  fixes: { remove: 'Delete live_migration_tunnelled' },
  why: `nova-compute ends with *Setting both 'live_migration_tunnelled' and 'live_migration_with_native_tls' at the same time is
invalid*. Native TLS is the better one: it takes disks along, and can be used with post-copy.`,
  sources: ['nova/virt/libvirt/driver.py, 19.0.0 to 33.0.0', 'nova-compute 26.2.2 with both: exits'],
  explains: [/Setting both 'live_migration_tunnelled' and 'live_migration_with_native_tls'/],
  preflight: true,
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\nlive_migration_tunnelled = ⟦True⟧\n',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n' },
    },
    {
      title: 'set in two files',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_tunnelled=yes\r\nlive_migration_with_native_tls=1\r\n',
        'etc/nova/nova-compute.conf': '[libvirt]\nlive_migration_tunnelled=⟦on⟧\n',
      },
      good: {
        'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_with_native_tls=1\r\n',
        'etc/nova/nova-compute.conf': '[libvirt]\n',
      },
    },
    {
      title: 'only one of them is on',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\nlive_migration_tunnelled = false\n',
      },
    },
  ],
  check(host, report) {
    const tunnelled = host.nova.get('live_migration_tunnelled');
    const native = host.nova.get('live_migration_with_native_tls');
    const place = placeOf(tunnelled);
    const other = placeOf(native);
    if (!tunnelled || !place || !other || !isTrue(tunnelled.value) || !isTrue(native?.value)) return;
    if (!runsGuests(host)) return;
    report({
      ...place,
      related: [{ ...other, message: 'Native TLS is on' }],
      fixes: [{ title: 'remove', edits: removeAll(host, tunnelled.option) }],
    });
  },
});
