import type { ClusterInput } from '../model/cluster';
import { kindOf, type FileKind } from '../model/files';
import { hostFolderOf, type Load } from '../workspace/discover';
import { singleFile } from '../workspace/load';
import { nameOf } from '../workspace/source';
import type { Key } from './uris';

/** Where a service reads the kind of file: what a document without such a path is judged as. */
const HOME: Readonly<Partial<Record<FileKind, string>>> = {
  nova: 'etc/nova/nova.conf',
  libvirtd: 'etc/libvirt/libvirtd.conf',
  defaults: 'etc/default/libvirtd',
  upstart: 'etc/init/libvirt-bin.conf',
  unit: 'etc/systemd/system/libvirtd.service.d/override.conf',
  exports: 'etc/exports',
  fstab: 'etc/fstab',
  'livemig-ini': 'livemig.ini',
};

/**
 * The cluster of a document that belongs to no folder; undefined when neither its path nor its language is ours.
 * @param language kind of file that the document's language means
 */
export async function looseCluster(
  key: Key,
  load: Load,
  language: FileKind | undefined,
): Promise<ClusterInput | undefined> {
  const { path, hasFolder } = placeOf(key);
  const known = kindOf(path, true);
  const kind = known ?? language;
  if (kind === undefined) return undefined;
  const place: Load = (uri, below, k) => load(uri, uri === key && !known ? (HOME[kind] ?? below) : below, k);
  if (hasFolder) return singleFile(key, place, kind);
  const file = await place(key, path, kind);
  if (kind === 'livemig-ini') return { root: key, hosts: [], inventory: file, partial: true };
  return { root: key, hosts: [{ name: path, folder: key, files: [file] }], inventory: undefined, partial: true };
}

/** `untitled:Untitled-1`, or what nobody can decode, lies nowhere: nothing can stand beside it. */
function placeOf(key: Key): { readonly path: string; readonly hasFolder: boolean } {
  try {
    if (key.includes('://')) return { path: hostFolderOf(key).path, hasFolder: true };
  } catch {
    // Not decodable.
  }
  return { path: nameOf(key).replace(/^[\w+.-]+:/, ''), hasFolder: false };
}
