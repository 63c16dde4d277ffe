import { setOsloOption } from '../edits';
import { defineRule } from '../rule';
import { placeOf, placeOfMissing } from './_entry';
import { appendFlag, FLAG_OPTIONS, flagList, hasFlag, isClean } from './_flags';
import { runsGuests } from './_guests';

const LIVE = 'VIR_MIGRATE_LIVE';

export default defineRule({
  id: 'nova/live-migration-flag-not-live',
  scope: 'host',
  title: 'The guest stands still while it migrates',
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'grizzly', to: 'icehouse' },
  messages: {
    default: '{key} lacks VIR_MIGRATE_LIVE: the guest is paused until all of its memory is copied; add it',
    absent:
      'live_migration_flag is not set, and its default lacks VIR_MIGRATE_LIVE: the guest is paused while its memory is copied',
  },
  fixes: { add: 'Add VIR_MIGRATE_LIVE', set: 'Set the default and VIR_MIGRATE_LIVE' },
  why: `Without VIR_MIGRATE_LIVE libvirt pauses the guest, copies its memory and lets it go on at the destination: the migration
succeeds, and the guest is away for as long as the copy takes, minutes with much memory. Up to Icehouse the default of nova is
\`VIR_MIGRATE_UNDEFINE_SOURCE, VIR_MIGRATE_PEER2PEER\`; from Juno on it has the flag.`,
  sources: [
    'nova/virt/libvirt/driver.py, live_migration_flag, 2013.1 to 2014.1',
    'Compute administration guide, Grizzly: Configuring Migrations',
  ],
  examples: [
    {
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlive_migration_flag=⟦"VIR_MIGRATE_UNDEFINE_SOURCE,VIR_MIGRATE_PEER2PEER"⟧\nmy_ip=10.0.0.1\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlive_migration_flag="VIR_MIGRATE_UNDEFINE_SOURCE,VIR_MIGRATE_PEER2PEER,VIR_MIGRATE_LIVE"\nmy_ip=10.0.0.1\n',
      },
    },
    {
      title: 'over two lines',
      release: 'icehouse',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_flag = ⟦VIR_MIGRATE_UNDEFINE_SOURCE,\r\n  VIR_MIGRATE_PEER2PEER⟧\r\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_flag = VIR_MIGRATE_UNDEFINE_SOURCE,\r\n  VIR_MIGRATE_PEER2PEER, VIR_MIGRATE_LIVE\r\n',
      },
    },
    {
      title: 'the default of a host that is set up for migrations',
      release: 'grizzly',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '⟦[DEFAULT]⟧\nlive_migration_uri=qemu+tcp://%s/system\n' },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\nlive_migration_flag=VIR_MIGRATE_UNDEFINE_SOURCE,VIR_MIGRATE_PEER2PEER,VIR_MIGRATE_LIVE\n',
      },
    },
    {
      title: 'as the guide of Grizzly has it',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlive_migration_flag=VIR_MIGRATE_UNDEFINE_SOURCE,VIR_MIGRATE_PEER2PEER,VIR_MIGRATE_LIVE\n',
      },
    },
    {
      title: 'a file that says nothing of libvirt',
      release: 'grizzly',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nmy_ip=10.0.0.1\n' },
    },
    {
      title: 'from Juno on the default has it',
      release: 'juno',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\n' },
    },
  ],
  check(host, report) {
    for (const name of FLAG_OPTIONS) {
      const list = flagList(host, name);
      if (!list || hasFlag(list, LIVE) || !isClean(list) || !runsGuests(host)) continue;
      report({
        file: list.file,
        span: list.entry.rawSpan,
        values: { key: list.key },
        fixes: [{ title: 'add', edits: [appendFlag(list, LIVE)] }],
      });
    }
    const setting = host.nova.get('live_migration_flag');
    if (!setting || setting.origin === 'set' || setting.raw === undefined || setting.raw.includes(LIVE)) return;
    if (!runsGuests(host)) return;
    const place = placeOfMissing(host, setting.option, placeOf(host.nova.get('live_migration_uri')));
    if (!place) return;
    const value = `${setting.raw.replace(/\s/g, '')},${LIVE}`;
    report({
      ...place,
      message: 'absent',
      severity: 'info',
      fixes: [{ title: 'set', edits: [setOsloOption(place.file, setting.option.group, setting.option.name, value)] }],
    });
  },
});
