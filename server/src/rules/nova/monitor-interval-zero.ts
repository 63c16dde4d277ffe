import { removeAll, placeOf } from './_entry';
import { defineRule } from '../rule';
import { runsGuests } from './_guests';
import { integerOf, optionOf, usesQemu } from './_options';

export default defineRule({
  id: 'nova/monitor-interval-zero',
  scope: 'host',
  title: 'The watch over a migration divides by zero',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'master' },
  messages: {
    default:
      'live_migration_monitor_interval = 0: nova divides by it while it watches a migration; write seconds, 1 or more',
  },
  fixes: { remove: 'Delete it: every 5 seconds' },
  why: `Nova looks after a migration twice a second and counts how often it looked; whether a longer interval is over it finds by the
remainder of a division by twice the interval. With 0 that raises ZeroDivisionError in the thread that watches.`,
  sources: ['nova/virt/libvirt/driver.py, _live_migration_monitor, development branch'],
  preflight: 'source',
  examples: [
    {
      release: 'master',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_monitor_interval = ⟦0⟧\nvirt_type = kvm\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'a second',
      release: 'master',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_monitor_interval = 1\n' },
    },
    {
      title: 'containers',
      release: 'master',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = lxc\nlive_migration_monitor_interval = 0\n' },
    },
  ],
  check(host, report) {
    const interval = optionOf(host, 'libvirt/live_migration_monitor_interval');
    const place = placeOf(interval);
    if (!interval || !place || integerOf(interval) !== 0 || !usesQemu(host) || !runsGuests(host)) return;
    report({ ...place, fixes: [{ title: 'remove', edits: removeAll(host, interval.option) }] });
  },
});
