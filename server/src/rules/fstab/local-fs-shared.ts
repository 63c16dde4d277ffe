import { instancesMount, type Mount } from '../../model/cluster';
import { normalise } from '../../model/host';
import { defineRule } from '../rule';

/** File systems that one host alone may mount at a time. */
const LOCAL = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'jfs', 'reiserfs', 'f2fs']);

/** Names that mean one disk, whoever says them: of the disk itself, of its multipath device, of an RBD image. */
const DISK =
  /^\/dev\/(?:disk\/by-id\/(?:wwn-|scsi-[3S]|nvme-(?:eui|uuid)\.|dm-uuid-mpath-)[\w.-]+|mapper\/3[\da-f]{16,32}(?:[-p]\w+)?|rbd\/[^/]+\/[^/]+)$/;

export default defineRule({
  id: 'fstab/local-fs-shared',
  scope: 'cluster',
  title: 'Two hosts mount one disk with a file system for one host',
  severity: 'error',
  files: ['fstab'],
  messages: {
    default:
      '{spec} is mounted on {host} too, and {type} is for one host at a time: the two destroy it; use a cluster file system',
    uuid: '{host} mounts {spec} too: two hosts destroy one {type}; right only if each has a copy, made as its own disk',
  },
  why: `ext4, XFS and Btrfs keep what they know of the disk in memory and let nobody else write. Two hosts that mount one LUN or RBD
image overwrite each other's blocks; the file system is lost within hours, and no guest that moves finds its disk as it was. Shared
block devices need OCFS2 or GFS2, or volumes for each guest.`,
  sources: ['mount.ocfs2(8) and gfs2(5), for what a shared block device needs', 'ext4(5), mmp'],
  preflight: true,
  examples: [
    {
      files: {
        'a/etc/nova/nova.conf': '[DEFAULT]\n',
        'a/etc/fstab': '⟦/dev/mapper/3600a098038304437415d4b6a59684a52⟧ /var/lib/nova/instances xfs _netdev 0 0\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\n',
        'b/etc/fstab': '⟦/dev/mapper/3600a098038304437415d4b6a59684a52⟧ /var/lib/nova/instances xfs _netdev 0 0\n',
        'c/etc/nova/nova.conf': '[DEFAULT]\n',
        'c/etc/fstab': '/dev/mapper/3600a098038304437415d4b6a59684a99 /var/lib/nova/instances xfs _netdev 0 0\n',
      },
    },
    {
      title: 'a UUID, which a cloned disk has too',
      severity: 'info',
      files: {
        'a/etc/nova/nova.conf': '[DEFAULT]\n',
        'a/etc/fstab': '⟦UUID=0a3407de-014b-458b-b5c1-848e92a327a3⟧ /var/lib/nova/instances ext4 defaults 0 2\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\n',
        'b/etc/fstab': '⟦UUID=0a3407de-014b-458b-b5c1-848e92a327a3⟧ /var/lib/nova/instances ext4 defaults 0 2\n',
      },
    },
    {
      title: 'names that each host has for its own, the root disk, a cluster file system, only one of them at boot',
      files: {
        'a/etc/nova/nova.conf': '[DEFAULT]\n',
        'a/etc/fstab': '/dev/sdb1 /var/lib/nova/instances ext4 defaults 0 2\nUUID=1 / ext4 defaults 0 1\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\n',
        'b/etc/fstab': '/dev/sdb1 /var/lib/nova/instances ext4 defaults 0 2\nUUID=1 / ext4 defaults 0 1\n',
        'c/etc/nova/nova.conf': '[DEFAULT]\n',
        'c/etc/fstab': '/dev/rbd/vms/shared /var/lib/nova/instances ocfs2 _netdev 0 0\nUUID=1 / ext4 defaults 0 1\n',
        'd/etc/nova/nova.conf': '[DEFAULT]\n',
        'd/etc/fstab': '/dev/rbd/vms/one /var/lib/nova/instances ext4 _netdev 0 0\n',
        'e/etc/nova/nova.conf': '[DEFAULT]\n',
        'e/etc/fstab': '/dev/rbd/vms/one /var/lib/nova/instances ext4 _netdev,noauto 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const byDisk = new Map<string, Mount[]>();
    for (const host of cluster.hosts) {
      const mount = instancesMount(host);
      if (!mount || !LOCAL.has(mount.entry.type.value)) continue;
      // What is mounted above may be the root of hosts that were made of one image.
      if (normalise(mount.entry.file.value) !== host.instancesPath) continue;
      const { spec, optionList } = mount.entry;
      if (optionList.some((o) => o.name === 'noauto') || !(DISK.test(spec.value) || spec.value.startsWith('UUID=')))
        continue;
      const list = byDisk.get(spec.value);
      if (list) list.push(mount);
      else byDisk.set(spec.value, [mount]);
    }
    for (const [disk, list] of byDisk) {
      if (list.length < 2) continue;
      const sure = DISK.test(disk);
      for (const mount of list) {
        const other = list[0] === mount ? list[1]! : list[0]!;
        report({
          host: mount.host,
          file: mount.file,
          span: mount.entry.spec.span,
          message: sure ? 'default' : 'uuid',
          values: { spec: disk, host: other.host.name, type: mount.entry.type.value },
          severity: sure ? 'error' : 'info',
          related: [{ file: other.file, span: other.entry.span, message: `Mounted on ${other.host.name}` }],
        });
      }
    }
  },
});
