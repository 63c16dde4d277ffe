import { lookup } from '../../knowledge/nova';
import { documentOf } from '../../model/parsed';
import { eolOf, replace, wholeLines } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'nova/key-before-section',
  scope: 'host',
  title: 'An option before the first section header',
  severity: 'error',
  files: ['nova'],
  messages: {
    default: '{key} stands before any section header: nova does not start; put [DEFAULT] or its section above it',
  },
  fixes: { default: 'Put [DEFAULT] above' },
  why: `Unlike git or OpenSSH, oslo.config knows no keys outside a section: nova-compute ends with *Failed to parse nova.conf: at
nova.conf:1, Section must be started before assignment*, and the host can neither send nor receive guests.`,
  sources: ['oslo.config 9.0.0, cfg.py', 'run with nova-compute 26.2.2'],
  explains: [/Section must be started before assignment/],
  preflight: true,
  examples: [
    {
      files: { 'etc/nova/nova.conf': '# compute1\n⟦my_ip⟧ = 10.0.0.1\ndebug = false\n[libvirt]\nvirt_type = kvm\n' },
      good: {
        'etc/nova/nova.conf': '# compute1\n[DEFAULT]\nmy_ip = 10.0.0.1\ndebug = false\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'line breaks of Windows',
      files: { 'etc/nova/nova.conf': '⟦my_ip⟧=10.0.0.1\r\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip=10.0.0.1\r\n' },
    },
    {
      title: 'an option that belongs elsewhere: the header is for the user to choose',
      files: { 'etc/nova/nova-compute.conf': '⟦virt_type⟧=kvm\n' },
    },
    { title: 'comments may stand above the first header', files: { 'etc/nova/nova.conf': '# nova\n\n[DEFAULT]\n' } },
  ],
  check(host, report) {
    for (const file of host.filesOf('nova')) {
      const { problems, entries } = documentOf(file, 'oslo');
      const problem = problems.find((p) => p.code === 'key-before-section');
      if (!problem) continue;
      const at = wholeLines(file, problem.span).start;
      const orphans = entries.filter((e) => !e.section);
      const isDefault = orphans.every((e) => {
        const { kind } = lookup('DEFAULT', e.key, host.release.index);
        return kind === 'option' || kind === 'alias';
      });
      report({
        file,
        span: problem.span,
        values: { key: orphans[0]?.key ?? '' },
        fixes: [
          {
            title: 'default',
            edits: [replace(file, { start: at, end: at }, `[DEFAULT]${eolOf(file)}`)],
            preferred: isDefault,
          },
        ],
      });
    }
  },
});
