import type { SourceFile } from '../../model/files';
import type { Span } from '../../syntax/types';
import { replace } from '../edits';
import type { Edit } from '../rule';

/** What word processors, web pages and input methods put in place of ASCII, and the ASCII meant. */
const ASCII: ReadonlyMap<string, string> = new Map([
  ...Array.from('“”„‟″‶«»＂').map((c) => [c, '"'] as const),
  ...Array.from('‘’‚‛′‵´＇').map((c) => [c, "'"] as const),
  ...Array.from('‐‑‒–—―−－').map((c) => [c, '-'] as const),
  ...Array.from('\u00A0\u2002\u2003\u2007\u2008\u2009\u200A\u202F\u3000').map((c) => [c, ' '] as const),
  ...Array.from('\u200B\u200C\u200D\u2060\uFEFF\u00AD').map((c) => [c, ''] as const),
  ...Array.from('＝，；［］＃．：').map((c) => [c, String.fromCharCode(c.charCodeAt(0) - 0xfee0)] as const),
  ...Array.from('０１２３４５６７８９').map((c) => [c, String.fromCharCode(c.charCodeAt(0) - 0xfee0)] as const),
]);

const ANY = new RegExp(`[${[...ASCII.keys()].join('')}]`, 'u');
const ALL = new RegExp(ANY.source, 'gu');

/** The first character that only looks like ASCII; undefined in plain text. */
export function firstTypographic(text: string): { readonly char: string; readonly at: number } | undefined {
  const found = ANY.exec(text);
  return found ? { char: found[0], at: found.index } : undefined;
}

export function straightened(text: string): string {
  return text.replace(ALL, (char) => ASCII.get(char) ?? char);
}

/** One edit for each character that only looks like ASCII. */
export function straighten(file: SourceFile, span: Span): Edit[] {
  return [...file.text.slice(span.start, span.end).matchAll(ALL)].map((found) => {
    const start = span.start + found.index;
    return replace(file, { start, end: start + found[0].length }, ASCII.get(found[0]) ?? '');
  });
}

/** How a message names a character: itself, or its number where nothing would be seen. */
export function shown(char: string): string {
  if (ASCII.get(char) !== '' && ASCII.get(char) !== ' ') return char;
  return `U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
