import { defineRule } from '../rule';

export default defineRule({
  id: 'qemu/user-root',
  scope: 'host',
  title: 'Guests run as root',
  severity: 'info',
  files: ['qemu'],
  // The guides of the first years prescribe it, and nothing that they set up is wrong by it.
  releases: { from: 'liberty' },
  messages: {
    default:
      'user = "{user}" runs every guest as root: who breaks out of one owns the host; the package has an account of its own for it',
  },
  why: `Guides set it to get round *Permission denied* on the disks, and migrations work so. It turns an error in QEMU into one of the
whole host, and on a share with root_squash root is nobody again. The account of the package does as well where it has one number
on all hosts and may pass the folders above the disks.`,
  sources: ['qemu.conf of libvirt 9.0.0, user', 'exports(5), root_squash'],
  examples: [
    { files: { 'etc/libvirt/qemu.conf': '⟦user = "root"⟧\r\ngroup = "root"\r\n' } },
    { title: 'by its number', files: { 'etc/libvirt/qemu.conf': '⟦user = "+0"⟧\n' } },
    {
      title: 'as the guides of its time had it',
      release: 'kilo',
      files: { 'etc/libvirt/qemu.conf': 'user = "root"\n' },
    },
    {
      title: 'an account, and a group alone',
      files: {
        'compute1/etc/libvirt/qemu.conf': 'user = "nova"\ngroup = "nova"\n',
        'compute2/etc/libvirt/qemu.conf': '#user = "root"\ngroup = "root"\n',
      },
    },
  ],
  check(host, report) {
    const set = host.qemu.get('user');
    const user = host.qemu.string('user');
    if (!set || user === undefined || !/^(root|\+?0+)$/.test(user)) return;
    report({ file: set.file, span: set.entry.span, values: { user } });
  },
});
