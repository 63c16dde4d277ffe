import { defineRule } from '../rule';
import { guestsOf } from './_guests';
import { claimsShare, localType } from './_mounts';

export default defineRule({
  id: 'cluster/guest-disk-local',
  scope: 'host',
  title: 'A guest with a disk that no other host sees',
  severity: 'warning',
  files: ['facts'],
  messages: {
    disk: '{who} has the disk {path} on {type} of this host alone: it moves with block migration only; move the disk to the share',
    cdrom:
      '{who} has {path} in its {device}, on {type} of this host alone: it cannot go elsewhere; eject it, or put it on the share',
  },
  why: `The instances are to lie on storage that all hosts share, and this disk does not: *Unsafe migration: Migration without shared storage
is unsafe*, or of a CD-ROM *Cannot access storage file '/var/tmp/cd.iso': No such file or directory*. A guest that was started while the
share was not mounted writes to what lies beneath it.`,
  sources: ['virsh migrate of guests with a disk and a CD-ROM on a local file system, libvirt 9.0.0'],
  explains: [
    /Migration without shared storage is unsafe/,
    /Cannot access storage file '[^']*': No such file or directory/,
  ],
  preflight: true,
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\n',
        'etc/fstab': 'nas:/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'facts.json':
          '{"mounts": {"/": {"source": "/dev/vda", "type": "ext4"}, "/var/lib/nova/instances": {"source": "nas:/i", "type": "nfs4"}}, "instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "source": "/var/lib/nova/instances/a/disk"}, {"device": "cdrom", "type": "file", "source": ⟦"/var/tmp/cd.iso"⟧}]},\n{"name": "b", "uuid": "2", "state": "running", "disks": [{"device": "disk", "type": "file", "source": ⟦"/var/lib/libvirt/images/b"⟧}]}]}',
      },
    },
    {
      title: 'on the share; in Ceph; an empty drive; no share, so that block migration is meant; mounts unknown',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c1/etc/fstab': 'nas:/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c1/facts.json':
          '{"mounts": {"/": {"source": "/dev/vda", "type": "ext4"}, "/var/lib/nova/instances": {"source": "nas:/i", "type": "nfs4"}}, "instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "source": "/var/lib/nova/instances/a/disk"}, {"device": "cdrom", "type": "file"}, {"device": "disk", "type": "network", "source": "rbd:vms/x"}]}]}',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/facts.json':
          '{"mounts": {"/": {"source": "/dev/vda", "type": "ext4"}}, "instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "source": "/var/lib/nova/instances/a/disk"}]}]}',
        'c3/etc/nova/nova.conf': '[DEFAULT]\n',
        'c3/etc/fstab': 'nas:/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c3/facts.json':
          '{"instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "source": "/var/tmp/x"}]}]}',
      },
    },
  ],
  check(host, report) {
    if (!claimsShare(host)) return;
    for (const { instance, place } of guestsOf(host)) {
      for (const [index, { device, type, source }] of (instance.disks ?? []).entries()) {
        if (type !== 'file' || source?.startsWith('/') !== true) continue;
        const on = localType(host, source);
        const at = on === undefined ? undefined : place('disks', index, 'source');
        if (on === undefined || !at) continue;
        const message = device === 'disk' || device === 'lun' ? 'disk' : 'cdrom';
        report({ ...at, message, values: { who: instance.name, path: source, type: on, device } });
      }
    }
  },
});
