import { releaseName } from '../../knowledge/releases';
import { defineRule } from '../rule';
import { novaItems } from './_items';

export default defineRule({
  id: 'nova/too-new-option',
  scope: 'host',
  title: 'An option of a later release',
  severity: 'info',
  files: ['nova'],
  messages: { default: '{key} came with {added}: this nova ({release}, says {reason}) ignores it' },
  why: `A nova that does not know an option ignores it without a word. Who copies a setting from a newer guide – post-copy,
native TLS, the parallel connections of 2026.1 – believes it to be on.`,
  sources: ['nova/conf of every release from 2013.1, at the last tag of each branch'],
  examples: [
    {
      release: 'juno',
      files: { 'etc/nova/nova.conf': '[libvirt]\n⟦live_migration_permit_post_copy⟧ = true\n' },
    },
    {
      title: 'from its release on, and where nobody has said which one it is',
      release: 'auto',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_permit_post_copy = true\nlive_migration_flag = VIR_MIGRATE_LIVE\n',
      },
    },
  ],
  check(host, report) {
    // A guess would be judged by the very options in question.
    if (host.release.guessed) return;
    for (const { file, entry, found } of novaItems(host).items) {
      if (found.kind !== 'too-new') continue;
      const { index, reason } = host.release;
      const values = { key: entry.key, added: releaseName(found.added), release: releaseName(index), reason };
      report({ file, span: entry.keySpan, values });
    }
  },
});
