/**
 * The collector's answer, taken apart. Nothing in it is believed: it came from a node, through shells and terminals that
 * may have added lines of their own, and may have been cut off anywhere.
 */

/** A file as the collector brought it. */
export interface FileFrame {
  /** From the node's root, without the slash at the front. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly look: Look;
}

/** What stat(1) or ls(1) said of a path. */
export interface Look {
  readonly type: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits, 0 to 4095. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970; undefined where ls was asked. */
  readonly modified: number | undefined;
}

/** What a command said, on both streams. */
export interface Output {
  readonly text: string;
  /** The command's exit status; 124 and 137 where its time was over, which `isTimeout` tells. */
  readonly status: number;
}

export interface Answer {
  readonly files: readonly FileFrame[];
  readonly outputs: ReadonlyMap<string, Output>;
  /** What the collector could not read, and frames that did not arrive whole. */
  readonly failures: readonly { readonly what: string; readonly why: string }[];
  /** The collector answered from its first line to its last. */
  readonly whole: boolean;
  /** Whether its first line is there; without it, the text is that of something else. */
  readonly begun: boolean;
}

const MARK = '@@livemig ';

/** Reads an answer. Never throws; of a damaged one it gives what is whole and says what is not. */
export function readAnswer(raw: Uint8Array): Answer {
  // A terminal in between makes CR LF of every LF. What is encoded has neither.
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1').replaceAll('\r\n', '\n');
  const files = new Map<string, FileFrame>();
  const outputs = new Map<string, Output>();
  const failures: { what: string; why: string }[] = [];
  let encoding: string | undefined;
  let ended = false;
  let at = 0;
  while (at < text.length && !ended) {
    const eol = text.indexOf('\n', at);
    // A header without its line break may lack its end.
    if (eol < 0) break;
    const line = text.slice(at, eol);
    at = eol + 1;
    if (!line.startsWith(MARK)) continue;
    const words = line.slice(MARK.length).split(' ');
    const word = words[0];
    if (word === 'begin') encoding ??= words[1] === '1' ? (words[2] ?? '') : undefined;
    else if (encoding === undefined) continue;
    else if (word === 'end') ended = true;
    else if (word === 'lacks') {
      const [what = '', why = ''] = utf8(line.slice(MARK.length + 'lacks '.length)).split('\t');
      failures.push({ what, why });
    } else if (word === 'file' || word === 'out' || word === 'outs') {
      const name = utf8(words.slice(word === 'file' ? 7 : 2).join(' '));
      const body = bodyAt(text, at, words[1] ?? '', encoding);
      if (!body) {
        failures.push({ what: name, why: 'did not arrive whole' });
        continue;
      }
      at = body.next;
      if (word === 'out') outputs.set(name, outputOf(body.bytes));
      else if (word === 'outs') for (const [one, output] of outputsIn(body.bytes)) outputs.set(one, output);
      else {
        const file = fileOf(name, words, body.bytes);
        if ('why' in file) failures.push({ what: name, why: file.why });
        else files.set(name, file);
      }
    }
  }
  return { files: [...files.values()], outputs, failures, whole: ended, begun: encoding !== undefined };
}

/** Whether a command was killed because its time was over: what timeout(1) and shells say of that. */
export function isTimeout({ status }: Output): boolean {
  return status === 124 || status === 137 || status === 143;
}

/** A line `MODE UID GID TIME SIZE …`, the mode as the kernel's number in hexadecimal or as ls(1) draws it. */
export function readLook(words: readonly string[]): Look | undefined {
  const [mode = '', uid = '', gid = '', time = ''] = words;
  const kind = /^[0-9a-f]{4,5}$/.test(mode) ? ofNumber(Number.parseInt(mode, 16)) : ofLetters(mode);
  if (!kind || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  const modified = /^-?\d+$/.test(time) ? Number(time) : undefined;
  return { ...kind, uid: Number(uid), gid: Number(gid), modified };
}

const TYPES: Readonly<Record<number, Look['type']>> = { 0o10: 'file', 0o4: 'folder', 0o12: 'link' };

function ofNumber(mode: number): { type: Look['type']; mode: number } {
  return { type: TYPES[mode >> 12] ?? 'other', mode: mode & 0o7777 };
}

const LETTERS: Readonly<Record<string, Look['type']>> = { '-': 'file', d: 'folder', l: 'link' };

/** `drwxr-xr-t` */
function ofLetters(drawn: string): { type: Look['type']; mode: number } | undefined {
  if (!/^[-bcdlps][r-][w-][xsS-][r-][w-][xsS-][r-][w-][xtT-]/.test(drawn)) return undefined;
  let mode = 0;
  for (let i = 1; i <= 9; i++) {
    const letter = drawn[i]!;
    // A capital letter is the special bit without the one for executing.
    if (/[rwxst]/.test(letter)) mode |= 1 << (9 - i);
    if (/[sStT]/.test(letter)) mode |= 0o1000 << ((9 - i) / 3);
  }
  return { type: LETTERS[drawn[0]!] ?? 'other', mode };
}

function fileOf(path: string, words: readonly string[], bytes: Uint8Array): FileFrame | { readonly why: string } {
  const look = readLook(words.slice(2, 6));
  if (!look || (look.type !== 'file' && look.type !== 'link')) return { why: 'did not arrive whole' };
  // A file that grew or shrank while it was read is told by the next snapshot; one that breaks out of its folder by none.
  if (
    path === '' ||
    path.startsWith('/') ||
    path.split('/').some((part) => part === '..' || part === '.' || part === '')
  )
    return { why: 'has a path that leads elsewhere' };
  return { path, bytes, look };
}

/** The content that begins at an offset; undefined where it is cut, or no such encoding. */
function bodyAt(
  text: string,
  at: number,
  length: string,
  encoding: string,
): { readonly bytes: Uint8Array; readonly next: number } | undefined {
  if (!/^\d{1,9}$/.test(length)) return undefined;
  const end = at + Number(length);
  if (text[end] !== '\n') return undefined;
  const body = text.slice(at, end);
  if (encoding === 'od') {
    if (!/^[\da-f\s]*$/.test(body)) return undefined;
    const digits = body.replace(/\s+/g, '');
    return digits.length % 2 === 0 ? { bytes: Buffer.from(digits, 'hex'), next: end + 1 } : undefined;
  }
  if (encoding !== 'base64' && encoding !== 'openssl') return undefined;
  const digits = body.replaceAll('\n', '');
  if (digits.length % 4 !== 0 || !/^[\w+/]*={0,2}$/.test(digits)) return undefined;
  return { bytes: Buffer.from(digits, 'base64'), next: end + 1 };
}

function outputOf(bytes: Uint8Array): Output {
  const text = new TextDecoder().decode(bytes);
  const last = /(?:^|\n)exit (\d{1,3})\n?$/.exec(text);
  return last ? { text: text.slice(0, last.index), status: Number(last[1]) } : { text, status: 255 };
}

/** What several commands said, each below `== STATUS NAME`. */
function* outputsIn(bytes: Uint8Array): Generator<[name: string, Output]> {
  for (const part of new TextDecoder().decode(bytes).split(/^== /m).slice(1)) {
    const [, status, name, text = ''] = /^(\d{1,3}) (.*)(?:\n([^]*))?$/.exec(part) ?? [];
    if (name !== undefined) yield [name, { text, status: Number(status) }];
  }
}

/** Names travel as the bytes that they are. */
function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}
