import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { resolveTarget, type FleetNode, type ResolveOptions } from '../../server/src/fleet/ssh/config';
import { matchesPattern } from '../../server/src/model/patterns';
import { readInventory } from '../../server/src/model/inventory';
import { tempFolder } from '../support/temp';

const { path: folder, remove } = tempFolder();
after(remove);
const noSsh = spawnSync('ssh', ['-V']).error !== undefined && 'ssh is not installed';

const nodesOf = (text: string): readonly FleetNode[] =>
  readInventory({ uri: 'file:///livemig.ini', path: 'livemig.ini', kind: 'livemig-ini', text }).nodes;
const node = (name: string, values: Record<string, string> = {}): FleetNode => ({
  name,
  address: values['address'],
  values,
});
let files = 0;
function config(text: string): string {
  const file = path.join(folder, `config${files++}`);
  writeFileSync(file, text);
  return file;
}
const ENV = { SSH_AUTH_SOCK: '/run/agent', OTHER: '/run/other' };
const base: ResolveOptions = { env: ENV, home: homedir() };

/** What ssh says, and our own reading: all that is tested has to hold of both. */
for (const [name, ssh, skip] of [
  ['ssh -G', 'ssh', noSsh],
  ['our own reading', false, false],
] as const)
  describe(name, { skip }, () => {
    const ask = (text: string, of: string | FleetNode, more: ResolveOptions = {}) =>
      resolveTarget(typeof of === 'string' ? node(of) : of, { ...base, configFile: config(text), ssh, ...more });

    test('nothing at all', async () => {
      const home = homedir();
      assert.deepEqual(await ask('', 'compute1'), {
        host: 'compute1',
        port: 22,
        user: userInfo().username,
        hostKeyAlias: undefined,
        identityFiles: ['rsa', 'ecdsa', 'ecdsa_sk', 'ed25519', 'ed25519_sk', 'xmss', 'dsa'].map(
          (k) => `${home}/.ssh/id_${k}`,
        ),
        identitiesOnly: false,
        agent: '/run/agent',
        knownHosts: [
          ...[`${home}/.ssh/known_hosts`, `${home}/.ssh/known_hosts2`],
          ...['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
        ],
        jumps: [],
        proxyCommand: undefined,
      });
    });

    test('everything that counts', async () => {
      const text = `
Host compute*
  HostName %h.example.org
  User=stack
  Port 2222
  IdentityFile ~/.ssh/%r-%p
  IdentityFile "/keys/%u key"
  IdentitiesOnly yes
  IdentityAgent $OTHER
  HostKeyAlias prod-%n
  UserKnownHostsFile ~/.ssh/a /known/%h
  GlobalKnownHostsFile none
  ProxyCommand connect -H \${OTHER}:3128 %r@%h %p %%
`;
      const target = await ask(text, 'compute1');
      assert.deepEqual(target, {
        host: 'compute1.example.org',
        port: 2222,
        user: 'stack',
        hostKeyAlias: 'prod-%n',
        identityFiles: [`${homedir()}/.ssh/stack-2222`, `/keys/${userInfo().username} key`],
        identitiesOnly: true,
        agent: '/run/other',
        knownHosts: [`${homedir()}/.ssh/a`, '/known/compute1.example.org'],
        jumps: [],
        proxyCommand: 'connect -H /run/other:3128 stack@compute1.example.org 2222 %',
      });
    });

    test('livemig.ini comes first', async () => {
      const [of] = nodesOf(
        '[node compute1.x]\naddress = 10.0.0.5\nport = 2200\nuser = admin\nidentity = ~/k1, /k2\njump = none\nroles = compute\n',
      );
      const text = `Host compute1.x\n HostName other\n Port 1\n User other\n IdentityFile /k3\n ProxyJump gate\nMatch host 10.0.0.5 user admin\n HostKeyAlias a\n`;
      const target = await ask(text, of!);
      assert.equal(target.host, '10.0.0.5');
      assert.equal(target.port, 2200);
      assert.equal(target.user, 'admin');
      assert.deepEqual(target.identityFiles, [`${homedir()}/k1`, '/k2', '/k3']);
      assert.deepEqual(target.jumps, []);
      assert.equal(target.hostKeyAlias, 'a');
    });

    test('agents: none, by variable, by path, of an empty variable', async () => {
      const agent = async (value: string, env = ENV) => (await ask(`IdentityAgent ${value}`, 'a', { env })).agent;
      assert.equal(await agent('none'), undefined);
      assert.equal(await agent('SSH_AUTH_SOCK'), '/run/agent');
      assert.equal(await agent('~/agent'), `${homedir()}/agent`);
      assert.equal(await agent('$MISSING'), undefined);
      assert.equal(await agent('SSH_AUTH_SOCK', { ...ENV, SSH_AUTH_SOCK: '' }), undefined);
    });

    test('jump chains: the first hop by its own way, the others through it', async () => {
      const text = `
Host gate1
  HostName 192.0.2.1
  ProxyJump outer
Host gate2
  HostName 192.0.2.2
  User g2
  ProxyJump never
Host compute1
  ProxyJump root@gate1:2201,gate2
`;
      const { jumps } = await ask(text, 'compute1');
      assert.deepEqual(
        jumps.map((j) => `${j.user}@${j.host}:${j.port} ${j.jumps.length}`),
        [`${userInfo().username}@outer:22 0`, 'root@192.0.2.1:2201 0', 'g2@192.0.2.2:22 0'],
      );
    });

    test('a jump host may be a node of livemig.ini', async () => {
      const nodes = nodesOf(
        '[node gate]\naddress = 192.0.2.9\nport = 2022\nuser = ops\n[node c1]\naddress = 10.0.0.1\njump = gate\n[node c2]\njump = me@gate:22\n',
      );
      const through = async (n: FleetNode) =>
        (await ask('', n, { nodes })).jumps.map((j) => `${j.user}@${j.host}:${j.port}`);
      assert.deepEqual(await through(nodes[1]!), ['ops@192.0.2.9:2022']);
      assert.deepEqual(await through(nodes[2]!), ['me@192.0.2.9:22']);
    });

    test('circles end', async () => {
      const circle = 'Host a\n ProxyJump b\nHost b\n ProxyJump a\n';
      await assert.rejects(ask(circle, 'a'), { code: 'refused', message: /circle.*a → b → a/ });
    });

    test('Include, also within a block, and files that are not there', async () => {
      mkdirSync(path.join(folder, 'inc'), { recursive: true });
      writeFileSync(path.join(folder, 'inc/10.conf'), 'Host a\n Port 10\nHost *\n User ten\n');
      writeFileSync(path.join(folder, 'inc/20.conf'), 'Port 20\nUser twenty\n');
      const text = `Host b\n Include ${folder}/inc/1*.conf\nHost a\n Include "${folder}/inc/20.conf" ${folder}/missing\nHost *\n Include ${folder}/inc/?0.conf\n`;
      assert.equal((await ask(text, 'a')).port, 20);
      assert.equal((await ask(text, 'b')).user, 'ten');
      assert.equal((await ask(text, 'c')).port, 20);
    });

    test('what cannot be dialled is refused in words', async () => {
      const refused = (of: FleetNode, message: RegExp, text = '') =>
        assert.rejects(ask(text, of), { name: 'FleetError', code: 'refused', message });
      await refused(node('a', { port: '0' }), /"0" is no port/);
      await refused(node('a', { port: 'ssh' }), /"ssh" is no port/);
      await refused(node('a', { user: '-oProxyCommand=id' }), /no name of an account/);
      await refused(node('a', { user: 'x;id' }), /no name of an account/);
      await refused(node('a', { address: '10.0.0.1; id' }), /no address to dial/);
      await refused(node('-oProxyCommand=id'), /no address to dial/);
      await refused(node('a', { jump: 'b c' }), /no jump host/);
      await refused(node('$(id)'), /no address to dial|may not stand/, 'ProxyCommand nc %n %p\n');
      await refused(
        node('$(id)', { address: '10.0.0.1' }),
        /may not stand in a ProxyCommand/,
        'ProxyCommand nc %n %p\n',
      );
    });

    test('a name never becomes an option of ssh or a command', async () => {
      const witness = path.join(folder, `witness-${name.replaceAll(' ', '')}`);
      for (const bad of [`-oProxyCommand=touch ${witness}`, `-F${witness}`, `$(touch ${witness})`])
        await ask('', node(bad, { address: '10.0.0.1' })).catch(() => undefined);
      assert.equal(existsSync(witness), false);
    });

    test('a broken configuration is told', async () => {
      await assert.rejects(ask('Host "a\n', 'a'), { code: 'refused' });
    });
  });

describe('our own reading', () => {
  test('runs nothing: a Match by exec never holds', async () => {
    const witness = path.join(folder, 'exec-witness');
    const text = `Match exec "touch ${witness}"\n Port 1\nMatch !exec "touch ${witness}"\n Port 2\nMatch host a exec "touch ${witness}"\n Port 3\n`;
    assert.equal((await resolveTarget(node('a'), { ...base, configFile: config(text), ssh: false })).port, 22);
    assert.equal(existsSync(witness), false);
  });

  test('is taken where ssh is not there', async () => {
    const options = { ...base, configFile: config('Port 2201'), ssh: '/nonexistent/ssh' };
    assert.equal((await resolveTarget(node('a'), options)).port, 2201);
  });

  test('is taken for names that ssh is not asked', async () => {
    const options = { ...base, configFile: config('Host ::1\n Port 2202\n'), ssh: '/bin/false' };
    assert.equal((await resolveTarget(node('::1'), options)).port, 2202);
    await assert.rejects(resolveTarget(node('a'), options), { code: 'refused' });
  });

  test('says the same as ssh -G of generated files', { skip: noSsh }, async () => {
    const name = fc.constantFrom('a', 'b.example.org', 'c');
    const pattern = fc.constantFrom('a', 'b.*', '*', '!a', 'c', '?', '!*.org', '*.example.org');
    const list = fc.array(pattern, { minLength: 1, maxLength: 3 });
    const criterion = fc.oneof(
      list.map((p) => `host ${p.join(',')}`),
      list.map((p) => `originalhost ${p.join(',')}`),
      list.map((p) => `!host ${p.join(',')}`),
      fc.constantFrom('user u1', 'user u*', '!user u1', `localuser ${userInfo().username}`),
    );
    const head = fc.oneof(
      list.map((p) => `Host ${p.join(' ')}`),
      fc.array(criterion, { minLength: 1, maxLength: 2 }).map((c) => `Match ${c.join(' ')}`),
      fc.constant('Match all'),
    );
    const option = fc.oneof(
      fc.constantFrom('HostName c', 'hostname %h.example.org', 'HostName = 10.0.0.1'),
      fc.constantFrom('User u1', 'User=u2', 'user "u 3"'.replace(' 3', '3'), 'Port 2200', 'port=2201'),
      fc.constantFrom('IdentityFile ~/k1', 'IdentityFile "/k 2"', 'IdentityFile /k/%h-%n', 'IdentitiesOnly yes'),
      fc.constantFrom('IdentityAgent none', 'IdentityAgent /a/%r', 'HostKeyAlias Alias', 'HostKeyAlias %h'),
      fc.constantFrom('UserKnownHostsFile ~/k /x/%h', 'GlobalKnownHostsFile /g', 'UserKnownHostsFile none'),
      fc.constantFrom(
        'ProxyCommand nc -X 5 %h %p',
        'ProxyJump none',
        'ProxyCommand none',
        'ProxyJump j1',
        'ProxyJump u@j2:23',
      ),
      fc.constantFrom('Compression yes', '# a comment', ''),
    );
    const block = fc
      .tuple(head, fc.array(option, { maxLength: 4 }))
      .map(([h, o]) => [h, ...o.map((l) => `  ${l}`)].join('\n'));
    const text = fc
      .tuple(fc.array(option, { maxLength: 2 }), fc.array(block, { maxLength: 4 }))
      .map(([top, blocks]) => [...top, ...blocks, ''].join('\n'));
    const values = fc.constantFrom<Record<string, string>>({}, {}, { user: 'u1', port: '99' }, { address: '10.0.0.9' });
    await fc.assert(
      fc.asyncProperty(text, name, values, async (t, n, v) => {
        const options = { ...base, configFile: config(t) };
        const said = await resolveTarget(node(n, v), options).catch((e: unknown) => (e as { code: string }).code);
        const read = await resolveTarget(node(n, v), { ...options, ssh: false }).catch(
          (e: unknown) => (e as { code: string }).code,
        );
        assert.deepEqual(read, said);
      }),
      { numRuns: 150 },
    );
  });
});

test('patterns', () => {
  const yes = [
    ['a', 'a'],
    ['abc', 'a*c'],
    ['abc', '???'],
    ['', '*'],
    ['a.b.c', '*.c'],
    ['aXbXc', '*X*c'],
    ['a*', 'a*'],
  ];
  const no = [
    ['a', 'b'],
    ['abc', 'a*b'],
    ['ab', '???'],
    ['a', ''],
    ['ab', 'a'],
    ['a', 'a?'],
    ['axc', 'a.c'],
  ];
  for (const [text, pattern] of yes) assert.ok(matchesPattern(text!, pattern!), `${text} ${pattern}`);
  for (const [text, pattern] of no) assert.ok(!matchesPattern(text!, pattern!), `${text} ${pattern}`);
  const started = performance.now();
  assert.equal(matchesPattern('a'.repeat(5000), `${'a*'.repeat(500)}b`), false);
  assert.ok(performance.now() - started < 1000);
});
