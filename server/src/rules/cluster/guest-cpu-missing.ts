import type { InstanceFacts } from '../../model/instance';
import type { Host } from '../../model/host';
import { defineRule } from '../rule';
import { misfits } from './_guests';

export default defineRule({
  id: 'cluster/guest-cpu-missing',
  scope: 'cluster',
  title: 'A guest has a processor that others cannot give it',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default: '{who}: {where} cannot give a guest the processor {need}; start it on an older model that all hosts have',
  },
  why: `A guest that runs keeps the model of processor it was started with; host-model is written down as the model of the host at hand. A
destination that lacks some of its features refuses: *operation failed: guest CPU doesn't match specification: missing features:
pclmuldq,sse4.2,popcnt,aes,arat*, or nova before it: *Unacceptable CPU info: CPU doesn't have compatibility.* What counts is what
\`virsh domcapabilities\` of the destination calls usable.`,
  sources: [
    'virsh migrate of a guest with Westmere to a host whose QEMU gives Penryn, libvirt 9.0.0',
    'virsh domcapabilities, libvirt 9.0.0',
  ],
  explains: [/guest CPU doesn't match specification/, /Unacceptable CPU info/, /CPU is incompatible with host CPU/],
  preflight: true,
  examples: [
    {
      title: 'a model of newer processors; one whose missing feature libvirt names',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"instances": [{"name": "a", "uuid": "1", "type": "kvm", "state": "running", "cpu": {"mode": "custom", "model": ⟦"Icelake-Server"⟧}},\n{"name": "b", "uuid": "2", "type": "kvm", "state": "running", "cpu": {"mode": "custom", "model": ⟦"EPYC"⟧, "without": ["monitor"]}}]}',
        'c2/facts.json':
          '{"guestCpus": {"type": "kvm", "usable": ["Haswell"], "unusable": {"Icelake-Server": [], "EPYC": ["npt", "monitor"]}}}',
      },
    },
    {
      title: 'usable; does without what is missing, or may; another hypervisor; passed through; not known there',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json':
          '{"instances": [{"name": "a", "uuid": "1", "type": "kvm", "state": "running", "cpu": {"mode": "custom", "model": "Haswell"}},\n{"name": "b", "uuid": "2", "type": "kvm", "state": "running", "cpu": {"mode": "custom", "model": "Broadwell", "without": ["hle", "rtm"]}},\n{"name": "c", "uuid": "3", "type": "kvm", "state": "running", "cpu": {"mode": "custom", "model": "Icelake-Server", "without": ["x"]}},\n{"name": "d", "uuid": "4", "type": "qemu", "state": "running", "cpu": {"mode": "custom", "model": "Icelake-Server"}},\n{"name": "e", "uuid": "5", "type": "kvm", "state": "running", "cpu": {"mode": "host-passthrough"}},\n{"name": "f", "uuid": "6", "type": "kvm", "state": "running", "cpu": {"mode": "custom", "model": "Own"}}]}',
        'c2/facts.json':
          '{"guestCpus": {"type": "kvm", "usable": ["Haswell"], "unusable": {"Icelake-Server": [], "Broadwell": ["hle", "rtm"]}}}',
        'c3/facts.json': '{}',
      },
    },
  ],
  check(cluster, report) {
    for (const { guest, who, where, need } of misfits(cluster, needs, has)) {
      const place = guest.place('cpu', 'model');
      if (place) report({ host: guest.host, ...place, values: { who, where, need: need.split(' ')[1]! } });
    }
  },
});

/** `kvm Broadwell hle rtm`: the hypervisor, the model, and what the guest does without. */
function needs({ type, cpu }: InstanceFacts): readonly string[] {
  if (type === undefined || cpu?.mode !== 'custom' || cpu.model === undefined) return [];
  return [[type, cpu.model, ...(cpu.without ?? [])].join(' ')];
}

function has({ facts }: Host, need: string): boolean | undefined {
  const [type, model = '', ...without] = need.split(' ');
  const cpus = facts?.guestCpus;
  if (cpus?.type !== type || !Object.hasOwn(cpus?.unusable ?? {}, model)) return undefined;
  const missing = cpus!.unusable![model]!;
  // Of older versions it is not known what is missing: perhaps just what the guest does without.
  if (missing.length === 0) return without.length > 0 ? undefined : false;
  return missing.every((f) => without.includes(f));
}
