// How `livemig migrate` is told to ask a guest, and what it tells of the answers.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { test } from 'node:test';
import { probeOf } from '../../server/src/cli/probe';
import { endLines, progressLine } from '../../server/src/cli/moving/words';
import type { MigrationView, ProbeOptions, ProbeView } from '../../server/src/fleet-protocol';
import { livemig } from '../support/cli';
import { tempFolder } from '../support/temp';

const RIGHT: Readonly<Record<string, ProbeOptions>> = {
  'ping:10.0.0.5': { address: '10.0.0.5' },
  'ping:web1.example': { address: 'web1.example' },
  'ping:[2001:db8::5]': { address: '2001:db8::5' },
  'ping:[fe80::1%eth0]': { address: 'fe80::1%eth0' },
  'tcp:10.0.0.5:22': { address: '10.0.0.5', port: 22 },
  'tcp:[::1]:65535': { address: '::1', port: 65_535 },
  'ssh:web1': { address: 'web1', ssh: { command: 'true' } },
  'ssh:root@10.0.0.5': { address: '10.0.0.5', ssh: { command: 'true', user: 'root' } },
  'ssh:me@corp.example@[2001:db8::5]:2222': {
    ...{ address: '2001:db8::5', port: 2222 },
    ssh: { command: 'true', user: 'me@corp.example' },
  },
};

const WRONG: Readonly<Record<string, RegExp>> = {
  '': /^Write ping:ADDRESS, tcp:ADDRESS:PORT or ssh:\[USER@\]ADDRESS\[:PORT\]\.$/,
  '10.0.0.5': /^Write ping:ADDRESS/,
  'ping:': /^Write ping:ADDRESS/,
  'http:10.0.0.5': /^Write ping:ADDRESS/,
  'ping:10.0.0.300': /^"10\.0\.0\.300" is no address of a guest: write 10\.0\.0\.5, 2001:db8::5 or a name\.$/,
  'ping:-f': /^"-f" is no address/,
  'ping:$(reboot)': /is no address/,
  'ping:a b': /is no address/,
  'ping:10.0.0.5:22': /^A ping goes to no port: write ping:ADDRESS, or tcp:ADDRESS:22\.$/,
  'ping:10.0.0.5:': /or tcp:ADDRESS:PORT\.$/,
  'ping:2001:db8::5':
    /^"2001:db8::5" has several colons: write an IPv6 address in brackets, as ping:\[2001:db8::5\]\.$/,
  'ping:[web1]': /^"web1" is no IPv6 address, which alone stands in brackets/,
  'ping:[fe80::1%a b]': /is no address/,
  'ping:[]': /^"" is no IPv6 address/,
  'tcp:10.0.0.5': /^The port is missing: write tcp:10\.0\.0\.5:PORT, with a number from 1 to 65535\.$/,
  'tcp:[::1]': /^The port is missing: write tcp:\[::1\]:PORT/,
  'tcp:::1:22': /brackets, as tcp:\[2001:db8::5\]:443\.$/,
  'tcp:[::1]22': /brackets/,
  'tcp::22': /^"" is no address/,
  'tcp:10.0.0.5:0': /^"0" is no TCP port: write a number from 1 to 65535\.$/,
  'tcp:10.0.0.5:ssh': /^"ssh" is no TCP port/,
  'tcp:10.0.0.5:65536': /^65536 is no TCP port/,
  'ssh:root@': /^"" is no address/,
  'ssh:@10.0.0.5': /^"" is no account of a guest: write root/,
  'ssh:-l@10.0.0.5': /^"-l" is no account/,
  'ssh:ro\not@10.0.0.5': /is no account/,
  'ssh:root@2001:db8::5': /as ssh:\[2001:db8::5\]\.$/,
};

test('a way, an address, and what belongs to it', () => {
  for (const [word, probe] of Object.entries(RIGHT)) assert.deepEqual(probeOf(word), probe, word);
});

test('what is wrong is said, with what to write instead', () => {
  for (const [word, said] of Object.entries(WRONG))
    assert.throws(
      () => probeOf(word),
      (error) => error instanceof InvalidArgumentError && said.test(error.message),
      word,
    );
});

