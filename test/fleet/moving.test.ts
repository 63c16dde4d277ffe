// The command line of migrations, on real guests: listed, checked, moved, watched, aborted, drained.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { DrainView, MigrationView } from '../../server/src/fleet-protocol';
import type { Movable } from '../../server/src/migration/types';
import { noLab, startLab, type Lab, type LabNode } from '../lab/lab';
import { BUSY, LIBVIRTD, QUIET, removeGuests, startGuest, stateOn, withoutListening } from '../migration/guests';
import { buildSync } from '../support/bundle';
import { livemig, type Run } from '../support/cli';
import { tempFolder } from '../support/temp';
import { sleep } from './sshd';

/** No command on a terminal takes as long as that, ms. */
const HUNG_MS = 100_000;
const SLOW = ['--bandwidth', '1'];

const jsonOf = ({ stdout }: Pick<Run, 'stdout'>): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('migrations on the command line, in the lab', { skip: noLab }, () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab(['compute1', 'compute2']);
  });
  after(() => lab.stop());
  afterEach(() => removeGuests(lab));

  const way = () => ['--inventory', lab.file('livemig.ini'), '--ssh-config', lab.file('ssh_config')];
  const run = (...args: string[]) => livemig([...args, ...way()]);
  const guest = (name: string, node: LabNode = 'compute1', options: Readonly<Record<string, number>> = QUIET) =>
    startGuest(lab, node, name, options);
  const isOn = async (node: LabNode, one: Movable) => assert.match((await stateOn(lab, node, one)) ?? '', /^running/);
  const isMoving = async (name: string) =>
    /^Operation:\s+Outgoing/m.test((await lab.run('compute1', ['virsh', 'domjobinfo', name])).stdout);
  const ended = async (name: string): Promise<void> => {
    while (await isMoving(name)) await sleep(100);
  };

  test('instances are listed, and found by name or UUID; who is meant is never guessed', async () => {
    const one = await guest('one');
    const twins = [await guest('twin'), await guest('twin', 'compute2')];
    const list = await run('instances');
    assert.equal(list.code, 0, list.stderr);
    assert.match(list.stdout, new RegExp(`^compute1  one {7}running  128 MiB  ${one.uuid}$`, 'm'));
    const some = jsonOf(await run('instances', 'compute2', '--json'));
    assert.deepEqual(
      some.map((i) => [i.kind, i.node, i.name, i.uuid]),
      [['instance', 'compute2', 'twin', twins[1]!.uuid]],
    );
    const refused = [
      [['instances', 'compute9'], /no \[node compute9\] in livemig.ini; did you mean compute1\?/],
      [['preflight', 'on'], /there is no instance on; did you mean one\?/],
      [['migrate', 'one'], /no scheduler .* --to/],
      [['migrate', 'one', '--to', 'compute1'], /one is on compute1 already/],
      [
        ['migrate', 'twin', '--to', 'compute2'],
        new RegExp(`several instances .* twin.*\n  ${twins[0]!.uuid}  twin on`),
      ],
      [['drain', 'nowhere'], /no \[node nowhere\]/],
    ] as const;
    const ran = await Promise.all(refused.map(([words]) => run(...words)));
    for (const [i, { code, stderr }] of ran.entries()) {
      const [words, said] = refused[i]!;
      assert.deepEqual([words, code], [words, 2]);
      assert.match(stderr, said);
    }
    assert.equal((await run('preflight', one.uuid.toUpperCase(), '--to', 'compute2')).code, 0);
  });

  test('what would fail is refused with the line at fault, and fails when it is begun anyway', async () => {
    const one = await guest('one');
    await withoutListening(lab, 'compute2', async () => {
      const line =
        lab
          .read('compute2', LIBVIRTD)
          .split('\n')
          .findIndex((l) => l.startsWith('listen_tcp')) + 1;
      const place = `compute2:${LIBVIRTD}:${line}: `;
      const [all, there, refused] = await Promise.all([
        run('preflight', 'one'),
        run('preflight', 'one', '--to', 'compute2', '--json'),
        run('migrate', 'one', '--to', 'compute2', '--wait'),
      ]);
      assert.equal(all.code, 1, all.stderr);
      assert.ok(all.stdout.includes(`  compute2: blocked\n`) && all.stdout.includes(`    error: ${place}`), all.stdout);
      assert.deepEqual(
        [there.code, jsonOf(there)[0]?.state, jsonOf(there)[0]?.destination],
        [1, 'blocked', 'compute2'],
      );
      assert.deepEqual([refused.code, refused.stdout], [1, '']);
      assert.ok(refused.stderr.includes(place) && refused.stderr.includes('--anyway'), refused.stderr);
      const anyway = await run('migrate', 'one', '--to', 'compute2', '--anyway');
      assert.equal(anyway.code, 1, anyway.stdout);
      assert.match(anyway.stderr, /^one: failed; it runs on, on compute1: .*(unable to connect|refused)/m);
      assert.equal(anyway.stderr.split(place).length, 3, 'once before, once as the cause');
    });
    await isOn('compute1', one);
  });

  test('moves one to its end, and tells how it goes as lines of JSON', async () => {
    const one = await guest('one');
    const moved = await run('migrate', 'one', '--to', 'compute2', '--wait', '--bandwidth', '8', '--json');
    assert.equal(moved.code, 0, moved.stderr);
    const views = jsonOf(moved) as unknown as MigrationView[];
    assert.ok(views.some(({ progress }) => progress.phase === 'memory' && progress.memory!.remaining > 0));
    assert.deepEqual([views.at(-1)?.outcome?.phase, views.at(-1)?.outcome?.on], ['completed', 'compute2']);
    await isOn('compute2', one);
  });

  test('goes on when nobody watches: begun, watched, left by Ctrl-C, watched again, aborted', async () => {
    const one = await guest('one', 'compute1', BUSY);
    const begun = await run('migrate', 'one', '--to', 'compute2', ...SLOW);
    assert.deepEqual([begun.code, begun.stderr], [0, '']);
    assert.match(begun.stdout, /^one: moves from compute1 to compute2; `livemig watch one`/);
    assert.ok(await isMoving('one'), 'the command has ended, the migration has not');

    const again = await run('migrate', 'one', '--to', 'compute2');
    assert.equal(again.code, 1);
    assert.match(again.stderr, /already/);

    const child = spawn(process.execPath, [buildSync(), 'watch', '--json', ...way()]);
    let [out, complaint] = ['', ''];
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const left = new Promise<number | null>((resolve) => void child.once('close', resolve));
    child.stdout.on('data', (chunk: Buffer) => {
      if (out === '') child.kill('SIGINT');
      out += chunk.toString();
    });
    assert.equal(await left, 130, complaint);
    assert.match(complaint, /^what runs goes on: one$/m);
    assert.equal(jsonOf({ stdout: out })[0]?.uuid, one.uuid);
    assert.ok(await isMoving('one'));

    const twice = await onTerminal(['--interrupt', ' left', '--type', 'go on: ', '\x03', 'watch', 'one']);
    assert.equal(twice.code, 130, twice.text);
    assert.ok(await isMoving('one'));

    const aborted = await run('abort', 'one');
    assert.deepEqual(
      [aborted.code, aborted.stdout],
      [0, 'one: was aborted, and runs on, on compute1\n'],
      aborted.stderr,
    );
    await isOn('compute1', one);
    assert.ok(!(await isMoving('one')));
    const [none, nothing] = await Promise.all([run('abort', 'one'), run('watch')]);
    assert.deepEqual([none.code, none.stdout], [1, 'one is not being migrated\n']);
    assert.equal(nothing.stdout, 'nothing is being migrated\n');
  });

  test('on a terminal: a bar, and Ctrl-C that aborts', async () => {
    const one = await guest('one', 'compute1', BUSY);
    const words = ['migrate', 'one', '--to', 'compute2', '--wait', ...SLOW];
    const { code, text } = await onTerminal(['--interrupt', ' left', '--type', 'go on: ', 'a\r', ...words]);
    assert.match(text, /one {2}compute1 → compute2 {2}\[#*\.*\] +\d+ % {2}[\d.]+ [KM]iB left/);
    assert.match(text, /one is on its way\. \[a\] abort it, \[s\] only stop watching/);
    assert.match(text, /one: was aborted; it runs on, on compute1/);
    assert.equal(code, 1);
    await ended('one');
    await isOn('compute1', one);
  });

  test('drains a node: the plan first, then two at a time; one with its disks', async () => {
    const folder = '/var/lib/libvirt/images/c';
    const pool = (...words: readonly string[]) => lab.must('compute2', ['virsh', '-q', ...words]);
    const guests = [await guest('a'), await guest('b')];
    guests.push(await startGuest(lab, 'compute1', 'c', { ...QUIET, disk: 'local' }));
    const closed = await run('drain', 'compute1', '--plan');
    assert.equal(closed.code, 1, closed.stderr);
    assert.match(
      closed.stdout,
      /^ {2}c stays: pre-flight says no: compute2\n {4}error: .* \(cluster\/asked-copy-no-pool\)$/m,
    );
    await lab.must('compute2', ['mkdir', '-p', folder]);
    await pool('pool-define-as', 'c', 'dir', '--target', folder);
    await pool('pool-start', 'c');
    const [plan, asked] = await Promise.all([run('drain', 'compute1', '--plan'), run('drain', 'compute1')]);
    assert.equal(plan.code, 0, plan.stderr);
    assert.match(plan.stdout, /^compute1: 3 to move, 1 at a time\n {2}1\. a \(128 MiB\) → compute2\n/);
    assert.match(plan.stdout, /^ {2}3\. c \(128 MiB\) → compute2, its disks are copied, with warnings$/m);
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /say --yes/);
    for (const one of guests) await isOn('compute1', one);

    const drained = await run('drain', 'compute1', '--parallel', '2', '--yes', '--json', '--bandwidth', '16');
    assert.equal(drained.code, 0, drained.stderr);
    const lines = jsonOf(drained);
    assert.equal(lines[0]?.kind, 'plan');
    const drains = lines.filter((l) => l.kind === 'drain') as unknown as DrainView[];
    const most = Math.max(...drains.map((d) => d.moves.filter((m) => m.progress === 'running').length));
    assert.deepEqual([most, drains.at(-1)?.state], [2, 'done']);
    for (const { uuid, name, destination, migration } of drains.at(-1)!.moves) {
      await isOn(destination as LabNode, { uuid, name });
      assert.ok(lines.some((l) => l.kind === 'migration' && l.id === migration && l.outcome !== undefined));
    }
    await pool('pool-destroy', 'c');
    await pool('pool-undefine', 'c');
    const empty = await run('drain', 'compute1', '--yes');
    assert.deepEqual([empty.code, empty.stdout], [0, 'compute1: nothing moves\n']);
  });

  test('left alone, a drain begins no more, and says so', async () => {
    const [first, second] = [await guest('a', 'compute1', BUSY), await guest('b')];
    const words = ['drain', 'compute1', '--to', 'compute2', ...SLOW];
    const type = ['--type', '[yes/no] ', 'yes\r', '--type', ' left', '\x03', '--type', 'go on: ', 's\r'];
    const { code, text } = await onTerminal([...type, ...words]);
    assert.equal(code, 130, text);
    assert.match(text, /1 were not begun: `livemig drain compute1` goes on with them/);
    assert.ok(await isMoving('a'));
    assert.ok(!(await isMoving('b')));
    await lab.must('compute1', ['virsh', 'domjobabort', 'a']);
    await ended('a');
    await isOn('compute1', first);
    await isOn('compute1', second);
  });

  /** What a person sees. @param args of terminal.py, then of livemig */
  async function onTerminal(args: readonly string[]): Promise<{ code: number; text: string }> {
    const at = args.findIndex((a, i) => !a.startsWith('--') && ['watch', 'migrate', 'drain'].includes(a) && i >= 0);
    const script = path.join(__dirname, '../cli/terminal.py');
    const program = [process.execPath, buildSync(), ...args.slice(at), ...way()];
    const { stdout } = await promisify(execFile)('python3', [script, ...args.slice(0, at), ...program], {
      env: { ...process.env, TERM: 'xterm' },
      maxBuffer: 1 << 26,
      timeout: HUNG_MS,
    });
    const { code, chunks } = JSON.parse(stdout) as { code: number; chunks: [number, string][] };
    return { code, text: chunks.map(([, text]) => text).join('') };
  }
});

test('without a livemig.ini it is said what to write', async () => {
  const folder = tempFolder();
  try {
    for (const words of [
      ['instances'],
      ['preflight', 'x'],
      ['migrate', 'x'],
      ['drain', 'x'],
      ['abort', 'x'],
      ['watch'],
    ]) {
      const { code, stderr } = await livemig(words, { cwd: folder.path });
      assert.deepEqual([words, code], [words, 2]);
      assert.match(stderr, /no livemig.ini here that names nodes: write one, or name it by --inventory/);
    }
  } finally {
    folder.remove();
  }
});
