import { nearest } from '../../knowledge/near';
import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { replace } from '../edits';
import { defineRule, type Edit } from '../rule';
import { FLAG_OPTIONS, FLAGS, flagList, type FlagList, type FlagWord } from './_flags';
import { runsGuests } from './_guests';

const MITAKA = releaseIndex('mitaka') ?? NEWEST;

export default defineRule({
  id: 'nova/live-migration-flag-unknown',
  scope: 'host',
  title: 'A word among the migration flags that libvirt does not know',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'grizzly', to: 'mitaka' },
  messages: {
    default: '{word} in {key} is no flag of libvirt: every migration fails; flags are VIR_MIGRATE_… parted by commas',
    ignored: '{word} in {key} is no flag of libvirt: nova leaves it out with a warning in its log',
    empty:
      '{key} has an empty word, which is no flag of libvirt: every migration fails; take the comma, or the line, out',
    ignoredEmpty: '{key} has an empty word: nova leaves it out with a warning in its log',
  },
  fixes: { near: 'Write {near}', commas: 'Part the flags by commas', remove: 'Take the comma out' },
  why: `Up to Liberty nova looks each word up in libvirt's module when a guest is to be migrated: *'module' object has no attribute
'VIR_MIGRATE_…'*, and no migration starts. Mitaka warns *Ignoring unknown libvirt live migration flag* and goes on without it.`,
  sources: ['nova/virt/libvirt/driver.py, 2013.1, 2014.2: getattr(libvirt, …); 13.0.0: the warning'],
  explains: [/'module' object has no attribute 'VIR_MIGRATE/, /unknown libvirt (live )?migration flag/],
  preflight: 'source',
  examples: [
    {
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlive_migration_flag=VIR_MIGRATE_UNDEFINE_SOURCE,⟦VIR_MIGRATE_PEER2PER⟧,VIR_MIGRATE_LIVE\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlive_migration_flag=VIR_MIGRATE_UNDEFINE_SOURCE,VIR_MIGRATE_PEER2PEER,VIR_MIGRATE_LIVE\n',
      },
    },
    {
      title: 'without the prefix',
      release: 'kilo',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nblock_migration_flag = VIR_MIGRATE_PEER2PEER, ⟦live⟧\n',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\nblock_migration_flag = VIR_MIGRATE_PEER2PEER, VIR_MIGRATE_LIVE\n' },
    },
    {
      title: 'parted by blanks',
      release: 'juno',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_flag = ⟦VIR_MIGRATE_PEER2PEER VIR_MIGRATE_LIVE⟧\n',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_flag = VIR_MIGRATE_PEER2PEER, VIR_MIGRATE_LIVE\n' },
    },
    {
      title: 'a comma at the end',
      release: 'havana',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_flag = ⟦VIR_MIGRATE_PEER2PEER,VIR_MIGRATE_LIVE,⟧\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_flag = VIR_MIGRATE_PEER2PEER,VIR_MIGRATE_LIVE\n' },
    },
    {
      title: 'Mitaka goes on',
      release: 'mitaka',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_flag = VIR_MIGRATE_LIVE, ⟦VIR_MIGRATE_NOW⟧\n' },
    },
    {
      title: 'all of them known, over two lines',
      release: 'icehouse',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_flag = VIR_MIGRATE_UNDEFINE_SOURCE, VIR_MIGRATE_PEER2PEER,\n VIR_MIGRATE_LIVE, VIR_MIGRATE_TUNNELLED\n',
      },
    },
    {
      title: 'a host that runs no guests',
      release: 'icehouse',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nlive_migration_flag = LIVE\n',
      },
    },
  ],
  check(host, report) {
    for (const name of FLAG_OPTIONS) {
      const list = flagList(host, name);
      if (!list || list.words.every((w) => FLAGS.has(w.word)) || !runsGuests(host)) continue;
      const ignored = host.release.index >= MITAKA;
      const severity = ignored ? 'warning' : 'error';
      const empty = list.words.find((w) => w.word === '');
      if (empty)
        report({
          file: list.file,
          span: list.entry.rawSpan.start < list.entry.rawSpan.end ? list.entry.rawSpan : list.entry.span,
          message: ignored ? 'ignoredEmpty' : 'empty',
          severity,
          values: { key: list.key },
          fixes: [list.words.length > 1 ? { title: 'remove', edits: withoutEmpty(list) } : undefined],
        });
      for (const word of list.words) {
        // A comment behind the value is a matter of its own.
        if (word.word === '' || FLAGS.has(word.word) || /\s#/.test(word.word)) continue;
        const parted = partedBy(word);
        report({
          file: list.file,
          span: word.span,
          message: ignored ? 'ignored' : 'default',
          severity,
          values: { word: word.word, key: list.key },
          fixes: parted
            ? [{ title: 'commas', edits: [replace(list.file, word.span, parted.join(', '))] }]
            : nearFlags(word.word).map((near) => ({
                title: 'near',
                values: { near },
                edits: [replace(list.file, word.span, near)],
              })),
        });
      }
    }
  },
});

/** The flags of a word that other separators than commas hold together. */
function partedBy(word: FlagWord): readonly string[] | undefined {
  const flags = word.word.split(/[\s|;+]+/).filter((w) => w !== '');
  return flags.length > 1 && flags.every((f) => FLAGS.has(f)) ? flags : undefined;
}

function nearFlags(word: string): readonly string[] {
  const full = `VIR_MIGRATE_${word.toUpperCase().replace(/^(VIR_)?(MIGRATE_)?/, '')}`;
  return FLAGS.has(full) ? [full] : nearest(word, FLAGS);
}

/** Takes the empty words out, each with one comma. */
function withoutEmpty(list: FlagList): Edit[] {
  const edits: Edit[] = [];
  let kept = false;
  for (const { word, slot } of list.words) {
    if (word !== '') kept = true;
    // With its comma before it; at the very beginning with the one after it.
    else if (kept) edits.push(replace(list.file, { start: slot.start - 1, end: slot.end }, ''));
    else edits.push(replace(list.file, { start: slot.start, end: slot.end + 1 }, ''));
  }
  return kept ? edits : [];
}
