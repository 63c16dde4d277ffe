import { decode } from '../model/decode';
import type { FileKind, SourceFile } from '../model/files';
import { kindOf } from '../model/files';
import type { ClusterInput } from '../model/cluster';
import { hostFolderOf, type Load } from './discover';
import { join, nameOf, parentOf, type FileSource } from './source';

/** Reads a file and decodes it; of a link that enables a unit only that it is there counts, wherever it leads. */
export async function loadFile(source: FileSource, uri: string, path: string, kind: FileKind): Promise<SourceFile> {
  if (kind === 'wants') return { uri, path, kind, text: '' };
  const { text, defect } = decode(await source.read(uri));
  return { uri, path, kind, text, ...(defect && { defect }) };
}

/**
 * The cluster of one file alone: its host has nothing else in view, but livemig.ini beside or above it (up to three
 * folders) says the release and the rules. Undefined when the path is none of ours and no kind is given.
 */
export async function singleFile(uri: string, load: Load, given?: FileKind): Promise<ClusterInput | undefined> {
  const { folder, path } = hostFolderOf(uri);
  const kind = kindOf(path, true) ?? given;
  if (kind === undefined) return undefined;
  const file = await load(uri, path, kind);
  if (kind === 'livemig-ini') return { root: folder, hosts: [], inventory: file, partial: true };
  return {
    root: folder,
    hosts: [{ name: nameOf(folder), folder, files: [file] }],
    inventory: await inventoryAbove(folder, load),
    partial: true,
  };
}

async function inventoryAbove(folder: string, load: Load): Promise<SourceFile | undefined> {
  for (let at = folder, up = 0; up <= 3; up++) {
    const file = await load(join(at, 'livemig.ini'), 'livemig.ini', 'livemig-ini').catch(() => undefined);
    if (file) return file;
    const above = parentOf(at);
    if (above === at) break;
    at = above;
  }
  return undefined;
}
