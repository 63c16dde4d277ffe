import { distance } from 'fastest-levenshtein';
import {
  type Cluster,
  instancesMount,
  isBackup,
  isInstancesName,
  type Mount,
  mountsOf,
  nfsSource,
  sharedInstancesMount,
} from '../../model/cluster';
import { normalise, type Host } from '../../model/host';
import { isNfs, NETWORK_FILE_SYSTEMS } from '../../model/storage';
import { isBind } from './_mounts';

/** How many letters two paths may differ by and still be meant for one. */
const SLIP = 2;

/** A share that is meant for the instances, but mounted beside instances_path. */
export interface Misplaced {
  readonly mount: Mount;
  /** Where it belongs: on instances_path, or where a peer with the same instances_path mounts it. */
  readonly path: string;
  /** Another host's mount of it, which its instances lie on. */
  readonly peer: Mount | undefined;
  /** The two paths differ by a letter or two. */
  readonly slip: boolean;
}

const known = new WeakMap<Cluster, ReadonlyMap<Host, Misplaced>>();

/** At most one of each host; only of hosts whose instances lie on no share, nor on a mount of their own. */
export function misplacedMounts(cluster: Cluster): ReadonlyMap<Host, Misplaced> {
  const memo = known.get(cluster);
  if (memo) return memo;
  const sources = new Map<string, Mount>();
  for (const host of cluster.hosts) {
    const mount = sharedInstancesMount(host);
    const key = mount && keyOf(cluster, mount);
    if (key !== undefined && !sources.has(key)) sources.set(key, mount!);
  }
  const all = new Map<Host, Misplaced>();
  for (const host of cluster.hosts) {
    const path = host.instancesPath;
    if (path === undefined || sharedInstancesMount(host)) continue;
    const covering = instancesMount(host);
    // On a mount of its own (a bind, a cluster file system, a disk) somebody has decided where it lies.
    if (covering && (isBind(covering) || normalise(covering.entry.file.value) === path)) continue;
    if (host.nova.get('images_type')?.value === 'rbd') continue;
    for (const mount of mountsOf(host)) {
      const found = judge(cluster, mount, path, sources);
      if (!found) continue;
      all.set(host, found);
      break;
    }
  }
  known.set(cluster, all);
  return all;
}

function judge(
  cluster: Cluster,
  mount: Mount,
  path: string,
  sources: ReadonlyMap<string, Mount>,
): Misplaced | undefined {
  const { entry, host } = mount;
  const key = keyOf(cluster, mount);
  const peer = key === undefined ? undefined : sources.get(key);
  const point = normalise(entry.file.value);
  const alike = peer?.host.instancesPath === path;
  if (isNfs(entry.type.value)) {
    const slip = distance(point, path) <= SLIP;
    const called = isInstancesName(point) && !isBackup(mount);
    const named = host.isCompute && nfsSource(entry.spec.value)?.path === path && !isBackup(mount);
    if (!peer && !slip && !called && !named) return undefined;
    return { mount, path: alike ? normalise(peer.entry.file.value) : path, peer, slip };
  }
  // Other kinds are often mounted whole, for more than the instances: only a peer that is set up alike tells.
  if (!peer || !alike) return undefined;
  const there = normalise(peer.entry.file.value);
  return { mount, path: there, peer, slip: distance(point, there) <= SLIP };
}

/** What is mounted, the same for every spelling that the cluster knows; undefined where the source does not tell. */
function keyOf(cluster: Cluster, { entry, host }: Mount): string | undefined {
  const { type, spec } = entry;
  if (!isNfs(type.value)) {
    // The FUSE client of CephFS has its source among the options.
    const told = NETWORK_FILE_SYSTEMS.has(type.value) && type.value !== 'fuse.ceph';
    return told ? `${type.value}\0${spec.value}` : undefined;
  }
  const source = nfsSource(spec.value);
  if (!source) return undefined;
  const server = cluster.host(source.host, host);
  return `${server ? `${server.folder}\0${server.name}` : source.host.toLowerCase()}\0${source.path}`;
}
