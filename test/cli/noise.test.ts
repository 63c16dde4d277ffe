import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, describe, test } from 'node:test';
import { discover } from '../../server/src/workspace/discover';
import { diskSource } from '../../server/src/workspace/disk';
import { loadFile } from '../../server/src/workspace/load';
import type { FileSource } from '../../server/src/workspace/source';
import { livemig } from '../support/cli';
import { tempFolder } from '../support/temp';

/** Every kind of file, with what stands before and behind a value in it. */
const KINDS: Readonly<Record<string, readonly [before: string, behind: string]>> = {
  'etc/nova/nova.conf': ['[libvirt]\nlive_migration_uri = ', '\n'],
  'etc/libvirt/libvirtd.conf': ['auth_tcp = "', '"\n'],
  'etc/libvirt/qemu.conf': ['vnc_listen = "', '"\n'],
  'etc/default/libvirtd': ['LIBVIRTD_ARGS="', '"\n'],
  'etc/init/libvirt-bin.conf': ['env libvirtd_opts="', '"\n'],
  'etc/exports': ['/srv 10.0.0.1(', ')\n'],
  'etc/fstab': ['nfs:/srv /var/lib/nova/instances nfs ', ' 0 0\n'],
  'etc/hosts': ['10.0.0.1 ', '\n'],
  'etc/passwd': ['nova:x:106:107:', '\n'],
  'etc/group': ['nova:x:107:', '\n'],
  'etc/hostname': ['', '\n'],
  'etc/os-release': ['PRETTY_NAME="', '"\n'],
  'livemig.ini': ['release = ', '\n'],
  'facts.json': ['{"hostname": "', '"}'],
};
/** A host needs one file that makes it one. */
const HOST = { 'etc/libvirt/qemu.conf': '' };

/** What takes its square takes many minutes of these, and what takes its length seconds, on a busy machine tens of them. */
const PATIENCE = { timeout: 400_000 };

const folders: { remove: () => void }[] = [];
function folderOf(files: Record<string, string | Uint8Array>): string {
  const folder = tempFolder(files);
  folders.push(folder);
  return folder.path;
}
after(() => {
  for (const folder of folders) folder.remove();
});

/**
 * Linted and repaired without a crash, and no file touched.
 * @param repair what a repair may do: nothing, its work, or (where it would have work for many rounds) it is not asked
 */
async function survives(
  files: Record<string, string | Uint8Array>,
  repair: 'nothing' | 'its work' | 'not asked',
): Promise<string> {
  const cwd = folderOf({ ...HOST, ...files });
  const run = await livemig(['lint', '--release', 'zed', '.'], { cwd });
  assert.equal(run.stderr, '');
  assert.notEqual(run.code, 2, run.stdout.slice(0, 500));
  // At most 500 findings a file, none of them longer than a few lines.
  assert.ok(run.stdout.length < 200_000 * Object.keys(files).length, `${run.stdout.length} characters`);
  if (repair !== 'not asked') {
    const fix = await livemig(['fix', '--dry-run', '--release', 'zed', '.'], { cwd });
    assert.equal(fix.stderr, '');
    if (repair === 'nothing') assert.equal(fix.stdout, '');
  }
  for (const [file, content] of Object.entries(files))
    assert.ok(readFileSync(path.join(cwd, file)).equals(Buffer.from(content)), file);
  return run.stdout;
}

const fill = (unit: string, length: number): string => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

