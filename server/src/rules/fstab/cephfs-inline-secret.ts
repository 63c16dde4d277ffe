import { defineRule } from '../rule';
import { cephMounts } from './_ceph';

export default defineRule({
  id: 'fstab/cephfs-inline-secret',
  scope: 'host',
  title: 'The key of CephFS is for all to read',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      'secret= in a file that all users may read gives them the disks of all guests; put the key into a secretfile=',
  },
  why: `fstab is readable for everybody on the host. Who has the key mounts the share from anywhere in the storage network, with the
disks of all guests on it. With \`secretfile=/etc/ceph/nova.secret\` the key lies in a file of root's own.`,
  sources: ['mount.ceph(8), secret and secretfile'],
  examples: [
    {
      files: {
        'etc/fstab': 'mon1:/ /var/lib/nova/instances ceph name=nova,⟦secret=AQDkq2BeAAAAABAA==⟧,noatime 0 0\n',
      },
    },
    {
      title: 'in a file, and another mount',
      files: {
        'etc/fstab':
          'mon1:/ /var/lib/nova/instances ceph name=nova,secretfile=/etc/ceph/nova.secret 0 0\nmon1:/b /b ceph name=b,secret=AQ== 0 0\n',
      },
    },
  ],
  check(host, report) {
    for (const { file, entry } of cephMounts(host))
      for (const option of entry.optionList)
        if (option.name === 'secret' && option.value) report({ file, span: option.span });
  },
});
