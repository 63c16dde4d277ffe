import { defineRule } from '../rule';
import { cephMounts, isNewForm } from './_ceph';

export default defineRule({
  id: 'fstab/cephfs-name-missing',
  scope: 'host',
  title: 'CephFS is mounted as nobody in particular',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      'A secret without name=: mount.ceph takes it for that of client.guest, and the monitors deny it; add name=',
    none: 'Without name= CephFS is mounted as client.guest: right only where the cluster asks for no keys',
  },
  why: `mount.ceph and the kernel take the user \`guest\` where none is named, and Ceph has no such user unless somebody made one:
*mount error 13 = Permission denied*. Without the share nova writes to the local disk, and migrations fail with *is not on shared
storage*.`,
  sources: ['mount.ceph(8)', 'Ceph, src/mount/mount.ceph.c, parse_old_dev and CEPH_AUTH_NAME_DEFAULT'],
  explains: [/mount error 13 = Permission denied/],
  examples: [
    {
      files: {
        'etc/fstab':
          '⟦mon1,mon2:/nova⟧ /var/lib/nova/instances ceph secretfile=/etc/ceph/nova.secret,noatime,_netdev 0 0\n',
      },
    },
    {
      title: 'no secret either',
      severity: 'info',
      files: { 'etc/fstab': '⟦mon1:6789:/⟧ /var/lib/nova/instances ceph noatime,_netdev 0 0\n' },
    },
    {
      title: 'named by an option, or before the @; not the instances; ceph-fuse',
      files: {
        'a/etc/fstab':
          'mon1:/ /var/lib/nova/instances ceph name=nova,secretfile=/etc/ceph/s 0 0\nmon1:/b /b ceph secretfile=/s 0 0\n',
        'b/etc/fstab': 'nova@.cephfs=/ /var/lib/nova/instances ceph secretfile=/etc/ceph/s 0 0\n',
        'c/etc/fstab': 'none /var/lib/nova/instances fuse.ceph ceph.conf=/etc/ceph/ceph.conf 0 0\n',
      },
    },
  ],
  check(host, report) {
    for (const { file, entry } of cephMounts(host)) {
      if (isNewForm(entry.spec.value) || entry.optionList.some((o) => o.name === 'name')) continue;
      const secret = entry.optionList.some((o) => o.name === 'secret' || o.name === 'secretfile');
      report({
        file,
        span: entry.spec.span,
        message: secret ? 'default' : 'none',
        severity: secret ? 'warning' : 'info',
      });
    }
  },
});
