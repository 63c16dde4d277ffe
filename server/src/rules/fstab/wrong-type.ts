import { mountsOf, nfsSource } from '../../model/cluster';
import { NETWORK_FILE_SYSTEMS } from '../../model/storage';
import { appendListOption, replace } from '../edits';
import { defineRule } from '../rule';
import { isForInstances } from './_mounts';

/** Types of file systems on disks: a source with a host is surely no device. */
const LOCAL = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'jfs',
  'reiserfs',
  'f2fs',
  'vfat',
  'ntfs',
  'iso9660',
  'swap',
]);

export default defineRule({
  id: 'fstab/wrong-type',
  scope: 'host',
  title: 'The type does not fit a share of the network',
  severity: 'error',
  files: ['fstab'],
  messages: {
    local: '{source} is a share of the network, {type} a file system of a disk: the mount fails; write nfs',
    case: 'The type {type} does not exist: the mount fails, and systemd takes it for a local disk; write {right}',
    unknown: 'The type {type} does not exist: the mount fails with unknown filesystem type; write {right}',
  },
  fixes: { type: 'Write {right}' },
  why: `*mount: unknown filesystem type 'NFS'*, or *special device 192.168.3.10:/srv does not exist*: the share is not mounted, boot
may stop in emergency mode, since systemd counts an unknown type as a local disk. nova then writes to the local disk, and migrations
fail with *is not on shared storage*.`,
  sources: [
    'findmnt --verify of util-linux 2.38: NFS seems unsupported by the current kernel',
    'systemd-fstab-generator of systemd 252: orders NFS before local-fs.target',
  ],
  explains: [/unknown filesystem type/, /special device .*:\/.* does not exist/],
  preflight: true,
  examples: [
    {
      title: 'a local type',
      files: { 'etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances ⟦ext4⟧ defaults 0 0\n' },
      good: { 'etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'capitals',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances ⟦NFS⟧ defaults 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'the version is no part of the type',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances ⟦nfs3⟧ rw 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs rw,vers=3 0 0\n' },
    },
    {
      title: 'not the instances',
      severity: 'warning',
      files: { 'etc/fstab': 'nfs:/home /home ⟦nfsv4⟧ rw 0 0\n' },
      good: { 'etc/fstab': 'nfs:/home /home nfs rw,vers=4 0 0\n' },
    },
    {
      title: 'other network file systems, disks, labels with a colon',
      files: {
        'etc/fstab':
          'nfs:/srv /var/lib/nova/instances nfs4 rw 0 0\nmon1,mon2:/ /c ceph name=a 0 0\ng:/vol /g glusterfs defaults 0 0\n' +
          'user@h:/x /s fuse.sshfs noauto 0 0\nLABEL=a:/b /d ext4 defaults 0 2\n//h/share /e cifs guest 0 0\n/dev/sdb /f auto noauto 0 0\nn:/a /n auto rw 0 0\n',
      },
    },
  ],
  check(host, report) {
    for (const mount of mountsOf(host)) {
      const { entry, file } = mount;
      const type = entry.type.value;
      const [right, version, message] = judge(type, entry.spec.value);
      if (right === undefined) continue;
      const first = entry.optionList[0];
      const vers = !version
        ? undefined
        : entry.optionList.length === 1 && first?.name === 'defaults'
          ? replace(file, first.span, `vers=${version}`)
          : appendListOption(file, entry.optionList, `vers=${version}`);
      report({
        file,
        span: entry.type.span,
        message,
        values: { type, source: entry.spec.value, right: version ? `${right} with vers=${version}` : right },
        severity: isForInstances(mount) ? 'error' : 'warning',
        fixes: [
          version && !vers
            ? undefined
            : { title: 'type', edits: [replace(file, entry.type.span, right), ...(vers ? [vers] : [])] },
        ],
      });
    }
  },
});

type Verdict = readonly [right: string | undefined, version: string, message: 'local' | 'case' | 'unknown'];

function judge(type: string, source: string): Verdict {
  if (NETWORK_FILE_SYSTEMS.has(type)) return [undefined, '', 'local'];
  const lower = type.toLowerCase();
  if (lower !== type && NETWORK_FILE_SYSTEMS.has(lower)) return [lower, '', 'case'];
  const version = /^nfs-?v?([234](?:\.[012])?)$/.exec(lower)?.[1];
  if (version !== undefined) return ['nfs', version, 'unknown'];
  if (/^nfs[-_v]?\d*$/.test(lower)) return ['nfs', '', 'unknown'];
  const share = LOCAL.has(type) && !/^(LABEL|UUID|PARTUUID|PARTLABEL|ID)=/.test(source) && nfsSource(source);
  return [share ? 'nfs' : undefined, '', 'local'];
}
