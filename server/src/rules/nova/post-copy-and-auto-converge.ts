import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { runsGuests } from './_guests';
import { isOn, optionOf, usesQemu } from './_options';

export default defineRule({
  id: 'nova/post-copy-and-auto-converge',
  scope: 'host',
  title: 'Auto-converge is not used beside post-copy',
  severity: 'info',
  files: ['nova'],
  releases: { from: 'newton' },
  messages: {
    default:
      'live_migration_permit_auto_converge counts for nothing where post-copy is permitted: nova asks for one only',
  },
  fixes: {
    converge: 'Delete live_migration_permit_auto_converge',
    postCopy: 'Delete live_migration_permit_post_copy: slow the guest down instead',
  },
  why: `Both are ways to end a migration of a busy guest. Nova takes auto-converge only where post-copy is not permitted or not
available, and says so in its log, at the level of information only.`,
  sources: [
    'nova/virt/libvirt/driver.py, _handle_live_migration_auto_converge, 26.0.0',
    'nova/conf/libvirt.py, 33.0.0',
  ],
  examples: [
    {
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_permit_post_copy = True\nlive_migration_permit_auto_converge = ⟦True⟧\n',
      },
      fix: 'converge',
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = True\n' },
    },
    {
      title: 'the other way out',
      release: 'newton',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_permit_auto_converge=⟦yes⟧\r\nlive_migration_permit_post_copy=on\r\n',
      },
      fix: 'postCopy',
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_permit_auto_converge=yes\r\n' },
    },
    {
      title: 'one of them',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_permit_post_copy = False\nlive_migration_permit_auto_converge = True\n',
      },
    },
    {
      title: 'containers',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nvirt_type = lxc\nlive_migration_permit_post_copy = True\nlive_migration_permit_auto_converge = True\n',
      },
    },
  ],
  check(host, report) {
    const postCopy = optionOf(host, 'libvirt/live_migration_permit_post_copy');
    const converge = optionOf(host, 'libvirt/live_migration_permit_auto_converge');
    const place = placeOf(converge);
    const other = placeOf(postCopy);
    if (!isOn(postCopy) || !isOn(converge) || !place || !other || !usesQemu(host) || !runsGuests(host)) return;
    report({
      ...place,
      related: [{ ...other, message: 'Post-copy is permitted' }],
      tags: ['unnecessary'],
      fixes: [
        { title: 'converge', edits: removeAll(host, converge.option) },
        { title: 'postCopy', edits: removeAll(host, postCopy.option) },
      ],
    });
  },
});
