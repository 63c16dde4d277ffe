import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { localRunner, OUTPUT_LIMIT_BYTES, shellWords, sudoRefusal, withSudo } from '../../server/src/fleet/shell';
import type { Runner } from '../../server/src/fleet/types';
import { tempFolder } from '../support/temp';
import { isRunning } from './processes';

/** Login shells that nodes have, with what makes them run one command line, as sshd does. */
const SHELLS = [
  ['dash', '-c'],
  ['bash', '-c'],
  ['busybox', 'sh', '-c'],
  ['csh', '-c'],
  ['tcsh', '-c'],
  ['fish', '-c'],
  ['zsh', '-c'],
  ['ksh', '-c'],
] as const;
/** Installed for the tests; others are asked where they are. */
const NEEDED = ['dash', 'bash', 'busybox', 'csh'];

const there = (program: string) =>
  ['/bin', '/usr/bin', '/usr/local/bin'].some((folder) => existsSync(path.join(folder, program)));

/** Every printable character alone and doubled, every control character, and what shells are fond of. */
const NASTY = [
  ...Array.from({ length: 127 }, (_, i) => String.fromCharCode(i + 1)),
  ...Array.from({ length: 127 }, (_, i) => `a${String.fromCharCode(i + 1).repeat(2)}b`),
  ...['', ' ', '-n', '--', '-e', '~', '~root', '~/x', '*', '?', '[a]', '{a,b}', '$HOME', '${HOME}', '$(id)', '`id`'],
  ...['!!', '!$', '!a', "!'", "'!", '\\!', "\\'", "'\\''", 'a\\', '\\\\', '\\n', '\\0101', '%s', '%n', '^a^b', '#x'],
  ...['a=b', 'a;b', 'a|b', 'a&b', '>x', '<x', '(x)', '"$x"', "'", '"', "''", '""', `'"'"'`, 'x # y', ' lead', 'trail '],
  ...[
    'line\nline',
    '\n',
    'end\n',
    '\n\n',
    'a\r\nb',
    '\ttab',
    '\u001b[31m',
    'é',
    'ß!',
    '漢字',
    '😀',
    '\u2028',
    '\ufeff',
  ],
];

describe('shellWords', () => {
  for (const [shell, ...args] of SHELLS.filter(([s]) => NEEDED.includes(s) || there(s)))
    test(`${shell} reads exactly the words`, { skip: !there(shell) && `${shell} is not installed` }, () => {
      const read = (words: readonly string[]) => {
        const { stdout, stderr } = spawnSync(shell, [...args, shellWords(['printf', '%s\\0', ...words])], {
          encoding: 'utf8',
          // Some look for the user's settings at home.
          env: { PATH: process.env['PATH'], HOME: '/nonexistent', LC_ALL: 'C.UTF-8' },
        });
        assert.equal(stderr, '', JSON.stringify(words));
        return stdout.split('\0').slice(0, -1);
      };
      // Those that are quoted as they are, those for which all are encoded, and one of each beside the other.
      const plain = NASTY.filter((w) => /^[ -[\]-~]*$/.test(w));
      const encoded = NASTY.filter((w) => !plain.includes(w));
      for (const words of [plain, encoded])
        for (let i = 0; i < words.length; i += 25)
          assert.deepEqual(read(words.slice(i, i + 25)), words.slice(i, i + 25));
      assert.deepEqual(read(["it's", '!!', 'a\nb', '']), ["it's", '!!', 'a\nb', '']);
      assert.deepEqual(read(['x'.repeat(5000)]), ['x'.repeat(5000)]);
      const word = fc.string({
        unit: fc.constantFrom(...Array.from(`ab '"\\!$\`*?~#;|&<>(){}[]^%=\n\t\r-é`)),
        maxLength: 40,
      });
      fc.assert(
        fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), (words) => {
          assert.deepEqual(read(words), words);
        }),
        { numRuns: 30 },
      );
    });

  test('the command itself is a word, too', () => {
    const { stdout, status } = spawnSync('sh', ['-c', shellWords(['echo; id', 'x'])], { encoding: 'utf8' });
    assert.equal(stdout, '');
    assert.equal(status, 127);
  });

  test('ordinary words stay readable', () => {
    assert.equal(shellWords(['cat', '/etc/nova/nova.conf']), `'cat' '/etc/nova/nova.conf'`);
    assert.equal(shellWords([`it's`]), `'it'\\''s'`);
  });

  test('no command and a NUL are refused', () => {
    assert.throws(() => shellWords([]), TypeError);
    assert.throws(() => shellWords(['a', 'b\0c']), TypeError);
  });
});

