import { releaseIndex } from '../../knowledge/releases';
import type { Mount } from '../../model/cluster';
import { nfsVersion } from '../../model/nfs';
import { appendListOption, replace } from '../edits';
import { defineRule, type Edit } from '../rule';
import { nfsStorage } from './_mounts';

// Before, the systems in use still had kernels and nfs-utils for which nfs4 was the only way.
const FROM = 'mitaka';
const FIRST = releaseIndex(FROM) ?? 0;
/** Other hosts that are named. */
const SHOWN = 20;

export default defineRule({
  id: 'fstab/nfs4-type',
  scope: 'cluster',
  title: 'nfs4 is the old spelling of NFS with vers=4',
  severity: 'info',
  files: ['fstab'],
  releases: { from: FROM },
  messages: {
    default: 'The type nfs4 is the old spelling: write nfs with vers=4',
    many: 'The type nfs4 is the old spelling, here and {count} more times: write nfs with vers=4',
  },
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
      title: 'told once of all hosts; with the defaults, and where the version is said already',
      files: {
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances ⟦nfs4⟧ defaults 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs4 vers=4.2 0 0\n',
      },
      good: {
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=4 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=4.2 0 0\n',
      },
    },
    {
      title: 'no options, so no field to write the version into',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances ⟦nfs4⟧\n' },
    },
    {
      title: 'of its time',
      release: 'grizzly',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs4 defaults 0 0\n' },
    },
  ],
  check(cluster, report) {
    const mounts: Mount[] = [];
    for (const host of cluster.hosts) {
      const mount = host.release.index >= FIRST ? nfsStorage(host) : undefined;
      if (mount?.entry.type.value === 'nfs4') mounts.push(mount);
    }
    const [first, ...others] = mounts;
    if (!first) return;
    const edits = mounts.map(repair);
    report({
      host: first.host,
      file: first.file,
      span: first.entry.type.span,
      message: others.length > 0 ? 'many' : 'default',
      values: { count: others.length },
      related: others
        .slice(0, SHOWN)
        .map((m) => ({ file: m.file, span: m.entry.type.span, message: `and on ${m.host.name}` })),
      fixes: [edits.every((e) => e !== undefined) ? { title: 'nfs', edits: edits.flat() } : undefined],
      tags: ['deprecated'],
    });
  },
});

/** Undefined where minorversion alone, which is not enough for the type nfs, or no options at all leave no place for the version. */
function repair({ entry, file }: Mount): Edit[] | undefined {
  const type = replace(file, entry.type.span, 'nfs');
  if (entry.optionList.some((o) => /^(nfs)?vers$|^minorversion$|^v4/.test(o.name)))
    return nfsVersion({ ...entry, type: { ...entry.type, value: 'nfs' } }) === 4 ? [type] : undefined;
  const only = entry.optionList.length === 1 ? entry.optionList[0] : undefined;
  const version =
    only?.name === 'defaults' ? replace(file, only.span, 'vers=4') : appendListOption(file, entry.optionList, 'vers=4');
  return version && [type, version];
}
