import { lastOf } from '../../model/nfs';
import { defineRule } from '../rule';
import { dropMountOption, nfsStorage } from './_mounts';

export default defineRule({
  id: 'fstab/nocto',
  scope: 'host',
  title: 'Files are opened by what the cache says of them',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      'nocto on {point}: the destination may open a disk by the size and times of before the migration; take it out',
  },
  fixes: { drop: 'Take nocto out' },
  why: `NFS promises that who opens a file sees what was written before it was closed elsewhere. The hand-over of a guest's disk from
source to destination leans on that, and so does nova's test for shared storage (*is not on shared storage*). With nocto the client
asks the server less often and takes what it remembers; nfs(5) has it for files that nobody changes.`,
  sources: ['nfs(5) of nfs-utils 2.6.2, cto / nocto'],
  explains: [/is not on shared storage/],
  examples: [
    {
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=4.2,⟦nocto⟧,hard 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=4.2,hard 0 0\n' },
    },
    {
      title: 'undone by cto, another mount',
      files: {
        'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs nocto,cto 0 0\nnfs:/usr /usr/share/doc nfs ro,nocto 0 0\n',
      },
    },
  ],
  check(host, report) {
    const mount = nfsStorage(host);
    const last = mount && lastOf(mount.entry, ['cto', 'nocto']);
    if (!mount || last?.name !== 'nocto') return;
    report({
      file: mount.file,
      span: last.span,
      values: { point: mount.entry.file.value },
      fixes: [{ title: 'drop', edits: [dropMountOption(mount, last)] }],
    });
  },
});
