import { mountOption, nearMountOptions } from '../../knowledge/nfs';
import { mountsOf } from '../../model/cluster';
import { isNfs } from '../../model/storage';
import type { ListOption } from '../../syntax/types';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { isForInstances } from './_mounts';

/** Words that kernels, mount programs and init systems have taken at some time, over and above the manual pages. */
const TAKEN =
  /^(fail|_rnetdev|(no)?bootwait|optional|showthrough|timeout|user_xattr|nouser_xattr|quiet|sloppy|intr|nointr|posix|noposix|namlen|nfsprog|mountprog|mountvers|mountport|mountproto|mounthost|mountaddr|clientaddr|(no)?migration|max_connect|(no)?trunkdiscovery|write|cert_serial|privkey_serial|(no)?acl|(no)?lock|local_lock|(no)?sharecache|v[234](\.[0-2])?|udp6?|tcp6?|rdma6?|xprtsec|lookupcache|fsc|nofsc|minorversion|bsize|wtmult|retry|addr|nosuid|pri|helper|uhelper|(no)?dev|seclabel|fstype|defaults\w*|loop)$/;

export default defineRule({
  id: 'fstab/unknown-option',
  scope: 'host',
  title: 'A misspelt NFS mount option',
  severity: 'error',
  files: ['fstab'],
  messages: {
    default:
      '{option} is no NFS mount option, {near} is: the mount is refused, an incorrect mount option was specified',
  },
  fixes: { near: 'Write {near}' },
  why: `The kernel refuses an NFS mount with an option that it does not know: *mount.nfs: an incorrect mount option was specified*
(*nfs: Unknown parameter 'hrad'* in its log). nova then writes to the local disk, and migrations fail with *is not on shared
storage*. findmnt --verify does not look at options.`,
  sources: ['nfs(5), sloppy', 'Linux, fs/nfs/fs_context.c and, before 5.6, fs/nfs/super.c'],
  explains: [/an incorrect mount option was specified/],
  preflight: true,
  examples: [
    {
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs rw,⟦hrad⟧,_netdev 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs rw,hard,_netdev 0 0\n' },
    },
    {
      title: 'not the instances',
      severity: 'warning',
      files: { 'etc/fstab': 'nfs:/home /home nfs ⟦nvsvers=4.2⟧ 0 0\n' },
      good: { 'etc/fstab': 'nfs:/home /home nfs nfsvers=4.2 0 0\n' },
    },
    {
      title: 'names that are near to nothing, of old and of new kernels, of other types, and sloppy',
      files: {
        'etc/fstab':
          'nfs:/srv /var/lib/nova/instances nfs rw,v4.2,nolock,noacl,proto=rdma,nconnect=8,x-systemd.automount,nobootwait,max_connect=4 0 0\n' +
          'nfs:/a /a nfs rw,frobnicate,nofsc,minorversion=1,nointr 0 0\nnfs:/b /b nfs hrad,sloppy 0 0\n/dev/sdb /c ext4 rw,hrad 0 0\n',
      },
    },
  ],
  check(host, report) {
    const known = new Map<string, readonly string[]>();
    for (const mount of mountsOf(host)) {
      const { entry, file } = mount;
      const type = entry.type.value;
      if (!isNfs(type) || entry.optionList.some((o) => o.name === 'sloppy')) continue;
      for (const option of entry.optionList) {
        const key = `${type} ${option.name} ${option.value === undefined}`;
        const near = known.get(key) ?? nearOf(type, option);
        known.set(key, near);
        if (near.length === 0) continue;
        const value = option.value === undefined ? '' : `=${option.value}`;
        report({
          file,
          span: option.span,
          values: { option: option.name, near: near[0]! },
          severity: isForInstances(mount) ? 'error' : 'warning',
          fixes: near.map((name) => ({
            title: 'near' as const,
            values: { near: name + value },
            edits: [replace(file, option.span, name + value)],
          })),
        });
      }
    }
  },
});

/** Other options it may have been meant for; of a capital or a dash too many that one alone. */
function nearOf(type: string, { name, value }: ListOption): readonly string[] {
  if (name.length < 3 || TAKEN.test(name) || mountOption(type, name)) return [];
  const folded = name.toLowerCase().replaceAll('-', '_');
  if (mountOption(type, folded)) return [folded];
  const near = nearMountOptions(type, name).filter(
    (n) => !/^x-/i.test(n) && (value === undefined) === (mountOption(type, n)?.argument === undefined),
  );
  return near;
}
