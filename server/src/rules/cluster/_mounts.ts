import { covers, instancesStorage } from '../../model/cluster';
import type { MountFacts } from '../../model/facts';
import type { Host } from '../../model/host';

/** What a path lies on, as measured. */
export function mountOf(host: Host, path: string): { readonly point: string; readonly facts: MountFacts } | undefined {
  let best: { point: string; facts: MountFacts } | undefined;
  for (const [point, facts] of Object.entries(host.facts?.mounts ?? {}))
    if (covers(point, path) && point.length >= (best?.point.length ?? 0)) best = { point, facts };
  return best;
}

const LOCAL = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'jfs', 'reiserfs', 'f2fs', 'zfs', 'tmpfs', 'overlay']);

/** The type of the file system that a path lies on, where that is of this host alone. */
export function localType(host: Host, path: string): string | undefined {
  const type = mountOf(host, path)?.facts.type;
  return type !== undefined && LOCAL.has(type) ? type : undefined;
}

const SHARED = /^(?:nfs4?|ceph|fuse\.(?:ceph|glusterfs|quobyte)|glusterfs|gfs2|ocfs2|gpfs|cifs|smb3|beegfs|lustre)$/;

/** Whether the instances are to lie on what others share: by its fstab, or by what is mounted there. */
export function claimsShare(host: Host): boolean {
  const path = host.instancesPath;
  return (
    instancesStorage(host) !== undefined || (path !== undefined && SHARED.test(mountOf(host, path)?.facts.type ?? ''))
  );
}
