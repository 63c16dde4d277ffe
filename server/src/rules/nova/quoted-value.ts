import { replace } from '../edits';
import { defineRule } from '../rule';
import { faultsOf } from './_values';

export default defineRule({
  id: 'nova/quoted-value',
  scope: 'host',
  title: 'Quotes that become part of the value',
  severity: 'error',
  files: ['nova'],
  messages: {
    list: 'Only the first and the last quote are taken off, the others become part of the items of {key}; write {right}',
    single: 'A quote without its partner is part of the value of {key}; write {right}',
  },
  fixes: { bare: 'Take the quotes off' },
  why: `oslo.config strips one pair of equal quotes, at the two ends of a value, and nothing else: \`cpu_models = "A","B"\` are the
models \`A"\` and \`"B\`, and nova-compute ends with *Configured CPU model: A" is not correct*.`,
  sources: ['oslo.config 9.0.0, iniparser.py', 'run with oslo.config 9.0.0'],
  preflight: true,
  examples: [
    {
      title: 'quoted items',
      files: { 'etc/nova/nova.conf': '[libvirt]\ncpu_models = ⟦"Haswell", "Skylake-Server"⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\ncpu_models = Haswell, Skylake-Server\n' },
    },
    {
      title: 'one quote',
      files: {
        'etc/nova/nova.conf': '[libvirt]\r\nvirt_type = ⟦kvm"⟧\r\nlive_migration_uri=⟦\'qemu+tcp://%s/system⟧\r\n',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nvirt_type = kvm\r\nlive_migration_uri=qemu+tcp://%s/system\r\n' },
    },
    {
      title: 'filters',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[filter_scheduler]\nenabled_filters = ⟦"ComputeFilter","AffinityFilter"⟧\n' },
      good: { 'etc/nova/nova.conf': '[filter_scheduler]\nenabled_filters = ComputeFilter,AffinityFilter\n' },
    },
    {
      title: 'pairs round a whole value, quotes inside, JSON, passwords',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\ninstances_path = "/srv/nova"\nmy_ip = \'10.0.0.1\'\n[libvirt]\ncpu_models = "Haswell,Skylake-Server"\nvirt_type = "kvm"\n[pci]\nalias = {"name": "a"}\n[neutron]\nmetadata_proxy_shared_secret = "abc\n',
      },
    },
  ],
  check(host, report) {
    for (const { item, list, right, severity, guess } of faultsOf(host, 'quotes')) {
      const { file, entry } = item;
      report({
        file,
        span: entry.rawSpan,
        message: list ? 'list' : 'single',
        severity,
        guess,
        values: { key: entry.key, right },
        fixes: [{ title: 'bare', edits: [replace(file, entry.rawSpan, right)] }],
      });
    }
  },
});
