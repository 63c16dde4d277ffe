import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { firewall, type FirewallTexts } from '../../server/src/fleet/collect/firewall';
import { closedTo, inNetwork } from '../../server/src/model/firewall';

const recorded = (name: string): string => readFileSync(path.join(__dirname, 'recorded', name), 'utf8');
const NONE: FirewallTexts = { nft: '', iptables: '', ip6tables: '', legacy: '', legacy6: '' };

/** What is closed to an address, of some ports. */
function closed(texts: Partial<FirewallTexts>, from: string, by?: string): Record<number, string | undefined> {
  const facts = firewall({ ...NONE, ...texts });
  assert.ok(facts);
  const family = from.includes(':') ? facts.ipv6 : facts.ipv4;
  const ports = [22, 2049, 5900, 16_509, 49_152, 49_215];
  return Object.fromEntries(ports.map((port) => [port, closedTo(family, { port, from: [from], to: undefined, by })]));
}

describe('as the programs themselves wrote the rules', () => {
  const open = undefined;

  test('firewalld: a zone by source, one by interface, and the default one', () => {
    const nft = recorded('firewalld-1.3.3-nft.txt');
    const reject = 'reject';
    assert.equal(firewall({ ...NONE, nft })?.manager, 'firewalld');
    const rest = { 2049: reject, 5900: reject, 49_152: reject, 49_215: reject };
    assert.deepEqual(closed({ nft }, '192.0.2.9', 'eth0'), { ...rest, 22: open, 16_509: open });
    assert.deepEqual(closed({ nft }, '192.0.2.9', 'eth1'), { ...rest, 22: open, 16_509: reject });
    // By which of them it comes is not known.
    assert.deepEqual(closed({ nft }, '192.0.2.9'), { ...rest, 22: open, 16_509: open });
    assert.deepEqual(Object.values(closed({ nft }, '10.84.0.7')).filter(Boolean), [], 'the zone trusted');
    assert.deepEqual(closed({ nft }, '2001:db8::9', 'eth0'), { ...rest, 22: open, 16_509: open });
  });

  test('ufw: by networks and for all; what nft has no words for is not guessed at', () => {
    const texts = {
      nft: recorded('ufw-0.36.2-nft.txt'),
      iptables: recorded('ufw-0.36.2-iptables-save.txt'),
      ip6tables: recorded('ufw-0.36.2-ip6tables-save.txt'),
    };
    const facts = firewall({ ...NONE, ...texts });
    assert.deepEqual([facts?.manager, facts?.tools], ['ufw', ['nft', 'iptables']]);
    const drop = 'drop';
    const all = { 22: open, 5900: open, 2049: drop };
    assert.deepEqual(closed(texts, '10.83.0.9'), { ...all, 16_509: open, 49_152: drop, 49_215: drop });
    assert.deepEqual(closed(texts, '10.84.0.9'), { ...all, 16_509: drop, 49_152: open, 49_215: open });
    assert.deepEqual(closed(texts, '2001:db8::9'), { ...all, 16_509: drop, 49_152: drop, 49_215: drop });
    for (const port of [22, 5900]) assert.equal(closed({ nft: texts.nft }, '10.83.0.9')[port], open);
  });

  test('what is no such text, and a rule that is not understood', () => {
    assert.equal(firewall(NONE), undefined);
    assert.equal(firewall({ ...NONE, nft: 'Error: Could not process rule', iptables: '# nothing' }), undefined);
    assert.deepEqual(firewall({ ...NONE, nft: '{"nftables": []}' }), { tools: ['nft'], ipv4: [], ipv6: [] });
    const iptables = (...rules: string[]): string =>
      ['*filter', ':INPUT DROP [0:0]', ':own - [0:0]', ...rules, 'COMMIT', ''].join('\n');
    // Someone it knows by other means may be let in.
    const texts = {
      iptables: iptables('-A INPUT -m set --match-set friends src -p tcp -m tcp --dport 16509 -j ACCEPT'),
    };
    assert.deepEqual(closed(texts, '192.0.2.9'), { ...closed({ iptables: iptables() }, '192.0.2.9'), 16_509: open });
    const loop = iptables('-A INPUT -j own', '-A own -j own');
    assert.deepEqual(firewall({ ...NONE, iptables: loop })?.ipv4, [], 'without an end');
  });
});

test('networks', () => {
  for (const [inner, outer, fits] of [
    ['192.0.2.9', '192.0.2.0/24', true],
    ['192.0.3.9', '192.0.2.0/23', true],
    ['192.0.4.9', '192.0.2.0/23', false],
    ['192.0.2.0/25', '192.0.2.0/24', true],
    ['192.0.2.0/24', '192.0.2.0/25', false],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db8::1', '2001:0db8:0:0:0:0:0:1', true],
    ['::ffff:192.0.2.1', '::/0', true],
    ['192.0.2.1', '::/0', false],
    ['name', '0.0.0.0/0', false],
  ] as const)
    assert.equal(inNetwork(inner, outer), fits, `${inner} in ${outer}`);
});

