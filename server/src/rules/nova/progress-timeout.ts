import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { runsGuests } from './_guests';
import { integerOf, optionOf, usesQemu } from './_options';

/** From here on its default is 0. */
const OCATA = releaseIndex('ocata') ?? NEWEST;

export default defineRule({
  id: 'nova/progress-timeout',
  scope: 'host',
  title: 'Good migrations are taken for stuck ones',
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'liberty', to: 'rocky' },
  messages: {
    default:
      'live_migration_progress_timeout = {value} aborts migrations that go well; the completion timeout is enough: use 0',
  },
  fixes: { remove: 'Delete it: 0 is the default', zero: 'Set it to 0' },
  why: `Nova takes the smallest amount of memory that was ever left to copy as a mark, and a migration that stays above it for this time
as stuck: *Live migration stuck for N sec*. A busy guest's remainder goes up and down while later passes still make progress, so that
migrations are aborted which would have got across. From Ocata on the default is 0 for that reason, and Stein has dropped the option.`,
  sources: [
    'nova/conf/libvirt.py, 12.0.0 to 18.0.0',
    'Release note of Ocata: live_migration_progress_timeout is deprecated',
  ],
  explains: [/Live migration stuck for \d+ sec/],
  examples: [
    {
      release: 'queens',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nlive_migration_progress_timeout = ⟦150⟧\n' },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'before Ocata leaving it out means 150 seconds',
      release: 'mitaka',
      files: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_progress_timeout=⟦60⟧\r\n' },
      fix: 'zero',
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_progress_timeout=0\r\n' },
    },
    {
      title: 'no worse than the default of its time',
      release: 'mitaka',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_progress_timeout = ⟦150⟧\n' },
      fix: 'zero',
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_progress_timeout = 0\n' },
    },
    {
      title: 'off',
      release: 'queens',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_progress_timeout = 0\n' },
    },
    {
      title: 'left out',
      release: 'liberty',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_completion_timeout = 800\n' },
    },
    {
      title: 'Stein does not read it any more',
      release: 'stein',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_progress_timeout = 150\n' },
    },
  ],
  check(host, report) {
    const timeout = optionOf(host, 'libvirt/live_migration_progress_timeout');
    const place = placeOf(timeout);
    const value = integerOf(timeout);
    if (!timeout?.entry || !place || value === undefined || value <= 0 || !usesQemu(host) || !runsGuests(host)) return;
    const late = host.release.index >= OCATA;
    report({
      ...place,
      values: { value },
      severity: late || value < 150 ? 'warning' : 'info',
      fixes: [
        late
          ? { title: 'remove', edits: removeAll(host, timeout.option) }
          : { title: 'zero', edits: [setOsloValue(place.file, timeout.entry, '0')] },
      ],
    });
  },
});
