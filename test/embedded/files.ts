/** What the scripts of `server/src/fleet/files/` do on a node, done on a tree. A test holds both against each other. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Call, Ended } from './commands';
import { allow, sizeOf, TreeError, type Entry, type Errno } from './tree';

const answer = (...words: (string | number)[]): string => `@@livemig ${words.join(' ')}\n`;

const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Codes of livemig's for what the kernel says. */
const CODES: Readonly<Partial<Record<Errno, string>>> = {
  ENOSPC: 'no-space',
  EROFS: 'read-only',
  EACCES: 'no-permission',
  EPERM: 'no-permission',
};

class Refused extends Error {
  constructor(
    readonly code: string,
    words: string,
  ) {
    super(words);
  }
}

/** `look.sh` */
export function look(words: readonly string[], { node: { tree }, who }: Call): Ended {
  const [file = '', limit = ''] = words;
  const refuse = (code: string, words: string): Ended => ({ code: 1, stdout: `\n${answer(code, words)}` });
  try {
    const entry = tree.at(file, { who });
    if (entry.type === 'folder') {
      allow(entry, who, 5);
      // As `*` and `.[!.]*` find them.
      const hidden = (name: string): number => (name.startsWith('.') ? 1 : 0);
      const listed = [...tree.list(file, who)].sort(([a], [b]) => hidden(a) - hidden(b));
      const entries = listed.flatMap(([name]) => {
        const found = tree.find(`${file}/${name}`, { who });
        return found?.type === 'folder' || found?.type === 'file' ? [answer('entry', found.type, name)] : [];
      });
      return { code: 0, stdout: `\n${answer('folder', 0, entry.modified)}${entries.join('')}${answer('end')}` };
    }
    if (entry.type !== 'file') return refuse('refused', `${file} is no regular file`);
    const bytes = tree.read(file, who);
    const content =
      bytes.length > Number(limit) ? [] : [Buffer.from(answer('content', bytes.length)), bytes, Buffer.from('\n')];
    const head = Buffer.from(`\n${answer('file', sizeOf(entry), entry.modified)}`);
    return { code: 0, stdout: Buffer.concat([head, ...content, Buffer.from(answer('end'))]) };
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    if (error.code === 'EACCES') return refuse('no-permission', `${file}: ${error.message}`);
    return refuse('not-found', `there is no ${file}`);
  }
}

/** `replace.sh` */
export function replace(words: readonly string[], call: Call): Ended {
  try {
    return { code: 0, stdout: `\n${answer('done', ...replaced(words, call))}` };
  } catch (error) {
    const said = error instanceof TreeError ? [CODES[error.code] ?? 'refused', error.message] : undefined;
    const known = error instanceof Refused ? [error.code, error.message] : said;
    if (!known) throw error;
    return { code: 1, stdout: `\n${answer(...known)}` };
  }
}

/** @returns when it was written; nothing where the file was removed */
function replaced(words: readonly string[], { node: { tree }, who, input }: Call): readonly number[] {
  const [file = '', expected = '', wanted = '', length = '', nonce = '', mode = '', like = ''] = words;
  const link = tree.find(file, { who, follow: false })?.type === 'link';
  if (link && !tree.find(file, { who })) throw new Refused('not-found', `${file} is a link that leads nowhere`);
  const target = link ? tree.real(file, who) : file;
  const folder = path.posix.dirname(target);
  if (tree.find(folder, { who })?.type !== 'folder') throw new Refused('not-found', `there is no folder ${folder}`);
  const old = tree.find(target, { who });
  if (old?.type === 'folder') throw new Refused('is-folder', `${target} is a folder`);
  if (old && old.type !== 'file') throw new Refused('refused', `${target} is no regular file`);
  if (!old && expected !== 'none') throw new Refused('conflict', `${target} is not there any more`);
  if (old && expected === 'none') throw new Refused('conflict', `${target} is there already`);
  if (old && sum(tree.read(target, who)) !== expected) throw new Refused('conflict', `${target} has changed`);
  if (wanted === 'none') {
    tree.remove(target, who);
    return [];
  }
  if (input.length !== Number(length)) throw new Refused('lost', `only ${input.length} of ${length} bytes came`);
  if (sum(input) !== wanted) throw new Refused('refused', 'what was written is not what was sent');
  const beside = `${folder}/.livemig-${process.pid}-${nonce}.tmp`;
  const made = tree.create(beside, who, { mode: 0o600, exclusive: true });
  try {
    tree.writeAt(made, 0, Uint8Array.from(input));
    const model = old ?? (like === '' ? undefined : tree.find(like, { who }));
    const rights = model ?? newRights(mode, tree.at(folder, { who }), made);
    try {
      tree.change(made, who, { mode: rights.mode, uid: rights.uid, gid: rights.gid });
    } catch {
      throw new Refused('no-permission', `the owner and mode of ${target} cannot be kept`);
    }
    tree.rename(beside, target, who);
  } catch (error) {
    if (tree.find(beside, { who })) tree.remove(beside, who);
    throw error;
  }
  return [made.modified];
}

/** What is not for everybody goes with the group of its folder. */
function newRights(mode: string, folder: Entry, made: Entry): Pick<Entry, 'mode' | 'uid' | 'gid'> {
  const bits = Number.parseInt(mode, 8);
  return { mode: bits, uid: made.uid, gid: bits === 0o640 ? folder.gid : made.gid };
}
