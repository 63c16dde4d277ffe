import { factPlace } from '../../model/factPlace';
import type { Host } from '../../model/host';
import { defineRule } from '../rule';
import { placeOf, placeOfMissing } from './_entry';
import { outliers } from './_groups';
import { computesOf } from './_guests';
import { guestProcessor, processorOf, some } from './_processors';

export default defineRule({
  id: 'nova/cpu-differs',
  scope: 'cluster',
  title: "Guests get the host's own processor, and the hosts have different ones",
  severity: 'warning',
  files: ['nova'],
  messages: {
    fewer:
      "The processor lacks {flags}, which {host} has: with {mode} there, its guests cannot come here; use custom and all hosts' oldest model",
    more: "The processor has {flags}, which {host} lacks: with {mode}, guests cannot go there; use custom and all hosts' oldest model",
    vendor: 'The processor is of {vendor}, on {host} of {other}: with {mode} guests cannot move between them',
  },
  why: `With \`cpu_mode = host-model\`, nova's default for KVM, or \`host-passthrough\` a guest is started with what its host's processor
has, and keeps it. A host that lacks some of that does not take it: *Unacceptable CPU info: CPU doesn't have compatibility.* before the
migration, or *guest CPU doesn't match specification: missing features: …* from libvirt. Guests can go from the older processor to the
newer, and not back. On all hosts \`cpu_mode = custom\` with \`cpu_models\` naming the oldest (\`virsh hypervisor-cpu-baseline\` works it
out) lets them move freely; what runs already keeps its processor until it is stopped and started. Where the scheduler keeps such hosts
apart (aggregates), all is well.`,
  sources: [
    'nova 26.2.2: a guest to a host that lacks its CPU features',
    'virsh migrate of a Westmere guest to a Penryn host, libvirt 9.0.0',
    'nova/virt/libvirt/driver.py, _get_guest_cpu_config, 33.0.0',
  ],
  explains: [
    /Unacceptable CPU info: CPU doesn't have compatibility/,
    /guest CPU doesn't match specification/,
    /Host CPU does not provide required features/,
  ],
  examples: [
    {
      title: 'one older than the others',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-model\n',
        'c1/facts.json': '{"cpu": {"vendor": "GenuineIntel", "flags": ["sse2", "avx", "avx2", "avx512f", "rep_good"]}}',
        'c2/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-model\n',
        'c2/facts.json': '{"cpu": {"vendor": "GenuineIntel", "flags": ["sse2", "avx", "avx2", "avx512f"]}}',
        'c3/etc/nova/nova.conf': '[libvirt]\ncpu_mode = ⟦host-model⟧\n',
        'c3/facts.json': '{"cpu": {"vendor": "GenuineIntel", "flags": ["sse2", "avx"]}}',
      },
    },
    {
      title: 'one newer than the others, which has the default',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-passthrough\n',
        'c1/facts.json': '{"cpu": {"flags": ["sse2", "avx"]}}',
        'c2/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-passthrough\n',
        'c2/facts.json': '{"cpu": {"flags": ["sse2", "avx"]}}',
        'c3/etc/nova/nova.conf': '⟦[libvirt]⟧\nvirt_type = kvm\n',
        'c3/facts.json':
          '{"cpu": {"flags": ["sse2", "avx", "avx2", "bmi1", "bmi2", "fma", "movbe", "rdrand", "invpcid"]}}',
      },
    },
    {
      title: 'two makers',
      files: {
        'c1/etc/nova/nova-compute.conf': '',
        'c1/etc/nova/nova.conf': '[libvirt]\ncpu_mode = ⟦host-passthrough⟧\n',
        'c1/facts.json': '{"cpu": {"vendor": "GenuineIntel", "flags": ["sse2", "vmx"]}}',
        'c2/etc/nova/nova-compute.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\ncpu_mode = ⟦host-passthrough⟧\n',
        'c2/facts.json': '{"cpu": {"vendor": "AuthenticAMD", "flags": ["sse2", "svm"]}}',
      },
    },
    {
      title: 'a model of their own for all guests, the same processor, flags that no guest sees, or no KVM',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node c4]\nroles = compute\n[node c5]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-model\n',
        'c1/facts.json': '{"cpu": {"flags": ["sse2", "avx", "avx2"]}}',
        'c2/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = SandyBridge\n',
        'c2/facts.json': '{"cpu": {"flags": ["sse2", "avx"]}}',
        'c3/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-model\n',
        'c3/facts.json': '{"cpu": {"flags": ["sse2", "avx", "avx2", "constant_tsc", "md_clear"]}}',
        'c4/etc/nova/nova.conf': '[libvirt]\nvirt_type = qemu\n',
        'c4/facts.json': '{"cpu": {"flags": ["sse2"]}}',
        'c5/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-model\n',
        'c5/facts.json': '{"cpu": {"flags": ["fp", "asimd", "aes"]}}',
      },
    },
    {
      title: 'nothing is measured, or not all of nova.conf is in view',
      files: {
        'c1/etc/nova/nova-compute.conf': '',
        'c1/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-passthrough\n',
        'c2/etc/nova/nova-compute.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/facts.json': '{"cpu": {"flags": ["sse2", "avx"]}}',
        'c3/etc/nova/nova-compute.conf': '',
        'c3/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-passthrough\n',
        'c3/facts.json': '{"cpu": {"flags": ["sse2"]}}',
      },
    },
  ],
  check(cluster, report) {
    const hosts = computesOf(cluster).filter((h) => modeOf(h) !== undefined && processorOf(h) !== undefined);
    for (const { item, other } of outliers(hosts, (h) => processorOf(h)!.key)) {
      const mode = item.nova.get('cpu_mode');
      const place = placeOf(mode) ?? (mode && placeOfMissing(item, mode.option));
      if (!place) continue;
      const own = processorOf(item)!;
      const theirs = processorOf(other)!;
      const fewer = [...theirs.flags].filter((f) => !own.flags.has(f));
      const more = [...own.flags].filter((f) => !theirs.flags.has(f));
      const unlike = own.vendor !== undefined && theirs.vendor !== undefined && own.vendor !== theirs.vendor;
      if (!unlike && fewer.length === 0 && more.length === 0) continue;
      const measured = factPlace(item, ['cpu', 'flags']);
      const compared = factPlace(other, ['cpu', 'flags']);
      report({
        host: item,
        ...place,
        message: unlike ? 'vendor' : fewer.length > 0 ? 'fewer' : 'more',
        values: {
          flags: some(fewer.length > 0 ? fewer : more),
          host: other.name,
          mode: `cpu_mode ${modeOf(fewer.length > 0 && !unlike ? other : item)!}`,
          vendor: own.vendor ?? '',
          other: theirs.vendor ?? '',
        },
        related: [
          ...(measured ? [{ ...measured, message: 'What this processor has' }] : []),
          ...(compared ? [{ ...compared, message: `What the processor of ${other.name} has` }] : []),
        ],
      });
    }
  },
});

/** Undefined where guests are not given the host's own processor. */
function modeOf(host: Host): 'host-model' | 'host-passthrough' | undefined {
  const mode = guestProcessor(host);
  return mode === 'host-model' || mode === 'host-passthrough' ? mode : undefined;
}
