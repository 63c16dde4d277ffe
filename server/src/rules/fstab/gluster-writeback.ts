import { instancesStorage } from '../../model/cluster';
import { defineRule } from '../rule';
import { dropMountOption } from './_mounts';

export default defineRule({
  id: 'fstab/gluster-writeback',
  scope: 'host',
  title: 'Writes to Gluster stay in the memory of the host',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      '{option} on {point}: one host does not see what another has yet to write, nor its sizes and times; take it out',
  },
  fixes: { drop: 'Take {option} out' },
  why: `With the kernel's write-back cache FUSE keeps writes, sizes and times in the memory of the host and trusts them: right for a
file system of one host. A guest that moves goes on with a disk whose size and contents the destination remembers from before.`,
  sources: [
    'mount.glusterfs(8), kernel-writeback-cache',
    'Linux, Documentation/filesystems/fuse-io.rst, writeback-cache mode',
  ],
  examples: [
    {
      files: {
        'etc/fstab': 'g1,g2:/nova /var/lib/nova/instances glusterfs _netdev,⟦kernel-writeback-cache=yes⟧ 0 0\n',
      },
      good: { 'etc/fstab': 'g1,g2:/nova /var/lib/nova/instances glusterfs _netdev 0 0\n' },
    },
    {
      title: 'off, and another mount',
      files: {
        'etc/fstab':
          'g1,g2:/nova /var/lib/nova/instances glusterfs kernel-writeback-cache=no 0 0\ng1:/b /b glusterfs kernel-writeback-cache=yes 0 0\n',
      },
    },
  ],
  check(host, report) {
    const mount = instancesStorage(host);
    if (mount?.entry.type.value !== 'glusterfs') return;
    const option = mount.entry.optionList.findLast((o) => o.name === 'kernel-writeback-cache');
    if (!option || !/^(yes|on|true|enable|1)$/i.test(option.value ?? '')) return;
    report({
      file: mount.file,
      span: option.span,
      values: { option: option.name, point: mount.entry.file.value },
      fixes: [{ title: 'drop', edits: [dropMountOption(mount, option)] }],
    });
  },
});
