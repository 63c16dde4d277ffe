import { defineRule } from '../rule';
import { appendFlag, FLAG_OPTIONS, flagList, hasFlag, isClean } from './_flags';
import { runsGuests } from './_guests';

const PEER2PEER = 'VIR_MIGRATE_PEER2PEER';

export default defineRule({
  id: 'nova/live-migration-flag-missing-peer2peer',
  scope: 'host',
  title: 'The migration flags ask for a kind of migration that QEMU does not have',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'grizzly', to: 'liberty' },
  messages: {
    default:
      '{key} lacks VIR_MIGRATE_PEER2PEER: libvirt cannot migrate a QEMU guest without it, every migration fails; add it',
  },
  fixes: { add: 'Add VIR_MIGRATE_PEER2PEER' },
  why: `Nova hands the destination's URI to the source's libvirt and leaves the rest to it. Without VIR_MIGRATE_PEER2PEER that is a
direct migration, which the QEMU driver does not offer: *direct migration is not supported by the source host*. From Mitaka on nova
adds the flag by itself.`,
  sources: [
    'libvirt, src/libvirt-domain.c: virDomainMigrateToURI without the flag wants VIR_DRV_FEATURE_MIGRATION_DIRECT',
    'nova, release note libvirt-live-migration-flags-mangling of 13.0.0',
  ],
  explains: [/direct migration is not supported/],
  preflight: 'source',
  examples: [
    {
      release: 'icehouse',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_flag = ⟦VIR_MIGRATE_UNDEFINE_SOURCE, VIR_MIGRATE_LIVE⟧\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_flag = VIR_MIGRATE_UNDEFINE_SOURCE, VIR_MIGRATE_LIVE, VIR_MIGRATE_PEER2PEER\n',
      },
    },
    {
      title: 'one flag alone',
      release: 'grizzly',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_flag=⟦VIR_MIGRATE_LIVE⟧\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_flag=VIR_MIGRATE_LIVE, VIR_MIGRATE_PEER2PEER\n' },
    },
    {
      title: 'Mitaka adds it',
      release: 'mitaka',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_flag = VIR_MIGRATE_LIVE\n' },
    },
    {
      title: 'Xen migrates directly',
      release: 'icehouse',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = xen\nlive_migration_flag = VIR_MIGRATE_LIVE\n' },
    },
    {
      title: 'the default has it',
      release: 'icehouse',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\n' },
    },
  ],
  check(host, report) {
    const hypervisor = host.nova.get('virt_type')?.value ?? 'kvm';
    if (hypervisor !== 'kvm' && hypervisor !== 'qemu') return;
    for (const name of FLAG_OPTIONS) {
      const list = flagList(host, name);
      if (!list || hasFlag(list, PEER2PEER) || !isClean(list) || !runsGuests(host)) continue;
      report({
        file: list.file,
        span: list.entry.rawSpan,
        values: { key: list.key },
        fixes: [{ title: 'add', edits: [appendFlag(list, PEER2PEER)] }],
      });
    }
  },
});
