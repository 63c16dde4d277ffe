import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { livemig } from '../support/cli';
import { tempFolder } from '../support/temp';

const BAD = '[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';
const FIXED = '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\n';

const folders: { remove: () => void }[] = [];
function folderOf(files: Record<string, string | Uint8Array>): string {
  const folder = tempFolder(files);
  folders.push(folder);
  return folder.path;
}
after(() => {
  for (const folder of folders) folder.remove();
});

interface SarifLog {
  version: string;
  runs: {
    columnKind: string;
    originalUriBaseIds: Record<string, { uri: string }>;
    results: SarifResult[];
    invocations: { executionSuccessful: boolean }[];
  }[];
}
interface SarifResult {
  ruleId: string;
  level: string;
  locations: {
    physicalLocation: { artifactLocation: { uri: string; uriBaseId: string }; region: Record<string, number> };
  }[];
}

describe('exit codes', () => {
  test('0 without errors, 1 with one, 2 when a PATH cannot be read, with the others still reported', async () => {
    const cwd = folderOf({ 'good/etc/nova/nova.conf': FIXED, 'bad/etc/nova/nova.conf': BAD });
    assert.equal((await livemig(['lint', '--release', 'zed', 'good'], { cwd })).code, 0);
    assert.equal((await livemig(['lint', '--release', 'zed', 'bad'], { cwd })).code, 1);
    const both = await livemig(['lint', '--release', 'zed', 'nosuch', 'bad'], { cwd });
    assert.equal(both.code, 2);
    assert.match(both.stdout, /nosuch: no such file or folder/);
    assert.match(both.stdout, /nova\/uri-no-placeholder/);
  });

  test('--max-warnings', async () => {
    const cwd = folderOf({ 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "none"\n' });
    assert.equal((await livemig(['lint', '.'], { cwd })).code, 0);
    assert.equal((await livemig(['lint', '--max-warnings', '0', '.'], { cwd })).code, 1);
  });

  test('2 for a wrong usage, which is explained', async () => {
    for (const [args, words] of [
      [['lnt'], /Did you mean lint\?/],
      [['lint', '--release', 'grizzley'], /It is one of grizzly, havana/],
      [['lint', '--rule', 'nova/sintax=off'], /did you mean nova\/syntax\?/],
      [['lint', '--rule', 'nova/syntax=loud'], /The level is off, info, warning or error/],
      [['lint', '-'], /PATH - needs --stdin-filename/],
      [['rules', 'nova/sintax'], /did you mean nova\/syntax\?/],
      [['lint', '--format', 'xml'], /Allowed choices are pretty, json, sarif, github, checkstyle/],
    ] as const) {
      const run = await livemig([...args]);
      assert.equal(run.code, 2, args.join(' '));
      assert.match(run.stderr, words);
      assert.equal(run.stdout, '');
    }
    assert.equal((await livemig(['--help'])).code, 0);
  });

  test('a folder without any file of ours says so', async () => {
    const run = await livemig(['lint', '.'], { cwd: folderOf({ 'src/exports/index.js': '' }) });
    assert.equal(run.code, 2);
    assert.match(run.stdout, /holds no file that livemig knows/);
  });
});

describe('lint', () => {
  test('a single file, with livemig.ini above it', async () => {
    const cwd = folderOf({
      'livemig.ini': 'release = zed\n[rules]\nnova/uri-no-placeholder = warning\n',
      'compute1/etc/nova/nova.conf': BAD,
    });
    const run = await livemig(['lint', 'compute1/etc/nova/nova.conf'], { cwd });
    assert.equal(run.code, 0);
    assert.match(run.stdout, /compute1\/etc\/nova\/nova\.conf:2:22 warning /);
  });

  test('standard input under a name', async () => {
    const run = await livemig(['lint', '--release', 'zed', '--stdin-filename', 'etc/nova/nova.conf', '-'], {
      input: BAD,
    });
    assert.equal(run.code, 1);
    assert.match(run.stdout, /^etc\/nova\/nova\.conf:2:22 error /m);
  });

  test('--severity hides, --rule sets, NO_COLOR and pipes are plain', async () => {
    const cwd = folderOf({ 'etc/nova/nova.conf': BAD });
    const rule = (level: string) =>
      livemig(['lint', '--release', 'zed', '--rule', `nova/uri-no-placeholder=${level}`, '--severity', 'error', '.'], {
        cwd,
      });
    assert.match((await rule('error')).stdout, /1 error/);
    assert.doesNotMatch((await rule('info')).stdout, /uri-no-placeholder/);
    assert.doesNotMatch((await rule('error')).stdout, /\u001b/);
  });

  test('sarif: relative URIs with odd names escaped, UTF-16 columns from 1, related places, unreadable paths as notifications', async () => {
    const cwd = folderOf({
      'fleet/compute 1/etc/nova/nova.conf': '# 𝄞\n' + BAD,
      'fleet/compute 1/etc/libvirt/qemu.conf': '',
    });
    const run = await livemig(['lint', '--format', 'sarif', '--release', 'zed', 'fleet', 'nosuch'], { cwd });
    const log = JSON.parse(run.stdout) as SarifLog;
    assert.equal(run.code, 2);
    assert.equal(log.version, '2.1.0');
    const [first] = log.runs;
    assert.equal(first?.columnKind, 'utf16CodeUnits');
    assert.match(first.originalUriBaseIds.SRCROOT?.uri ?? '', /\/fleet\/$/);
    assert.equal(first.invocations[0]?.executionSuccessful, false);
    const result = first.results.find((r) => r.ruleId === 'nova/uri-no-placeholder');
    const at = result?.locations[0]?.physicalLocation;
    assert.deepEqual(
      [at?.artifactLocation.uri, at?.artifactLocation.uriBaseId],
      ['compute%201/etc/nova/nova.conf', 'SRCROOT'],
    );
    assert.deepEqual(at?.region, { startLine: 3, startColumn: 22, endLine: 3, endColumn: 48 });
  });
});

describe('a livemig.ini above several clusters', () => {
  const FILES = {
    'livemig.ini': 'release = zedd\n[node a]\n[node b]\n[node c]\n',
    'one/a/etc/nova/nova.conf': FIXED,
    'two/b/etc/nova/nova.conf': FIXED,
  };

  test('is judged once, and no node is missed that may be in the other', async () => {
    const cwd = folderOf(FILES);
    const run = await livemig(['lint', '--format', 'json', '.'], { cwd });
    const { findings } = JSON.parse(run.stdout) as { findings: { rule: string; file: string }[] };
    assert.deepEqual(
      findings.filter((f) => f.file === 'livemig.ini').map((f) => f.rule),
      ['livemig/bad-value'],
    );
  });

  test('is repaired once', async () => {
    const cwd = folderOf(FILES);
    const run = await livemig(['fix', '.'], { cwd });
    assert.equal(run.stderr, '');
    assert.equal(run.stdout, 'repaired livemig.ini\n1 file repaired, 0 problems left\n');
    assert.equal(run.code, 0);
    assert.match(readFileSync(path.join(cwd, 'livemig.ini'), 'utf8'), /^release = zed\n/);
  });
});

describe('other formats', () => {
  const cwd = (): string =>
    folderOf({ 'a,b/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = "qemu+tcp://<x>%d/system"\n' });
  const lint = async (format: string): Promise<string> =>
    (await livemig(['lint', '--release', 'zed', '--format', format, '.', 'nosuch'], { cwd: cwd() })).stdout;

  test('github: one command a finding, with what would end a field escaped', async () => {
    const lines = (await lint('github')).split('\n');
    assert.match(lines[0] ?? '', /^::error file=.*nosuch::no such file or folder$/);
    assert.match(
      lines.find((l) => l.includes('uri-no-placeholder')) ?? '',
      /^::error file=a%2Cb\/etc\/nova\/nova\.conf,line=2,endLine=2,col=22,endColumn=46,title=nova\/uri-no-placeholder::live_migration_uri has %25d/,
    );
  });

  test('checkstyle: well-formed, with markup escaped', async () => {
    const xml = await lint('checkstyle');
    assert.match(xml, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<checkstyle /);
    assert.match(xml, /<file name="a,b\/etc\/nova\/nova.conf">/);
    assert.match(
      xml,
      /<error line="2" column="22" severity="error" message="[^"<>]*" source="livemig.nova\/uri-no-placeholder"\/>/,
    );
    assert.match(xml, /<error severity="error" message="no such file or folder" source="livemig.unreadable"\/>/);
    // Every tag that is opened is closed: nothing from a file got in unescaped.
    const open = [...xml.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)].filter((m) => m[3] === '');
    assert.equal(open.filter((m) => m[1] === '').length, open.filter((m) => m[1] === '/').length);
  });
});

