/**
 * `\040` and its like, as fstab (libmount, getmntent) and exports (nfs-utils) write blanks in a path.
 * An escape is a byte, not a character: `\303\251` is one `é`.
 */

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A byte that came from an escape is kept apart from characters until its neighbours are known. */
export const BYTE = 0x10000;

export const isOctalDigit = (code: number): boolean => code >= 48 && code <= 55;

/** Value 0..511 of the three digits at `at`, or -1. */
export function octalAt(codes: ArrayLike<number>, at: number): number {
  const a = codes[at];
  const b = codes[at + 1];
  const c = codes[at + 2];
  if (a === undefined || b === undefined || c === undefined) return -1;
  if (!isOctalDigit(a) || !isOctalDigit(b) || !isOctalDigit(c)) return -1;
  return (a - 48) * 64 + (b - 48) * 8 + (c - 48);
}

/** Turns code units, mixed with bytes marked by `BYTE`, into text; bytes that are no UTF-8 become U+FFFD. */
export function joinBytes(codes: readonly number[]): string {
  let out = '';
  for (let i = 0; i < codes.length;) {
    if (codes[i]! < BYTE) {
      out += String.fromCharCode(codes[i]!);
      i++;
      continue;
    }
    const bytes: number[] = [];
    while (i < codes.length && codes[i]! >= BYTE) bytes.push(codes[i++]! - BYTE);
    out += utf8.decode(Uint8Array.from(bytes));
  }
  return out;
}

/**
 * Decodes all escapes in one go, as libmount does: what an escape yields is not looked at again, and a zero byte ends
 * the C string.
 */
export function decodeOctal(raw: string): string {
  if (!raw.includes('\\')) return raw;
  // A run of escapes at a time: the bytes of one character stand together. A C char holds the low eight bits.
  const decoded = raw.replace(/(?:\\[0-7]{3})+/g, (run) => {
    const bytes = new Uint8Array(run.length / 4);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(run.slice(i * 4 + 1, i * 4 + 4), 8);
    return utf8.decode(bytes);
  });
  const zero = decoded.indexOf('\0');
  return zero < 0 ? decoded : decoded.slice(0, zero);
}
