import { lookup } from '../../knowledge/nova';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { novaItems } from './_items';
import { keyFault } from './_keys';

export default defineRule({
  id: 'nova/dash-in-key',
  scope: 'host',
  title: 'A key is written with dashes',
  severity: 'warning',
  files: ['nova'],
  messages: { default: 'Nova ignores {key}: in files its name is {right}; dashes are for the command line' },
  fixes: { underscores: 'Write {right}' },
  why: `On the command line options have dashes, in files underscores, and oslo.config reads nothing else there: the line is
ignored without a word and the default stays.`,
  sources: ['oslo.config 9.0.0, cfg.py', 'run with nova-compute 26.2.2'],
  examples: [
    {
      files: { 'etc/nova/nova.conf': '[libvirt]\n⟦live-migration-permit-post-copy⟧ = true\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = true\n' },
    },
    {
      title: "a library's",
      files: { 'etc/nova/nova.conf': '[oslo_concurrency]\n⟦lock-path⟧ = /run/lock/nova\n' },
      good: { 'etc/nova/nova.conf': '[oslo_concurrency]\nlock_path = /run/lock/nova\n' },
    },
    {
      title: "one that has nothing to do with live migrations, as in Ubuntu's own nova.conf of Newton",
      release: 'newton',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\n⟦log-dir⟧=/var/log/nova\nstate_path=/var/lib/nova\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nlog_dir=/var/log/nova\nstate_path=/var/lib/nova\n' },
    },
    {
      title: "dashes in values, keystoneauth's old names, which do have dashes, and keys that nobody knows",
      files: {
        'etc/nova/nova.conf': '[neutron]\nuser-name = nova\n[DEFAULT]\nhost = node-1\n[privsep]\nfoo-bar = 1\n',
      },
    },
  ],
  check(host, report) {
    for (const item of novaItems(host).items) {
      if (!item.entry.key.includes('-')) continue;
      const fault = keyFault(item, host.release.index);
      if (fault?.kind !== 'dash') continue;
      const { file, entry } = item;
      const meant = lookup(item.section.lookup, fault.right, host.release.index);
      const matters = (meant.kind === 'option' || meant.kind === 'alias') && meant.option.liveMigration;
      report({
        file,
        span: entry.keySpan,
        severity: matters ? 'warning' : 'info',
        values: { key: entry.key, right: fault.right },
        fixes: [
          { title: 'underscores', values: { right: fault.right }, edits: [replace(file, entry.keySpan, fault.right)] },
        ],
      });
    }
  },
});
