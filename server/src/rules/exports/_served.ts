import { covers, mountsOf, nfsSource, type Cluster, type Mount } from '../../model/cluster';
import { normalise, type Host } from '../../model/host';

/** The file system on the server that a directory lies on. */
export interface Beneath {
  readonly point: string;
  readonly type: string;
  readonly source: string;
  /** Its line in the server's fstab; undefined where only the measured mounts show it. */
  readonly mount: Mount | undefined;
}

/** As measured, else by the server's fstab; undefined where neither says so. Binds are passed over: they show another directory. */
export function beneath(server: Host, path: string): Beneath | undefined {
  const entries = mountsOf(server).filter(({ entry }) => !entry.optionList.some((o) => /^r?bind$/.test(o.name)));
  const written = nearest(
    entries.map((mount) => ({ mount, point: normalise(mount.entry.file.value) })),
    path,
  );
  const measured = nearest(
    Object.entries(server.facts?.mounts ?? {}).map(([point, m]) => ({ point: normalise(point), ...m })),
    path,
  );
  if (measured) return { ...measured, mount: written?.point === measured.point ? written.mount : undefined };
  return (
    written && {
      point: written.point,
      type: written.mount.entry.type.value,
      source: written.mount.entry.spec.value,
      mount: written.mount,
    }
  );
}

function nearest<T extends { readonly point: string }>(all: readonly T[], path: string): T | undefined {
  let best: T | undefined;
  for (const one of all)
    if (one.point.startsWith('/') && one.point.length > (best?.point.length ?? 0) && covers(one.point, path))
      best = one;
  return best;
}

/** Whether an NFS source is the server itself. */
export function isItself(cluster: Cluster, server: Host, source: string): boolean {
  const found = nfsSource(source);
  return found !== undefined && cluster.host(found.host, server) === server;
}
