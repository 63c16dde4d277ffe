import type { SourceFile } from '../../model/files';
import type { ShellAssignment } from '../../syntax/types';
import { replace } from '../edits';
import type { Edit } from '../rule';

/**
 * Adds `--listen` to the arguments, inside their quotes and in the style of their neighbours; undefined where the value is
 * pieced together and nobody can say where it ends.
 */
export function addListen(file: SourceFile, { rawSpan, quote, value }: ShellAssignment): Edit | undefined {
  const raw = file.text.slice(rawSpan.start, rawSpan.end);
  const long = /(^|\s)--\w/.test(value ?? '') || !/(^|\s)-\w/.test(value ?? '');
  const flag = long && file.path.endsWith('libvirtd') ? '--listen' : '-l';
  if (quote) {
    const at = rawSpan.end - 1;
    const inside = raw.slice(1, -1);
    return replace(file, { start: at, end: at }, inside === '' || /\s$/.test(inside) ? flag : ` ${flag}`);
  }
  if (!/^[\w./=-]*$/.test(raw)) return undefined;
  return replace(file, rawSpan, raw === '' ? `"${flag}"` : `"${raw} ${flag}"`);
}

/** Takes one word out of the arguments with the blanks before it; undefined where it is not written as one word. */
export function removeWord(file: SourceFile, { rawSpan, quote }: ShellAssignment, word: string): Edit | undefined {
  const inner = quote ? { start: rawSpan.start + 1, end: rawSpan.end - 1 } : rawSpan;
  const text = file.text.slice(inner.start, inner.end);
  for (const { 0: found, index } of text.matchAll(/\S+/g)) {
    if (found !== word) continue;
    let start = index;
    let end = index + word.length;
    while (start > 0 && /\s/.test(text.charAt(start - 1))) start--;
    if (start === 0) while (end < text.length && /\s/.test(text.charAt(end))) end++;
    return replace(file, { start: inner.start + start, end: inner.start + end }, '');
  }
  return undefined;
}