describe('localRunner', () => {
  const local = localRunner();
  const run: Runner['run'] = (argv, options) => local.run(argv, options);
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

  test('hands over words and input, brings back output and status', async () => {
    const ran = await run(['sh', '-c', 'printf "%s|" "$@"; cat; echo err >&2; exit 3', 'sh', "a'b", '$HOME'], {
      input: 'in\n',
      timeout: 60_000,
    });
    assert.deepEqual(
      { ...ran, stdout: text(ran.stdout) },
      {
        code: 3,
        signal: undefined,
        stdout: "a'b|$HOME|in\n",
        stderr: 'err\n',
      },
    );
  });

  test('a signal is no status', async () => {
    const ran = await run(['sh', '-c', 'kill -9 $$'], { timeout: 60_000 });
    assert.equal(ran.code, undefined);
    assert.equal(ran.signal, 'SIGKILL');
  });

  test('a program that is not there ends as in a shell', async () => {
    assert.equal((await run(['/nonexistent/program'], { timeout: 60_000 })).code, 127);
    assert.equal((await run(['/etc/passwd'], { timeout: 60_000 })).code, 126);
  });

  test('a command that reads nothing of a large input is no error', async () => {
    assert.equal((await run(['true'], { input: Buffer.alloc(1 << 20), timeout: 60_000 })).code, 0);
  });

  test('at the time-out the whole process group ends, also what ignores the first signal', async () => {
    const { path: folder, remove } = tempFolder();
    const pids = path.join(folder, 'pids');
    const started = performance.now();
    await assert.rejects(
      run(['sh', '-c', `trap '' TERM; sh -c 'echo $$; sleep 60' >>${pids} & echo $$ >>${pids}; sleep 60; sleep 60`], {
        timeout: 300,
      }),
      { code: 'timeout', message: 'local: sh did not end within 0.3 s' },
    );
    assert.ok(performance.now() - started < 30_000);
    const alive = () => readFileSync(pids, 'utf8').trim().split('\n').filter(isRunning);
    assert.equal(readFileSync(pids, 'utf8').trim().split('\n').length, 2);
    for (let i = 0; i < 2400 && alive().length > 0; i++) await new Promise((r) => setTimeout(r, 50));
    assert.deepEqual(alive(), []);
    remove();
  });

  test('cancelled before and in the middle', async () => {
    const controller = new AbortController();
    const running = run(['sleep', '60'], { timeout: 60_000, signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(running, { code: 'cancelled' });
    await assert.rejects(run(['true'], { timeout: 60_000, signal: controller.signal }), { code: 'cancelled' });
  });

  test('more output than is taken ends the command', async () => {
    await assert.rejects(run(['head', '-c', String(OUTPUT_LIMIT_BYTES + 1), '/dev/zero'], { timeout: 120_000 }), {
      code: 'refused',
    });
    const most = await run(['head', '-c', String(OUTPUT_LIMIT_BYTES), '/dev/zero'], { timeout: 120_000 });
    assert.equal(most.stdout.length, OUTPUT_LIMIT_BYTES);
  });

  test('logs the words, the end and the time, never input or output', async () => {
    const lines: string[] = [];
    await localRunner((line) => lines.push(line)).run(['cat', 'a b', '-'], { input: 'hush', timeout: 60_000 });
    assert.match(lines.join('\n'), /^local: cat "a b" - → 1 \(\d+ ms\)$/);
  });
});

describe('sudo', () => {
  const ran = (code: number, stderr: string) => ({ code, signal: undefined, stdout: new Uint8Array(), stderr });

  test('is asked for no password, in English', () => {
    assert.deepEqual(withSudo(['id', '-u']), ['env', 'LC_ALL=C', 'sudo', '-n', '--', 'id', '-u']);
  });

  test('its refusals are told from the ends of commands', () => {
    const refusals = [
      ran(1, 'sudo: a password is required\n'),
      ran(1, 'Sorry, user op is not allowed to execute "/bin/cat" as root on compute1.\n'),
      ran(1, 'op is not in the sudoers file.\n'),
      ran(127, 'env: ‘sudo’: No such file or directory\n'),
    ];
    for (const refusal of refusals) assert.equal(sudoRefusal(refusal, 'compute1')?.code, 'sudo', refusal.stderr);
    for (const own of [
      ran(1, 'cat: x: No such file\n'),
      ran(1, 'sudo: unable to resolve host a: Name or service not known\n'),
      ran(2, 'sudo: '),
    ])
      assert.equal(sudoRefusal(own, 'compute1'), undefined, own.stderr);
  });
});
