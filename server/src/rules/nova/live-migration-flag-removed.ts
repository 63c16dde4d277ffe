import { lookup } from '../../knowledge/nova';
import { documentOf } from '../../model/parsed';
import { removeLines } from '../edits';
import { defineRule } from '../rule';
import { runsGuests } from './_guests';

export default defineRule({
  id: 'nova/live-migration-flag-removed',
  scope: 'host',
  title: 'Nova chooses the migration flags itself',
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'newton' },
  messages: {
    default:
      '{key} is ignored since Newton, nova chooses the flags itself: delete it, and set what it was for by its own option',
    tunnelled:
      '{key} is ignored since Newton: its VIR_MIGRATE_TUNNELLED does not encrypt; delete it, see live_migration_with_native_tls',
  },
  fixes: { remove: 'Delete {key}' },
  why: `Newton took live_migration_flag and block_migration_flag away. Nova-compute starts and says nothing; whatever they asked for,
a tunnel through libvirt's own connection for example, is not done. What can still be chosen has options of its own:
live_migration_tunnelled (deprecated), live_migration_with_native_tls (Stein), live_migration_permit_post_copy and
live_migration_permit_auto_converge.`,
  sources: ['nova, release note remove-libvirt-migration-flags-config of 14.0.0'],
  examples: [
    {
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nvirt_type = kvm\n⟦live_migration_flag = VIR_MIGRATE_UNDEFINE_SOURCE, VIR_MIGRATE_PEER2PEER,\n VIR_MIGRATE_LIVE⟧\ncpu_mode = none\n',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ncpu_mode = none\n' },
    },
    {
      title: 'also in its oldest place',
      release: 'newton',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\n⟦block_migration_flag=VIR_MIGRATE_PEER2PEER,VIR_MIGRATE_TUNNELLED⟧\r\nmy_ip=10.0.0.1\r\n',
      },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip=10.0.0.1\r\n' },
    },
    {
      title: 'Mitaka reads it',
      release: 'mitaka',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_flag = VIR_MIGRATE_LIVE, VIR_MIGRATE_PEER2PEER\n' },
    },
    {
      title: 'its successor',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n' },
    },
  ],
  check(host, report) {
    for (const file of host.nova.files) {
      for (const entry of documentOf(file, 'oslo').entries) {
        if (entry.key !== 'live_migration_flag' && entry.key !== 'block_migration_flag') continue;
        if (!entry.section || (host.node?.roles.length && !runsGuests(host))) continue;
        if (lookup(entry.section.lookup, entry.key, host.release.index).kind !== 'removed') continue;
        report({
          file,
          span: entry.span,
          message: entry.value.includes('VIR_MIGRATE_TUNNELLED') ? 'tunnelled' : 'default',
          values: { key: entry.key },
          tags: ['unnecessary'],
          fixes: [{ title: 'remove', edits: [removeLines(file, entry.span)] }],
        });
      }
    }
  },
});
