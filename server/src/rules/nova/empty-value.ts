import { defaultOf } from '../../knowledge/nova';
import { removeLines } from '../edits';
import { defineRule } from '../rule';
import { faultsOf } from './_values';

export default defineRule({
  id: 'nova/empty-value',
  scope: 'host',
  title: 'An option is set to nothing',
  severity: 'error',
  files: ['nova'],
  messages: {
    refused:
      '{key} is set to nothing, which nova refuses: give a value, or remove the line for the default ({default})',
    unset: '{key} is set to nothing: that is no value at all, not the default ({default})',
  },
  fixes: { remove: 'Remove the line: the default is {default}' },
  why: `\`key =\` is not the same as no line. Booleans, choices and addresses refuse it and nova-compute ends with
*ConfigFileValueError: Value for option virt_type is not valid*; max_concurrent_live_migrations becomes None and nova-compute ends
with a TypeError; other numbers are None from then on.`,
  sources: ['run with nova-compute 26.2.2, one option after the other'],
  explains: [/Unexpected boolean value ''/, /but found ''/],
  preflight: true,
  examples: [
    {
      title: 'choice, boolean, address',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\n⟦virt_type =⟧\n⟦live_migration_permit_post_copy=⟧\n⟦live_migration_inbound_addr = ""⟧\n[DEFAULT]\n⟦max_concurrent_live_migrations =⟧\n',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\n[DEFAULT]\n' },
    },
    {
      title: 'a number that may be missing',
      release: 'zed',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '[libvirt]\r\n⟦live_migration_downtime =⟧\r\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\r\n' },
    },
    {
      title: 'texts and lists may be empty, and numbers that have nothing to do with migrations',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nrbd_user =\ntx_queue_size =\ncpu_models =\nlive_migration_uri =\nlive_migration_scheme =\n[DEFAULT]\nosapi_compute_workers =\nour_own =\n',
      },
    },
  ],
  check(host, report) {
    for (const { item, unset, severity, guess } of faultsOf(host, 'empty')) {
      const { file, entry, option } = item;
      const fallback = defaultOf(option!, host.release.index) ?? null;
      // No value at all is the default then.
      if (unset && fallback === null) continue;
      const values = { key: entry.key, default: fallback === null ? 'none' : JSON.stringify(fallback) };
      report({
        file,
        span: entry.span,
        message: unset ? 'unset' : 'refused',
        severity,
        guess,
        values,
        fixes: [{ title: 'remove', values, edits: [removeLines(file, entry.span)] }],
      });
    }
  },
});
