import { mountsOf, type Mount } from '../../model/cluster';
import type { Host } from '../../model/host';
import { isForInstances } from './_mounts';

/** The entries by which the kernel's CephFS client mounts the instances. */
export function cephMounts(host: Host): Mount[] {
  return mountsOf(host).filter((m) => m.entry.type.value === 'ceph' && isForInstances(m));
}

/** `user@fsid.name=/path` of Ceph Pacific and later, as against `mon,mon:/path`: told apart by the first `@`, as mount.ceph does. */
export function isNewForm(spec: string): boolean {
  return spec.includes('@');
}
