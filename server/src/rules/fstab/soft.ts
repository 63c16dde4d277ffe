import { lastOf } from '../../model/nfs';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { nfsStorage } from './_mounts';

export default defineRule({
  id: 'fstab/soft',
  scope: 'host',
  title: 'Guests get I/O errors when the server is slow',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      '{option} on {point}: when the server does not answer in time guests get I/O errors, and data may be lost; write hard',
  },
  fixes: { hard: 'Write hard' },
  why: `With soft (or softerr) the kernel gives up after some retries and QEMU gets an error for a write that the guest believes in:
file systems in the guests go read-only or are damaged. With hard they wait until the server is back.`,
  sources: ['nfs(5): "A so-called soft timeout can cause silent data corruption in certain cases."'],
  examples: [
    {
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs ⟦soft⟧,timeo=30 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs hard,timeo=30 0 0\n' },
    },
    {
      title: 'softerr',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs4 rw,⟦softerr⟧ 0 0\r\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs4 rw,hard 0 0\r\n' },
    },
    {
      title: 'undone by hard, or another mount',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs soft,hard 0 0\nnfs:/iso /mnt/iso nfs soft 0 0\n' },
    },
    {
      title: 'a copy of the instances',
      files: { 'etc/fstab': 'nfs:/nova-backup/instances /srv/copy nfs soft 0 0\n' },
    },
  ],
  check(host, report) {
    const mount = nfsStorage(host);
    const last = mount && lastOf(mount.entry, ['soft', 'softerr', 'hard']);
    if (!last || last.name === 'hard') return;
    report({
      file: mount.file,
      span: last.span,
      values: { option: last.name, point: mount.entry.file.value },
      fixes: [{ title: 'hard', edits: [replace(mount.file, last.span, 'hard')] }],
    });
  },
});
