/**
 * The entry of the command line: runs `cli-main.js`, which lies beside it. To compile that takes as long as to lint a file, so
 * what V8 made of it is kept in the user's own cache folder (NODE_DISABLE_COMPILE_CACHE=1: it is not) and handed to it the next
 * time. V8 looks whether it is of its version and flags, and never whether it is whole or of this source: that is told here by
 * checksums. Whatever is not as it should be, it is done without.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import Module from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { Script } from 'node:vm';
import zlib from 'node:zlib';
import { version } from '../../../package.json';

const load = Module.createRequire(__filename);
const MAIN = path.join(__dirname, 'cli-main.js');
const NAME = `cli-${version}-${process.version}-${process.arch}.v8`;
/** Three numbers: what the file is, and the checksums of the source and of what follows. */
const HEAD = 12;
const MARK = 0x6c_76_6d_31;
/** Of other versions: so long unchanged, nobody uses them any more. */
const OLD_MS = 30 * 86_400_000;
/** What they need is what is worth keeping: of whoever comes first, what it ran is kept for all. */
const KEPT_BY: ReadonlySet<string | undefined> = new Set(['lint', 'fix']);

type Crc32 = (data: Uint8Array) => number;

/** Since Node 20.15. */
const { crc32 } = zlib as Omit<typeof zlib, 'crc32'> & { readonly crc32?: Crc32 };
/** Undefined on Windows, where the folder is nobody else's. */
const user = process.getuid?.();

function folder(): string | undefined {
  const { env, platform } = process;
  const home = homedir();
  // By sudo the home may be another's, who is not to say what is run, nor to find files there that are not his.
  if (user !== undefined && statSync(home).uid !== user) return undefined;
  if (platform === 'win32') return env['LOCALAPPDATA'] && path.join(env['LOCALAPPDATA'], 'livemig');
  const base = env['XDG_CACHE_HOME'];
  if (base && path.isAbsolute(base)) return path.join(base, 'livemig');
  return path.join(home, platform === 'darwin' ? 'Library/Caches' : '.cache', 'livemig');
}

/** Nobody else could have written it. */
const isOwn = ({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean =>
  user === undefined || (uid === user && (mode & 0o022) === 0);

function read(file: string, source: number, sum: Crc32): Buffer | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(file, 'r');
    const stat = fstatSync(opened);
    if (!stat.isFile() || !isOwn(stat)) return undefined;
    const bytes = readFileSync(opened);
    const known = bytes.subarray(HEAD);
    const is = (at: number, value: number): boolean => bytes.readUInt32LE(at) === value;
    return bytes.length > HEAD && is(0, MARK) && is(4, source) && is(8, sum(known)) ? known : undefined;
  } catch {
    return undefined;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

/** Whole or not at all: others may read it meanwhile. */
function keep(where: string, source: number, known: Buffer, sum: Crc32): void {
  mkdirSync(where, { recursive: true, mode: 0o700 });
  if (!isOwn(statSync(where))) return;
  const head = Buffer.alloc(HEAD);
  [MARK, source, sum(known)].forEach((value, i) => head.writeUInt32LE(value, 4 * i));
  const beside = path.join(where, `.${NAME}.${process.pid}`);
  try {
    writeFileSync(beside, Buffer.concat([head, known]), { mode: 0o600, flag: 'wx' });
    renameSync(beside, path.join(where, NAME));
  } finally {
    rmSync(beside, { force: true });
  }
  for (const other of readdirSync(where)) {
    const file = path.join(where, other);
    if (/^\.?cli-/.test(other) && statSync(file).mtimeMs < Date.now() - OLD_MS) rmSync(file, { force: true });
  }
}

/** @returns undefined where nothing is to be kept, or nothing can be */
function place(): { readonly where: string; readonly sum: Crc32 } | undefined {
  if (crc32 === undefined || process.env['NODE_DISABLE_COMPILE_CACHE']) return undefined;
  try {
    const where = folder();
    return where === undefined ? undefined : { where, sum: crc32 };
  } catch {
    return undefined;
  }
}

function run(): void {
  const kept = place();
  if (!kept) {
    load(MAIN);
    return;
  }
  const { where, sum } = kept;
  const bytes = readFileSync(MAIN);
  const source = sum(bytes);
  const known = read(path.join(where, NAME), source, sum);
  const script = new Script(Module.wrap(bytes.toString()), { filename: MAIN, ...(known && { cachedData: known }) });
  // Other flags are another engine's: it would be made anew each time.
  const usual = process.execArgv.length === 0 && !process.env['NODE_OPTIONS'];
  if ((!known || script.cachedDataRejected) && usual && KEPT_BY.has(process.argv[2]))
    process.once('exit', () => {
      try {
        keep(where, source, script.createCachedData(), sum);
      } catch {
        // It runs as well without.
      }
    });
  const main = { exports: {} };
  const start = script.runInThisContext() as (...args: readonly unknown[]) => void;
  start.call(main.exports, main.exports, load, main, MAIN, __dirname);
}

run();
