import { atLeast } from '../../model/platform';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { runsGuests } from './_guests';
import { isPlaceholder } from './_items';
import { isOn, optionOf, usesQemu } from './_options';

export default defineRule({
  id: 'nova/post-copy-mdev',
  scope: 'host',
  title: 'Guests with a virtual GPU cannot migrate with post-copy',
  severity: 'warning',
  files: ['nova'],
  releases: { from: '2024.1' },
  messages: {
    default:
      'Post-copy is permitted on a host with enabled_mdev_types: QEMU refuses to migrate guests with such a device; do not permit it here',
  },
  why: `Nova migrates guests with mediated devices from 2024.1 on. With post-copy permitted it asks for that with every migration, and QEMU
from 8.2 on refuses where a VFIO device is in the guest: *VFIO migration is not supported with postcopy migration*. Guests without
such a device are not concerned.`,
  sources: ['QEMU, hw/vfio/migration.c, vfio_save_prepare, 8.2', 'Nova administration guide: Live-migrate instances'],
  explains: [/VFIO migration is not supported with postcopy migration/],
  preflight: 'source',
  examples: [
    {
      files: {
        'etc/nova/nova.conf':
          '[devices]\nenabled_mdev_types = nvidia-35\n[libvirt]\nlive_migration_permit_post_copy = ⟦true⟧\n',
      },
    },
    {
      title: 'no such devices, and no post-copy',
      files: {
        'c1/etc/nova/nova.conf': '[devices]\nenabled_mdev_types =\n[libvirt]\nlive_migration_permit_post_copy = true\n',
        'c2/etc/nova/nova.conf': '[devices]\nenabled_mdev_types = nvidia-35\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = true\n',
      },
    },
    {
      title: 'a QEMU that does not ask',
      files: {
        'livemig.ini': '[node c1]\nqemu = 8.1.0\n',
        'c1/etc/nova/nova.conf':
          '[devices]\nenabled_mdev_types = nvidia-35\n[libvirt]\nlive_migration_permit_post_copy = true\n',
      },
    },
  ],
  check(host, report) {
    const postCopy = optionOf(host, 'libvirt/live_migration_permit_post_copy');
    const types = optionOf(host, 'devices/enabled_mdev_types');
    const place = placeOf(postCopy);
    const other = placeOf(types);
    if (!isOn(postCopy) || !place || !other || !types?.value || isPlaceholder(types.value)) return;
    if (atLeast(host.platform.qemu, [8, 2]) === false || !usesQemu(host) || !runsGuests(host)) return;
    report({ ...place, related: [{ ...other, message: 'Mediated devices are given out here' }] });
  },
});
