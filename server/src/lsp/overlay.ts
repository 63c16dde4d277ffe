import { nameOf, type FileSource, type FolderEntry } from '../workspace/source';
import type { OpenDocuments } from './documents';
import { isWithin, type Key } from './uris';

/** The disk with what is open in the editor laid over it: a file that was never saved is there, too. */
export function overlaySource(source: FileSource, open: OpenDocuments, root: Key): FileSource {
  const extra = new Map<Key, FolderEntry[]>();
  for (const key of open.keys()) {
    if (!isWithin(key, root)) continue;
    for (let at = key; at.length > root.length; at = at.slice(0, at.lastIndexOf('/'))) {
      const slash = at.lastIndexOf('/');
      const folder = at.slice(0, slash);
      const list = extra.get(folder) ?? [];
      list.push({ name: nameOf(at), type: at === key ? 'file' : 'folder' });
      extra.set(folder, list);
    }
  }
  return {
    read: (uri) => source.read(uri),
    list: async (folder) => {
      const added = extra.get(folder);
      if (!added) return source.list(folder);
      const entries = await source.list(folder).catch((): readonly FolderEntry[] => []);
      const names = new Set(entries.map((e) => e.name));
      return [...entries, ...added.filter((e) => !names.has(e.name) && names.add(e.name))];
    },
  };
}
