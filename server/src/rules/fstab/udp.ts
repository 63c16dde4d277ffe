import { lastOf, nfsVersion } from '../../model/nfs';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { nfsStorage } from './_mounts';

export default defineRule({
  id: 'fstab/udp',
  scope: 'host',
  title: 'The instances are mounted over UDP',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      '{option} on {point}: kernels since 5.6 refuse it, and before it may damage data on a fast network; write {right}',
    four: '{option} with NFSv4, which has no UDP: the mount is refused, Unsupported transport protocol udp; write {right}',
  },
  fixes: { tcp: 'Write {right}' },
  why: `NFSv4 runs over TCP only; the kernel refuses the mount: *NFS: Unsupported transport protocol udp*, *mount.nfs: an incorrect
mount option was specified*. Since Linux 5.6 most kernels are built without NFS over UDP altogether. Without the share nova writes
to the local disk, and migrations fail with *is not on shared storage*. Where UDP works, fragments of two datagrams may be mixed
up on a fast network, and a guest's disk be damaged without a word.`,
  sources: [
    'nfs(5) of nfs-utils 2.6.2, "Using NFS over UDP on high-speed links"',
    'Linux, fs/nfs/fs_context.c, nfs_server_transport_udp_invalid and CONFIG_NFS_DISABLE_UDP_SUPPORT; before 5.6 fs/nfs/super.c',
  ],
  explains: [/Unsupported transport protocol udp/, /an incorrect mount option was specified/],
  preflight: true,
  examples: [
    {
      files: {
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=3,⟦proto=udp⟧,hard 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs hard,⟦udp⟧ 0 0\n',
        'c/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs ⟦proto=udp6⟧ 0 0\n',
      },
      good: {
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=3,proto=tcp,hard 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs hard,tcp 0 0\n',
        'c/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs proto=tcp6 0 0\n',
      },
    },
    {
      title: 'NFSv4',
      severity: 'error',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs4 ⟦udp⟧,hard 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs4 tcp,hard 0 0\n' },
    },
    {
      title: 'undone, for the mount protocol alone, RDMA, another mount',
      files: {
        'a/etc/fstab':
          'nfs:/srv /var/lib/nova/instances nfs vers=3,udp,proto=tcp,mountproto=udp 0 0\nn:/usr /usr nfs udp 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=4.2,proto=rdma,port=20049 0 0\n',
      },
    },
  ],
  check(host, report) {
    const mount = nfsStorage(host);
    const last = mount && lastOf(mount.entry, ['proto', 'udp', 'tcp', 'rdma']);
    if (!mount || !last || !/^udp6?$/.test(last.value ?? last.name)) return;
    const four = nfsVersion(mount.entry) === 4;
    const right = mount.file.text.slice(last.span.start, last.span.end).replace('udp', 'tcp');
    report({
      file: mount.file,
      span: last.span,
      message: four ? 'four' : 'default',
      values: { option: mount.file.text.slice(last.span.start, last.span.end), point: mount.entry.file.value, right },
      severity: four ? 'error' : 'warning',
      fixes: [{ title: 'tcp', values: { right }, edits: [replace(mount.file, last.span, right)] }],
    });
  },
});
