import { nfsVersion } from '../../model/nfs';
import { defineRule } from '../rule';
import { dropMountOption, nfsStorage } from './_mounts';

export default defineRule({
  id: 'fstab/nolock',
  scope: 'host',
  title: 'Locks on the instances stay on one host',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      '{option} on {point}: the lock that QEMU takes on a disk is not seen by other hosts, two guests may open one disk; take it out',
  },
  fixes: { drop: 'Take {option} out' },
  why: `QEMU locks its disks (fcntl locks) so that no second one opens them, *Failed to get "write" lock*. With nolock, or local_lock
of all or posix, the locks of NFSv3 stay on the host: after a failed migration or an evacuation both hosts may write one disk. NFSv4
has its locks built in and takes no notice of the option.`,
  sources: ['nfs(5), lock / nolock and local_lock'],
  examples: [
    {
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=3,⟦nolock⟧,hard 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=3,hard 0 0\n' },
    },
    {
      title: 'the version is not said',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs ⟦local_lock=all⟧ 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'NFSv4, locks of flock alone, undone by lock, another mount',
      files: {
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs4 nolock 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=3,local_lock=flock 0 0\nn:/usr /usr nfs nolock 0 0\n',
        'c/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=3,nolock,lock 0 0\n',
      },
    },
  ],
  check(host, report) {
    const mount = nfsStorage(host);
    if (!mount || nfsVersion(mount.entry) === 4) return;
    const last = mount.entry.optionList.findLast((o) => /^(no)?lock$/.test(o.name) || o.name === 'local_lock');
    if (!last || last.name === 'lock') return;
    if (last.name === 'local_lock' && last.value !== 'all' && last.value !== 'posix') return;
    report({
      file: mount.file,
      span: last.span,
      values: {
        option: mount.file.text.slice(last.span.start, last.span.end),
        point: mount.entry.file.value,
      },
      fixes: [{ title: 'drop', edits: [dropMountOption(mount, last)] }],
    });
  },
});
