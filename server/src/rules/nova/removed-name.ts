import { catalogue, sectionName } from '../../knowledge/catalogue';
import { lookup, option, type NovaOption, type OptionPlace } from '../../knowledge/nova';
import { releaseIndex, releaseName } from '../../knowledge/releases';
import { removeLines, replace } from '../edits';
import { defineRule, holdsAtAll } from '../rule';
import { novaItems, type NovaItem } from './_items';
import { MAX_FINDINGS, moveEntry } from './_move';

/** The flags have a rule of their own from the release on that no longer reads them. */
const FLAGS = new Set(['live_migration_flag', 'block_migration_flag']);
const FLAGS_GONE = releaseIndex('newton') ?? 0;

export default defineRule({
  id: 'nova/removed-name',
  scope: 'host',
  title: 'A name that nova no longer reads',
  severity: 'warning',
  files: ['nova'],
  messages: {
    renamed: 'Nova ignores {key} in [{section}] since {removed}: write {right} in [{home}]',
    replaced: 'Nova ignores {key} in [{section}] since {removed}; what takes its place: {others}',
    gone: 'Nova ignores {key} in [{section}] since {removed}, and nothing takes its place',
  },
  fixes: { rename: 'Write {right}', move: 'Move it to [{home}] as {right}', remove: 'Remove the line' },
  why: `A name that was dropped is ignored without a word in any log, and the default of the new one holds: after an upgrade guests
listen on 127.0.0.1 again, migrations use another address, post-copy is off.`,
  sources: ['nova/conf of every release from 2013.1', 'run with nova-compute 26.2.2'],
  examples: [
    {
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\n⟦vncserver_listen⟧ = 0.0.0.0\n[vnc]\nenabled = true\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\n[vnc]\nenabled = true\nserver_listen = 0.0.0.0\n' },
    },
    {
      title: 'the section came with icehouse',
      release: 'juno',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\r\n⟦live_migration_uri⟧=qemu+tcp://%s/system\r\ndebug=false\r\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\ndebug=false\r\n\r\n[libvirt]\r\nlive_migration_uri=qemu+tcp://%s/system\r\n',
      },
    },
    {
      title: 'the new name is set as well',
      release: 'zed',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\n⟦vncserver_listen⟧ = 0.0.0.0\n[vnc]\nserver_listen = 0.0.0.0\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\n[vnc]\nserver_listen = 0.0.0.0\n' },
    },
    {
      title: 'replaced by others',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\n⟦live_migration_progress_timeout⟧ = 150\n' },
    },
    {
      title: 'nothing to do with migrations',
      release: 'zed',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\n⟦firewall_driver⟧ = x\n' },
    },
    {
      title: 'renamed in its section',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[vnc]\n⟦vncserver_listen⟧ = 0.0.0.0\n' },
      good: { 'etc/nova/nova.conf': '[vnc]\nserver_listen = 0.0.0.0\n' },
    },
    {
      title: 'in their time, and names of libraries',
      release: 'kilo',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nvncserver_listen = 0.0.0.0\nfirewall_driver = x\nrabbit_host = a\nrpc_backend = rabbit\nverbose = true\n[database]\nconnection = x\n',
      },
    },
    {
      title: 'the flags of migrations have a rule of their own',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_flag = VIR_MIGRATE_LIVE\n' },
    },
  ],
  check(host, report) {
    const r = host.release.index;
    const { items, setters } = novaItems(host);
    let told = 0;
    for (const item of items) {
      const { file, entry, section, found } = item;
      if (found.kind !== 'removed' || (FLAGS.has(entry.key) && r >= FLAGS_GONE)) continue;
      const { replacements } = found;
      const heir = heirOf(item, replacements);
      const already = replacements.map((p) => setters.get(`${p.group}/${p.name}`)).find((i) => i !== undefined);
      const values = {
        key: entry.key,
        section: section.name,
        removed: releaseName(found.removed),
        right: heir?.name ?? '',
        home: heir?.group ?? '',
        others: replacements.map((p) => (p.group === section.lookup ? p.name : `[${p.group}] ${p.name}`)).join(', '),
      };
      const remove = { title: 'remove' as const, edits: [removeLines(file, entry.span)] };
      report({
        file,
        span: entry.keySpan,
        message: heir ? 'renamed' : replacements.length > 0 ? 'replaced' : 'gone',
        severity: found.option.liveMigration && replacements.length > 0 && !already ? 'warning' : 'info',
        values,
        guess: !holdsAtAll(host, (at) => lookup(section.lookup, entry.key, at).kind === 'removed'),
        tags: ['unnecessary'],
        related: already ? [{ file: already.file, span: already.entry.span, message: 'This one counts' }] : [],
        fixes: [
          told++ >= MAX_FINDINGS
            ? undefined
            : !heir
              ? { ...remove, preferred: false }
              : already
                ? remove
                : heir.group === section.lookup
                  ? { title: 'rename', values, edits: [replace(file, entry.keySpan, heir.name)] }
                  : { title: 'move', values, edits: moveEntry(file, entry, heir.group, heir.name) },
        ],
      });
    }
  },
});

/** The one option that was known by this name: its value means the same. */
function heirOf({ entry, section }: NovaItem, replacements: readonly OptionPlace[]): NovaOption | undefined {
  const [only, ...more] = replacements;
  if (!only || more.length > 0) return undefined;
  const known = catalogue();
  const seen = new Set<NovaOption>();
  let names = [known.section(section.lookup)?.get(entry.key)];
  // Through as many renamings as it took.
  for (let step = 0; step < 5; step++) {
    const options = names.flatMap((s) => s?.aliases.map((a) => a.option) ?? []).filter((o) => !seen.has(o));
    for (const o of options) seen.add(o);
    names = options.map((o) => known.section(sectionName(o.group))?.get(o.name));
  }
  const heir = option(only.group, only.name);
  return heir && seen.has(heir) ? heir : undefined;
}
