/** Answers what `collect.sh` is asked, in its own frames, out of a node's tree and facts. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { kindOf } from '../../server/src/model/files';
import { outputsOf, type Said } from './outputs';
import { allow, ROOT, sizeOf, statMode, TreeError, type Account, type Entry, type Tree } from './tree';
import type { EmbeddedNode } from './node';

/** The script as livemig sends it: a node that is sent anything else does not know what it is to do. */
export const collectScript = readFileSync(path.resolve(__dirname, '../../server/src/fleet/collect/collect.sh'), 'utf8');

/** Folders that may hold files that livemig knows; nothing else is looked through. */
const FOLDERS = ['/etc', '/usr/lib/systemd/system', '/lib/systemd/system'];
/** What the script looks at, without being asked; read out of it, so that there is no second list. */
const LOOKED_AT = (/^ {2}paths \/ [\s\S]*?[^\\]\n/m.exec(collectScript)?.[0] ?? '')
  .split(/[\s\\]+/)
  .filter((w) => w.startsWith('/'));

export function collect(node: EmbeddedNode, words: readonly string[], who: Account): string {
  const values = (prefix: string): readonly string[] =>
    words.flatMap((w) => (w.startsWith(`${prefix}:`) ? [w.slice(prefix.length + 1)] : []));
  const [root] = values('root');
  const only = root !== undefined ? 'files' : values('only')[0];
  const frames = ['@@livemig begin 1 base64\n'];
  const lacks = (what: string, why: string): void => void frames.push(`@@livemig lacks ${what}\t${why}\n`);
  const out = (name: string, said: Said | undefined): void => {
    if (said) frames.push(frame('out', name, `${said.text}\nexit ${said.status}\n`));
  };
  const { tree } = node;
  if (only !== 'asked') frames.push(...files(tree, who, root?.replace(/\/+$/, '') ?? '', lacks));
  if (only === undefined) {
    const facts = node.facts();
    for (const [name, said] of outputsOf(facts, node.processes(), node.booted)) out(name, said);
    for (const name of ['nova', 'libvirt-qemu', 'qemu']) out(`id ${name}`, node.id(name));
    if (who.uid !== 0) out('user', { text: String(who.uid), status: 0 });
    out('paths /', looks(tree, who, LOOKED_AT));
    out('paths /var/lib/nova', looks(tree, who, ['/var/lib/nova', '/var/lib/nova/instances']));
  }
  if (only !== 'files') {
    for (const name of values('account')) out(`id ${name}`, node.id(name));
    for (const asked of values('path')) out(`paths ${asked}`, looks(tree, who, [asked]));
    for (const file of values('certificate')) out(`certificate ${file}`, certificate(tree, who, file));
    for (const folder of values('room')) rooms(node, folder, out);
    const { pools } = node.facts();
    if (pools) {
      for (const file of values('image')) out(`image ${file}`, image(tree, who, file));
      const xml = pools.map((p) => `<pool type='dir'><target>\n<path>${p}</path></target></pool>\n`);
      if (values('pools').length > 0) out('pools', { text: xml.join(''), status: 0 });
    }
    for (const asked of values('probe-write')) out(`probe-write ${asked}`, probe(node, 'write', asked));
    for (const asked of values('probe-read')) out(`probe-read ${asked}`, probe(node, 'read', asked));
    for (const asked of values('probe-remove')) out(`probe-remove ${asked}`, probe(node, 'remove', asked));
    const peers = values('peer').map((name) => {
      const { text, status } = node.resolve(name);
      return `== ${status} peer ${name}\n${text}\n`;
    });
    if (peers.length > 0) frames.push(frame('outs', 'peers', peers.join('')));
    for (const socket of values('probe')) out(`probe ${socket}`, node.probe(socket));
  }
  frames.push('@@livemig end\n');
  return frames.join('');
}

/** The encoded content of files and outputs that were sent before: most of them stay as they are. */
const encodedFiles = new WeakMap<Uint8Array, string>();

function encoded(bytes: Uint8Array): string {
  let text = encodedFiles.get(bytes);
  if (text === undefined) {
    const digits = Buffer.from(bytes).toString('base64');
    // As base64(1) has them.
    const lines: string[] = [];
    for (let at = 0; at < digits.length; at += 76) lines.push(digits.slice(at, at + 76));
    text = lines.join('\n');
    encodedFiles.set(bytes, text);
  }
  return text;
}

