import { defineRule } from '../rule';
import { misfits } from './_guests';

export default defineRule({
  id: 'cluster/guest-security-model-missing',
  scope: 'cluster',
  title: 'A guest is confined in a way that others do not know',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      '{who}: libvirt of {where} confines nothing by {need}, so that it cannot go there; use one security driver on all hosts',
  },
  why: `A running guest carries the label of its security driver along, and libvirt of the destination must have the same: *unsupported
configuration: Security driver model 'selinux' is not available*. Without a word in qemu.conf it takes what the kernel offers: AppArmor of
Ubuntu and SELinux of Red Hat do not go together.`,
  sources: ["a guest with <seclabel model='selinux'/> and one with 'apparmor' on libvirtd 9.0.0 that has neither"],
  explains: [/Security driver model '\w+' is not available/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"instances": [{"name": "a", "uuid": "1", "state": "running", "securityModels": [⟦"apparmor"⟧, "dac"]}]}',
        'c2/facts.json': '{"securityModels": ["dac"]}',
      },
    },
    {
      title: 'the same; dac, which all have; not known',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json':
          '{"instances": [{"name": "a", "uuid": "1", "state": "running", "securityModels": ["selinux", "dac"]}]}',
        'c2/facts.json': '{"securityModels": ["selinux"]}',
        'c3/facts.json': '{}',
      },
    },
  ],
  check(cluster, report) {
    const found = misfits(
      cluster,
      (i) => (i.securityModels ?? []).filter((m) => m !== 'dac' && m !== 'none'),
      (host, model) => host.facts?.securityModels?.includes(model),
    );
    for (const { guest, who, where, need } of found) {
      const place = guest.place('securityModels', guest.instance.securityModels!.indexOf(need));
      if (place) report({ host: guest.host, ...place, values: { who, where, need } });
    }
  },
});
