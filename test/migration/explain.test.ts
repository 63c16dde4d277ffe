import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';
import { explain, MESSAGES } from '../../server/src/migration/explain';
import { RULES } from '../../server/src/rules/index';
import { SAID } from './messages';

const root = path.resolve(__dirname, '../..');
const cli = (args: readonly string[], input?: string) =>
  spawnSync(process.execPath, [path.join(root, 'dist/cli.js'), 'explain', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    ...(input === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input }),
  });

describe('what real programs said', () => {
  for (const [message, id] of SAID)
    test(message.slice(0, 100), () => {
      const [first] = explain(message, RULES);
      assert.equal(first?.message.id, id);
      assert.doesNotMatch(JSON.stringify([first.means, first.causes]), /\{\w+\}/, 'every place is filled');
    });
});

test('every message was heard at least once, save those that are only read in a source', () => {
  const heard = new Set(SAID.map(([, id]) => id));
  assert.deepEqual(
    MESSAGES.map((m) => m.id).filter((id) => !heard.has(id)),
    ['serial-address', 'stuck', 'numa-old', 'vif-events'],
  );
});

test('ids are unique, and every rule that a cause names is there', () => {
  const ids = MESSAGES.map((m) => m.id);
  assert.equal(new Set(ids).size, ids.length);
  const rules = new Set(RULES.map((r) => r.id as string));
  for (const { id, causes } of MESSAGES)
    for (const rule of causes.flatMap((c) => c.rules ?? [])) assert.ok(rules.has(rule), `${id}: ${rule}`);
});

test('a whole log: what is exact comes first, what is vague in the same line not at all', () => {
  const log = [
    '2026-01-01 10:00:00.000 1 ERROR nova.virt.libvirt.driver No valid host was found. There are not enough hosts available.',
    "2026-01-01 10:00:01.000 1 ERROR internal error: qemu unexpectedly closed the monitor: qemu: could not load PC BIOS 'bios-256k.bin'",
    '2026-01-01 10:00:02.000 1 INFO nothing at all',
  ].join('\r\n');
  assert.deepEqual(
    explain(log, RULES).map((e) => e.message.id),
    ['firmware-missing', 'no-valid-host'],
  );
});

test('nobody is hung by a long line', () => {
  const long = `${"unable to connect to server at '".repeat(50_000)}:1': x`;
  const began = performance.now();
  explain(long, RULES);
  assert.ok(performance.now() - began < 20_000);
});

test('livemig explain: the cause among the files', () => {
  const { stdout, status } = cli([
    "unable to connect to server at 'jovi-compute3:16509': Connection refused",
    '--in',
    'test/demo/nfs',
  ]);
  assert.equal(status, 0);
  const found = stdout.slice(stdout.indexOf('Found here:'), stdout.indexOf('Other causes:'));
  // The host that the message names comes before all others.
  assert.match(
    found,
    /^Found here:\n\s+jovi-compute3\/etc\/libvirt\/libvirtd\.conf:\d+:\d+ .*libvirtd\/listen-tcp-off/,
  );
  assert.match(found, /jovi-compute1\/etc\/default\/libvirt-bin/);
});

test('livemig explain: a log on standard input, as JSON', () => {
  const { stdout, status } = cli(
    ['--format', 'json'],
    'x\nerror: Unsafe migration: Migration without shared storage is unsafe\n',
  );
  assert.equal(status, 0);
  const { messages } = JSON.parse(stdout) as { messages: { id: string; causes: { rules: string[] }[] }[] };
  assert.deepEqual(
    messages.map((m) => m.id),
    ['not-shared-unsafe'],
  );
  assert.ok(messages[0]!.causes.some((c) => c.rules.includes('fstab/bind-not-shared')));
});

test('livemig explain: an unknown message ends with 1, nothing with 2, an unreadable PATH with 2', () => {
  assert.equal(cli(['all is well']).status, 1);
  const nothing = cli([], '');
  assert.equal(nothing.status, 2);
  assert.match(nothing.stderr, /explain what\?/);
  const unreadable = cli(['Unsafe migration: Migration without shared storage is unsafe', '--in', 'no/such/folder']);
  assert.equal(unreadable.status, 2);
  assert.match(unreadable.stderr, /no\/such\/folder/);
});

test('the messages are not in the bundle that lints', () => {
  const found = execFileSync('grep', ['-c', 'Exceeded max scheduling retries', 'dist/explain-cli.js'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(found.trim(), '1');
  assert.equal(
    spawnSync('grep', ['-q', 'Exceeded max scheduling retries', 'dist/cli-main.js'], { cwd: root }).status,
    1,
  );
});
