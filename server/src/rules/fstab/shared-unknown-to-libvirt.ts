import { releaseIndex } from '../../knowledge/releases';
import { instancesStorage } from '../../model/cluster';
import type { Host } from '../../model/host';
import { atLeast } from '../../model/platform';
import { defineRule, holdsAtAll, type Severity } from '../rule';

/** Since then libvirt refuses a plain migration from what it does not know as shared, whatever the disks' cache mode. */
const REFUSES = [4, 5, 0];
/** Between this and 11.3 qemu.conf got shared_filesystems. */
const MAY_BE_TOLD = [9, 1, 0];
/** Kernel mounts of CephFS are known since then; FUSE mounts are not. */
const KNOWS_CEPH = [5, 1, 0];
/** The oldest release of nova that runs on no libvirt before 6.0. */
const WALLABY = releaseIndex('wallaby') ?? 0;

export default defineRule({
  id: 'fstab/shared-unknown-to-libvirt',
  scope: 'host',
  title: 'Libvirt does not know that the file system is shared',
  severity: 'error',
  files: ['fstab'],
  messages: {
    fuse: 'Libvirt takes {type} for a local disk: Migration without shared storage is unsafe; mount it by the kernel, as ceph',
    kernel:
      'Libvirt {version} takes ceph for a local disk: Migration without shared storage is unsafe; 5.1 and later know it',
  },
  why: `*Unsafe migration: Migration without shared storage is unsafe*: libvirt tells by the file system whether the disks are seen on
the other host too. Of FUSE's it knows Gluster and Quobyte, not ceph-fuse; the kernel's CephFS it knows since 5.1. Nova sees its test
file, asks for a migration without copying, and libvirt refuses. Newer versions have \`shared_filesystems\` in qemu.conf, by which
such a directory can be named.`,
  sources: [
    'virFileIsSharedFS of libvirt 9.0.0, asked about FUSE mounts of the types fuse.ceph (local) and fuse.glusterfs (shared)',
    'libvirt, release notes of 5.1.0',
    'tp-libvirt, pull request 1617: the refusal came with the libvirt 4.5 of RHEL 7.6',
  ],
  explains: [/Migration without shared storage is unsafe/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node a]\nlibvirt = 9.0.0\n',
        'a/etc/fstab': 'none /var/lib/nova/instances ⟦fuse.ceph⟧ ceph.id=nova,_netdev 0 0\n',
      },
    },
    {
      title: 'the kernel client, and a libvirt that is too old for it',
      files: {
        'livemig.ini': '[node a]\nlibvirt = 4.6.0\n',
        'a/etc/fstab': 'mon1:/ /var/lib/nova/instances ⟦ceph⟧ name=nova 0 0\n',
      },
    },
    {
      title: 'no version known, but nova needs a new one',
      release: '2024.1',
      severity: 'warning',
      files: {
        'etc/fstab': 'none /var/lib/nova/instances ⟦fuse.ceph⟧ ceph.id=nova,_netdev 0 0\n',
        'etc/libvirt/qemu.conf': 'user = "nova"\n',
      },
    },
    {
      title: 'nothing known, or a qemu.conf that may name it',
      release: 'train',
      severity: 'info',
      files: {
        'livemig.ini': '[node b]\nlibvirt = 11.3.0\n',
        'a/etc/fstab': 'none /var/lib/nova/instances ⟦fuse.ceph⟧ ceph.id=nova 0 0\n',
        'b/etc/fstab': 'none /var/lib/nova/instances ⟦fuse.ceph⟧ ceph.id=nova 0 0\n',
        'c/etc/fstab': 'none /var/lib/nova/instances ⟦fuse.ceph⟧ ceph.id=nova 0 0\n',
        'c/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'named in qemu.conf, the disks in Ceph itself, what libvirt knows or does not mind',
      files: {
        'livemig.ini':
          '[node a]\nlibvirt = 11.3.0\n[node b]\nlibvirt = 9.0.0\n[node c]\nlibvirt = 9.0.0\n[node d]\nlibvirt = 1.2.2\n',
        'a/etc/fstab': 'none /var/lib/nova/instances fuse.ceph ceph.id=nova 0 0\n',
        'a/etc/libvirt/qemu.conf': 'shared_filesystems = [ "/var/lib/nova/instances" ]\n',
        'b/etc/fstab': 'none /var/lib/nova/instances fuse.ceph ceph.id=nova 0 0\n',
        'b/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'c/etc/fstab': 'mon1:/ /var/lib/nova/instances ceph name=nova 0 0\n',
        'd/etc/fstab': 'none /var/lib/nova/instances fuse.ceph ceph.id=nova 0 0\n',
      },
    },
  ],
  check(host, report) {
    const mount = instancesStorage(host);
    const type = mount?.entry.type.value;
    if (!mount || (type !== 'ceph' && type !== 'fuse.ceph')) return;
    const images = host.nova.get('images_type')?.value;
    if (images === 'rbd' || images === 'lvm' || host.qemu.get('shared_filesystems')) return;
    const fuse = type === 'fuse.ceph';
    const severity = fuse ? ofFuse(host) : refusesKernel(host) ? 'error' : undefined;
    if (!severity) return;
    report({
      file: mount.file,
      span: mount.entry.type.span,
      message: fuse ? 'fuse' : 'kernel',
      values: { type, version: host.platform.libvirt?.join('.') ?? '' },
      severity,
    });
  },
});

function ofFuse(host: Host): Severity | undefined {
  const refuses = atLeast(host.platform.libvirt, REFUSES);
  if (refuses === false) return undefined;
  const may = atLeast(host.platform.libvirt, MAY_BE_TOLD) ?? true;
  // Where qemu.conf is not in view it may name the directory.
  if (may && !host.qemu.file) return 'info';
  if (refuses) return 'error';
  return holdsAtAll(host, (r) => r >= WALLABY) ? 'warning' : 'info';
}

function refusesKernel({ platform: { libvirt } }: Host): boolean {
  return atLeast(libvirt, REFUSES) === true && atLeast(libvirt, KNOWS_CEPH) === false;
}
