/** SFTP on a node's tree, as OpenSSH's server gives it: with fsync and a rename that replaces. */
import { utils, type Attributes, type SFTPWrapper } from 'ssh2';
import { sizeOf, statMode, TreeError, allow, type Account, type Entry, type Errno, type File, type Tree } from './tree';

const { STATUS_CODE, OPEN_MODE } = utils.sftp;

const STATUS: Readonly<Partial<Record<Errno, number>>> = {
  ENOENT: STATUS_CODE.NO_SUCH_FILE,
  EACCES: STATUS_CODE.PERMISSION_DENIED,
  EPERM: STATUS_CODE.PERMISSION_DENIED,
};

/** What OpenSSH's server says it can do beyond version 3, which ssh2's has no words for. */
const EXTENSIONS = { 'posix-rename@openssh.com': '1', 'fsync@openssh.com': '1' };

type Handle =
  | { readonly file: File; readonly append: boolean; readonly writable: boolean }
  | { list: readonly (readonly [string, Entry])[] | undefined };

export function serveSftp(sftp: SFTPWrapper, tree: Tree, who: Account, latency: () => Promise<void>): void {
  nameExtensions(sftp);
  const handles = new Map<number, Handle>();
  let next = 0;
  const give = (request: number, handle: Handle): void => {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(next);
    handles.set(next++, handle);
    sftp.handle(request, number);
  };
  const handleOf = (raw: Buffer): Handle => {
    const handle = raw.length === 4 ? handles.get(raw.readUInt32BE()) : undefined;
    if (!handle) throw new TreeError('EPERM');
    return handle;
  };
  const fileOf = (raw: Buffer): Extract<Handle, { file: File }> => {
    const handle = handleOf(raw);
    if (!('file' in handle)) throw new TreeError('EISDIR');
    return handle;
  };
  /** Answers a request; what it does not answer itself is OK, what it throws is said. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each event has arguments of its own
  const on = (event: string, act: (request: number, ...args: any[]) => unknown): void => {
    sftp.on(event, (request: number, ...args: unknown[]) => {
      void latency().then(() => {
        try {
          if (act(request, ...args) !== true) sftp.status(request, STATUS_CODE.OK);
        } catch (error) {
          if (!(error instanceof TreeError)) throw error;
          sftp.status(request, STATUS[error.code] ?? STATUS_CODE.FAILURE, error.message);
        }
      });
    });
  };

  on('OPEN', (request, name: string, flags: number, attributes: Attributes) => {
    const writes = (flags & (OPEN_MODE.WRITE | OPEN_MODE.APPEND)) !== 0;
    let file: File;
    if (writes) {
      const options = { exclusive: (flags & OPEN_MODE.EXCL) !== 0, make: (flags & OPEN_MODE.CREAT) !== 0 };
      const mode = typeof attributes.mode === 'number' ? attributes.mode & 0o7777 & ~0o022 : 0o644;
      file = tree.create(name, who, { ...options, mode });
      if ((flags & OPEN_MODE.TRUNC) !== 0) tree.truncate(file);
    } else {
      const entry = tree.at(name, { who });
      if (entry.type !== 'file') throw new TreeError(entry.type === 'folder' ? 'EISDIR' : 'EPERM');
      allow(entry, who, 4);
      file = entry;
    }
    give(request, { file, append: (flags & OPEN_MODE.APPEND) !== 0, writable: writes });
    return true;
  });
  on('READ', (request, handle: Buffer, offset: number, length: number) => {
    const { file } = fileOf(handle);
    const data = Buffer.from(file.bytes.subarray(offset, offset + length));
    if (data.length > 0) sftp.data(request, data);
    else sftp.status(request, STATUS_CODE.EOF);
    return true;
  });
  on('WRITE', (_, handle: Buffer, offset: number, data: Buffer) => {
    const { file, append, writable } = fileOf(handle);
    if (!writable) throw new TreeError('EACCES');
    tree.writeAt(file, append ? file.bytes.length : offset, Uint8Array.from(data));
  });
  on('CLOSE', (_, handle: Buffer) => {
    handleOf(handle);
    handles.delete(handle.readUInt32BE());
  });
  on('FSTAT', (request, handle: Buffer) => attrs(sftp, request, fileOf(handle).file));
  on('STAT', (request, name: string) => attrs(sftp, request, tree.at(name, { who })));
  on('LSTAT', (request, name: string) => attrs(sftp, request, tree.at(name, { who, follow: false })));
  const set = (entry: Entry, { mode, uid, gid, mtime, size }: Attributes): void => {
    if (typeof size === 'number' && entry.type === 'file') tree.truncate(entry, size);
    tree.change(entry, who, {
      ...(typeof mode === 'number' && { mode }),
      ...(typeof uid === 'number' && { uid }),
      ...(typeof gid === 'number' && { gid }),
      ...(typeof mtime === 'number' && { modified: mtime }),
    });
  };
  on('SETSTAT', (_, name: string, wanted: Attributes) => set(tree.at(name, { who }), wanted));
  on('FSETSTAT', (_, handle: Buffer, wanted: Attributes) => set(fileOf(handle).file, wanted));
  on('OPENDIR', (request, name: string) => {
    give(request, { list: tree.list(name, who) });
    return true;
  });
  on('READDIR', (request, raw: Buffer) => {
    const handle = handleOf(raw);
    if ('file' in handle) throw new TreeError('ENOTDIR');
    const { list } = handle;
    handle.list = undefined;
    if (!list) sftp.status(request, STATUS_CODE.EOF);
    else
      sftp.name(
        request,
        list.map(([filename, entry]) => ({
          filename,
          longname: longName(filename, entry),
          attrs: attributesOf(entry),
        })),
      );
    return true;
  });
  on('REALPATH', (request, name: string) => {
    const filename = tree.real(name === '.' ? '/root' : name, who);
    sftp.name(request, [{ filename, longname: filename, attrs: {} as Attributes }]);
    return true;
  });
  on('READLINK', (request, name: string) => {
    const entry = tree.at(name, { who, follow: false });
    if (entry.type !== 'link') throw new TreeError('EPERM');
    sftp.name(request, [{ filename: entry.target, longname: entry.target, attrs: {} as Attributes }]);
    return true;
  });
  on('SYMLINK', (_, name: string, target: string) => tree.link(target, name, who));
  on('RENAME', (_, from: string, to: string) => tree.rename(from, to, who, { overwrite: false }));
  on('REMOVE', (_, name: string) => tree.remove(name, who));
  on('RMDIR', (_, name: string) => tree.remove(name, who, { folder: true }));
  on('MKDIR', (_, name: string, { mode }: Attributes) =>
    tree.makeFolder(name, who, typeof mode === 'number' ? mode & 0o7777 & ~0o022 : 0o755),
  );
  on('EXTENDED', (request, name: string, data: Buffer | undefined) => {
    const [first, second] = strings(data ?? Buffer.alloc(0));
    if (name === 'posix-rename@openssh.com' && first && second) tree.rename(first.toString(), second.toString(), who);
    else if (name === 'fsync@openssh.com' && first) fileOf(first);
    else {
      sftp.status(request, STATUS_CODE.OP_UNSUPPORTED);
      return true;
    }
    return false;
  });
}

function attrs(sftp: SFTPWrapper, request: number, entry: Entry): true {
  sftp.attrs(request, attributesOf(entry));
  return true;
}

function attributesOf(entry: Entry): Attributes {
  const { uid, gid, modified } = entry;
  return { mode: statMode(entry), uid, gid, size: sizeOf(entry), atime: modified, mtime: modified };
}

/** A line of `ls -l`, which some clients read. */
export function longName(name: string, entry: Entry): string {
  const kind = { file: '-', folder: 'd', link: 'l', other: entry.type === 'other' && entry.kind === 12 ? 's' : 'c' }[
    entry.type
  ];
  const bits = Array.from('rwxrwxrwx', (letter, i) => (entry.mode & (0o400 >> i) ? letter : '-')).join('');
  const date = new Date(entry.modified * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return `${kind}${bits} 1 ${entry.uid} ${entry.gid} ${String(sizeOf(entry)).padStart(8)} ${date} ${name}`;
}

/** Length-prefixed strings of a packet. */
function strings(data: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 4 <= data.length;) {
    const length = data.readUInt32BE(at);
    found.push(data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

/** Names the extensions in the first packet that goes out, VERSION: ssh2's own has no room for any. */
function nameExtensions(sftp: SFTPWrapper): void {
  interface Inside {
    _protocol: { channelData(channel: number, data: Buffer): unknown };
    readonly outgoing: { readonly id: number; window: number };
  }
  const { _protocol: protocol, outgoing } = sftp as unknown as Inside;
  const words = Object.entries(EXTENSIONS).flat();
  const more = Buffer.concat(
    words.map((word) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(word.length);
      return Buffer.concat([length, Buffer.from(word)]);
    }),
  );
  const before = protocol.channelData.bind(protocol);
  let named = false;
  protocol.channelData = (channel, data) => {
    if (named || channel !== outgoing.id) return before(channel, data);
    named = true;
    const version = Buffer.concat([data, more]);
    version.writeUInt32BE(version.length - 4);
    outgoing.window -= more.length;
    return before(channel, version);
  };
}