/** One host with a file of every kind, all filled the same way. */
const everyKind = <T>(content: (before: string, behind: string, file: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(KINDS).map(([file, [before, behind]]) => [file, content(before, behind, file)]));

describe('10 MB in one line', () => {
  for (const [file, [before, behind]] of Object.entries(KINDS))
    test(file, PATIENCE, async () => {
      await survives({ [file]: before + fill('x', 10 << 20) + behind }, 'nothing');
    });
});

describe('300 kB of the same words in one line, in every kind of file', () => {
  for (const unit of ['a b ', 'a,', '$x', '--listen ', '; ', '10.0.0.1(rw) ', '\\', '# livemig: ignore a/b '])
    test(unit, PATIENCE, async () => {
      await survives(
        everyKind((before, behind) => before + fill(unit, 300_000) + behind),
        'not asked',
      );
    });
});

describe('100,000 lines, in every kind of file', () => {
  const lines: Readonly<Record<string, (before: string, behind: string) => string>> = {
    'of the right kind': (before, behind) => `${before}x${behind}`,
    'half typed': () => 'half a line\n',
    'that silence something': () => '# livemig: ignore nova/syntax\n',
    'of comments': () => '#\n',
  };
  for (const [name, make] of Object.entries(lines))
    test(name, PATIENCE, async () => {
      await survives(
        everyKind((before, behind) => {
          const line = make(before, behind).replace(/\n?$/, '\n');
          return line.repeat(100_000 / (line.split('\n').length - 1));
        }),
        'not asked',
      );
    });
});

describe('bytes that are no text, in every kind of file', () => {
  const noise: Readonly<Record<string, (text: string) => Uint8Array>> = {
    'random bytes': () => Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3)) % 256),
    'UTF-16': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
    'a NUL': (text) => Buffer.from(`${text}\0`),
    'a Latin-1 letter': (text) => Buffer.from(`${text}# caf\xe9\n`, 'latin1'),
  };
  for (const [name, content] of Object.entries(noise))
    test(name, PATIENCE, async () => {
      const out = await survives(
        everyKind((before, behind) => content(`${before}x${behind}`)),
        'nothing',
      );
      for (const file of Object.keys(KINDS)) assert.match(out, new RegExp(`^${file}:.*file/not-text`, 'm'));
    });

  const forms: Readonly<Record<string, (before: string, behind: string) => string>> = {
    'a BOM': (before, behind) => `\uFEFF${before}x${behind}`,
    CRLF: (before, behind) => `${before}x${behind}`.replaceAll('\n', '\r\n'),
    'a lone CR': (before, behind) => `${before}x${behind}`.replaceAll('\n', '\r'),
    'half a line': (before) => before,
  };
  for (const [name, make] of Object.entries(forms))
    test(`${name}: read, and not changed by a look`, PATIENCE, async () => {
      await survives(everyKind(make), 'its work');
    });
});

describe('what is no file', () => {
  const made = (): string => {
    const cwd = mkdtempSync(path.join(tmpdir(), 'livemig-noise-'));
    folders.push({ remove: () => rmSync(cwd, { recursive: true, force: true }) });
    mkdirSync(path.join(cwd, 'etc/nova'), { recursive: true });
    return cwd;
  };

  test('a pipe is named and not waited for, in a folder and by its own path', { timeout: 120_000 }, async () => {
    const cwd = made();
    execFileSync('mkfifo', [path.join(cwd, 'etc/nova/nova.conf'), path.join(cwd, 'livemig.ini')]);
    for (const given of ['.', 'etc/nova/nova.conf']) {
      const run = await livemig(['lint', given], { cwd });
      assert.equal(run.code, 2);
      assert.match(run.stdout, /etc\/nova\/nova\.conf: is no regular file/);
    }
    assert.match((await livemig(['lint', '.'], { cwd })).stdout, /livemig\.ini: is no regular file/);
  });

  test('a device without an end is not read', { timeout: 120_000 }, async () => {
    const cwd = made();
    symlinkSync('/dev/zero', path.join(cwd, 'etc/nova/nova.conf'));
    const run = await livemig(['lint', 'etc/nova/nova.conf'], { cwd });
    assert.equal(run.code, 2);
    assert.match(run.stdout, /is no regular file/);
  });

  test('a folder by the name of a file, in a folder and by its own path', async () => {
    const cwd = made();
    mkdirSync(path.join(cwd, 'etc/nova/nova.conf'));
    mkdirSync(path.join(cwd, 'livemig.ini'));
    const run = await livemig(['lint', '.'], { cwd });
    assert.equal(run.code, 2);
    for (const file of [/etc\/nova\/nova\.conf/, /livemig\.ini/])
      assert.match(run.stdout, new RegExp(`${file.source}: is a folder, a file is expected here`));
  });

  test('a loop of links by its own path', async () => {
    const cwd = made();
    symlinkSync('nova.conf', path.join(cwd, 'etc/nova/nova.conf'));
    const run = await livemig(['lint', 'etc/nova/nova.conf'], { cwd });
    assert.equal(run.code, 2);
    assert.match(run.stdout, /is a symbolic link that leads round in a circle/);
  });

  test('a file that goes away while it is read is not there, and one that cannot be read is told', async () => {
    const cwd = folderOf({ 'a/etc/nova/nova.conf': '[DEFAULT]\n', 'a/etc/exports': '', 'b/etc/fstab': '' });
    const disk = diskSource();
    const source: FileSource = {
      list: (folder) => disk.list(folder),
      read: (uri) => {
        if (uri.endsWith('/exports')) return Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' }));
        if (uri.endsWith('/fstab')) return Promise.reject(Object.assign(new Error('bad'), { code: 'EIO' }));
        return disk.read(uri);
      },
    };
    const { clusters, failures } = await discover(source, pathToFileURL(cwd).href, (uri, below, kind) =>
      loadFile(source, uri, below, kind),
    );
    assert.deepEqual(
      clusters.flatMap((c) => c.hosts.flatMap((h) => h.files.map((f) => f.path))),
      ['etc/nova/nova.conf'],
    );
    assert.deepEqual(
      failures.map((f) => f.reason),
      ['bad'],
    );
  });
});
