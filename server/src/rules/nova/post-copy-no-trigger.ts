import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { runsGuests } from './_guests';
import { integerOf, isOn, optionOf, usesQemu } from './_options';

export default defineRule({
  id: 'nova/post-copy-no-trigger',
  scope: 'host',
  title: 'Post-copy is permitted, and nothing starts it',
  severity: 'info',
  files: ['nova'],
  releases: { from: 'stein' },
  messages: {
    default:
      'Post-copy starts only by the force-complete call: live_migration_timeout_action is abort; write force_complete',
    timeout:
      'Post-copy starts only by the force-complete call: live_migration_completion_timeout = 0 lets no time run out',
  },
  fixes: { force: 'Set live_migration_timeout_action = force_complete' },
  why: `Permitting post-copy does not start it. Up to Rocky nova changed over when a migration made no progress; from Stein on it does when
live_migration_completion_timeout has run out and live_migration_timeout_action says \`force_complete\`, the default being
\`abort\`. Otherwise only somebody who calls force-complete does. Where that is meant all is well.`,
  sources: [
    'nova/conf/libvirt.py, live_migration_permit_post_copy, 19.0.0 to 33.0.0',
    'nova/virt/libvirt/driver.py, 19.0.0',
  ],
  examples: [
    {
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = ⟦True⟧\n' },
      fix: 'force',
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_permit_post_copy = True\nlive_migration_timeout_action = force_complete\n',
      },
    },
    {
      title: 'said aloud, in another file',
      release: 'stein',
      files: {
        'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_timeout_action=abort\r\n',
        'etc/nova/nova-compute.conf': '[libvirt]\nlive_migration_permit_post_copy=⟦yes⟧\n',
      },
      fix: 'force',
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_timeout_action=force_complete\r\n' },
    },
    {
      title: 'no time that could run out',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_permit_post_copy = ⟦True⟧\nlive_migration_timeout_action = force_complete\nlive_migration_completion_timeout = 0\n',
      },
    },
    {
      title: 'all in place; and one file of several',
      files: {
        'c1/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_permit_post_copy = True\nlive_migration_timeout_action = force_complete\n',
        'c2/etc/nova/nova-compute.conf': '[libvirt]\nlive_migration_permit_post_copy = True\n',
      },
    },
    {
      title: 'Rocky did it by itself',
      release: 'rocky',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = True\n' },
    },
    {
      title: 'not permitted, and containers',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = False\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = lxc\nlive_migration_permit_post_copy = True\n',
      },
    },
  ],
  check(host, report) {
    const postCopy = optionOf(host, 'libvirt/live_migration_permit_post_copy');
    const place = placeOf(postCopy);
    const action = optionOf(host, 'libvirt/live_migration_timeout_action');
    const timeout = optionOf(host, 'libvirt/live_migration_completion_timeout');
    if (!isOn(postCopy) || !place || !action || !usesQemu(host) || !runsGuests(host)) return;
    const endless = integerOf(timeout) === 0;
    if (!endless && action.value !== 'abort') return;
    const related = placeOf(endless ? timeout : action);
    report({
      ...place,
      message: endless ? 'timeout' : 'default',
      related: related ? [{ ...related, message: 'As set here' }] : [],
      fixes: [
        endless
          ? undefined
          : {
              title: 'force',
              preferred: false,
              edits: [
                action.file && action.entry
                  ? setOsloValue(action.file, action.entry, 'force_complete')
                  : setOsloOption(place.file, action.option.group, action.option.name, 'force_complete'),
              ],
            },
      ],
    });
  },
});
