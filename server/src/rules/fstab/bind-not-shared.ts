import { covers, instancesMount, mountsOf, sharedInstancesMount, type Mount } from '../../model/cluster';
import { normalise } from '../../model/host';
import { defineRule } from '../rule';
import { isBind } from './_mounts';

/** File systems of a single host. */
const LOCAL = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'jfs', 'reiserfs', 'f2fs', 'tmpfs']);

export default defineRule({
  id: 'fstab/bind-not-shared',
  scope: 'cluster',
  title: 'The instances are bound to a directory of the local disk, elsewhere they are shared',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      '{point} is {source} of the local disk {disk}, on {host} it is {share}: between the two no storage is shared',
  },
  why: `A bind mount shows another directory of the same host. Where that directory lies on a disk of its own, nova's test file is not
seen by the other hosts: *is not on shared storage: Shared storage live-migration requires either shared storage or boot-from-volume
with no local disks.*`,
  sources: ['mount(8) of util-linux 2.38, bind', 'nova/virt/libvirt/driver.py, check_can_live_migrate_source'],
  explains: [/is not on shared storage/],
  preflight: true,
  examples: [
    {
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c1/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/etc/fstab':
          'UUID=1 / ext4 defaults 0 1\n/dev/sdb1 /data xfs defaults 0 2\n⟦/data/instances⟧ /var/lib/nova/instances none bind 0 0\n',
      },
    },
    {
      title: 'measured',
      severity: 'error',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c1/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n⟦/srv/i⟧ /var/lib/nova/instances none rbind 0 0\n',
        'c2/facts.json':
          '{"mounts": {"/": {"source": "/dev/sda1", "type": "ext4"}, "/var/lib/nova/instances": {"source": "/dev/sda1[/srv/i]", "type": "ext4"}}}',
      },
    },
    {
      title: 'on the root disk, where a unit may mount the share',
      severity: 'info',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c1/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n⟦/srv/i⟧ /var/lib/nova/instances none bind 0 0\n',
      },
    },
    {
      title:
        'bound to a share, also one that only the measured mounts show; nothing to go by; nobody shares; another path',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c1/etc/fstab': 'nfs:/srv /srv/nfs nfs defaults 0 0\n/srv/nfs/i /var/lib/nova/instances none bind 0 0\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n/srv/i /var/lib/nova/instances none bind 0 0\n',
        'c2/facts.json': '{"mounts": {"/var/lib/nova/instances": {"source": "nfs:/srv/i", "type": "nfs4"}}}',
        'c3/etc/nova/nova.conf': '[DEFAULT]\n',
        'c3/etc/fstab': '/mnt/share/i /var/lib/nova/instances none bind 0 0\n',
        'c4/etc/nova/nova.conf': '[DEFAULT]\n',
        'c4/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c5/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /data\n',
        'c5/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n/srv/i /data none bind 0 0\n',
        'c6/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'c6/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n/srv/i /var/lib/nova/instances none bind 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    /** By instances_path the first host that shares it. */
    const shared = new Map<string, Mount>();
    for (const host of cluster.hosts) {
      const mount = sharedInstancesMount(host);
      if (mount && !shared.has(host.instancesPath!)) shared.set(host.instancesPath!, mount);
    }
    for (const host of cluster.hosts) {
      const bind = instancesMount(host);
      const elsewhere = host.instancesPath === undefined ? undefined : shared.get(host.instancesPath);
      if (!bind || !elsewhere || !isBind(bind) || host.nova.get('images_type')?.value === 'rbd') continue;
      const below = beneath(bind);
      if (!below || !LOCAL.has(below.entry.type.value)) continue;
      const measured = host.facts?.mounts?.[normalise(bind.entry.file.value)];
      if (measured && !LOCAL.has(measured.type)) continue;
      report({
        host,
        file: bind.file,
        span: bind.entry.spec.span,
        values: {
          point: bind.entry.file.value,
          source: bind.entry.spec.value,
          disk: below.entry.spec.value,
          host: elsewhere.host.name,
          share: elsewhere.entry.spec.value,
        },
        severity: measured ? 'error' : below.entry.file.value === '/' ? 'info' : 'warning',
        related: [
          { file: below.file, span: below.entry.span, message: 'the disk that it lies on' },
          { file: elsewhere.file, span: elsewhere.entry.span, message: `Mounted on ${elsewhere.host.name}` },
        ],
      });
    }
  },
});

/** The entry that a bind mount's source lies on; undefined where that is bound again, or in no entry. */
function beneath(bind: Mount): Mount | undefined {
  const source = normalise(bind.entry.spec.value);
  let best: Mount | undefined;
  let length = -1;
  for (const mount of mountsOf(bind.host)) {
    const point = normalise(mount.entry.file.value);
    if (mount.entry === bind.entry || !point.startsWith('/') || point.length <= length || !covers(point, source))
      continue;
    best = mount;
    length = point.length;
  }
  return best && isBind(best) ? undefined : best;
}
