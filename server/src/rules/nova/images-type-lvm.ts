import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { runsGuests } from './_guests';

export default defineRule({
  id: 'nova/images-type-lvm',
  scope: 'host',
  title: 'Disks on LVM stay on their host',
  severity: 'info',
  files: ['nova'],
  messages: {
    default: '{key} = lvm: guests with disks of their own cannot be live-migrated from here, guests on volumes can',
  },
  why: `A logical volume is seen by its own host alone, and block migration does not make one on the destination: nova creates files there,
while the guest's definition names the volume, so the migration ends with *No such file or directory*. Without block migration nova
refuses: *Shared storage live-migration requires either shared storage or boot-from-volume with no local disks*.`,
  sources: ['nova/virt/libvirt/driver.py, _is_shared_block_storage and _create_images_and_backing, 26.2.2'],
  explains: [/is not on shared storage: Shared storage live-migration requires/],
  examples: [
    { files: { 'etc/nova/nova.conf': '[libvirt]\nimages_type = ⟦lvm⟧\nimages_volume_group = vg0\n' } },
    {
      title: 'by its old name',
      release: 'havana',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nlibvirt_images_type=⟦lvm⟧\n' },
    },
    {
      title: 'others, and a controller',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[libvirt]\nimages_type = raw\nimages_volume_group = vg0\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nimages_type = lvm\n',
      },
    },
  ],
  check(host, report) {
    const type = host.nova.get('images_type');
    const place = placeOf(type);
    if (!type?.entry || !place || type.value !== 'lvm' || !runsGuests(host)) return;
    report({ ...place, values: { key: type.entry.key } });
  },
});
