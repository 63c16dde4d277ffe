import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { fileFor, placeOf, placeOfMissing } from './_entry';
import { outliers } from './_groups';
import { computesOf } from './_guests';
import { isPlaceholder } from './_items';

export default defineRule({
  id: 'nova/virt-type-differs',
  scope: 'cluster',
  title: 'The hosts run their guests with different hypervisors',
  severity: 'warning',
  files: ['nova'],
  messages: {
    default:
      'virt_type is {type} here and {other} on {host}: guests that migrate depend on what the other has; use one on all computes',
    absent: 'virt_type is not set and is {type}, on {host} it is {other}: use one on all computes',
  },
  fixes: { other: 'Set {key} = {other}, as on {host}' },
  why: `A guest keeps the hypervisor it was started with: one of KVM arrives on a host set to \`qemu\` only if that has /dev/kvm
(*Domain requires KVM, but it is not available*), and one of plain QEMU stays slow on a host with KVM. CPU models may not fit either.`,
  sources: [
    'nova 26.2.2: a KVM guest to a host with virt_type = qemu and back, with /dev/kvm',
    'libvirt 9.0.0 without /dev/kvm',
  ],
  explains: [/Domain requires KVM, but it is not available/],
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/nova/nova-compute.conf': '[libvirt]\nvirt_type=kvm\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nvirt_type = ⟦qemu⟧\n',
      },
      good: { 'c3/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'the default against one that is set; the package may have set it too, out of view',
      release: 'icehouse',
      severity: 'info',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '⟦[libvirt]⟧\ncpu_mode = none\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = ⟦qemu⟧\n',
      },
    },
    {
      title: 'the same, set or not; a controller does not count',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nvirt_type = qemu\n',
      },
    },
  ],
  check(cluster, report) {
    const computes = computesOf(cluster).filter((h) => {
      const type = h.nova.get('virt_type')?.value;
      return !!type && !isPlaceholder(type);
    });
    for (const { item: host, other, majority } of outliers(computes, (h) => h.nova.get('virt_type')!.value!)) {
      const setting = host.nova.get('virt_type')!;
      const theirs = other.nova.get('virt_type')!;
      const place = placeOf(setting) ?? placeOfMissing(host, setting.option);
      const file = setting.file ?? fileFor(host, setting.option);
      if (!place || !file) continue;
      const right = placeOf(theirs) ?? placeOfMissing(other, theirs.option);
      // Debian's and Ubuntu's packages say it in nova-compute.conf, which not everybody collects.
      const proven = setting.entry !== undefined && (theirs.entry !== undefined || majority);
      report({
        host,
        ...place,
        message: setting.entry ? 'default' : 'absent',
        severity: proven ? 'warning' : 'info',
        values: { type: setting.value!, other: theirs.value!, host: other.name, key: setting.option.name },
        related: right ? [{ ...right, message: `On ${other.name}` }] : [],
        fixes: [
          {
            title: 'other',
            preferred: majority && proven,
            edits: [
              setting.entry
                ? setOsloValue(file, setting.entry, theirs.value!)
                : setOsloOption(file, setting.option.group, setting.option.name, theirs.value!),
            ],
          },
        ],
      });
    }
  },
});
