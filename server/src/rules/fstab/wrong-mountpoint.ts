import type { Mount } from '../../model/cluster';
import { normalise, type Host } from '../../model/host';
import { replace, setOsloOption } from '../edits';
import { defineRule, type Related } from '../rule';
import { misplacedMounts } from './_misplaced';

export default defineRule({
  id: 'fstab/wrong-mountpoint',
  scope: 'cluster',
  title: 'The share of the instances is mounted beside instances_path',
  severity: 'error',
  files: ['fstab'],
  messages: {
    default: '{source} is mounted on {point}, but nova has its instances in {path}, on the local disk; mount it there',
    peer: '{source} holds the instances of {peer}, but is mounted on {point} here, not on {path}: mount it there',
  },
  fixes: { point: 'Mount it on {path}', path: 'Set instances_path to {point}' },
  why: `Nova writes into instances_path whatever is mounted elsewhere. The test file of the destination is not seen by the source: *is
not on shared storage: Shared storage live-migration requires either shared storage or boot-from-volume with no local disks.*`,
  sources: [
    'nova/virt/libvirt/driver.py, check_can_live_migrate_source',
    'nova 26.2.2 with instances_path on a local disk',
  ],
  explains: [/is not on shared storage/],
  preflight: true,
  examples: [
    {
      title: 'a letter is missing',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nstate_path = /var/lib/nova\n',
        'etc/fstab': '10.0.0.9:/srv ⟦/var/lib/nova/instance⟧ nfs defaults 0 0\n',
      },
      good: { 'etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'another host mounts the same share at its instances_path',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/instances\n',
        'c1/etc/fstab': '10.0.0.9:/vol1 /srv/instances nfs defaults 0 0\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\ndebug = true\n',
        'c2/etc/fstab': '10.0.0.9:/vol1 ⟦/srv/instances⟧ nfs defaults 0 0\n',
      },
      fix: 'path',
      good: { 'c2/etc/nova/nova.conf': '[DEFAULT]\ndebug = true\ninstances_path = /srv/instances\n' },
    },
    {
      title: 'CephFS, mounted whole: where the other host mounts it',
      release: 'grizzly',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nstate_path=/mnt/cephfs/nova\n',
        'c1/etc/fstab': 'mon1,mon2:/ /mnt/cephfs ceph name=admin,noatime 0 0\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nstate_path=/mnt/cephfs/nova\n',
        'c2/etc/fstab': 'mon1,mon2:/ ⟦/srv/volumes⟧ ceph name=admin,noatime 0 0\n',
      },
      good: { 'c2/etc/fstab': 'mon1,mon2:/ /mnt/cephfs ceph name=admin,noatime 0 0\n' },
    },
    {
      title: 'CephFS for something else on a host whose instances lie elsewhere, and by the FUSE client',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /mnt/cephfs/nova\n',
        'c1/etc/fstab': 'mon1,mon2:/ /mnt/cephfs ceph name=nova 0 0\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\ndebug = true\n',
        'c2/etc/fstab': 'mon1,mon2:/ /srv/backup ceph name=backup 0 0\n',
        'c3/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/nova\n',
        'c3/etc/fstab': 'none /srv/nova fuse.ceph ceph.id=nova,ceph.client_mountpoint=/nova 0 0\n',
        'c4/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/nova\n',
        'c4/etc/fstab': 'none /srv/backup fuse.ceph ceph.id=backup,ceph.client_mountpoint=/backup 0 0\n',
      },
    },
    {
      title: 'only the source is called so',
      severity: 'warning',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nstate_path = /var/lib/nova\n',
        'etc/libvirt/qemu.conf': '',
        'etc/fstab': '10.0.0.9:/var/lib/nova/instances ⟦/mnt/nova⟧ nfs defaults 0 0\n',
      },
      fix: 'point',
      good: { 'etc/fstab': '10.0.0.9:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'shares for something else, instances in Ceph',
      files: {
        'a/etc/nova/nova.conf': '[DEFAULT]\nstate_path = /var/lib/nova\n',
        'a/etc/fstab':
          'n:/glance /var/lib/glance/images nfs defaults 0 0\nn:/b/nova-instances /backup nfs ro 0 0\nn:/mnt /var/lib/nova/mnt nfs rw 0 0\n',
        'b/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'b/etc/fstab': 'n:/var/lib/nova/instances /mnt nfs defaults 0 0\n',
      },
    },
    {
      title: 'bound to the place',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nstate_path = /var/lib/nova\n',
        'etc/fstab':
          'n:/i /srv/nova/instances nfs defaults 0 0\n/srv/nova/instances /var/lib/nova/instances none bind 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    for (const [host, { mount, path, peer, slip }] of misplacedMounts(cluster)) {
      const { entry, file } = mount;
      const point = normalise(entry.file.value);
      const nova = host.nova.files[0]!;
      // Of a peer with the same instances_path the mount point is known, and another path would part the two.
      const alike = peer !== undefined && peer.host.instancesPath === host.instancesPath;
      report({
        host,
        file,
        span: entry.file.span,
        message: peer ? 'peer' : 'default',
        values: { source: entry.spec.value, point, path, peer: peer?.host.name ?? '' },
        severity: peer || slip ? 'error' : 'warning',
        related: related(host, peer),
        fixes: [
          {
            title: 'point',
            edits: [replace(file, entry.file.span, path.replace(/ /g, '\\040'))],
            preferred: slip || alike,
          },
          slip || alike
            ? undefined
            : {
                title: 'path',
                edits: [setOsloOption(nova, 'DEFAULT', 'instances_path', point)],
                preferred: false,
              },
        ],
      });
    }
  },
});

function related(host: Host, peer: Mount | undefined): Related[] {
  const set = host.nova.get('instances_path');
  const found: Related[] = [];
  if (set?.file && set.entry)
    found.push({ file: set.file, span: set.entry.span, message: 'nova keeps its instances here' });
  if (peer)
    found.push({
      file: peer.file,
      span: peer.entry.file.span,
      message: `${peer.host.name} mounts it on its instances_path`,
    });
  return found;
}
