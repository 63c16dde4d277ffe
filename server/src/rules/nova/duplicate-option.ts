import { removeLines } from '../edits';
import { defineRule, holdsAtAll } from '../rule';
import { lookup } from '../../knowledge/nova';
import { novaItems } from './_items';

export default defineRule({
  id: 'nova/duplicate-option',
  scope: 'host',
  title: 'An option that another line of the file overrides',
  severity: 'warning',
  files: ['nova'],
  messages: {
    last: '{key} is set again further down, and the last one counts: this line has no effect',
    name: '{key} is an old name of {winner}, which is set too and counts: this line has no effect',
    same: '{key} is set twice with the same value: this line is not needed',
  },
  fixes: { remove: 'Remove this line' },
  why: `Of two equal options of one section the last in the file counts, also where the section has two headers; of an option and
an old name of it the option does, whichever stands first. Who edits the other line waits for an effect that does not come: the
migrations keep the old URI or the old timeout.`,
  sources: ['oslo.config 9.0.0, cfg.py', 'run with oslo.config 9.0.0'],
  examples: [
    {
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\n⟦live_migration_bandwidth = 500⟧\nvirt_type = kvm\n[DEFAULT]\ndebug = true\n[libvirt]\nlive_migration_bandwidth = 900\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\nvirt_type = kvm\n[DEFAULT]\ndebug = true\n[libvirt]\nlive_migration_bandwidth = 900\n',
      },
    },
    {
      title: 'the same twice',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\r\n⟦my_ip=10.0.0.1⟧\r\nmy_ip = 10.0.0.1\r\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip = 10.0.0.1\r\n' },
    },
    {
      title: 'an old name below the new one',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\ncpu_models = Haswell\n⟦cpu_model = Skylake-Server⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\ncpu_models = Haswell\n' },
    },
    {
      title: 'options that repeat on purpose, one name in two sections, one option in two files',
      files: {
        'etc/nova/nova.conf':
          '[pci]\nalias = {"name": "a"}\nalias = {"name": "b"}\n[vnc]\nenabled = true\n[spice]\nenabled = false\n[libvirt]\nvirt_type = kvm\n',
        'etc/nova/nova-compute.conf': '[libvirt]\nvirt_type = qemu\n',
      },
    },
  ],
  check(host, report) {
    const { items, overridden } = novaItems(host);
    if (overridden.size === 0) return;
    for (const item of items) {
      const winner = overridden.get(item.entry);
      if (!winner) continue;
      const { file, entry, section, found } = item;
      const equal = winner.entry.value === entry.value;
      const old = found.kind === 'alias' && winner.found.kind === 'option';
      report({
        file,
        span: entry.span,
        message: equal ? 'same' : old ? 'name' : 'last',
        severity: equal ? 'info' : 'warning',
        values: { key: entry.key, winner: winner.entry.key },
        guess: !holdsAtAll(host, (r) => lookup(section.lookup, entry.key, r).kind === found.kind),
        related: [{ file, span: winner.entry.span, message: 'This one counts' }],
        fixes: [{ title: 'remove', edits: [removeLines(file, entry.span)] }],
        tags: ['unnecessary'],
      });
    }
  },
});
