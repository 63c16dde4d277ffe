// What ping says, as it was recorded, and what is made of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Gaps } from '../../server/src/migration/probe/gaps';
import { nextPing, PingReader, PINGS } from '../../server/src/migration/probe/ping';
import { LoginsReader, sshWords } from '../../server/src/migration/probe/ssh';
import { ConnectsReader } from '../../server/src/migration/probe/tcp';
import { wrongIn } from '../../server/src/migration/probe/wrong';

const recorded = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, 'recorded', `${name}.txt`), 'utf8');

/** By the stamps that it tells; without them one answer every 100 ms, as they were heard. */
function read(name: string, chunk = Infinity): Gaps {
  const gaps = new Gaps();
  let now = 0;
  const reader = new PingReader(gaps, { heard: (stamp) => stamp ?? (now += 100) });
  const text = recorded(name);
  for (let i = 0; i < text.length; i += chunk) reader.take(text.slice(i, i + chunk));
  return gaps;
}

test('iputils: a guest that answered all the time but for a moment', () => {
  for (const chunk of [Infinity, 7]) {
    const gaps = read('iputils-20221126-ping-gap', chunk);
    gaps.close(0);
    const { sent, lost, longest, gaps: found } = gaps.view(0);
    const lines = recorded('iputils-20221126-ping-gap');
    const [, transmitted, received] = /(\d+) packets transmitted, (\d+) received/.exec(lines)!;
    assert.equal(sent, Number(transmitted));
    // The last one may not have had the time for an answer.
    assert.ok(Math.abs(lost - (sent - Number(received))) <= 1, `${lost} of ${sent}`);
    assert.equal(found.length, 1);
    assert.ok(longest >= 600 && longest < 1500, String(longest));
    assert.equal(found[0]!.to - found[0]!.from, longest);
  }
});

test('iputils: an address that nobody has never answers, and a router that says so is no answer', () => {
  const gaps = read('iputils-20221126-ping-unreachable');
  assert.equal(gaps.any, false);
  const { sent, longest } = gaps.view(1e15);
  assert.ok(sent >= 10);
  assert.equal(longest, 0);
});

test('busybox: numbers from 0, and no stamps', () => {
  const gaps = read('busybox-1.35.0-ping');
  gaps.close(0);
  const { sent, lost, gaps: found } = gaps.view(0);
  assert.deepEqual([sent, lost, found], [10, 0, []]);
});

test('a gap that goes on is told with what it lasts so far', () => {
  const gaps = new Gaps();
  for (let seq = 0; seq < 5; seq++) gaps.answered(seq, 1000 + 100 * seq);
  assert.equal(gaps.isGoingOn(1500), false);
  assert.deepEqual(gaps.view(1500).gaps, []);
  assert.deepEqual(gaps.view(2400, 50), { sent: 5, lost: 0, gaps: [{ from: 1450, to: 2450 }], longest: 1000 });
  gaps.close(2400);
  assert.equal(gaps.view(9_999_999).longest, 1000);
});

test('a guest that has not answered once is told of as that, as soon as an answer is lost; the first one ends it', () => {
  const gaps = new Gaps();
  gaps.asked(0);
  assert.equal(gaps.view(0).unheard, undefined);
  gaps.asked(20);
  const { lost, longest, unheard } = gaps.view(2000);
  assert.deepEqual([lost, longest, unheard], [11, 0, true]);
  gaps.answered(21, 2100);
  assert.equal(gaps.view(2100).unheard, undefined);
});

test('one reply that is lost is a gap; late ones that come all at once are, too; one that is merely late is none', () => {
  const gaps = new Gaps();
  for (const [seq, at] of [
    [1, 0],
    [2, 100],
    [4, 300],
    [5, 400],
    [6, 900],
    [7, 901],
    [8, 902],
    [9, 903],
    [10, 1100],
  ] as const)
    gaps.answered(seq, at);
  assert.deepEqual(gaps.view(1100).gaps, [
    { from: 100, to: 300 },
    { from: 400, to: 900 },
  ]);
  for (let seq = 11; seq < 30; seq++) gaps.answered(seq, 1100 + 100 * (seq - 10));
  assert.equal(gaps.view(0).lost, 1);
});

test('numbers of 16 bits begin again', () => {
  const gaps = new Gaps();
  const reader = new PingReader(gaps, { heard: (stamp) => stamp! });
  for (let i = 0; i < 6; i++)
    reader.take(`[${100 + i / 10}] 64 bytes from 10.0.0.5: icmp_seq=${(65_533 + i) % 65_536} ttl=64 time=0.1 ms\n`);
  assert.deepEqual(gaps.view(0), { sent: 6, lost: 0, gaps: [], longest: 0 });
});

