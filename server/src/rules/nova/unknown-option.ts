import { option } from '../../knowledge/nova';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { novaItems } from './_items';
import { keyFault } from './_keys';
import { isSlip } from './_sections';

export default defineRule({
  id: 'nova/unknown-option',
  scope: 'host',
  title: 'An option that nova does not know',
  severity: 'info',
  files: ['nova'],
  messages: {
    near: 'Nova has no option {key} in [{section}] and ignores it: did you mean {near}?',
    unknown:
      'No nova since grizzly has an option {key} in [{section}]: it has no effect, unless a plugin of yours reads it',
  },
  fixes: { rename: 'Write {near}' },
  why: `oslo.config ignores unknown keys without a word in any log: nova-compute starts, and the setting that one believes to be
on is not. A misspelt \`live_migration_permit_post_copy\` shows only when a busy guest never gets across.`,
  sources: ['nova/conf of every release from 2013.1', 'run with nova-compute 26.2.2'],
  examples: [
    {
      title: 'a misspelt option of live migration',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[libvirt]\n⟦live_migration_bandwith⟧ = 500\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_bandwidth = 500\n' },
    },
    {
      title: 'capitals',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[libvirt]\n⟦Virt_Type⟧ = kvm\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'something else of nova',
      files: { 'etc/nova/nova.conf': '[api]\n⟦max_limt⟧ = 10\n' },
      good: { 'etc/nova/nova.conf': '[api]\nmax_limit = 10\n' },
    },
    {
      title: 'nothing like it',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\n⟦our_own_setting⟧ = 1\n' },
    },
    {
      title: 'one that is near, but is set already, and words that only end alike',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.1\n⟦my_io⟧ = x\n⟦novnc_enabled⟧ = true\n' },
      release: 'grizzly',
    },
    {
      title: 'libraries, privileged daemons, plugins of keystone: theirs to judge',
      files: {
        'etc/nova/nova.conf':
          '[oslo_messaging_rabbit]\nbrand_new = 1\n[privsep_osbrick]\nhelper_command = x\n[keystone_authtoken]\nmy_plugin_option = 1\n[neutron]\ntenant_name = service\nauth_type = password\n[database]\nx = 1\n[cors]\ny = 2\n',
      },
    },
    {
      title: 'names of other releases have rules of their own',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nsql_connection = x\nvncserver_listen = 0.0.0.0\n' },
    },
  ],
  check(host, report) {
    const { items, setters } = novaItems(host);
    for (const item of items) {
      const fault = keyFault(item, host.release.index);
      if (fault?.kind !== 'unknown') continue;
      const { file, section, entry } = item;
      const group = section.lookup;
      const near = fault.near.filter((n) => isSlip(n, entry.key));
      const taken = (n: string): boolean => setters.has(`${group}/${n}`);
      report({
        file,
        span: entry.keySpan,
        message: fault.near.length > 0 ? 'near' : 'unknown',
        severity: near.some((n) => option(group, n)?.liveMigration && !taken(n)) ? 'warning' : 'info',
        values: { key: entry.key, section: section.name, near: fault.near[0] ?? '' },
        fixes: fault.near.map((n) => ({
          title: 'rename',
          values: { near: n },
          edits: [replace(file, entry.keySpan, n)],
          // What is set already needs no second line.
          preferred: near.length === 1 && n === near[0] && !taken(n),
        })),
      });
    }
  },
});
