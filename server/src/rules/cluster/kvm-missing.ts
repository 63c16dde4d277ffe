import { factPlace } from '../../model/factPlace';
import { placeOf } from '../nova/_entry';
import { runsGuests } from '../nova/_guests';
import { defineRule } from '../rule';

export default defineRule({
  id: 'cluster/kvm-missing',
  scope: 'host',
  title: 'There is no KVM',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      'There is no /dev/kvm here, and nova runs guests by KVM: none starts or arrives; switch virtualisation on in the firmware, load kvm',
  },
  why: `Without /dev/kvm libvirt refuses guests of KVM: *Domain requires KVM, but it is not available. Check that virtualization is enabled
in the host BIOS, and host configuration is setup to load the kvm modules.* In a virtual machine nested virtualisation is to be allowed, or
\`virt_type = qemu\` set on all computes.`,
  sources: ['virsh migrate of a guest of KVM to a host without /dev/kvm, libvirt 9.0.0'],
  explains: [/Domain requires KVM, but it is not available/],
  preflight: true,
  examples: [
    {
      title: "nova's default is KVM",
      files: {
        'etc/nova/nova-compute.conf': '',
        'etc/nova/nova.conf': '[DEFAULT]\n',
        'facts.json': '{"libvirt": "9.0.0", "paths": {"/dev/kvm": ⟦null⟧}}',
      },
    },
    {
      title: 'it is there; QEMU alone; no libvirt; nobody looked',
      files: {
        'c1/etc/nova/nova-compute.conf': '',
        'c1/etc/nova/nova.conf': '',
        'c1/facts.json':
          '{"libvirt": "9.0.0", "paths": {"/dev/kvm": {"type": "other", "mode": 432, "uid": 0, "gid": 107}}}',
        'c2/etc/nova/nova-compute.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = qemu\n',
        'c2/facts.json': '{"libvirt": "9.0.0", "paths": {"/dev/kvm": null}}',
        'c3/etc/nova/nova-compute.conf': '',
        'c3/etc/nova/nova.conf': '',
        'c3/facts.json': '{"paths": {"/dev/kvm": null}}',
        'c4/etc/nova/nova-compute.conf': '',
        'c4/etc/nova/nova.conf': '',
        'c4/facts.json': '{"libvirt": "9.0.0"}',
      },
    },
  ],
  check(host, report) {
    const { libvirt, paths } = host.facts ?? {};
    if (libvirt === undefined || paths?.['/dev/kvm'] !== null || !runsGuests(host) || !host.nova.whole) return;
    const type = host.nova.get('virt_type');
    if ((type?.value ?? 'kvm') !== 'kvm' || (type?.raw !== undefined && type.value === undefined)) return;
    const place = factPlace(host, ['paths', '/dev/kvm']);
    const said = type?.origin === 'set' ? placeOf(type) : undefined;
    if (place) report({ ...place, related: said ? [{ ...said, message: 'Guests are of KVM' }] : [] });
  },
});
