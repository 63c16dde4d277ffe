import type { FileKind, SourceFile } from '../model/files';
import { documentOf } from '../model/parsed';
import type { LibvirtEntry, ListOption, OsloEntry, Span } from '../syntax/types';
import type { Edit } from './rule';

/** Files whose readers end a line at a lone `\r` too; to the others it is a character like any other. */
const CR_ENDS_LINES: ReadonlySet<FileKind> = new Set<FileKind>(['nova', 'libvirtd', 'qemu', 'unit', 'livemig-ini']);

/** The line break that a file uses; `\n` in a file of one line. */
export function eolOf(file: SourceFile): string {
  const breaks = CR_ENDS_LINES.has(file.kind) ? /\r\n|\n|\r/ : /\r?\n/;
  return breaks.exec(file.text)?.[0] ?? '\n';
}

export function replace(file: SourceFile, span: Span, text: string): Edit {
  return { file, span, text };
}

/** The whole lines that a span touches, their last line break included. */
export function wholeLines(file: SourceFile, span: Span): Span {
  const { text } = file;
  const cr = CR_ENDS_LINES.has(file.kind) ? '\r' : '\n';
  let start = span.start;
  while (start > 0 && text[start - 1] !== '\n' && text[start - 1] !== cr) start--;
  let end = span.end;
  while (end < text.length && text[end] !== '\n' && text[end] !== cr) end++;
  if (text[end] === '\r' && text[end + 1] === '\n') end += 2;
  else if (end < text.length) end++;
  return { start, end };
}

export function removeLines(file: SourceFile, span: Span): Edit {
  return replace(file, wholeLines(file, span), '');
}

/** Inserts a line below the line that holds an offset, with the file's own line break. */
export function insertLineBelow(file: SourceFile, offset: number, line: string): Edit {
  const { end } = wholeLines(file, { start: offset, end: offset });
  const eol = eolOf(file);
  const last = file.text[end - 1];
  const open = end > 0 && last !== '\n' && !(last === '\r' && CR_ENDS_LINES.has(file.kind));
  return replace(file, { start: end, end }, open ? eol + line : line + eol);
}

/** The zero-width span at the top of a file: where a finding stands that has no line of its own. */
export const TOP: Span = { start: 0, end: 0 };

// ---- nova.conf ----------------------------------------------------------------------------------------------------

/** Sets a value, keeping the entry's quotes off and its key and separator as they are; `key =` gets a blank. */
export function setOsloValue(file: SourceFile, entry: OsloEntry, value: string): Edit {
  if (entry.rawSpan.start < entry.rawSpan.end) return replace(file, entry.rawSpan, value);
  const blank = file.text[entry.separatorSpan.start - 1] === ' ' ? ' ' : '';
  return replace(file, { start: entry.separatorSpan.end, end: entry.separatorSpan.end }, blank + value);
}

/** Sets an option that may be absent: replaces its value, or adds it under its section, which is made where it is missing. */
export function setOsloOption(file: SourceFile, section: string, key: string, value: string): Edit {
  const document = documentOf(file, 'oslo');
  const lookup = section === 'DEFAULT' ? section : section.toLowerCase();
  const inSection = document.entries.filter((e) => e.section?.lookup === lookup);
  const entry = inSection.findLast((e) => e.key === key);
  if (entry) return setOsloValue(file, entry, value);
  const assign = style(file, inSection.at(-1) ?? document.entries.at(-1));
  const line = `${key}${assign}${value}`;
  const header = document.sections.findLast((s) => s.lookup === lookup);
  const last = inSection.at(-1);
  if (last) return insertLineBelow(file, last.span.end, line);
  if (header) return insertLineBelow(file, header.span.end, line);
  const eol = eolOf(file);
  const end = file.text.length;
  const closed = file.text === '' || /[\r\n]$/.test(file.text);
  const gap = file.text.trim() === '' || /(\n|\r(?!\n))[ \t]*(\r\n|\n|\r)$/.test(file.text) ? '' : eol;
  return replace(file, { start: end, end }, `${closed ? '' : eol}${gap}[${section}]${eol}${line}${eol}`);
}

/** How a neighbouring entry writes its separator: `=` or ` = `. */
function style(file: SourceFile, neighbour: OsloEntry | undefined): string {
  if (!neighbour) return ' = ';
  const before = file.text[neighbour.separatorSpan.start - 1] === ' ' ? ' ' : '';
  const after = file.text[neighbour.separatorSpan.end] === ' ' ? ' ' : '';
  return `${before}${neighbour.separator}${after}`;
}

// ---- libvirt's files ----------------------------------------------------------------------------------------------

export function setLibvirtValue(file: SourceFile, entry: LibvirtEntry, value: string): Edit {
  return replace(file, entry.value.span, value);
}

/** Sets a key that may be absent: replaces the first (which counts), or adds a line below its commented-out example, else at the end. */
export function setLibvirtKey(file: SourceFile, key: string, value: string): Edit {
  const entries = documentOf(file, 'libvirt').entries;
  const entry = entries.find((e) => e.key === key);
  if (entry) return setLibvirtValue(file, entry, value);
  const line = `${key} = ${value}`;
  const example = new RegExp(`^[ \\t]*#[ \\t]*${key}[ \\t]*=.*$`, 'm').exec(file.text);
  if (example) return insertLineBelow(file, example.index, line);
  return insertLineBelow(file, file.text.length, line);
}

// ---- exports and fstab --------------------------------------------------------------------------------------------

/** Takes one word out of a comma-separated list, with one comma. */
export function removeListOption(file: SourceFile, list: readonly ListOption[], option: ListOption): Edit {
  const i = list.indexOf(option);
  const next = list[i + 1];
  const previous = list[i - 1];
  if (next) return replace(file, { start: option.span.start, end: next.span.start }, '');
  if (previous) return replace(file, { start: previous.span.end, end: option.span.end }, '');
  return replace(file, option.span, '');
}

/** Puts one word at the end of a comma-separated list that has at least one. */
export function appendListOption(file: SourceFile, list: readonly ListOption[], word: string): Edit | undefined {
  const last = list.at(-1);
  return last && replace(file, { start: last.span.end, end: last.span.end }, `,${word}`);
}
