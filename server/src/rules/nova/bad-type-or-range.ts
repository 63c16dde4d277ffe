import type { ValueProblem } from '../../knowledge/values';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { faultsOf } from './_values';

export default defineRule({
  id: 'nova/bad-type-or-range',
  scope: 'host',
  title: 'A value that nova refuses',
  severity: 'error',
  files: ['nova'],
  messages: {
    boolean: '{key} is a boolean and "{value}" is none: nova refuses it; write true or false',
    integer: '{key} is a whole number and "{value}" is none: nova refuses it',
    float: '{key} is a number and "{value}" is none: nova refuses it',
    low: '{key} must be at least {min}: nova refuses {value}',
    high: '{key} must be at most {max}: nova refuses {value}',
    port: '{key} is a port, {min} to {max}: nova refuses {value}',
    choice: '{key} takes {choices}: nova refuses "{value}"',
    hostaddress: '{key} takes an address or a host name, nothing else: nova refuses "{value}"',
    hostdomain: '{key} takes an address or a host or domain name: nova refuses "{value}"',
    ip: '{key} takes an IP address: nova refuses "{value}"',
    uri: '{key} takes a URI with its scheme: nova refuses "{value}"',
    empty: '{key} comes out as nothing, which nova refuses',
    dict: '{key} takes name:value pairs with commas: nova refuses "{value}"',
  },
  fixes: { set: 'Set {key} to {right}' },
  why: `oslo.config checks a value when it is first read: *ConfigFileValueError: Value for option live_migration_downtime is not
valid: Should be greater than or equal to 100*. For most options of nova-compute that is at its start, and it ends; for others
it is in the middle of a migration. Choices are compared with case; 500.0 and 0x1ff are no whole numbers; booleans are true, false,
1, 0, yes, no, on and off in any case.`,
  sources: ['nova/conf of every release from 2013.1', 'oslo.config 9.0.0, types.py', 'run with nova-compute 26.2.2'],
  explains: [/ConfigFileValueError/, /Value for option \S+ (from \S+ )?is not valid/],
  preflight: true,
  examples: [
    {
      title: 'an address that nova works out by itself',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = $my_ip\n[vnc]\nserver_listen = $my_ip\n',
      },
    },
    {
      title: 'below the least',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_downtime = ⟦50⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_downtime = 100\n' },
    },
    {
      title: 'a boolean in other words',
      files: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_permit_post_copy=⟦enabled⟧\r\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_permit_post_copy=true\r\n' },
    },
    {
      title: 'a choice misspelt',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = ⟦KVM⟧\nlive_migration_timeout_action = ⟦force-complete⟧\n',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nlive_migration_timeout_action = force_complete\n' },
    },
    {
      title: 'an address with a prefix length, a number with its unit',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_inbound_addr = ⟦10.0.0.1/24⟧\nlive_migration_completion_timeout = ⟦800s⟧\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_inbound_addr = 10.0.0.1\nlive_migration_completion_timeout = 800\n',
      },
    },
    {
      title: 'nothing like it: no guess',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_downtime = ⟦long⟧\nvirt_type = ⟦hypervisor⟧\n' },
    },
    {
      title: 'a choice of a later release',
      release: 'auto',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = parallels\nlive_migration_downtime = 100\n' },
    },
    {
      title: 'the value of an option that is nothing',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\ninstance_name_template =\n[libvirt]\nlive_migration_inbound_addr = ⟦$instance_name_template⟧\n',
      },
    },
    {
      title: 'a word that was one until Liberty',
      release: 'icehouse',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = always\n' },
    },
    {
      title: "a library's choice, which it compares without case",
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nlog_rotate_interval_type = days\n' },
    },
    {
      title: 'all forms of booleans and numbers, names, redacted and overridden values, templates',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = {{ ansible_host }}\nforce_raw_images = Yes\nuse_cow_images = 0\n[libvirt]\nlive_migration_downtime = 1_000\nlive_migration_inbound_addr = $my_ip\nlive_migration_bandwidth = ***\nvirt_type = kwm\nvirt_type = kvm\n[vnc]\nserver_listen = ::\nserver_proxyclient_address = compute1.example.org\n',
      },
    },
  ],
  check(host, report) {
    for (const { item, problem, severity, guess } of faultsOf(host, 'bad')) {
      const { file, entry } = item;
      const values = { ...problem.values, key: entry.key };
      const fitting = problem.suggestions.filter((s) => s !== entry.value).slice(0, 4);
      const bare = entry.continuations.length === 0;
      report({
        file,
        span: entry.rawSpan.start < entry.rawSpan.end ? entry.rawSpan : entry.span,
        message: wording(problem),
        severity,
        guess,
        values,
        fixes: bare
          ? fitting.map((right) => ({
              title: 'set' as const,
              values: { key: entry.key, right },
              edits: [replace(file, entry.rawSpan, right)],
            }))
          : [],
      });
    }
  },
});

function wording({ code, values }: ValueProblem) {
  if (code === 'range') return values.min !== undefined && Number(values.value) < Number(values.min) ? 'low' : 'high';
  if (code === 'empty' && values.choices === undefined) return 'empty';
  if (code === 'empty' || code === 'list-quote') return 'choice';
  return code === 'port' && values.min === undefined ? 'integer' : code;
}