describe('fix', () => {
  test('replaces whole, keeps mode, owner, link and line breaks; a second run changes nothing', async () => {
    const cwd = folderOf({ 'real.conf': BAD.replace(/\n/g, '\r\n'), 'etc/nova/.keep': '' });
    symlinkSync('../../real.conf', path.join(cwd, 'etc/nova/nova.conf'));
    chmodSync(path.join(cwd, 'real.conf'), 0o640);
    const run = await livemig(['fix', '--release', 'zed', '.'], { cwd });
    assert.equal(run.stdout, 'repaired etc/nova/nova.conf\n1 file repaired, 0 problems left\n');
    assert.equal(readFileSync(path.join(cwd, 'real.conf'), 'utf8'), FIXED.replace(/\n/g, '\r\n'));
    assert.equal(statSync(path.join(cwd, 'real.conf')).mode & 0o777, 0o640);
    assert.match((await livemig(['fix', '--release', 'zed', '.'], { cwd })).stdout, /^0 files repaired/);
  });

  test('never silences anything: what somebody may accept is left to be decided', async () => {
    const libvirtd = 'listen_tcp = 1\nauth_tcp = "none"\n';
    const cwd = folderOf({
      'a/etc/libvirt/libvirtd.conf': libvirtd,
      'a/etc/exports': '/var/lib/nova/instances *(rw,sync,no_root_squash,no_subtree_check)\n',
      'a/etc/nova/nova.conf': BAD,
    });
    const run = await livemig(['fix', '--release', 'zed', '.'], { cwd });
    assert.match(run.stdout, /^1 file repaired, [1-9]\d* problems left$/m);
    assert.equal(readFileSync(path.join(cwd, 'a/etc/libvirt/libvirtd.conf'), 'utf8'), libvirtd);
    assert.equal(readFileSync(path.join(cwd, 'a/etc/nova/nova.conf'), 'utf8'), FIXED);
    assert.ok(!existsSync(path.join(cwd, 'livemig.ini')));
  });

  test('takes away a comment that silences nothing, where that is certain', async () => {
    const comment = '# livemig: ignore libvirtd/keepalive-short -- a lab\n';
    const cwd = folderOf({ 'etc/libvirt/libvirtd.conf': `${comment}auth_tcp = "sasl"\n` });
    const file = path.join(cwd, 'etc/libvirt/libvirtd.conf');
    for (const [paths, left] of [
      [['etc/libvirt/libvirtd.conf'], comment],
      [['.', '--rule', 'libvirtd/keepalive-short=off'], comment],
      [['.'], ''],
    ] as const) {
      await livemig(['fix', '--release', 'zed', ...paths], { cwd });
      assert.equal(readFileSync(file, 'utf8'), `${left}auth_tcp = "sasl"\n`);
    }
  });
});