function frame(kind: 'out' | 'outs', name: string, text: string): string {
  const body = encoded(Buffer.from(text));
  return `@@livemig ${kind} ${body.length} ${name}\n${body}\n`;
}

function files(tree: Tree, who: Account, root: string, lacks: (what: string, why: string) => void): string[] {
  const frames: string[] = [];
  const look = (where: string): void => {
    let entries: readonly (readonly [string, Entry])[];
    try {
      entries = tree.list(root + where, who);
    } catch (error) {
      if (error instanceof TreeError && error.code === 'EACCES') lacks(where.slice(1), 'permission denied');
      return;
    }
    for (const [name] of entries) {
      const file = `${where}/${name}`;
      const entry = tree.find(root + file, { who });
      if (entry?.type === 'folder') look(file);
      else if (entry?.type === 'file' && kindOf(file.slice(1)) !== undefined) {
        try {
          const body = encoded(tree.read(root + file, who));
          const { uid, gid, modified } = entry;
          frames.push(
            `@@livemig file ${body.length} ${statMode(entry).toString(16)} ${uid} ${gid} ${modified} ${sizeOf(entry)} ${file.slice(1)}\n${body}\n`,
          );
        } catch {
          lacks(file.slice(1), 'permission denied');
        }
      }
    }
  };
  for (const folder of FOLDERS) look(folder);
  return frames;
}

/** As stat(1) says it, of what is there and of what is not. */
function looks(tree: Tree, who: Account, wanted: readonly string[]): Said {
  let status = 0;
  const lines = wanted.map((file) => {
    try {
      const entry = tree.at(file, { who });
      return `${statMode(entry).toString(16)} ${entry.uid} ${entry.gid} ${entry.modified} ${sizeOf(entry)} ${file}`;
    } catch (error) {
      status = 1;
      return `stat: cannot statx '${file}': ${(error as TreeError).message}`;
    }
  });
  return { text: lines.join('\n'), status };
}

function certificate(tree: Tree, who: Account, file: string): Said | undefined {
  if (!tree.find(file, { who })) return undefined;
  const found = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(
    Buffer.from(tree.read(file, who)).toString(),
  );
  return { text: found?.[0] ?? '', status: 0 };
}

/** As stat(1), od(1) and du(1) say it: a file takes what it holds. */
function image(tree: Tree, who: Account, file: string): Said {
  const { text } = looks(tree, who, [file]);
  if (tree.find(file, { who })?.type !== 'file') return { text, status: 0 };
  const bytes = tree.read(file, who);
  const digits = Buffer.from(bytes.subarray(0, 32)).toString('hex').replace(/../g, ' $&');
  return { text: `${text}\n${digits}\n${Math.ceil(bytes.length / 1024)}\t${file}`, status: 0 };
}

/** Bytes in a block, blocks, and blocks that are left: 200 GiB, half of them used. */
const ROOM = '4096 52428800 26214400';

function rooms(node: EmbeddedNode, where: string, out: (name: string, said: Said) => void): void {
  const { tree, folder } = node.behind(where);
  const entry = tree.find(folder);
  if (entry?.type !== 'folder') return;
  out(`room ${where}`, { text: ROOM, status: 0 });
  for (const name of ['nova', 'libvirt-qemu', 'qemu']) {
    const account = node.account(name);
    if (account) out(`writer ${name} ${where}`, { text: '', status: may(entry, account) ? 0 : 1 });
  }
}

function may(entry: Entry, who: Account): boolean {
  try {
    allow(entry, who, 3);
    return true;
  } catch {
    return false;
  }
}

/** The probe file, `TOKEN:FOLDER`, in the folder itself or where that is mounted from. */
function probe(node: EmbeddedNode, what: 'write' | 'read' | 'remove', asked: string): Said {
  const [, token = '', where = ''] = /^([A-Za-z0-9]{8,64}):(\/.*)$/.exec(asked) ?? [];
  const { tree, folder } = node.behind(where);
  const file = `${folder}/.livemig-probe-${token}`;
  if (token === '' || tree.find(folder)?.type !== 'folder') return { text: '', status: what === 'read' ? 3 : 1 };
  const content = tree.text(file);
  if (what === 'read') return { text: content?.trim() ?? '', status: content === undefined ? 5 : 0 };
  if (what === 'write' && content === undefined) tree.put(file, `${token}\n`);
  else if (what === 'remove' && content === `${token}\n`) tree.remove(file, ROOT);
  else return { text: '', status: 1 };
  return { text: '', status: 0 };
}
