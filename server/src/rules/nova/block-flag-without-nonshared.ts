import type { Span } from '../../syntax/types';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { appendFlag, flagList, hasFlag, isClean, type FlagList } from './_flags';
import { runsGuests } from './_guests';

const COPIES = ['VIR_MIGRATE_NON_SHARED_INC', 'VIR_MIGRATE_NON_SHARED_DISK'];

export default defineRule({
  id: 'nova/block-flag-without-nonshared',
  scope: 'host',
  title: 'The flags say the wrong thing about copying disks',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'grizzly', to: 'liberty' },
  messages: {
    missing:
      'block_migration_flag has no VIR_MIGRATE_NON_SHARED_INC: disks are not copied, block migrations fail or lose them; add it',
    needless:
      'live_migration_flag has {flag}: disks on shared storage are copied onto themselves; leave that to block_migration_flag',
  },
  fixes: { add: 'Add VIR_MIGRATE_NON_SHARED_INC', remove: 'Take {flag} out' },
  why: `Nova takes block_migration_flag where disks are to be copied, and live_migration_flag where both hosts see them. Without a flag that
copies, libvirt refuses (*Unsafe migration: Migration without shared storage is unsafe*) or, where it does not look, starts the guest
on the empty image that nova made at the destination. With one on shared storage QEMU writes the disk onto itself while the guest does
too; newer ones refuse (*Block node is read-only*). From Mitaka on nova puts such lists right itself.`,
  sources: [
    'virsh migrate of libvirt 9.0.0 and QEMU 7.2: local disk without, shared disk with --copy-storage-inc',
    'nova/virt/libvirt/driver.py, _live_migration, 2013.1 to 12.0.0',
    'Release note of Mitaka: flags for live migration are corrected',
  ],
  explains: [/Migration without shared storage is unsafe/, /block-export-add.*Block node is read-only/],
  preflight: 'source',
  examples: [
    {
      release: 'juno',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nblock_migration_flag = ⟦VIR_MIGRATE_UNDEFINE_SOURCE, VIR_MIGRATE_PEER2PEER, VIR_MIGRATE_LIVE⟧\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\nblock_migration_flag = VIR_MIGRATE_UNDEFINE_SOURCE, VIR_MIGRATE_PEER2PEER, VIR_MIGRATE_LIVE, VIR_MIGRATE_NON_SHARED_INC\n',
      },
    },
    {
      title: 'copied over from the other option',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\nlive_migration_flag="VIR_MIGRATE_UNDEFINE_SOURCE,VIR_MIGRATE_PEER2PEER,VIR_MIGRATE_LIVE,⟦VIR_MIGRATE_NON_SHARED_INC⟧"\r\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\nlive_migration_flag="VIR_MIGRATE_UNDEFINE_SOURCE,VIR_MIGRATE_PEER2PEER,VIR_MIGRATE_LIVE"\r\n',
      },
    },
    {
      title: 'at the beginning',
      release: 'liberty',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_flag = ⟦VIR_MIGRATE_NON_SHARED_DISK⟧, VIR_MIGRATE_LIVE, VIR_MIGRATE_PEER2PEER\n',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_flag = VIR_MIGRATE_LIVE, VIR_MIGRATE_PEER2PEER\n' },
    },
    {
      title: 'the whole disk copied, the defaults, and words that are no flags',
      release: 'juno',
      files: {
        'c1/etc/nova/nova.conf':
          '[libvirt]\nblock_migration_flag = VIR_MIGRATE_PEER2PEER, VIR_MIGRATE_LIVE, VIR_MIGRATE_NON_SHARED_DISK\n',
        'c2/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_flag = VIR_MIGRATE_UNDEFINE_SOURCE, VIR_MIGRATE_PEER2PEER, VIR_MIGRATE_LIVE, VIR_MIGRATE_TUNNELLED\n',
        'c3/etc/nova/nova.conf':
          '[libvirt]\nblock_migration_flag = VIR_MIGRATE_LIVE, VIR_MIGRATE_PEER2PEER, NON_SHARED_INC\n',
      },
    },
    {
      title: 'a controller',
      release: 'juno',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nblock_migration_flag = VIR_MIGRATE_LIVE, VIR_MIGRATE_PEER2PEER\n',
      },
    },
    {
      title: 'Mitaka puts it right',
      release: 'mitaka',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nblock_migration_flag = VIR_MIGRATE_LIVE, VIR_MIGRATE_PEER2PEER\n',
      },
    },
  ],
  check(host, report) {
    if (!runsGuests(host)) return;
    const block = flagList(host, 'block_migration_flag');
    if (block && isClean(block) && !COPIES.some((flag) => hasFlag(block, flag)))
      report({
        file: block.file,
        span: block.entry.rawSpan,
        message: 'missing',
        fixes: [{ title: 'add', edits: [appendFlag(block, 'VIR_MIGRATE_NON_SHARED_INC')] }],
      });
    const live = flagList(host, 'live_migration_flag');
    for (const { word, span } of live?.words ?? []) {
      if (!live || !COPIES.includes(word)) continue;
      const cut = withComma(live, span);
      report({
        file: live.file,
        span,
        message: 'needless',
        values: { flag: word },
        fixes: [cut && { title: 'remove', edits: [replace(live.file, cut, '')] }],
      });
    }
  },
});

/** A flag with the comma before it, at the beginning of the list with the one after it; undefined where it is alone. */
function withComma(list: FlagList, span: Span): Span | undefined {
  const at = list.words.findIndex((w) => w.span.start === span.start);
  const [before, after] = [list.words[at - 1], list.words[at + 1]];
  if (before) return { start: before.slot.end, end: span.end };
  return after && { start: span.start, end: after.span.start };
}
