import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { covers, instancesStorage } from '../../model/cluster';
import type { Host } from '../../model/host';
import { NETWORK_FILE_SYSTEMS } from '../../model/storage';
import { TOP } from '../edits';
import { defineRule, holdsAtAll } from '../rule';
import { removeAll } from './_entry';
import { tunnelOf } from './_tunnel';

/** From here on nova asks for a libvirt and a QEMU that copy disks over connections of their own only. */
const WALLABY = releaseIndex('wallaby') ?? NEWEST;

/** File systems that no other host sees; of others, FUSE's among them, nothing is said. */
const LOCAL = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'jfs', 'reiserfs', 'f2fs', 'tmpfs', 'overlay']);

export default defineRule({
  id: 'nova/tunnelled-block-migration',
  scope: 'host',
  title: 'Local disks do not go through a tunnel',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'mitaka' },
  messages: {
    default:
      'Disks lie on {type} of this host, and a tunnel does not carry disks: guests cannot migrate with live_migration_tunnelled',
    maybe:
      'live_migration_tunnelled does not carry disks: right only where all instances lie on shared storage or volumes',
  },
  fixes: {
    remove: 'Delete live_migration_tunnelled: data goes from QEMU to QEMU, in the clear unless native TLS is on',
  },
  why: `What has to be copied are memory and, without shared storage, disks. Through libvirt's tunnel goes only memory: a guest with a
disk of its own ends with *Unsafe migration: Migration without shared storage is unsafe*, *migration of non-shared storage is not
supported with tunnelled migration* or *argument key 'host' must not have null value*, depending on the versions; with volumes nova
refuses first: *Cannot block migrate instance … with mapped volumes*. live_migration_with_native_tls encrypts both.`,
  sources: [
    'nova 26.2.2 with live_migration_tunnelled and local disks',
    'virsh migrate --tunnelled --copy-storage-inc of libvirt 9.0.0',
    'nova/conf/libvirt.py, why live_migration_tunnelled is deprecated, 23.0.0',
  ],
  explains: [
    /Migration without shared storage is unsafe/,
    /non-shared storage is not supported with tunnelled/,
    /argument key 'host' must not have null value/,
    /Selective block device migration is not supported with tunnelled block migrations/,
  ],
  preflight: 'source',
  examples: [
    {
      title: 'a file system of the host, as measured',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = ⟦true⟧\n',
        'c1/facts.json':
          '{"mounts": {"/": {"source": "/dev/sda1", "type": "ext4"}, "/var/lib/nova": {"source": "/dev/sdb", "type": "xfs"}}}',
      },
      fix: 'remove',
      good: { 'c1/etc/nova/nova.conf': '[libvirt]\n' },
    },
    {
      title: 'the same with versions that may still copy disks through it',
      release: 'rocky',
      severity: 'info',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = ⟦true⟧\n',
        'c1/facts.json': '{"mounts": {"/": {"source": "/dev/sda1", "type": "ext4"}}}',
      },
    },
    {
      title: 'nothing tells where the disks lie',
      release: 'zed',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '[libvirt]\r\nimages_type=qcow2\r\nlive_migration_tunnelled=⟦yes⟧\r\n' },
    },
    {
      title: 'a file system that nobody knows',
      release: 'zed',
      severity: 'info',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = ⟦true⟧\n',
        'c1/facts.json': '{"mounts": {"/var/lib/nova/instances": {"source": "x", "type": "fuse.x"}}}',
      },
    },
    {
      title: 'shared storage: measured, by fstab, in Ceph',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = true\n',
        'c1/facts.json':
          '{"mounts": {"/": {"source": "/dev/sda1", "type": "ext4"}, "/var/lib/nova/instances": {"source": "nfs:/i", "type": "nfs4"}}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = true\n',
        'c2/etc/fstab': 'nfs:/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nlive_migration_tunnelled = true\n',
      },
    },
    {
      title: 'no tunnel',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = false\n' },
    },
  ],
  check(host, report) {
    const tunnel = tunnelOf(host);
    if (!tunnel || host.nova.get('images_type')?.value?.toLowerCase() === 'rbd') return;
    const measured = fileSystem(host);
    if (measured ? NETWORK_FILE_SYSTEMS.has(measured) : instancesStorage(host)) return;
    const local = measured !== undefined && LOCAL.has(measured);
    const fatal = local && host.release.index >= WALLABY;
    const facts = local ? host.first('facts') : undefined;
    report({
      ...tunnel.place,
      message: fatal ? 'default' : 'maybe',
      severity: fatal ? 'error' : 'info',
      guess: fatal && !holdsAtAll(host, (r) => r >= WALLABY),
      values: { type: measured ?? '' },
      related: facts ? [{ file: facts, span: TOP, message: 'Mounts as measured' }] : [],
      fixes: [{ title: 'remove', edits: removeAll(host, tunnel.setting.option), preferred: false }],
    });
  },
});

/** The type of the file system that holds instances_path, as measured. */
function fileSystem(host: Host): string | undefined {
  const path = host.instancesPath;
  const mounts = Object.entries(host.facts?.mounts ?? {});
  let best: string | undefined;
  let type: string | undefined;
  for (const [point, mount] of path === undefined ? [] : mounts) {
    if (!covers(point, path!) || (best !== undefined && point.length <= best.length)) continue;
    best = point;
    type = mount.type;
  }
  return type;
}
