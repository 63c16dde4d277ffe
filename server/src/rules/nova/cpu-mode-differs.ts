import { option } from '../../knowledge/nova';
import type { Host } from '../../model/host';
import { defineRule } from '../rule';
import { placeOf, placeOfMissing } from './_entry';
import { outliers } from './_groups';
import { computesOf } from './_guests';
import { isPlaceholder } from './_items';
import { addedFlags, guestProcessor, processorOf } from './_processors';

export default defineRule({
  id: 'nova/cpu-mode-differs',
  scope: 'cluster',
  title: 'The hosts give their guests different processors',
  severity: 'info',
  files: ['nova'],
  messages: {
    default:
      'Guests get {cpu} here and {other} on {host}: one that moved has the other processor after its next start; use one on all hosts',
  },
  why: `A guest keeps the processor that it was started with while it runs, wherever it goes. Stopped and started it gets what its new
host's nova.conf says: software that was built for the old one may fail then, and the way back may be closed. Where hosts are kept apart
on purpose (aggregates of one kind of processor each) it is right.`,
  sources: ['nova/virt/libvirt/driver.py, _get_guest_cpu_config, 2013.1 to 33.0.0'],
  examples: [
    {
      title: 'another mode',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = Haswell, Westmere\n',
        'c2/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = haswell,Westmere\n',
        'c3/etc/nova/nova.conf': '[libvirt]\ncpu_mode = ⟦host-passthrough⟧\n',
      },
    },
    {
      title: 'another model, another flag',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = ⟦Westmere⟧\n',
        'c2/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = ⟦Haswell⟧\n',
        'c3/etc/nova/nova.conf':
          '[libvirt]\ncpu_mode = custom\ncpu_models = ⟦Westmere⟧\ncpu_model_extra_flags = pcid\n',
      },
    },
    {
      title: 'what is not said is the host model; the default against what is set',
      release: 'queens',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node c4]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-model\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c4/etc/nova/nova.conf': '[libvirt]\ncpu_mode = ⟦none⟧\n',
      },
    },
    {
      title: 'where one says nothing the section is marked',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-passthrough\n',
        'c2/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-passthrough\n',
        'c3/etc/nova/nova.conf': '⟦[libvirt]⟧\nvirt_type = kvm\n',
      },
    },
    {
      title: 'each kind of processor has a model of its own, on purpose',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = Haswell\n',
        'c1/facts.json': '{"cpu": {"flags": ["sse2", "avx2"]}}',
        'c2/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = Westmere\n',
        'c2/facts.json': '{"cpu": {"flags": ["sse2"]}}',
      },
    },
    {
      title: 'an emulated processor, a controller, and a template',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-passthrough\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = qemu\ncpu_mode = none\n',
        'c3/etc/nova/nova.conf': '[libvirt]\ncpu_mode = {{ mode }}\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\ncpu_mode = none\n',
      },
    },
  ],
  check(cluster, report) {
    const hosts = computesOf(cluster).filter((h) => describe(h) !== undefined);
    for (const { item, other } of outliers(hosts, (h) => describe(h)!)) {
      if (onPurpose(item, other)) continue;
      const mode = item.nova.get('cpu_mode');
      const models = item.nova.get('cpu_models');
      const sameMode = guestProcessor(item) === guestProcessor(other);
      const place = placeOf(sameMode ? models : mode) ?? (mode && placeOfMissing(item, mode.option));
      if (!place) continue;
      const theirs = placeOf(other.nova.get(sameMode ? 'cpu_models' : 'cpu_mode'));
      report({
        host: item,
        ...place,
        values: { cpu: describe(item)!, other: describe(other)!, host: other.name },
        related: theirs ? [{ ...theirs, message: `What guests get on ${other.name}` }] : [],
      });
    }
  },
});

/** Custom models for processors that are known to be unlike. */
function onPurpose(one: Host, other: Host): boolean {
  if (guestProcessor(one) !== 'custom' || guestProcessor(other) !== 'custom') return false;
  const [own, theirs] = [processorOf(one), processorOf(other)];
  return own !== undefined && theirs !== undefined && own.key !== theirs.key;
}

/** In words, equal for hosts whose guests get equal processors; undefined where that is not known. */
function describe(host: Host): string | undefined {
  const mode = guestProcessor(host);
  if (mode !== 'custom') return mode === 'none' ? "QEMU's plain processor" : mode;
  const models = host.nova.get('cpu_models')?.value;
  if (!models || isPlaceholder(models)) return undefined;
  const list = models
    .split(',')
    .map((m) => m.trim())
    .filter((m) => m !== '');
  const home = option('libvirt', 'cpu_model_extra_flags');
  const flags = home && host.release.index >= home.added ? addedFlags(host).map((f) => f.toLowerCase()) : [];
  // Libvirt's names have capitals, and nova takes them in any.
  return [list.map((m) => m.toLowerCase()).join('/'), ...flags.sort()].join('+');
}
