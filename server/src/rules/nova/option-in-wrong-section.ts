import { removeLines } from '../edits';
import { defineRule } from '../rule';
import { novaItems } from './_items';
import { keyFault } from './_keys';
import { MAX_FINDINGS, moveEntry } from './_move';

export default defineRule({
  id: 'nova/option-in-wrong-section',
  scope: 'host',
  title: 'An option below the wrong section header',
  severity: 'warning',
  files: ['nova'],
  messages: { default: '{key} has no effect in [{section}]: nova reads it in [{home}]; move it there' },
  fixes: { move: 'Move {key} to [{home}]', remove: 'Remove the line, [{home}] has the same' },
  why: `An option counts in its own section only. A line that was appended to the end of nova.conf (with \`echo >>\` or sed) lands in
whatever section is last, is ignored there without a word, and the default stays: \`vncserver_listen\` on 127.0.0.1, migrations
without post-copy.`,
  sources: ['nova/conf of every release from 2013.1', 'run with nova-compute 26.2.2'],
  examples: [
    {
      title: 'below DEFAULT',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\n⟦live_migration_completion_timeout⟧ = 400\nmy_ip = 10.0.0.1\n\n[libvirt]\nvirt_type = kvm\n\n[vnc]\nenabled = true\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.1\n\n[libvirt]\nvirt_type = kvm\nlive_migration_completion_timeout = 400\n\n[vnc]\nenabled = true\n',
      },
    },
    {
      title: 'appended to the end of the file, and no section of its own',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip = 10.0.0.1\r\n\r\n[vnc]\r\n⟦virt_type⟧=kvm' },
      good: {
        'etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip = 10.0.0.1\r\n\r\n[vnc]\r\n\r\n[libvirt]\r\nvirt_type=kvm\r\n',
      },
    },
    {
      title: "below a library's header, with continuation lines",
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\ndebug = false\n[oslo_concurrency]\n⟦instances_path⟧ =\n  /srv/nova\nlock_path = /run\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\ndebug = false\ninstances_path =\n  /srv/nova\n[oslo_concurrency]\nlock_path = /run\n',
      },
    },
    {
      title: 'the right section has the same already',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\n⟦virt_type⟧ = kvm\n[libvirt]\nvirt_type = kvm\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'the right section has another value: which one is meant, the user knows',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\n⟦virt_type⟧ = qemu\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'names that several sections have, and old homes',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nserver_listen = 0.0.0.0\n[neutron]\nhost = a\nenabled = true\n[DEFAULT]\nlive_migration_uri = qemu+tcp://%s/system\n',
      },
    },
  ],
  check(host, report) {
    const { items, setters } = novaItems(host);
    let told = 0;
    for (const item of items) {
      const fault = keyFault(item, host.release.index);
      if (fault?.kind !== 'elsewhere') continue;
      const { file, section, entry } = item;
      const { group: home } = fault.home;
      const there = setters.get(`${home}/${entry.key}`);
      const values = { key: entry.key, section: section.name, home };
      report({
        file,
        span: entry.keySpan,
        values,
        related: there ? [{ file: there.file, span: there.entry.span, message: 'This one counts' }] : [],
        fixes: [
          told++ >= MAX_FINDINGS
            ? undefined
            : !there
              ? { title: 'move', values, edits: moveEntry(file, entry, home) }
              : there.entry.value === entry.value
                ? { title: 'remove', values, edits: [removeLines(file, entry.span)] }
                : undefined,
        ],
      });
    }
  },
});
