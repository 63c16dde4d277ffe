import type { Place } from '../../model/host';
import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { isTrue, runsGuests } from './_guests';
import { integerOf, optionOf, usesQemu } from './_options';

export default defineRule({
  id: 'nova/completion-timeout-too-short',
  scope: 'host',
  title: 'Time is over before the longest pause is tried',
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'liberty' },
  messages: {
    default:
      'A migration has {timeout} s per GiB, and the full downtime is allowed after {steps} × {delay} s: busy guests are aborted; give more',
    forced:
      'A migration has {timeout} s per GiB, and the full downtime is allowed after {steps} × {delay} s: before that it is completed by force',
  },
  fixes: { remove: 'Delete live_migration_completion_timeout: {usual} seconds for each GiB' },
  why: `Nova lets the last pause of a guest grow in live_migration_downtime_steps steps, one every live_migration_downtime_delay seconds
for each GiB, up to live_migration_downtime. A migration that would get across with the longest pause is ended before that is allowed
when live_migration_completion_timeout, counted for each GiB as well, is not larger than the two multiplied: *Live migration not
completed after N sec*. The defaults, 800 against 10 × 75, leave room.`,
  sources: [
    'nova/virt/libvirt/migration.py, downtime_steps and find_objective',
    'nova/conf/libvirt.py, live_migration_completion_timeout, 12.0.0 to 33.0.0',
    'nova 26.2.2 with a timeout of 6 seconds',
  ],
  explains: [/Live migration not completed after \d+ sec/],
  examples: [
    {
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nlive_migration_completion_timeout = ⟦300⟧\n' },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'by longer delays',
      release: 'liberty',
      files: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_downtime_delay=⟦100⟧\r\n' },
    },
    {
      title: 'by more steps',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_downtime_steps = ⟦20⟧\n' },
    },
    {
      title: 'completed by force then',
      release: 'zed',
      severity: 'info',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_completion_timeout = ⟦60⟧\nlive_migration_timeout_action = force_complete\n',
      },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_timeout_action = force_complete\n' },
    },
    {
      title: 'the default would be no longer: nothing to be deleted',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_completion_timeout = ⟦900⟧\nlive_migration_downtime_delay = 100\n',
      },
    },
    {
      title: 'longer, endless, shorter steps, one file of several',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_completion_timeout = 751\n',
        'c2/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_completion_timeout = 0\nlive_migration_permit_auto_converge = true\n',
        'c3/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_completion_timeout = 100\nlive_migration_downtime_steps = 5\nlive_migration_downtime_delay = 15\n',
        'c4/etc/nova/nova-compute.conf': '[libvirt]\nlive_migration_completion_timeout = 100\n',
      },
    },
    {
      title: 'up to Rocky post-copy comes first where it is permitted',
      release: 'rocky',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_completion_timeout = 100\nlive_migration_permit_post_copy = true\n',
      },
    },
  ],
  check(host, report) {
    const timeout = optionOf(host, 'libvirt/live_migration_completion_timeout');
    const steps = optionOf(host, 'libvirt/live_migration_downtime_steps');
    const delay = optionOf(host, 'libvirt/live_migration_downtime_delay');
    if (!timeout || !host.nova.whole || !usesQemu(host)) return;
    const [time, count, each] = [timeout, steps, delay].map(integerOf);
    if (time === undefined || count === undefined || each === undefined || time <= 0 || time > count * each) return;
    const places = [timeout, steps, delay].map(placeOf).filter((p): p is Place => p !== undefined);
    const [place, ...others] = places;
    if (!place || !runsGuests(host)) return;
    const action = optionOf(host, 'libvirt/live_migration_timeout_action');
    if (!action && isTrue(optionOf(host, 'libvirt/live_migration_permit_post_copy')?.value)) return;
    const forced = action?.value === 'force_complete';
    report({
      ...place,
      message: forced ? 'forced' : 'default',
      severity: forced ? 'info' : 'warning',
      values: { timeout: time, steps: count, delay: each },
      related: others.map((other) => ({ ...other, message: 'Steps and their length' })),
      fixes: [
        timeout.entry && USUAL > count * each
          ? {
              title: 'remove',
              values: { usual: USUAL },
              edits: removeAll(host, timeout.option),
              preferred: false,
            }
          : undefined,
      ],
    });
  },
});

/** The default of live_migration_completion_timeout at every release that has it. */
const USUAL = 800;
