import type { SourceFile } from '../../model/files';
import { documentOf } from '../../model/parsed';
import { sectionName } from '../../knowledge/catalogue';
import type { OsloEntry } from '../../syntax/types';
import { eolOf, insertLineBelow, removeLines, replace, wholeLines } from '../edits';
import type { Edit } from '../rule';

/** No more findings of a file are ever shown, so the others need no repair (to work one out takes a look at the whole file). */
export const MAX_FINDINGS = 500;

/** Moves an entry's lines below the last of another section, which is made where it is missing; the value stays as written. */
export function moveEntry(file: SourceFile, entry: OsloEntry, section: string, key = entry.key): Edit[] {
  const document = documentOf(file, 'oslo');
  const { text } = file;
  const lines = wholeLines(file, entry.span);
  const body =
    text.slice(lines.start, entry.keySpan.start) +
    key +
    text.slice(entry.keySpan.end, lines.end).replace(/(\r\n|\n|\r)$/, '');
  const removal = removeLines(file, entry.span);
  const lookup = sectionName(section);
  const header = document.sections.findLast((s) => s.lookup === lookup && !s.broken);
  if (header) {
    const last = document.entries.findLast((e) => e.section === header);
    return [removal, insertLineBelow(file, (last ?? header).span.end, body)];
  }
  const eol = eolOf(file);
  const rest = text.slice(0, lines.start) + text.slice(lines.end);
  const closed = rest === '' || /[\r\n]$/.test(rest);
  const gap = rest.trim() === '' || /(\n|\r(?!\n))[ \t]*(\r\n|\n|\r)$/.test(rest) ? '' : eol;
  const end = { start: text.length, end: text.length };
  return [removal, replace(file, end, `${closed ? '' : eol}${gap}[${section}]${eol}${body}${eol}`)];
}