/** Rules, and which of PORTS they certainly close to the two addresses of the other side. */
const SOURCES = ['10.99.7.1', '10.99.7.129'];
const PORTS = [22, 2049, 16_509, 16_514, 49_152, 49_200] as const;
interface Case {
  readonly name: string;
  readonly load: readonly [program: string, ...args: string[]];
  readonly rules: string;
  /** To each of SOURCES. */
  readonly closed: readonly [readonly number[], readonly number[]];
}

const nft = (name: string, rules: string, closed: Case['closed']): Case => ({
  name: `nft: ${name}`,
  load: ['nft', '-f', '-'],
  rules,
  closed,
});
const input = (...rules: string[]): string =>
  `table inet t { chain c { type filter hook input priority 0; policy accept; ${rules.join('; ')}; }; }`;
const save = (...rules: string[]): string => ['*filter', ':INPUT ACCEPT [0:0]', ...rules, 'COMMIT', ''].join('\n');
const iptables = (program: string, name: string, rules: string, closed: Case['closed']): Case => ({
  name: `${program}: ${name}`,
  load: [program],
  rules,
  closed,
});
const all = [...PORTS];
const but = (...ports: number[]): number[] => all.filter((p) => !ports.includes(p));

const CASES: readonly Case[] = [
  nft('one port', input('tcp dport 16509 drop'), [[16_509], [16_509]]),
  nft('a range and a set', input('tcp dport { 16509, 49152-49199 } reject'), [
    [16_509, 49_152],
    [16_509, 49_152],
  ]),
  nft(
    'a network of those who may',
    input('ip saddr 10.99.7.0/25 tcp dport 16509 accept', 'tcp dport 16500-16520 drop'),
    [[16_514], [16_509, 16_514]],
  ),
  nft(
    'the policy',
    input(
      'ct state vmap { established : accept, related : accept, invalid : drop }',
      'iifname lo accept',
      'tcp dport 22 accept',
    ).replace('policy accept', 'policy drop'),
    [but(22), but(22)],
  ),
  nft(
    'named sets, jumps, a verdict map',
    `table inet t { set hosts { type ipv4_addr; flags interval; elements = { 10.99.7.1 } }
       chain strangers { tcp dport vmap { 22 : accept, 2049 : return, 16509 : drop }; tcp dport 49152-49215 reject with tcp reset; };
       chain c { type filter hook input priority 0; policy accept; ip saddr @hosts return; goto strangers; }; }`,
    [[], [16_509, 49_152, 49_200]],
  ),
  nft(
    'what may be or not',
    input(
      'limit rate 1000/second tcp dport 16509 accept',
      'ip ttl 3 tcp dport 22 drop',
      'tcp dport { 16509, 2049 } drop',
    ),
    [[2049], [2049]],
  ),
  nft(
    'another interface',
    input(
      'iifname "eth7" tcp dport 16509 drop',
      'iifname != "eth7" tcp dport 2049 drop',
      'iifname "lm*" tcp dport 22 drop',
    ),
    [[22], [22]],
  ),
  nft(
    'sent elsewhere before',
    `table ip n { chain p { type nat hook prerouting priority -100; tcp dport 2049 redirect to :22; }; }; ${input('tcp dport { 2049, 16514 } drop')}`,
    [[16_514], [16_514]],
  ),
  nft('before all', 'table ip raw { chain p { type filter hook prerouting priority -300; tcp dport 16509 drop; }; }', [
    [16_509],
    [16_509],
  ]),
  nft(
    'not by protocol',
    input(
      'udp dport 16509 drop',
      'meta l4proto udp drop',
      'ip6 saddr ::/0 drop',
      'meta nfproto ipv6 drop',
      'tcp flags & (fin|syn|rst|ack) == syn tcp dport 22 drop',
    ),
    [[22], [22]],
  ),
  ...['iptables-restore', 'iptables-legacy-restore'].flatMap((program) => [
    iptables(program, 'one port', save('-A INPUT -p tcp -m tcp --dport 16509 -j DROP'), [[16_509], [16_509]]),
    iptables(
      program,
      'Red Hat before firewalld',
      save(
        '-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT',
        '-A INPUT -p icmp -j ACCEPT',
        '-A INPUT -i lo -j ACCEPT',
        '-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT',
        '-A INPUT -s 10.99.7.128/25 -p tcp -m multiport --dports 16509,49152:49215 -m comment --comment "to \\"migrate\\" -j DROP" -j ACCEPT',
        '-A INPUT -j REJECT --reject-with icmp-host-prohibited',
      ),
      [but(22), but(22, 16_509, 49_152, 49_200)],
    ),
    iptables(
      program,
      'chains, negations, flags',
      [
        '*filter',
        ':INPUT ACCEPT [0:0]',
        ':own - [0:0]',
        '-A INPUT -p tcp -g own',
        '-A INPUT -j DROP',
        '-A own ! -s 10.99.7.1/32 -p tcp -m tcp --dport 22 -j DROP',
        '-A own -p tcp -m tcp --dport 16514 ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP',
        '-A own -p tcp -m tcp --dport 49000:49199 --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with tcp-reset',
        '-A own -p tcp -m tcp ! --dport 16509 -j RETURN',
        '-A own -m limit --limit 1/min -j DROP',
        'COMMIT',
        '',
      ].join('\n'),
      [[49_152], [49_152]],
    ),
  ]),
];

