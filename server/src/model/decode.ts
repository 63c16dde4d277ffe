import { kindOf, type FileDefect, type SourceFile } from './files';

/**
 * Bytes to text, so that the text written back as UTF-8 gives the same bytes (a BOM stays, as U+FEFF).
 * Where that cannot be, the text is one character a byte and `defect` says why: such a file is shown, never repaired.
 */
export function decode(bytes: Uint8Array): { text: string; defect?: FileDefect } {
  if (bytes.length >= 2 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))) {
    return { text: latin1(bytes), defect: { code: 'utf-16', offset: 0, byte: '' } };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const nul = text.indexOf('\0');
    return nul < 0 ? { text } : { text, defect: { code: 'nul', offset: nul, byte: '0x00' } };
  } catch {
    const offset = firstInvalid(bytes);
    const byte = `0x${(bytes[offset] ?? 0).toString(16).toUpperCase().padStart(2, '0')}`;
    return { text: latin1(bytes), defect: { code: 'not-utf-8', offset, byte } };
  }
}

/**
 * A file of a host by its path; undefined where that is none of ours. Of a link that enables a unit only that it is there
 * counts, wherever it leads.
 */
export function sourceOf(uri: string, path: string, bytes: Uint8Array): SourceFile | undefined {
  const kind = kindOf(path);
  if (kind === undefined) return undefined;
  if (kind === 'wants') return { uri, path, kind, text: '' };
  const { text, defect } = decode(bytes);
  return { uri, path, kind, text, ...(defect && { defect }) };
}

/** The same judgement for text that an editor has decoded already: it puts U+FFFD where a byte was no UTF-8. */
export function textDefect(text: string): FileDefect | undefined {
  const bad = text.indexOf('\uFFFD');
  if (bad >= 0) return { code: 'not-utf-8', offset: bad, byte: '' };
  const nul = text.indexOf('\0');
  return nul < 0 ? undefined : { code: 'nul', offset: nul, byte: '0x00' };
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

/** Halving: the longest prefix that decodes ends in or before the sequence that is wrong. */
function firstInvalid(bytes: Uint8Array): number {
  const decodes = (end: number, open: boolean): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream: open });
      return true;
    } catch {
      return false;
    }
  };
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodes(middle, true)) good = middle;
    else bad = middle;
  }
  // A lead byte is found out by the byte that should have gone on with it: the sequence's start is what is meant.
  while (good > 0 && !decodes(good, false)) good--;
  return good;
}