describe('bad input: a finding or a message, never a crash, a hang or a changed file', () => {
  const cases: Record<string, [files: Record<string, string | Uint8Array>, words: RegExp, code: number]> = {
    'random bytes': [
      { 'etc/nova/nova.conf': Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256) },
      /file\/not-text/,
      1,
    ],
    'a Latin-1 byte in a comment': [
      { 'etc/nova/nova.conf': Buffer.from('[DEFAULT]\n# caf\xe9\n', 'latin1') },
      /:2:6 error .*0xE9/,
      1,
    ],
    'UTF-16': [{ 'etc/nova/nova.conf': Buffer.from('\ufeff[DEFAULT]\nmy_ip = 10.0.0.1\n', 'utf16le') }, /UTF-16/, 1],
    'a NUL': [{ 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\0\n' }, /file\/not-text/, 0],
    'a BOM': [{ 'etc/nova/nova.conf': '\ufeff[DEFAULT]\nmy_ip = 10.0.0.1\n' }, /:1:1 error/, 1],
    'half-typed lines': [
      {
        'etc/nova/nova.conf': '[DEFAULT\nmy_',
        'etc/exports': '/srv *(',
        'etc/fstab': 'a b',
        'etc/libvirt/libvirtd.conf': 'auth_tcp = "',
      },
      /error/,
      1,
    ],
    '10 MB in one line': [
      { 'etc/nova/nova.conf': `[libvirt]\nvirt_type = ${'x'.repeat(10 << 20)}\n` },
      /:2:13 error virt_type/,
      1,
    ],
  };
  for (const [name, [files, words, code]] of Object.entries(cases)) {
    test(name, async () => {
      const cwd = folderOf(files);
      const run = await livemig(['lint', '--release', 'zed', '.'], { cwd });
      assert.equal(run.stderr, '');
      assert.match(run.stdout, words);
      assert.equal(run.code, code, run.stdout.slice(0, 2000));
      assert.ok(run.stdout.length < 20_000, 'a terminal is not flooded');
      // Only what is text may be repaired, and never into something else than asked.
      const fix = await livemig(['fix', '--dry-run', '--release', 'zed', '.'], { cwd });
      assert.doesNotMatch(fix.stderr, /^\s+at /m);
      for (const [file, content] of Object.entries(files))
        assert.deepEqual(readFileSync(path.join(cwd, file)), Buffer.from(content));
    });
  }

  test('a folder named nova.conf, a loop of links, a link into nothing, a pipe', async () => {
    const cwd = folderOf({ 'etc/libvirt/libvirtd.conf': 'listen_tls = 0\n' });
    mkdirSync(path.join(cwd, 'etc/nova/nova.conf'), { recursive: true });
    symlinkSync('exports', path.join(cwd, 'etc/exports'));
    symlinkSync('nothing', path.join(cwd, 'etc/fstab'));
    symlinkSync('..', path.join(cwd, 'etc/loop'));
    const run = await livemig(['lint', '.'], { cwd });
    assert.equal(run.code, 2);
    assert.match(run.stdout, /etc\/nova\/nova\.conf: is a folder, a file is expected here/);
    assert.match(
      run.stdout,
      /etc\/exports: is a symbolic link that leads round in a circle|etc\/exports: is no regular file/,
    );
  });

  test('an unreadable file: named, the others judged', async (t) => {
    if (process.getuid?.() !== 0) {
      t.skip('needs root, to run the program as somebody else');
      return;
    }
    const cwd = folderOf({ 'etc/nova/nova.conf': BAD, 'etc/exports': '/srv *(ro)\n' });
    chmodSync(cwd, 0o755);
    chmodSync(path.join(cwd, 'etc/exports'), 0o600);
    const run = await livemig(['lint', '--release', 'zed', '.'], { cwd, uid: 65534 });
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stdout, /etc\/exports: permission denied/);
    assert.match(run.stdout, /nova\/uri-no-placeholder/);
  });

  test('fix leaves a file alone that it cannot replace', async (t) => {
    if (process.getuid?.() !== 0) {
      t.skip('needs root, to run the program as somebody else');
      return;
    }
    const cwd = folderOf({ 'etc/nova/nova.conf': BAD });
    chmodSync(cwd, 0o755);
    const run = await livemig(['fix', '--release', 'zed', '.'], { cwd, uid: 65534 });
    assert.equal(run.code, 2);
    assert.match(run.stderr, /etc\/nova\/nova\.conf: permission denied/);
    assert.equal(readFileSync(path.join(cwd, 'etc/nova/nova.conf'), 'utf8'), BAD);
  });

  test('a livemig.ini with a misspelt rule says which one was meant', async () => {
    const cwd = folderOf({ 'livemig.ini': '[rules]\nnova/sintax = off\n', 'a/etc/nova/nova.conf': FIXED });
    assert.match((await livemig(['lint', '.'], { cwd })).stdout, /nova\/syntax/);
  });
});
