// One answer of ssh for many names, beside an answer for each.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { resolveTarget, type FleetNode } from '../../server/src/fleet/ssh/config';
import { tempFolder } from '../support/temp';

const { path: folder, remove } = tempFolder();
after(remove);
const noSsh = spawnSync('ssh', ['-V']).error !== undefined && 'ssh is not installed';

const node = (name: string, values: Record<string, string> = {}): FleetNode => ({
  name,
  address: values['address'],
  values,
});
const options = { env: { SSH_AUTH_SOCK: '/run/agent' }, home: homedir() };
let count = 0;
function config(text: string): string {
  const file = path.join(folder, `config${count++}`);
  writeFileSync(file, text);
  return file;
}

/** An ssh that notes for whom it was asked. */
function noting(): { ssh: string; asked: () => string[] } {
  const ssh = path.join(folder, `ssh${count++}`);
  const notes = `${ssh}.asked`;
  writeFileSync(notes, '');
  writeFileSync(ssh, `#!/bin/sh\nfor last; do :; done\nprintf '%s\\n' "$last" >> '${notes}'\nexec ssh "$@"\n`);
  chmodSync(ssh, 0o755);
  return { ssh, asked: () => readFileSync(notes, 'utf8').split('\n').filter(Boolean) };
}

const fleet = Array.from({ length: 12 }, (_, i) => `compute${i}`);
const blocks = fleet
  .map((n, i) => `Host ${n}\n  HostName 192.0.2.${i}\n  Port ${2200 + i}\n  User stack\n  IdentityFile ~/k\n`)
  .join('\n');

describe('ssh is asked once', { skip: noSsh }, () => {
  test('for nodes that differ in nothing but HostName and Port', async () => {
    const { ssh, asked } = noting();
    const configFile = config(`${blocks}\nHost *\n  HashKnownHosts yes\n`);
    const found = await Promise.all(fleet.map((n) => resolveTarget(node(n), { ...options, configFile, ssh })));
    assert.deepEqual(
      found.map((t) => `${t.user}@${t.host}:${t.port} ${t.identityFiles.join()}`),
      fleet.map((_, i) => `stack@192.0.2.${i}:${2200 + i} ${homedir()}/k`),
    );
    assert.equal(asked().length, 1);
  });

  test('for nodes whose addresses livemig.ini has', async () => {
    const { ssh, asked } = noting();
    const configFile = config('Host *\n  User ops\n');
    const of = (n: string, i: number) => node(n, { address: `198.51.100.${i}`, port: '2022' });
    const found = await Promise.all(fleet.map((n, i) => resolveTarget(of(n, i), { ...options, configFile, ssh })));
    assert.deepEqual(
      found.map((t) => `${t.user}@${t.host}:${t.port}`),
      fleet.map((_, i) => `ops@198.51.100.${i}:2022`),
    );
    assert.equal(asked().length, 1);
  });

  test('and again after a change of the file, of one that it includes, and after a fault', async () => {
    const { ssh, asked } = noting();
    mkdirSync(path.join(folder, 'inc'), { recursive: true });
    const more = path.join(folder, 'inc/more');
    writeFileSync(more, 'User one\n');
    const configFile = config(`Include ${more}\n${blocks}`);
    const ask = async (n: string) => (await resolveTarget(node(n), { ...options, configFile, ssh })).user;
    assert.equal(await ask('compute1'), 'one');
    assert.equal(await ask('compute2'), 'one');
    writeFileSync(more, 'User two\n');
    assert.equal(await ask('compute1'), 'two');
    writeFileSync(more, 'NoSuchOption yes\n');
    await assert.rejects(ask('compute1'), { code: 'refused' });
    await assert.rejects(ask('compute2'), { code: 'refused' });
    writeFileSync(more, 'User three\n');
    assert.equal(await ask('compute2'), 'three');
    assert.equal(asked().length, 5);
  });

  test('but for each node where more than its name decides, or its name is in what is said', async () => {
    for (const text of [
      `${blocks}Match host 192.0.2.3\n  User other\n`,
      `${blocks}Host *\n  CanonicalizeHostname yes\n`,
      `${blocks}Host *\n  ControlPath ~/.ssh/%C\n`,
      `${blocks}Host *\n  HostName %h.example.org\n`,
      'Host "compute1"\n  User quoted\n',
    ]) {
      const { ssh, asked } = noting();
      const configFile = config(text);
      for (const n of ['compute1', 'compute3']) await resolveTarget(node(n), { ...options, configFile, ssh });
      assert.deepEqual(asked(), ['compute1', 'compute3'], text);
    }
  });
});

test('says of each name what ssh says when it is asked for that one alone', { skip: noSsh }, async () => {
  mkdirSync(path.join(folder, 'parts'), { recursive: true });
  writeFileSync(path.join(folder, 'parts/10'), 'Host a c\n  Port 10\nHost *\n  IdentityFile /ten\n');
  writeFileSync(path.join(folder, 'parts/20'), 'User twenty\nHost b\n  HostName 192.0.2.20\n');
  const names = ['a', 'b', 'c', 'a.example.org', 'B', 'gate'];
  const list = fc.array(fc.constantFrom('a', 'b', '*', '!a', 'c', '?', '!*.org', '*.example.org', 'B', 'a,b'), {
    minLength: 1,
    maxLength: 3,
  });
  const option = fc.constantFrom(
    ...['HostName c', 'hostname = 10.0.0.1', 'HostName TEST', 'HostName "d"', 'HostName 10.0.0.2 # why'],
    ...['Port 2200', 'port=2201', 'User u1', 'User=u2', 'IdentityFile ~/k1', 'IdentityFile "/k 2"', 'Port 70000'],
    ...['IdentitiesOnly yes', 'HostKeyAlias Alias', 'ProxyJump gate', 'ProxyJump u@c:23', 'ProxyJump none'],
    ...['ProxyCommand nc 192.0.2.7 22', 'ProxyCommand none', `Include ${folder}/parts/*`, `Include ${folder}/parts/1?`],
    ...['# a comment', '', 'UserKnownHostsFile ~/k /x', 'IdentityFile /k/%n', 'Ciphers', 'Compression yes'],
  );
  const block = fc
    .tuple(list, fc.array(option, { maxLength: 4 }))
    .map(([patterns, o]) => [`Host ${patterns.join(' ')}`, ...o.map((l) => `  ${l}`)].join('\n'));
  const text = fc
    .tuple(fc.array(option, { maxLength: 2 }), fc.array(block, { maxLength: 5 }))
    .map(([top, all]) => [...top, ...all, ''].join('\n'));
  const said = (n: FleetNode, configFile: string) =>
    resolveTarget(n, { ...options, configFile }).catch((e: unknown) => (e as { code: string }).code);
  const values = fc.constantFrom<Record<string, string>>({}, {}, { user: 'u1', port: '99' }, { address: '10.0.0.9' });
  await fc.assert(
    fc.asyncProperty(text, values, fc.shuffledSubarray(names, { minLength: 3 }), async (t, v, order) => {
      const one = config(t);
      const together = [];
      for (const n of order) together.push(await said(node(n, v), one));
      // A file of its own for each: nothing is known of it yet.
      const alone = await Promise.all(order.map((n) => said(node(n, v), config(t))));
      assert.deepEqual(together, alone);
    }),
    { numRuns: 25 },
  );
});
