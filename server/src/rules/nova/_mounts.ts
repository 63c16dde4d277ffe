import { covers, mountsOf, type Mount } from '../../model/cluster';
import { normalise, type Host } from '../../model/host';
import { NETWORK_FILE_SYSTEMS } from '../../model/storage';

/** The entry of fstab that a path lies on, that with the longest mount point, if it comes over the network. */
export function networkMountAt(host: Host, path: string): Mount | undefined {
  let best: Mount | undefined;
  let length = 0;
  for (const mount of mountsOf(host)) {
    const point = normalise(mount.entry.file.value);
    // Of two entries on one mount point the first wins under systemd.
    if (!point.startsWith('/') || point.length <= length || !covers(point, path)) continue;
    best = mount;
    length = point.length;
  }
  return best && NETWORK_FILE_SYSTEMS.has(best.entry.type.value) ? best : undefined;
}
