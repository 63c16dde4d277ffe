import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { isTrue, runsGuests } from './_guests';
import { integerOf, optionOf, usesQemu } from './_options';

export default defineRule({
  id: 'nova/completion-timeout-zero',
  scope: 'host',
  title: 'The migration of a busy guest may never end',
  severity: 'info',
  files: ['nova'],
  releases: { from: 'liberty' },
  messages: {
    default:
      'live_migration_completion_timeout = 0 without post-copy or auto-converge: a busy guest migrates for ever and others wait; write 800',
  },
  fixes: { remove: 'Delete it: 800 seconds for each GiB' },
  why: `A guest that writes to its memory faster than the network carries it never gets across. Nova ends such a migration when the time is
over, 800 seconds for each GiB by default; 0 takes that away. Post-copy or auto-converge would bring the guest over in the end, but
neither is permitted here. By max_concurrent_live_migrations, 1 by default, all further migrations from this host wait for it.
Where somebody looks after migrations and ends them by hand, that is meant.`,
  sources: ['nova/conf/libvirt.py, 12.0.0 to 33.0.0', 'nova/virt/libvirt/driver.py, _live_migration_monitor'],
  examples: [
    {
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nlive_migration_completion_timeout = ⟦0⟧\n' },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'with auto-converge, with post-copy, with a time, with one file of several',
      files: {
        'c1/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_completion_timeout = 0\nlive_migration_permit_auto_converge = true\n',
        'c2/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_completion_timeout = 0\nlive_migration_permit_post_copy = true\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_completion_timeout = 800\n',
        'c4/etc/nova/nova-compute.conf': '[libvirt]\nlive_migration_completion_timeout = 0\n',
      },
    },
    {
      title: 'up to Newton nova also ends what makes no progress for 150 seconds',
      release: 'liberty',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_completion_timeout = 0\n' },
    },
    {
      title: 'Liberty, when that is off too',
      release: 'liberty',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_progress_timeout=0\r\nlive_migration_completion_timeout=⟦0⟧\r\n',
      },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_progress_timeout=0\r\n' },
    },
  ],
  check(host, report) {
    const timeout = optionOf(host, 'libvirt/live_migration_completion_timeout');
    const place = placeOf(timeout);
    if (!timeout || !place || integerOf(timeout) !== 0 || !host.nova.whole) return;
    if ((integerOf(optionOf(host, 'libvirt/live_migration_progress_timeout')) ?? 0) > 0) return;
    const ways = ['libvirt/live_migration_permit_post_copy', 'libvirt/live_migration_permit_auto_converge'] as const;
    if (ways.some((way) => isTrue(optionOf(host, way)?.value)) || !usesQemu(host) || !runsGuests(host)) return;
    report({ ...place, fixes: [{ title: 'remove', edits: removeAll(host, timeout.option), preferred: false }] });
  },
});
