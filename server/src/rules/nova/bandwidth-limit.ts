import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { runsGuests } from './_guests';
import { integerOf, optionOf, usesQemu } from './_options';

/** MiB in a GiB. */
const GIB = 1024;

export default defineRule({
  id: 'nova/bandwidth-limit',
  scope: 'host',
  title: 'Migrations are slowed down',
  severity: 'info',
  files: ['nova'],
  messages: {
    default:
      'At {limit} MiB/s ({gbit} Gbit/s) a GiB takes {seconds} s, and a guest that writes faster never gets across; 0 is no limit',
    never:
      'At {limit} MiB/s a GiB takes {seconds} s, and nova gives up after {timeout} s for each: guests that use their memory cannot migrate',
  },
  fixes: { remove: 'Delete it: no limit' },
  why: `live_migration_bandwidth is in MiB, 1024 × 1024 bytes, a second and holds for each migration. What a guest writes to its memory
meanwhile is to be copied again: a limit below that rate makes the migration endless, until live_migration_completion_timeout ends
it (*Live migration not completed after N sec*). Where another network must not be crowded, better give migrations one of their own
by live_migration_inbound_addr.`,
  sources: ['nova/conf/libvirt.py, live_migration_bandwidth', 'nova/virt/libvirt/driver.py, 2013.1 to 33.0.0'],
  explains: [/Live migration not completed after \d+ sec/],
  examples: [
    {
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nlive_migration_bandwidth = ⟦100⟧\n' },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'slower than nova waits',
      release: 'zed',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_bandwidth=⟦1⟧\r\n' },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[libvirt]\r\n' },
    },
    {
      title: 'of old in another section; nobody gave up then',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_bandwidth=⟦1⟧\nlive_migration_uri=qemu+tcp://%s/system\n',
      },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n' },
    },
    {
      title: 'no time that could be over',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_bandwidth = ⟦1⟧\nlive_migration_completion_timeout = 0\nlive_migration_permit_post_copy = true\n',
      },
    },
    {
      title: 'no limit, and containers',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_bandwidth = 0\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = lxc\nlive_migration_bandwidth = 10\n',
      },
    },
  ],
  check(host, report) {
    const bandwidth = optionOf(host, 'libvirt/live_migration_bandwidth', 'DEFAULT/live_migration_bandwidth');
    const place = placeOf(bandwidth);
    const limit = integerOf(bandwidth);
    if (!bandwidth || !place || limit === undefined || limit <= 0 || !usesQemu(host) || !runsGuests(host)) return;
    const timeout = integerOf(optionOf(host, 'libvirt/live_migration_completion_timeout')) ?? 0;
    const never = timeout > 0 && GIB / limit >= timeout;
    report({
      ...place,
      message: never ? 'never' : 'default',
      severity: never ? 'warning' : 'info',
      values: {
        limit,
        gbit: rounded((limit * GIB * GIB * 8) / 1e9),
        seconds: rounded(GIB / limit),
        timeout,
      },
      fixes: [{ title: 'remove', edits: removeAll(host, bandwidth.option), preferred: false }],
    });
  },
});

/** Two digits, as far as anything is left of the point. */
function rounded(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}
