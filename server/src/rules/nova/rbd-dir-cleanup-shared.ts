import { sharedInstancesMount } from '../../model/cluster';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { isTrue, runsGuests } from './_guests';

export default defineRule({
  id: 'nova/rbd-dir-cleanup-shared',
  scope: 'host',
  title: 'Clean-up for local directories on a shared one',
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'queens' },
  messages: {
    default:
      '{key} is on, but {path} is shared: clean-up here deletes the directories of guests that run on other hosts; write False',
  },
  fixes: { off: 'Write {key} = False' },
  why: `With images in Ceph the workaround deletes the guest's directory when nova cleans up after an evacuation or a reverted resize, for
the directory is taken to be of this host alone. On shared storage it is the one that the guest, by now elsewhere, runs with: its
console log, kernel and ramdisk are gone. A live migration itself does not lose by it.`,
  sources: ['nova/conf/workarounds.py, 33.0.0', 'nova/virt/libvirt/driver.py, cleanup, 26.2.2'],
  examples: [
    {
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\n[workarounds]\nensure_libvirt_rbd_instance_dir_cleanup = ⟦True⟧\n',
        'etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\n[workarounds]\nensure_libvirt_rbd_instance_dir_cleanup = False\n',
      },
    },
    {
      title: 'local directories',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\n[workarounds]\nensure_libvirt_rbd_instance_dir_cleanup = True\n',
        'etc/fstab': '/dev/sda1 / ext4 defaults 0 1\n',
      },
    },
    {
      title: 'images that are files, and off',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[workarounds]\nensure_libvirt_rbd_instance_dir_cleanup = True\n',
        'a/etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
        'b/etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\n[workarounds]\nensure_libvirt_rbd_instance_dir_cleanup = False\n',
        'b/etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
  ],
  check(host, report) {
    const cleanup = host.nova.get('rbd_dir_cleanup');
    const place = placeOf(cleanup);
    if (!cleanup?.entry || !place || !isTrue(cleanup.value)) return;
    if (host.nova.get('images_type')?.value !== 'rbd' || !runsGuests(host)) return;
    const mount = sharedInstancesMount(host);
    if (!mount) return;
    report({
      ...place,
      values: { key: cleanup.entry.key, path: host.instancesPath! },
      related: [{ file: mount.file, span: mount.entry.span, message: 'The share' }],
      fixes: [{ title: 'off', edits: [setOsloValue(place.file, cleanup.entry, 'False')] }],
    });
  },
});