test('of many gaps the longest are kept', () => {
  const gaps = new Gaps();
  for (let i = 0; i < 300; i++) gaps.answered(2 * i, i * 1000 + (i === 7 ? 400 : 0));
  const view = gaps.view(0);
  assert.equal(view.gaps.length, 100);
  assert.equal(view.longest, 1400);
});

test('a ping that refuses its options is asked in another way; one that fails for another reason is not', () => {
  const words = (i: number | undefined) => (i === undefined ? undefined : PINGS[i]!.words.join(' '));
  assert.equal(words(nextPing(0, recorded('busybox-1.35.0-ping-refuses'))), '-n -i 0.1');
  assert.equal(
    words(nextPing(0, 'ping: cannot flood; minimal interval allowed for user is 200ms\n')),
    '-n -i 0.2 -O -D',
  );
  assert.equal(words(nextPing(2, 'ping: cannot flood; minimal interval allowed for user is 200ms\n')), '-n -i 0.2');
  assert.equal(nextPing(3, "ping: invalid option -- 'n'\n"), undefined);
  for (const said of ['iputils-20221126-ping-unknown', 'busybox-1.35.0-ping-unknown'])
    assert.equal(nextPing(0, recorded(said)), undefined);
});

test('connects: numbers, answers with their time, and a name that is not known', () => {
  const gaps = new Gaps();
  const reader = new ConnectsReader(gaps, { heard: (stamp) => stamp! });
  reader.take('0\n0 1000\n1\n2\n2 1');
  assert.equal(gaps.view(1000).sent, 3);
  reader.take('900\n');
  assert.deepEqual(gaps.view(1900).gaps, [{ from: 1000, to: 1900 }]);
  assert.equal(reader.unknown, false);
  reader.take('unknown\n');
  assert.equal(reader.unknown, true);
});

test('logins: numbers, answers with their time, and what was said instead of one', () => {
  const gaps = new Gaps(1000);
  const reader = new LoginsReader(gaps, { heard: (stamp) => stamp! });
  reader.take('0\n0 1000\n1\n2\n? connect to host 10.0.0.5 port 22: Connection timed out\n3\n3 4');
  assert.equal(gaps.view(1000).sent, 4);
  reader.take('100\n4\n4 5100\n');
  assert.deepEqual(gaps.view(5100).gaps, [{ from: 1000, to: 4100 }]);
  assert.match(reader.last!, /timed out$/);
  assert.equal(reader.isHopeless, false);
  const refused = new LoginsReader(new Gaps(1000), { heard: (stamp) => stamp! });
  refused.take('0\n? cat: /root/x: Permission denied\n');
  assert.equal(refused.isHopeless, false);
  refused.take('? root@10.0.0.5: Permission denied (publickey).\n');
  assert.equal(refused.isHopeless, true);
});

test('the words of ssh: nobody is asked, nothing is written, the command is one word', () => {
  const words = sshWords({
    address: 'fe80::1%eth0',
    port: 2222,
    ssh: { command: "echo '$(reboot)'; true", user: 'me' },
  });
  assert.deepEqual(words.slice(-7), ['-p', '2222', '-l', 'me', '--', 'fe80::1%eth0', "echo '$(reboot)'; true"]);
  for (const wanted of ['BatchMode=yes', 'UserKnownHostsFile=/dev/null', 'ForwardAgent=no', 'ControlPath=none'])
    assert.equal(words[words.indexOf(wanted) - 1], '-o', wanted);
  assert.deepEqual(sshWords({ address: 'web1', ssh: { command: 'true' } }).slice(-5), [
    '-p',
    '22',
    '--',
    'web1',
    'true',
  ]);
  const wrong = (ssh: { command: string; user?: string }) => wrongIn({ address: 'a', ssh });
  for (const command of ['', '  ', '-oProxyCommand=reboot', 'a\nb', 'a\0b', 'x'.repeat(1001)])
    assert.match(wrong({ command })!, /no command for a guest/);
  for (const user of ['', '-l', 'a b', '$(x)'])
    assert.match(wrong({ command: 'true', user })!, /no account of a guest/);
  assert.equal(wrong({ command: 'systemctl is-active nginx', user: 'me@corp.example' }), undefined);
});

test('what is no address, or no port, is said', () => {
  for (const address of ['-f', '', 'a b', '$(reboot)', 'a;b', "a'b", '10.0.0.300', '10.0.0.5:22', 'web1:22', '1::2::3'])
    assert.match(wrongIn({ address })!, /no address of a guest/);
  for (const address of ['10.0.0.5', '2001:db8::5', '::1', 'fe80::1%eth0', 'web1.example', '_a'])
    assert.equal(wrongIn({ address }), undefined);
  for (const port of [0, 65_536, 1.5, NaN]) assert.match(wrongIn({ address: 'a', port })!, /no TCP port/);
});
