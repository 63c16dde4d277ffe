import { sharedInstancesMount } from '../../model/cluster';
import type { Host } from '../../model/host';
import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { fileFor, placeOf, placeOfMissing } from './_entry';
import { outliers } from './_groups';
import { computesOf, isTrue } from './_guests';
import { isPlaceholder } from './_items';

/** Kinds of image that are plain files in the instances' directory. */
const FILES = new Set(['qcow2', 'raw']);

export default defineRule({
  id: 'nova/images-type-differs',
  scope: 'cluster',
  title: "The hosts keep their guests' disks in different forms",
  severity: 'error',
  files: ['nova'],
  messages: {
    default:
      'images_type is {type} here and {other} on {host}: disks cannot be copied or shared between them; use one on all computes',
    absent:
      'images_type is not set and is {type}, on {host} it is {other}: disks cannot be copied or shared between them',
  },
  fixes: { other: 'Set images_type = {value}, as on {host}' },
  why: `The guest's definition says in which form its disks are. A destination of another form makes them in its own and QEMU ends
while it arrives: *qemu unexpectedly closed the monitor*; or the storage is not shared at all, as with Ceph on one side. On shared file
storage qcow2 and raw files go side by side.`,
  sources: ['nova/virt/libvirt/driver.py, _is_shared_block_storage, 33.0.0', 'nova 26.2.2: qcow2 to images_type = raw'],
  explains: [/qemu unexpectedly closed the monitor/],
  preflight: true,
  examples: [
    {
      title: 'one of three',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'c3/etc/nova/nova.conf': '⟦[libvirt]⟧\nvirt_type = kvm\n',
      },
    },
    {
      title: 'one that makes plain files of another form',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nimages_type = raw\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nimages_type = flat\n',
        'c3/etc/nova/nova.conf': '⟦[libvirt]⟧\nvirt_type = kvm\n',
      },
      good: { 'c3/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nimages_type = raw\n' },
    },
    {
      title: 'one of two',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\r\nimages_type=⟦raw⟧\r\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\r\nimages_type=⟦default⟧\r\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      fix: 'other',
      good: { 'c1/etc/nova/nova.conf': '[libvirt]\r\nimages_type=default\r\n' },
    },
    {
      title: 'several hosts of each kind look like aggregates',
      severity: 'warning',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = compute\n[node e]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'b/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'c/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'd/etc/nova/nova.conf': '[libvirt]\nimages_type = ⟦qcow2⟧\n',
        'e/etc/nova/nova.conf': '[libvirt]\nimages_type = ⟦qcow2⟧\n',
      },
    },
    {
      title: 'the same in other words, and a controller',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nimages_type = qcow2\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nuse_cow_images = true\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
      },
    },
    {
      title: 'files of both kinds on one share',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nimages_type = raw\n',
        'c1/etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nimages_type = qcow2\n',
        'c2/etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const computes = computesOf(cluster).filter((h) => typeOf(h) !== undefined);
    const sizes = new Map<string, number>();
    for (const host of computes) sizes.set(typeOf(host)!, (sizes.get(typeOf(host)!) ?? 0) + 1);
    if (sizes.size < 2) return;
    if ([...sizes.keys()].every((t) => FILES.has(t)) && computes.every((h) => sharedInstancesMount(h))) return;
    const aggregates = [...sizes.values()].every((n) => n > 1);
    for (const { item: host, other, majority } of outliers(computes, (h) => typeOf(h)!)) {
      const setting = host.nova.get('images_type')!;
      const place = placeOf(setting) ?? placeOfMissing(host, setting.option);
      const file = setting.file ?? fileFor(host, setting.option);
      if (!place || !file) continue;
      const theirs = other.nova.get('images_type')!;
      const right = placeOf(theirs) ?? placeOfMissing(other, theirs.option);
      // `default` means the same only where use_cow_images does.
      const value =
        typeOf(other) === 'qcow2' && theirs.value === 'default' && !cow(host) ? 'qcow2' : (theirs.value ?? '');
      report({
        host,
        ...place,
        message: setting.entry ? 'default' : 'absent',
        severity: aggregates ? 'warning' : 'error',
        values: { type: typeOf(host)!, other: typeOf(other)!, host: other.name },
        related: right ? [{ ...right, message: `On ${other.name}` }] : [],
        fixes: [
          // Any other storage needs settings of its own.
          FILES.has(typeOf(host)!) && FILES.has(typeOf(other)!)
            ? {
                title: 'other',
                values: { value },
                preferred: majority && !aggregates,
                edits: [
                  setting.entry
                    ? setOsloValue(file, setting.entry, value)
                    : setOsloOption(file, setting.option.group, setting.option.name, value),
                ],
              }
            : undefined,
        ],
      });
    }
  },
});

const cow = (host: Host): boolean => isTrue(host.nova.get('use_cow_images')?.value ?? 'true');

/** The form that counts: `default` is qcow2 unless use_cow_images is off, and flat another word for raw. */
function typeOf(host: Host): string | undefined {
  const type = host.nova.get('images_type')?.value;
  if (type !== undefined && isPlaceholder(type)) return undefined;
  if (type === 'default') return cow(host) ? 'qcow2' : 'raw';
  return type === 'flat' ? 'raw' : type === '' ? undefined : type;
}
