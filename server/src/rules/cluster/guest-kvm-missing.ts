import { defineRule } from '../rule';
import { misfits } from './_guests';

export default defineRule({
  id: 'cluster/guest-kvm-missing',
  scope: 'cluster',
  title: 'A guest of KVM, and hosts without it',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      '{who} runs by KVM, and there is none on {where}, so that it cannot go there; switch virtualisation on there, load kvm',
  },
  why: `Without /dev/kvm libvirt refuses guests of KVM: *Domain requires KVM, but it is not available. Check that virtualization is enabled
in the host BIOS, and host configuration is setup to load the kvm modules.* A guest keeps the type that it was started as.`,
  sources: ['virsh migrate of a guest of KVM to a host without /dev/kvm, libvirt 9.0.0'],
  explains: [/Domain requires KVM, but it is not available/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"libvirt": "9.0.0", "instances": [{"name": "a", "uuid": "1", "state": "running", "type": ⟦"kvm"⟧}]}',
        'c2/facts.json': '{"libvirt": "9.0.0", "paths": {"/dev/kvm": null}}',
      },
    },
    {
      title: 'by emulation; it is there; no libvirt; nobody looked',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node c4]\nroles = compute\n',
        'c1/facts.json':
          '{"libvirt": "9.0.0", "instances": [{"name": "a", "uuid": "1", "state": "running", "type": "kvm"}]}',
        'c2/facts.json':
          '{"libvirt": "9.0.0", "instances": [{"name": "b", "uuid": "2", "state": "running", "type": "qemu"}], "paths": {"/dev/kvm": {"type": "other", "mode": 432, "uid": 0, "gid": 107}}}',
        'c3/facts.json': '{"paths": {"/dev/kvm": null}}',
        'c4/facts.json': '{"libvirt": "9.0.0"}',
      },
    },
  ],
  check(cluster, report) {
    const found = misfits(
      cluster,
      ({ type }) => (type === 'kvm' ? [type] : []),
      ({ facts }) => (facts?.libvirt !== undefined && facts.paths?.['/dev/kvm'] === null ? false : undefined),
    );
    for (const { guest, who, where } of found) {
      const place = guest.place('type');
      if (place) report({ host: guest.host, ...place, values: { who, where } });
    }
  },
});
