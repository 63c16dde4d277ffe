import { factPlace } from '../../model/factPlace';
import { disksAreFiles } from '../exports/_qemu';
import { runsGuests } from '../nova/_guests';
import { defineRule } from '../rule';
import { mountOf } from './_mounts';

export default defineRule({
  id: 'cluster/instances-read-only',
  scope: 'host',
  title: 'Nothing can be written where the instances lie',
  severity: 'error',
  files: ['facts'],
  messages: {
    mount:
      '{path} lies on {point}, which is mounted read-only: guests cannot start or arrive here; mount it rw, and see why it is not',
    account:
      'nova may not write in {path}: no guest starts or arrives here; give the folder to nova, or export it without squashing',
  },
  why: `QEMU of the destination opens the guest's disk for writing as the guest is to go on: *unable to execute QEMU command 'cont': Could
not open '/var/lib/nova/instances/…/disk': Read-only file system*. Before that nova writes a file into the folder, to see whether it is
shared, and may not: *Permission denied*. A file system that the kernel found damaged is made read-only by itself.`,
  sources: [
    'virsh migrate to a host whose instances are mounted read-only, libvirt 9.0.0',
    'nova/virt/libvirt/driver.py, _create_shared_storage_test_file, 26.2.2',
  ],
  explains: [/Could not open '[^']*': Read-only file system/],
  preflight: true,
  examples: [
    {
      title: 'read-only',
      files: {
        'etc/libvirt/qemu.conf': '',
        'etc/nova/nova.conf': '[DEFAULT]\n',
        'facts.json':
          '{"mounts": {"/": {"source": "/dev/vda1", "type": "ext4", "options": "ro"}, "/var/lib/nova/instances": {"source": "nas:/i", "type": "nfs4", "options": ⟦"ro,relatime"⟧}}}',
      },
    },
    {
      title: 'not for nova, if it is that account that nova-compute runs as',
      severity: 'warning',
      files: {
        'etc/libvirt/qemu.conf': '',
        'etc/nova/nova.conf': '[DEFAULT]\n',
        'facts.json':
          '{"writable": {"nova": ⟦false⟧, "libvirt-qemu": false}, "mounts": {"/": {"source": "/dev/vda1", "type": "ext4", "options": "rw"}}}',
      },
    },
    {
      title: 'as it should be; a read-only root beneath; disks elsewhere; nova in a container',
      files: {
        'c1/etc/libvirt/qemu.conf': '',
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c1/facts.json':
          '{"writable": {"nova": true, "libvirt-qemu": false}, "mounts": {"/": {"source": "/dev/vda1", "type": "ext4", "options": "ro"}, "/var/lib/nova": {"source": "nas:/i", "type": "nfs4", "options": "rw,errors=remount-ro"}}}',
        'c2/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'c2/facts.json': '{"mounts": {"/": {"source": "/dev/vda1", "type": "ext4", "options": "ro"}}}',
        'c3/etc/kolla/nova-compute/nova.conf': '[DEFAULT]\n[libvirt]\nvirt_type = kvm\n',
        'c3/facts.json': '{"writable": {"nova": false}}',
      },
    },
  ],
  check(host, report) {
    const path = host.instancesPath;
    // A container has its own mounts and accounts.
    if (
      path === undefined ||
      !runsGuests(host) ||
      !disksAreFiles(host) ||
      host.files.some((f) => f.path.includes('/kolla/'))
    )
      return;
    const mount = mountOf(host, path);
    if (mount && /(?:^|,)ro(?:,|$)/.test(mount.facts.options ?? '')) {
      const place = factPlace(host, ['mounts', mount.point, 'options']);
      if (place) report({ ...place, message: 'mount', values: { path, point: mount.point } });
    } else if (host.facts?.writable?.nova === false) {
      const place = factPlace(host, ['writable', 'nova']);
      if (place) report({ ...place, message: 'account', severity: 'warning', values: { path } });
    }
  },
});
