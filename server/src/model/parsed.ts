import { parse } from '../syntax/index';
import { LineIndex } from '../syntax/lines';
import type {
  Dialect,
  ExportsDocument,
  FstabDocument,
  GroupDocument,
  HostsDocument,
  LibvirtDocument,
  LivemigDocument,
  OsloDocument,
  ParsedDocument,
  PasswdDocument,
  ShellDocument,
  UnitDocument,
  UpstartDocument,
} from '../syntax/types';
import { dialectOf, type SourceFile } from './files';

interface Documents {
  oslo: OsloDocument;
  libvirt: LibvirtDocument;
  shell: ShellDocument;
  upstart: UpstartDocument;
  unit: UnitDocument;
  exports: ExportsDocument;
  fstab: FstabDocument;
  hosts: HostsDocument;
  passwd: PasswdDocument;
  group: GroupDocument;
  'livemig-ini': LivemigDocument;
}

const cache = new WeakMap<SourceFile, ParsedDocument>();

/** The file's document, parsed once; undefined for kinds without a dialect. A file with a defect is empty to every rule. */
export function parsed(file: SourceFile): ParsedDocument | undefined {
  const known = cache.get(file);
  if (known) return known;
  const dialect = dialectOf(file.kind);
  if (!dialect) return undefined;
  const document = parse(dialect, file.defect ? '' : file.text);
  cache.set(file, document);
  return document;
}

/** The file's document in the dialect that its kind implies. */
export function documentOf<D extends Dialect>(file: SourceFile, dialect: D): Documents[D] {
  const document = parsed(file);
  if (document?.dialect !== dialect) throw new TypeError(`${file.path} is not written in ${dialect}`);
  return document as Documents[D];
}

const indexes = new WeakMap<SourceFile, LineIndex>();

/** The lines of a file's text, counted once. */
export function lineIndexOf(file: SourceFile): LineIndex {
  let index = indexes.get(file);
  if (!index) indexes.set(file, (index = new LineIndex(file.text)));
  return index;
}
