import { nfsVersion } from '../../model/nfs';
import { appendListOption, replace } from '../edits';
import { defineRule } from '../rule';
import { nfsStorage } from './_mounts';

export default defineRule({
  id: 'fstab/nfs4-type',
  scope: 'host',
  title: 'nfs4 is the old spelling of NFS with vers=4',
  severity: 'info',
  files: ['fstab'],
  // Before, the systems in use still had kernels and nfs-utils for which nfs4 was the only way.
  releases: { from: 'mitaka' },
  messages: { default: 'The type nfs4 is the old spelling: write nfs with vers=4' },
  fixes: { nfs: 'Write nfs with vers=4' },
  why: `Both mount the same. The type nfs4 was needed before Linux 2.6.32; nfs(5) calls it an old syntax, and tools that look for the
type nfs pass it over.`,
  sources: ['nfs(5) of nfs-utils 2.6.2, "nfs4 FILE SYSTEM TYPE"', 'mount.nfs(8)'],
  examples: [
    {
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances ⟦nfs4⟧ hard,_netdev 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs hard,_netdev,vers=4 0 0\n' },
    },
    {
      title: 'with the defaults; the version is said already',
      files: {
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances ⟦nfs4⟧ defaults 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances ⟦nfs4⟧ vers=4.2 0 0\n',
      },
      good: {
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=4 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=4.2 0 0\n',
      },
    },
    {
      title: 'of its time',
      release: 'grizzly',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs4 defaults 0 0\n' },
    },
  ],
  check(host, report) {
    const mount = nfsStorage(host);
    if (mount?.entry.type.value !== 'nfs4') return;
    const { entry, file } = mount;
    const said = entry.optionList.some((o) => /^(nfs)?vers$|^minorversion$|^v4/.test(o.name));
    const only = entry.optionList.length === 1 ? entry.optionList[0] : undefined;
    const version = said
      ? undefined
      : only?.name === 'defaults'
        ? replace(file, only.span, 'vers=4')
        : appendListOption(file, entry.optionList, 'vers=4');
    // minorversion alone is not enough for the type nfs; and without options there is no field to write into.
    const whole =
      (said && nfsVersion({ ...entry, type: { ...entry.type, value: 'nfs' } }) === 4) || version !== undefined;
    report({
      file,
      span: entry.type.span,
      fixes: [
        whole
          ? { title: 'nfs', edits: [replace(file, entry.type.span, 'nfs'), ...(version ? [version] : [])] }
          : undefined,
      ],
      tags: ['deprecated'],
    });
  },
});
