import { covers, instancesStorage, nfsSource, type Cluster } from '../../model/cluster';
import { servedMount, type ExportedTo, type ServedMount } from '../../model/exportTable';
import { isNfs } from '../../model/storage';
import type { ListOption } from '../../syntax/types';
import { removeListOption, replace } from '../edits';
import type { FixDraft, Related } from '../rule';

/** A line with fsid=0 and the mounts that ask for its directory by the full path. */
export interface FullPathMounts {
  readonly root: ExportedTo & { readonly path: string; readonly option: ListOption };
  readonly mounts: readonly ServedMount[];
  /** Some mount in view goes by the path below the root: without fsid=0 it would miss. */
  readonly rooted: boolean;
}

const known = new WeakMap<Cluster, readonly FullPathMounts[]>();

/** By server; a directory `/` with fsid=0 has the same paths either way. */
export function fullPathMounts(cluster: Cluster): readonly FullPathMounts[] {
  const found = known.get(cluster);
  if (found) return found;
  const all = new Map<ListOption, { root: FullPathMounts['root']; mounts: ServedMount[]; rooted: boolean }>();
  for (const host of cluster.hosts) {
    const mount = instancesStorage(host);
    const served = mount && isNfs(mount.entry.type.value) ? servedMount(cluster, mount) : undefined;
    if (!served || served.version === 3) continue;
    const root = served.table.roots.find(
      (r) => r.path !== '/' && served.table.grant(r.path, served.client).match === 'yes',
    );
    if (!root) continue;
    let one = all.get(root.option);
    if (!one) all.set(root.option, (one = { root, mounts: [], rooted: false }));
    if (served.path !== '/' && covers(root.path, served.path)) one.mounts.push(served);
    else one.rooted = true;
  }
  const list = [...all.values()];
  known.set(cluster, list);
  return list;
}

/**
 * Out of the full path's trap: on the server, without fsid=0 (NFSv4 then sees the real paths, nfs-utils makes the root
 * itself), or on the clients, with the path as it is below the root.
 */
export function waysOut(found: FullPathMounts, mounts: readonly ServedMount[]): FixDraft<'drop' | 'root'>[] {
  const { root, rooted } = found;
  const { entry, file } = root.export;
  const own = [entry.defaults, root.client.options].find((list) => list.includes(root.option));
  const drop: FixDraft<'drop' | 'root'>[] =
    own && !rooted
      ? own === entry.defaults && own.length === 1
        ? []
        : [{ title: 'drop', edits: [removeListOption(file, own, root.option)], preferred: true }]
      : [];
  const edits = mounts.flatMap(({ mount, path }) => {
    const { spec } = mount.entry;
    const at = nfsSource(spec.value)?.colon;
    if (at === undefined || spec.raw !== spec.value) return [];
    const below = path.slice(root.path.length) || '/';
    return [replace(mount.file, { start: spec.span.start + at + 1, end: spec.span.end }, below)];
  });
  const all = edits.length === mounts.length;
  return [...drop, ...(all ? [{ title: 'root' as const, edits, preferred: rooted }] : [])];
}

export function mountedAs(mounts: readonly ServedMount[]): Related[] {
  return mounts.slice(0, 20).map(({ mount }) => ({
    file: mount.file,
    span: mount.entry.spec.span,
    message: `${mount.host.name} asks for the full path`,
  }));
}
