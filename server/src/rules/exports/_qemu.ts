import type { Host } from '../../model/host';

/**
 * Whom QEMU runs as, for a disk that belongs to nova: nova by name or number, root, the distribution's own user (qemu.conf is
 * in view and says nothing), somebody else; undefined when no qemu.conf is in view.
 */
export function qemuRunsAs(host: Host): 'nova' | 'root' | 'default' | 'other' | undefined {
  if (!host.qemu.file || host.qemu.file.defect) return undefined;
  const user = host.qemu.string('user');
  if (user === undefined) return host.qemu.get('user') ? 'other' : 'default';
  if (user === 'root' || /^\+?0$/.test(user)) return 'root';
  if (user === 'nova') return 'nova';
  const id = /^\+?(\d+)$/.exec(user)?.[1];
  return id !== undefined && Number(id) === novaUid(host) ? 'nova' : 'other';
}

/** Nova's user id as measured, or from etc/passwd. */
export function novaUid(host: Host): number | undefined {
  return host.facts?.ids?.nova?.uid ?? host.account('nova')?.entry.uid;
}

/** Whether nova keeps the guests' disks in instances_path. */
export function disksAreFiles(host: Host): boolean {
  const type = host.nova.get('images_type')?.value;
  return type !== 'rbd' && type !== 'lvm';
}
