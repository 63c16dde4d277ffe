/** Types in fstab whose files other hosts can see too; libvirt takes nfs, ceph, glusterfs, gfs2, ocfs2, gpfs, cifs and quobyte as shared. */
export const NETWORK_FILE_SYSTEMS: ReadonlySet<string> = new Set([
  'nfs',
  'nfs4',
  'ceph',
  'fuse.ceph',
  'glusterfs',
  'gfs2',
  'ocfs2',
  'gpfs',
  'cifs',
  'smb3',
  'fuse.quobyte',
  'beegfs',
  'lustre',
]);

export function isNfs(type: string): boolean {
  return type === 'nfs' || type === 'nfs4';
}
