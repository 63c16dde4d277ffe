import { instancesStorage } from '../../model/cluster';
import { lastOf } from '../../model/nfs';
import { replace } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'fstab/ro',
  scope: 'host',
  title: 'The instances are mounted read-only',
  severity: 'error',
  files: ['fstab'],
  messages: {
    default: 'ro on {point}: a guest that arrives here cannot write its disk, Read-only file system; write rw',
  },
  fixes: { rw: 'Write rw' },
  why: `The guest is moved and then stops: *unable to execute QEMU command 'cont': Could not open
'/var/lib/nova/instances/…/disk': Read-only file system*. Nova's own test file in instances_path fails, too.`,
  sources: ['virsh migrate of libvirt 9.0.0 onto a read-only mount', 'mount(8)'],
  explains: [/Read-only file system/],
  preflight: true,
  examples: [
    {
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs hard,⟦ro⟧,_netdev 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs hard,rw,_netdev 0 0\n' },
    },
    {
      title: 'at the path that nova.conf says, on CephFS',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/i\n',
        'etc/fstab': '10.0.0.9:/ /srv/i ceph name=nova,⟦ro⟧ 0 0\n',
      },
      good: { 'etc/fstab': '10.0.0.9:/ /srv/i ceph name=nova,rw 0 0\n' },
    },
    {
      title: 'undone by rw, another mount, a local root',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\n',
        'etc/fstab':
          'nfs:/srv /var/lib/nova/instances nfs ro,rw 0 0\nnfs:/iso /mnt/iso nfs ro 0 0\n/dev/sda1 / ext4 ro,errors=remount-ro 0 1\n',
      },
    },
  ],
  check(host, report) {
    const mount = instancesStorage(host);
    if (!mount) return;
    const last = lastOf(mount.entry, ['ro', 'rw']);
    if (last?.name !== 'ro') return;
    report({
      file: mount.file,
      span: last.span,
      values: { point: mount.entry.file.value },
      fixes: [{ title: 'rw', edits: [replace(mount.file, last.span, 'rw')] }],
    });
  },
});
