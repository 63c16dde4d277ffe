import type { TextDocument } from 'vscode-languageserver-textdocument';
import { textDefect } from '../model/decode';
import type { FileKind, SourceFile } from '../model/files';
import { sameFile } from './disk';
import { hideBom, hidesBom } from './positions';
import { keyOf, type Key } from './uris';

/** Kind of file by language, for documents whose path says nothing. */
const LANGUAGES: Readonly<Record<string, FileKind>> = {
  'nova-conf': 'nova',
  'libvirt-conf': 'libvirtd',
  'libvirt-defaults': 'defaults',
  'libvirt-upstart': 'upstart',
  'libvirt-units': 'unit',
  'nfs-exports': 'exports',
  fstab: 'fstab',
  'livemig-ini': 'livemig-ini',
};

interface Open {
  readonly document: TextDocument;
  /** The editor had no trouble decoding it: what is no UTF-8 on disk it reads in another encoding. */
  readonly decoded: boolean;
  last: { readonly version: number; readonly disk: SourceFile | undefined; readonly file: SourceFile } | undefined;
}

/** The documents that are open in the editor, as files. */
export class OpenDocuments {
  readonly #open = new Map<Key, Open>();

  add(document: TextDocument): Key {
    const key = keyOf(document.uri);
    this.#open.set(key, { document, decoded: !document.getText().includes('\uFFFD'), last: undefined });
    return key;
  }

  remove(uri: string): Key {
    const key = keyOf(uri);
    this.#open.delete(key);
    return key;
  }

  get(key: Key): TextDocument | undefined {
    return this.#open.get(key)?.document;
  }

  has(key: Key): boolean {
    return this.#open.has(key);
  }

  keys(): IterableIterator<Key> {
    return this.#open.keys();
  }

  /** A file's URI as the client spells it. */
  spell(key: Key): string {
    return this.get(key)?.uri ?? key;
  }

  /** What the document's language says it is; the path goes first. */
  languageKind(key: Key): FileKind | undefined {
    const language = this.get(key)?.languageId ?? '';
    return Object.hasOwn(LANGUAGES, language) ? LANGUAGES[language] : undefined;
  }

  /**
   * The document as a file; the same object until its text changes.
   * @param disk the file as it lies on disk: its encoding is not the editor's to tell
   * @param current handed back when it is the same
   */
  file(key: Key, path: string, kind: FileKind, disk: SourceFile | undefined, current?: SourceFile): SourceFile {
    const open = this.#open.get(key);
    if (!open) throw new RangeError(`${key} is not open`);
    const { document, last } = open;
    if (last?.version === document.version && last.disk === disk && last.file.path === path && last.file.kind === kind)
      return last.file;
    const made = overlay(document.getText(), { uri: key, path, kind }, disk, open.decoded);
    const known = [current, disk].find((f) => f && sameFile(f, made) && hidesBom(f) === hidesBom(made));
    open.last = { version: document.version, disk, file: known ?? made };
    return open.last.file;
  }
}

type Named = Pick<SourceFile, 'uri' | 'path' | 'kind'>;

/** An editor hides the encoding: a BOM, UTF-16 or Latin-1 on disk breaks the service all the same until it is saved otherwise. */
function overlay(text: string, named: Named, disk: SourceFile | undefined, decoded: boolean): SourceFile {
  const own = textDefect(text);
  if (own) return { ...named, text, defect: own };
  const theirs = disk?.defect;
  if (theirs && (theirs.code === 'utf-16' || (theirs.code === 'not-utf-8' && decoded)))
    return { ...named, text, defect: { ...theirs, offset: Math.min(theirs.offset, text.length) } };
  if (disk && !theirs && disk.text.startsWith('\uFEFF') && !text.startsWith('\uFEFF')) {
    const file: SourceFile = { ...named, text: `\uFEFF${text}` };
    hideBom(file);
    return file;
  }
  return { ...named, text };
}
