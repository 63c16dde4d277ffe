import { instancesStorage } from '../../model/cluster';
import { replace } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'fstab/passno',
  scope: 'host',
  title: 'A file system check is asked for on a share of the network',
  severity: 'info',
  files: ['fstab'],
  messages: { default: 'fsck order {passno} on {point}: a share of the network cannot be checked from here; write 0' },
  fixes: { zero: 'Write 0' },
  why: `systemd answers *Checking was requested for "nfs:/srv", but it is not a device.* and goes on; older init systems may wait for
a check that cannot be made.`,
  sources: ['systemd-fstab-generator of systemd 252', 'fstab(5)'],
  explains: [/Checking was requested for .* but it is not a device/],
  examples: [
    {
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 ⟦2⟧\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'dump, which nobody reads, and a disk',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 1 0\n/dev/sda1 / ext4 defaults 0 1\n' },
    },
  ],
  check(host, report) {
    const mount = instancesStorage(host);
    const passno = mount?.entry.passno;
    if (!mount || !passno || !/^[+-]?\d+$/.test(passno.value) || Number(passno.value) === 0) return;
    report({
      file: mount.file,
      span: passno.span,
      values: { passno: passno.value, point: mount.entry.file.value },
      fixes: [{ title: 'zero', edits: [replace(mount.file, passno.span, '0')] }],
    });
  },
});
