// What V8 made of the command line is kept, and a file that is not what it says is none that is run.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Script } from 'node:vm';
import zlib from 'node:zlib';
import { buildSync } from '../support/bundle';
import { livemig, type Run } from '../support/cli';
import { tempFolder } from '../support/temp';

const { crc32 } = zlib as Omit<typeof zlib, 'crc32'> & { readonly crc32?: (data: Uint8Array) => number };
const MAIN = path.join(path.dirname(buildSync()), 'cli-main.js');
const HEAD = 12;

describe('the compiled command line', { skip: crc32 ? false : 'this Node has no zlib.crc32: nothing is kept' }, () => {
  let folder: ReturnType<typeof tempFolder>;
  let file: string;
  beforeEach(() => {
    folder = tempFolder();
    file = path.join(folder.path, 'fstab');
    writeFileSync(file, 'filer:/nova /var/lib/nova/instances nfs4 rw,hard,_netdev\n# end\n');
  });
  afterEach(() => folder.remove());

  const cache = (): string => path.join(folder.path, 'cache');
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> =>
    livemig(args, { env: { ...process.env, XDG_CACHE_HOME: cache(), NODE_OPTIONS: '', ...env } });
  const lint = (env?: NodeJS.ProcessEnv): Promise<Run> => run(['lint', file], env);
  const kept = (): string => {
    const names = readdirSync(path.join(cache(), 'livemig'));
    assert.equal(names.length, 1, names.join());
    return path.join(cache(), 'livemig', names[0]!);
  };
  /** What another source, of the same length, was compiled to, in the place of ours. */
  const doctored = (): Buffer => {
    const source = readFileSync(MAIN);
    const { version } = JSON.parse(readFileSync(path.resolve(__dirname, '../../package.json'), 'utf8')) as {
      version: string;
    };
    const other = source.toString().replaceAll(`"${version}"`, `"${'9'.repeat(version.length)}"`);
    const data = new Script(Module.wrap(other), { filename: MAIN }).createCachedData();
    const head = Buffer.alloc(HEAD);
    readFileSync(kept()).copy(head, 0, 0, 8);
    head.writeUInt32LE(crc32!(data), 8);
    return Buffer.concat([head, data]);
  };

  test('is kept by the first lint, readable for its owner alone, and run by the next command', async () => {
    assert.deepEqual(await run(['--version']), await run(['--version']));
    assert.throws(kept, /ENOENT/, 'what needs little of it keeps nothing');
    const first = await lint();
    assert.equal(statSync(kept()).mode & 0o777, 0o600);
    const before = statSync(kept()).mtimeMs;
    assert.deepEqual(await lint(), first);
    assert.equal(statSync(kept()).mtimeMs, before, 'it was made anew');
    // That it is run shows only in one that says something else.
    writeFileSync(kept(), doctored());
    assert.match((await run(['--version'])).stdout, /^9+\n$/);
  });

  test('is not run when it is damaged, cut off or of another source, and is made anew', async () => {
    const first = await lint();
    const good = readFileSync(kept());
    const flipped = Buffer.from(good);
    flipped.writeUInt8(flipped.readUInt8(good.length >> 1) ^ 4, good.length >> 1);
    const elsewhere = doctored();
    elsewhere.writeUInt32LE((elsewhere.readUInt32LE(4) ^ 1) >>> 0, 4);
    const bad = {
      flipped,
      cut: good.subarray(0, good.length - 100),
      head: good.subarray(0, 5),
      empty: Buffer.alloc(0),
    };
    for (const [name, bytes] of Object.entries({ ...bad, elsewhere, garbage: Buffer.alloc(5000, 7) })) {
      writeFileSync(kept(), bytes);
      assert.deepEqual(await run(['--version']), { code: 0, stdout: (await run(['--version'])).stdout, stderr: '' });
      assert.doesNotMatch((await run(['--version'])).stdout, /^9+\n$/, name);
      assert.deepEqual(await lint(), first, name);
      assert.notDeepEqual(readFileSync(kept()), bytes, `${name}: it is still there`);
    }
  });

  test(
    'is neither run nor kept where somebody else could write it',
    { skip: process.platform === 'win32' },
    async () => {
      const first = await lint();
      writeFileSync(kept(), doctored());
      chmodSync(kept(), 0o620);
      assert.doesNotMatch((await run(['--version'])).stdout, /^9+\n$/);
      if (process.getuid?.() === 0) {
        chmodSync(kept(), 0o600);
        chownSync(kept(), 65_534, 65_534);
        assert.doesNotMatch((await run(['--version'])).stdout, /^9+\n$/);
      }
      const open = path.join(folder.path, 'open');
      mkdirSync(path.join(open, 'livemig'), { recursive: true });
      chmodSync(path.join(open, 'livemig'), 0o777);
      assert.deepEqual(await lint({ XDG_CACHE_HOME: open }), first);
      assert.deepEqual(readdirSync(path.join(open, 'livemig')), []);
    },
  );

  test('is done without where there is no place for it, and where nobody wants it', async () => {
    const first = await lint({ NODE_DISABLE_COMPILE_CACHE: '1' });
    assert.throws(kept, /ENOENT/);
    writeFileSync(cache(), 'a file');
    assert.deepEqual(await lint(), first);
    assert.deepEqual(await lint({ HOME: path.join(folder.path, 'nowhere') }), first);
  });

  test('two that begin at once do not meet', async () => {
    const runs = await Promise.all([lint(), lint(), lint()]);
    assert.deepEqual(runs[1], runs[0]);
    assert.deepEqual(runs[2], runs[0]);
    writeFileSync(kept(), doctored());
    assert.match((await run(['--version'])).stdout, /^9+\n$/, 'what they left is none that is read');
  });
});
