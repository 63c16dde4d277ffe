import type { KnownMessage } from '../message';

/** Disks and where they lie. Words of libvirt 9.0 and QEMU 7.2. */
export const storage: readonly KnownMessage[] = [
  {
    id: 'not-shared-unsafe',
    pattern: /Migration without shared storage is unsafe/,
    means: 'libvirt holds the disk for local, and was not told to copy it.',
    causes: [
      {
        text: 'The instances lie on a local file system, be it by a bind mount.',
        remedy: 'NFS, CephFS, GlusterFS, GFS2 or OCFS2; or a block migration',
        rules: ['cluster/guest-disk-local', 'fstab/bind-not-shared', 'nova/instances-path-not-mounted'],
      },
      {
        text: 'The file system is shared, and libvirt does not know its type.',
        remedy: 'shared_filesystems in qemu.conf (libvirt 10.8 and newer)',
        rules: ['fstab/shared-unknown-to-libvirt'],
      },
      {
        text: 'live_migration_tunnelled: copied disks do not go through the tunnel.',
        remedy: 'native TLS instead',
        rules: ['nova/tunnelled-block-migration'],
      },
    ],
  },
  {
    id: 'disk-missing',
    pattern:
      /unable to stat: (?<file>\S+): No such file or directory|Cannot access storage file '(?<path>[^']*)'.*: No such file or directory/,
    means: 'The destination does not have a file of the guest.',
    causes: [
      {
        text: 'The share of the instances is not mounted on the destination, or elsewhere.',
        remedy: 'mount it, and write it into fstab',
        rules: [
          'cluster/storage-differs',
          'nova/instances-path-not-mounted',
          'fstab/wrong-mountpoint',
          'fstab/noauto',
          'fstab/server-differs',
          'nova/instances-path-differs',
        ],
      },
      {
        text: 'A CD-ROM or config drive lies on a local path of the source.',
        remedy: 'config_drive_format = vfat on shared storage, or eject it',
        rules: ['cluster/guest-disk-local', 'nova/config-drive-block'],
      },
    ],
  },
  {
    id: 'disk-forbidden',
    pattern:
      /Could not open '(?<file>[^']*)': Permission denied|Cannot access storage file '(?<path>[^']*)'.*: Permission denied/,
    means: 'QEMU on the destination may not open the disk.',
    causes: [
      {
        text: 'libvirt-qemu (or qemu) has another number there, and the disk belongs to the old one.',
        remedy: 'one number on all hosts',
        rules: ['cluster/qemu-uid-differs', 'qemu/user-differs'],
      },
      {
        text: 'A directory above the disk lets others not through.',
        remedy: 'chmod o+x on it',
        rules: ['cluster/instances-dir-mode'],
      },
      {
        text: 'The NFS server squashes root.',
        remedy: 'no_root_squash in exports',
        rules: ['exports/root-squash', 'exports/all-squash', 'exports/anon-not-nova'],
      },
    ],
  },
  {
    id: 'disk-owner',
    pattern: /Setting different DAC user or group on (?<file>\S+) which is already in use/,
    means: 'libvirt on the destination would give the disk to another account while the source uses it.',
    causes: [
      {
        text: 'libvirt-qemu (or qemu) has another number there.',
        remedy: 'one number on all hosts',
        rules: ['cluster/qemu-uid-differs', 'qemu/user-differs'],
      },
    ],
  },
  {
    id: 'disk-taken',
    pattern: /bdrv_inactivate_all\(\) failed/,
    means: 'QEMU on the source could not hand its disk over: it may not open it any more.',
    causes: [
      {
        text: 'libvirt on the destination gave the disk to an account of another number.',
        remedy: 'one number of libvirt-qemu (or qemu) on all hosts',
        rules: ['cluster/qemu-uid-differs', 'qemu/user-differs'],
      },
    ],
  },
  {
    id: 'disk-read-only',
    pattern: /Could not open '(?<file>[^']*)': Read-only file system|Read-only file system/,
    means: 'The storage is read-only on the destination.',
    causes: [
      {
        text: 'It is mounted or exported read-only.',
        remedy: 'rw in fstab and exports, and mount it anew',
        rules: [
          'cluster/instances-read-only',
          'cluster/guest-disk-read-only',
          'fstab/ro',
          'exports/not-rw',
          'exports/space-before-options',
        ],
      },
    ],
  },
  {
    id: 'pool-missing',
    pattern: /no storage pool with matching target path '(?<path>[^']*)'/,
    means: 'Disks are to be copied, and the destination has neither the file nor a pool at {path}.',
    causes: [
      {
        text: 'libvirt makes the target file in a storage pool only.',
        remedy: 'a pool of that path on the destination, or the file beforehand (qemu-img create, same size)',
        rules: ['cluster/asked-copy-no-pool'],
      },
    ],
  },
  {
    id: 'disk-size',
    pattern: /Source and target image have different sizes/,
    means: 'The file on the destination has another size than the disk.',
    causes: [
      {
        text: 'A file is left over from an earlier migration.',
        remedy: 'remove it, or make it as large as the disk',
        rules: ['cluster/asked-copy-other-size'],
      },
    ],
  },
  {
    id: 'snapshots',
    pattern: /cannot migrate domain with (?<count>\d+) snapshots/,
    means: 'The guest has {count} snapshots of libvirt, which stay behind.',
    causes: [
      {
        text: 'Snapshots were taken by virsh.',
        remedy: 'virsh snapshot-delete, be it --metadata',
        rules: ['cluster/guest-snapshots'],
      },
    ],
  },
];
