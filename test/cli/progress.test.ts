import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { buildSync } from '../support/bundle';
import { livemig } from '../support/cli';
import { tempFolder } from '../support/temp';

const BAD = '[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';
const HOSTS = 130;

/** A fleet, and preloads: a disk on which every file takes its time, and clocks that stand still or run. */
const folder = tempFolder({
  ...Object.fromEntries(Array.from({ length: HOSTS }, (_, i) => [`fleet/c${i}/etc/nova/nova.conf`, BAD])),
  'slow.js': `const fs = require('node:fs/promises'), open = fs.open;
    fs.open = async (...args) => { await new Promise((go) => setTimeout(go, 600)); return open(...args); };`,
  'early.js': `performance.now = () => 999;`,
  'late.js': `performance.now = () => 1000;`,
  'running.js': `let now = 0; performance.now = () => (now += 200);`,
});
after(() => folder.remove());

interface Seen {
  readonly code: number;
  readonly chunks: readonly (readonly [seconds: number, text: string])[];
  readonly stdout: string;
}

/** Runs `livemig lint fleet` on a terminal. */
async function onTerminal(
  preload: 'slow' | 'early' | 'late' | 'running',
  options: { terminal?: readonly string[]; args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Seen> {
  const env: NodeJS.ProcessEnv = { ...process.env, TERM: 'xterm', NO_COLOR: '1', ...options.env };
  if (options.env?.CI === undefined) delete env.CI;
  delete env.FORCE_COLOR;
  const program = [process.execPath, '--require', path.join(folder.path, `${preload}.js`), buildSync()];
  const args = [
    path.join(__dirname, 'terminal.py'),
    ...(options.terminal ?? []),
    ...program,
    'lint',
    ...(options.args ?? []),
    'fleet',
  ];
  const { stdout } = await promisify(execFile)('python3', args, { cwd: folder.path, env, maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as Seen;
}

const all = ({ chunks }: Seen): string => chunks.map(([, text]) => text).join('');

/** The screen at the end, lines of any length; all that a terminal is told here is what this knows. */
function screen(seen: Seen): string {
  const lines = [''];
  let column = 0;
  for (const [token] of all(seen).matchAll(/\r|\n|\u001b\[K|[^\r\n\u001b]+|\u001b/g)) {
    const line = lines.at(-1)!;
    if (token === '\r') column = 0;
    else if (token === '\n') column = lines.push('') && 0;
    else if (token === '\u001b[K') lines[lines.length - 1] = line.slice(0, column);
    else {
      assert.notEqual(token, '\u001b', 'an escape sequence that is none of ours');
      lines[lines.length - 1] = line.slice(0, column) + token + line.slice(column + token.length);
      column += token.length;
    }
  }
  return lines.join('\n');
}

const FRAME = /\r\u001b\[K([^\r\n\u001b]*)/g;
const frames = (seen: Seen): string[] => [...all(seen).matchAll(FRAME)].map((m) => m[1]!);

describe('a bar on the terminal', () => {
  test('shows after a second how far it is, and is gone in the end', async () => {
    const plain = await livemig(['lint', 'fleet'], { cwd: folder.path });
    const seen = await onTerminal('slow');
    assert.equal(seen.code, plain.code);
    assert.equal(screen(seen), plain.stdout);
    const pictures = frames(seen);
    assert.match(pictures[0] ?? '', /^Reading files: \d+$/);
    assert.doesNotMatch(pictures.at(-1) ?? '', /^(Reading|Judging)/, 'taken away before the report');
    assert.ok(pictures.slice(0, -1).every((p) => p.length < 80));
    const first = seen.chunks.find(([, text]) => text.includes('\u001b[K'));
    assert.ok(first && first[0] >= 1, `first seen after ${first?.[0]} s`);
  });

  test('says how many hosts are judged', async () => {
    const judged = frames(await onTerminal('running')).filter((p) => p.startsWith('Judging'));
    assert.ok(judged.length > 1);
    for (const picture of judged) assert.match(picture, /^Judging hosts \[#*\.*\] \d+\/130$/);
  });

  test('a run of less than a second shows nothing, one of a second does', async () => {
    const plain = await livemig(['lint', 'fleet'], { cwd: folder.path });
    const early = await onTerminal('early');
    assert.equal(all(early).replaceAll('\r\n', '\n'), plain.stdout);
    const late = await onTerminal('late');
    assert.ok(frames(late).length > 0);
    assert.equal(screen(late), plain.stdout);
  });

  for (const [why, options] of Object.entries({
    'with CI': { env: { CI: 'true' } },
    'on a dumb terminal': { env: { TERM: 'dumb' } },
    'for other programs': { args: ['--format', 'json'] },
  }))
    test(`shows nothing ${why}`, async () => assert.doesNotMatch(all(await onTerminal('late', options)), /\u001b/));

  test('shows nothing when the output goes elsewhere', async () => {
    const plain = await livemig(['lint', 'fleet'], { cwd: folder.path });
    const seen = await onTerminal('late', { terminal: ['--redirect'] });
    assert.equal(all(seen), '');
    assert.equal(seen.stdout, plain.stdout);
  });

  test('Ctrl-C takes it away', async () => {
    const seen = await onTerminal('slow', { terminal: ['--interrupt', 'Reading'] });
    assert.equal(seen.code, 130);
    assert.equal(frames(seen).at(-1), '');
    assert.equal(screen(seen).replace('^C', ''), '');
  });
});