const run = promisify(execFile);
const SKIP =
  process.platform !== 'linux' || process.getuid?.() !== 0 ? 'needs root on Linux, for network namespaces' : false;

describe('as the kernel judges', { skip: SKIP }, () => {
  const [here, there] = [`lmfw${process.pid}a`, `lmfw${process.pid}b`];
  const link = `lm${process.pid}`;
  let listener: ChildProcess;

  before(async () => {
    for (const ns of [here, there]) execFileSync('ip', ['netns', 'add', ns]);
    const ip = (ns: string, ...args: string[]): void => void execFileSync('ip', ['-n', ns, ...args]);
    ip(here, 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'lm0', 'netns', there);
    ip(here, 'addr', 'add', '10.99.7.1/24', 'dev', link);
    ip(here, 'addr', 'add', '10.99.7.129/24', 'dev', link);
    ip(there, 'addr', 'add', '10.99.7.2/24', 'dev', 'lm0');
    ip(here, 'link', 'set', link, 'up');
    for (const name of ['lm0', 'lo']) ip(there, 'link', 'set', name, 'up');
    const script = `import socket, sys
all = [socket.create_server(('', int(p)), backlog=64) for p in sys.argv[1:]]
print('ready', flush=True)
sys.stdin.read()`;
    listener = spawn('ip', ['netns', 'exec', there, 'python3', '-c', script, ...PORTS.map(String)]);
    await once(listener.stdout!, 'data');
  });
  after(() => {
    listener.stdin?.end();
    listener.kill();
    for (const ns of [here, there]) execFileSync('ip', ['netns', 'del', ns]);
  });

  /** Ports that a connection gets through to, from each of the two addresses. */
  async function reached(): Promise<number[][]> {
    const script = `import socket, sys, concurrent.futures
def reach(way):
    try:
        socket.create_connection(('10.99.7.2', way[1]), 0.25, (way[0], 0)).close()
        return True
    except OSError: return False
ways = [(a, int(p)) for a in sys.argv[1].split() for p in sys.argv[2:]]
open = list(concurrent.futures.ThreadPoolExecutor(len(ways)).map(reach, ways))
for a in sys.argv[1].split(): print(*[w[1] for w, o in zip(ways, open) if o and w[0] == a])`;
    const args = ['python3', '-c', script, SOURCES.join(' '), ...PORTS.map(String)];
    const { stdout } = await run('ip', ['netns', 'exec', here, ...args]);
    return stdout.split('\n').map((line) => line.split(' ').filter(Boolean).map(Number));
  }

  const inside = async (...argv: string[]): Promise<string> =>
    (await run('ip', ['netns', 'exec', there, ...argv])).stdout;

  for (const { name, load, rules, closed: wanted } of CASES) {
    test(name, async () => {
      const [program, ...args] = load;
      execFileSync('ip', ['netns', 'exec', there, program, ...args], { input: rules });
      try {
        const facts = firewall({
          ...NONE,
          nft: await inside('nft', '-j', 'list', 'ruleset'),
          iptables: await inside('iptables-save'),
          ...(program.includes('legacy') && { legacy: await inside('iptables-legacy-save') }),
        });
        const open = await reached();
        for (const [i, from] of SOURCES.entries()) {
          const judged = PORTS.filter(
            (port) => closedTo(facts?.ipv4, { port, from: [from], to: '10.99.7.2', by: 'lm0' }) !== undefined,
          );
          assert.deepEqual(judged, wanted[i], `${from}: ${JSON.stringify(facts?.ipv4)}`);
          assert.deepEqual(
            judged.filter((port) => open[i]!.includes(port)),
            [],
            `${from} gets through`,
          );
        }
      } finally {
        execFileSync('ip', ['netns', 'exec', there, 'nft', 'flush', 'ruleset']);
        for (const flag of ['-F', '-X']) execFileSync('ip', ['netns', 'exec', there, 'iptables-legacy', flag]);
      }
    });
  }
});
