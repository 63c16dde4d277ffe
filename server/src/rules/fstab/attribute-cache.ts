import { instancesStorage } from '../../model/cluster';
import { lastOf } from '../../model/nfs';
import { isNfs } from '../../model/storage';
import { defineRule } from '../rule';
import { dropMountOption } from './_mounts';

/** Seconds for which a directory may be remembered by default: nfs(5), acdirmax. */
const USUAL = 60;

const NFS = ['acdirmin', 'acdirmax', 'actimeo'];
const GLUSTER = ['entry-timeout', 'attribute-timeout', 'negative-timeout'];

export default defineRule({
  id: 'fstab/attribute-cache',
  scope: 'host',
  title: 'What others do to the instances is seen minutes later',
  severity: 'info',
  files: ['fstab'],
  messages: {
    default:
      '{option} on {point}: files that another host makes may not be seen for {seconds} s; the default is shorter',
  },
  fixes: { drop: 'Take {option} out' },
  why: `Before a migration nova makes a test file on the destination and looks for it on the source. A directory that is remembered for
minutes does not show it: *is not on shared storage*. Nova touches the directory first, which helps where the server's clock and
caches play along.`,
  sources: [
    'nfs(5) of nfs-utils 2.6.2, acdirmin, acdirmax, actimeo',
    'nova/virt/libvirt/driver.py, _check_shared_storage_test_file',
  ],
  explains: [/is not on shared storage/],
  examples: [
    {
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs hard,⟦actimeo=600⟧,acdirmax=60 0 0\n' },
      fix: 'drop',
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs hard,acdirmax=60 0 0\n' },
    },
    {
      title: 'Gluster',
      files: { 'etc/fstab': 'g1,g2:/nova /var/lib/nova/instances glusterfs _netdev,⟦entry-timeout=300⟧ 0 0\n' },
      fix: 'drop',
      good: { 'etc/fstab': 'g1,g2:/nova /var/lib/nova/instances glusterfs _netdev 0 0\n' },
    },
    {
      title: 'as usual, of files alone, without a cache, another mount',
      files: {
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs acdirmin=30,acdirmax=60,acregmax=3600 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs actimeo=600,noac 0 0\nn:/b /b nfs actimeo=600 0 0\n',
        'c/etc/fstab': 'mon:/ /var/lib/nova/instances ceph name=nova,actimeo=600 0 0\n',
      },
    },
  ],
  check(host, report) {
    const mount = instancesStorage(host);
    if (!mount) return;
    const { entry, file } = mount;
    const names = isNfs(entry.type.value) ? NFS : entry.type.value === 'glusterfs' ? GLUSTER : [];
    if (lastOf(entry, ['ac', 'noac'])?.name === 'noac') return;
    for (const option of entry.optionList) {
      const seconds = /^\d+$/.test(option.value ?? '') ? Number(option.value) : 0;
      if (!names.includes(option.name) || seconds <= USUAL) continue;
      const text = file.text.slice(option.span.start, option.span.end);
      report({
        file,
        span: option.span,
        values: { option: text, seconds, point: entry.file.value },
        fixes: [{ title: 'drop', values: { option: text }, edits: [dropMountOption(mount, option)], preferred: false }],
      });
    }
  },
});