test('the command line names the option, and begins nothing', async () => {
  const refused: readonly (readonly [words: readonly string[], said: RegExp])[] = [
    [
      ['--probe', 'tcp:web1'],
      /option '--probe <how>' argument 'tcp:web1' is invalid\. The port is missing: write tcp:web1:PORT/,
    ],
    [['--probe-from', 'a'], /option '--probe-from' says nothing without --probe: add --probe ping:ADDRESS, tcp:/],
    [['--probe-command', 'true'], /option '--probe-command' says nothing without --probe/],
    [
      ['--probe', 'ping:web1', '--probe-command', 'true'],
      /'--probe-command' is for ssh alone: write --probe ssh:\[USER@\]ADDRESS/,
    ],
    [
      ['--probe', 'ssh:web1', '--probe-command', '-oProxyCommand=reboot'],
      /option '--probe-command <command>' argument '.*' is invalid\. That is no command for a guest: write one line, as/,
    ],
  ];
  const ran = await Promise.all(refused.map(([words]) => livemig(['migrate', 'one', '--to', 'a', ...words])));
  for (const [i, { code, stdout, stderr }] of ran.entries()) {
    const [words, said] = refused[i]!;
    assert.deepEqual([words, code, stdout], [words, 2, '']);
    assert.match(stderr, said);
  }
});

test('who asks is a node of livemig.ini, of which nobody is asked before', async (t) => {
  const folder = tempFolder();
  t.after(folder.remove);
  writeFileSync(path.join(folder.path, 'livemig.ini'), '[node compute1]\naddress = 192.0.2.1\n');
  const words = ['migrate', 'one', '--to', 'compute1', '--probe', 'ping:web1', '--probe-from', 'compute9'];
  const { code, stderr } = await livemig(words, { cwd: folder.path });
  assert.equal(code, 2);
  assert.match(stderr, /there is no \[node compute9\] in livemig\.ini; did you mean compute1\?/);
});

test('the help tells of it', async () => {
  const { code, stdout } = await livemig(['migrate', '--help']);
  const text = stdout.replace(/\s+/g, ' ');
  assert.equal(code, 0);
  assert.ok(
    text.includes(
      '--probe <how> ask the guest meanwhile whether it answers, and wait to the end: ping:ADDRESS, tcp:ADDRESS:PORT or ssh:[USER@]ADDRESS[:PORT]',
    ),
    text,
  );
  assert.ok(text.includes('--probe-from <node> the node that asks; this machine if it is not given'), text);
  assert.ok(
    text.includes(
      '--probe-command <command> what ssh runs in the guest, which has to end with 0; true if it is not given',
    ),
    text,
  );
  assert.doesNotMatch((await livemig(['drain', '--help'])).stdout, /--probe/);
});

test('the end is told with the pause that libvirt tells, and what the probe measured', () => {
  const asked: ProbeView = { address: '10.0.0.5', sent: 180, lost: 7, gaps: [{ from: 1, to: 713 }], longest: 712 };
  const view: MigrationView = {
    ...{ id: '1', cluster: 'c', uuid: 'u', name: 'one', source: 'a', destination: 'b', began: 0, actions: [] },
    progress: { phase: 'completed', elapsed: 3140, downtime: 12 },
    outcome: { phase: 'completed', on: 'b' },
    probe: asked,
  };
  const end = (probe: ProbeView) => endLines({ ...view, probe });
  const head = 'one: is on b after 3.1 s, it stood still for 12 ms; ';
  assert.equal(end(asked), `${head}the probe measured 712 ms without an answer of 10.0.0.5, 7 of 180 lost`);
  assert.equal(
    end({ ...asked, lost: 178, gaps: [], longest: 0, unheard: true }),
    `${head}10.0.0.5 has not answered once of 180 times`,
  );
  assert.equal(end({ ...asked, lost: 1, gaps: [], longest: 0 }), `${head}10.0.0.5 always answered, 179 times`);
  assert.equal(end({ ...asked, failed: 'no ping' }), `${head}the probe measured nothing: no ping`);
  const failed = endLines({ ...view, outcome: { phase: 'failed', on: 'a', message: 'no route' } });
  assert.equal(
    failed,
    'one: failed; it runs on, on a: no route\n  the probe measured 712 ms without an answer of 10.0.0.5, 7 of 180 lost',
  );
  assert.equal(
    progressLine({ ...view, probe: { ...asked, going: true } }),
    'one  a → b  completed, 10.0.0.5 is asked a little longer',
  );
});
