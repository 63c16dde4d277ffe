import { option } from '../../knowledge/nova';
import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { runsGuests } from './_guests';
import { addedFlags, guestProcessor, kernelFlag, processorOf, some } from './_processors';

export default defineRule({
  id: 'nova/cpu-extra-flags-missing',
  scope: 'host',
  title: 'Guests are to get a CPU flag that the host lacks',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'rocky' },
  messages: {
    default:
      'cpu_model_extra_flags asks for {flags}, which this processor lacks: nova-compute or its guests do not start; drop it on all hosts',
  },
  why: `With \`cpu_mode = custom\` every guest has the flags of \`cpu_model_extra_flags\` besides its model's, and needs them wherever it
goes. From Train on nova-compute compares them with its processor and ends with *Configured CPU model: … and CPU Flags … ar not
compatible with host CPU*; before, each guest fails: *the CPU is incompatible with host CPU: Host CPU does not provide required
features: …*. Flags such as vmx, svm or pdpe1gb may also be off in the firmware.`,
  sources: [
    'nova-compute 26.2.2 with a model that its host lacks: exits',
    'virsh start of such a guest, libvirt 9.0.0',
    'nova/virt/libvirt/driver.py, _check_cpu_compatibility, 20.0.0 to 33.0.0',
  ],
  explains: [
    /Configured CPU model: .* and CPU Flags .* not compatible with host CPU/,
    /Host CPU does not provide required features/,
  ],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/nova/nova-compute.conf': '',
        'etc/nova/nova.conf':
          '[libvirt]\ncpu_mode = custom\ncpu_models = Westmere\ncpu_model_extra_flags = ⟦pcid, +AES, vmx, -hle, ssbd⟧\n',
        'facts.json': '{"cpu": {"flags": ["sse2", "pcid", "pni"]}}',
      },
    },
    {
      title: 'it has them all, by other names; of some nobody can say',
      files: {
        'etc/nova/nova-compute.conf': '',
        'etc/nova/nova.conf':
          '[libvirt]\ncpu_mode = custom\ncpu_models = Westmere\ncpu_model_extra_flags = sse4.2,pclmuldq,avx512vnni,sha-ni,ssbd,md-clear,x2apic,\n',
        'facts.json': '{"cpu": {"flags": ["sse2", "sse4_2", "pclmulqdq", "avx512_vnni", "sha_ni"]}}',
      },
    },
    {
      title: 'without custom models they do not count; emulated processors have what they are told to have',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[libvirt]\ncpu_mode = host-model\ncpu_model_extra_flags = vmx\n',
        'a/facts.json': '{"cpu": {"flags": ["sse2"]}}',
        'b/etc/nova/nova.conf':
          '[libvirt]\nvirt_type = qemu\ncpu_mode = custom\ncpu_models = Westmere\ncpu_model_extra_flags = vmx\n',
        'b/facts.json': '{"cpu": {"flags": ["sse2"]}}',
        'c/etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_models = Westmere\ncpu_model_extra_flags = vmx\n',
      },
    },
    {
      title: 'an option that this release has not',
      release: 'queens',
      files: {
        'etc/nova/nova-compute.conf': '',
        'etc/nova/nova.conf': '[libvirt]\ncpu_mode = custom\ncpu_model = Westmere\ncpu_model_extra_flags = vmx\n',
        'facts.json': '{"cpu": {"flags": ["sse2"]}}',
      },
    },
  ],
  check(host, report) {
    const home = option('libvirt', 'cpu_model_extra_flags');
    const processor = processorOf(host);
    if (!home || !processor || !runsGuests(host) || guestProcessor(host) !== 'custom') return;
    const place = placeOf(host.nova.effective(home));
    const missing = addedFlags(host).filter((name) => {
      const flag = kernelFlag(name);
      return flag !== undefined && !processor.flags.has(flag);
    });
    if (!place || missing.length === 0) return;
    const measured = factPlace(host, ['cpu', 'flags']);
    report({
      ...place,
      values: { flags: some(missing) },
      related: measured ? [{ ...measured, message: 'What this processor has' }] : [],
    });
  },
});
