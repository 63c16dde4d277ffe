/** Options of exports(5) and fstab(5), and what libvirt takes for a shared file system. */
import { nearest } from './near';
import { nfsTable, type NfsOptionRow } from './tables';

/** How an option of the instances' storage bears on live migration. */
export type Bearing =
  'required' | 'recommended' | 'relevant' | 'caution' | 'risk' | 'breaks' | 'perf' | 'info' | 'neutral';

export interface ExportOption {
  readonly name: string;
  readonly liveMigration: Bearing;
  readonly summary?: string;
  /** In words: `on`, `off`, or a value. */
  readonly default?: string;
  /** The value's form after `=`, in words; undefined for an option without one. */
  readonly argument?: string;
  /** The option that undoes this one. */
  readonly opposite?: string;
  readonly aliases?: readonly string[];
  readonly since?: string;
  readonly note?: string;
}

export interface MountOption extends ExportOption {
  /** File system types the option belongs to; `any` for all. */
  readonly fs: readonly string[];
  /** NFS versions, where it does not count for all: `2,3` or `4`. */
  readonly versions?: string;
  readonly deprecated?: boolean;
}

export interface FileSystem {
  /** In libvirt's list of shared file systems: disks there migrate without being copied, and caches are checked. */
  readonly libvirtShared: boolean;
  /** A cluster file system for libvirt: coherent, no cache check. */
  readonly libvirtCluster: boolean;
  /** Needs the network when it is mounted. */
  readonly network: boolean;
  /** Why `libvirtShared` is not certain. */
  readonly uncertain?: string;
  readonly note?: string;
}

/** By every name that means the row: its own, its aliases, and the opposites that have no row. */
function byName<T extends NfsOptionRow>(rows: readonly T[]): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  const add = (name: string, row: T): void => {
    if (!found.has(name)) found.set(name, row);
  };
  for (const row of rows) add(row.name, row);
  for (const row of rows) for (const alias of row.aliases ?? []) add(alias, row);
  for (const row of rows) {
    for (const name of row.opposite?.split('/') ?? []) {
      add(name, {
        ...('fs' in row ? { fs: row.fs } : {}),
        name,
        opposite: row.name,
        liveMigration: 'neutral',
      } as unknown as T);
    }
  }
  return found;
}

let exportsByName: ReadonlyMap<string, ExportOption> | undefined;
const exportNames = (): ReadonlyMap<string, ExportOption> =>
  (exportsByName ??= byName(nfsTable().exportOptions) as ReadonlyMap<string, ExportOption>);

const mountsByType = new Map<string, ReadonlyMap<string, MountOption>>();
function mountNames(fsType: string): ReadonlyMap<string, MountOption> {
  const rows = nfsTable().mountOptions;
  // A type comes from a file: those without options of their own share one table.
  const type = rows.some((r) => r.fs.includes(fsType)) ? fsType : 'any';
  let found = mountsByType.get(type);
  if (!found) {
    const own = rows.filter((r) => r.fs.includes(type));
    const general = type === 'any' ? [] : rows.filter((r) => r.fs.includes('any'));
    // The type's own row says more than the general one of the same name.
    found = byName([...own, ...general]) as ReadonlyMap<string, MountOption>;
    mountsByType.set(type, found);
  }
  return found;
}

/** An option of exports(5), without its value; undefined for one that exportfs refuses. */
export const exportOption = (name: string): ExportOption | undefined => exportNames().get(name);

/** All export options by name, opposites included; for completion. */
export const exportOptions = (): readonly ExportOption[] => [...exportNames().values()];

export const nearExportOptions = (name: string): readonly string[] => nearest(name, exportNames().keys());

/** An option of an fstab entry, without its value. `x-…` and `X-…` are never passed on to the kernel and all known. */
export function mountOption(fsType: string, name: string): MountOption | undefined {
  const found = mountNames(fsType).get(name);
  if (found) return found;
  return /^x-/i.test(name) ? { name, fs: ['any'], liveMigration: 'neutral' } : undefined;
}

/** All mount options of a type by name; for completion. */
export const mountOptions = (fsType: string): readonly MountOption[] => [...mountNames(fsType).values()];

export const nearMountOptions = (fsType: string, name: string): readonly string[] =>
  nearest(name, mountNames(fsType).keys());

/** What is known of a file system type (as in fstab's third field); undefined for the others, which are local or rare. */
export const fileSystem = (type: string): FileSystem | undefined =>
  Object.hasOwn(nfsTable().fileSystems, type) ? nfsTable().fileSystems[type] : undefined;

/** All types that are known; for completion. */
export const fileSystems = (): readonly string[] => Object.keys(nfsTable().fileSystems);
