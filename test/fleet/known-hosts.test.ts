import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import {
  fingerprint,
  keyType,
  knownName,
  knownTypes,
  parseKnownHosts,
  store,
  verify,
} from '../../server/src/fleet/ssh/known-hosts';
import { nameTest, type Hmac } from '../../server/src/model/known-hosts';
import { knows } from '../../server/src/model/ssh';
import { tempFolder } from '../support/temp';

const { path: folder, remove } = tempFolder();
after(remove);
const keygen = { skip: spawnSync('ssh-keygen', ['-?']).error !== undefined && 'ssh-keygen is not installed' };

/** A key of ed25519 whose 32 bytes are all the same. */
function ed25519(byte: number): Buffer {
  const field = (data: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, data.length]), data]);
  return Buffer.concat([field(Buffer.from('ssh-ed25519')), field(Buffer.alloc(32, byte))]);
}
const line = (hosts: string, key: Buffer) => `${hosts} ssh-ed25519 ${key.toString('base64')}`;
const hmac: Hmac = (salt, name) => createHmac('sha1', salt).update(name).digest();
const hash = (name: string, salt = Buffer.alloc(20, 7)) =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
const RSA =
  'AAAAB3NzaC1yc2EAAAADAQABAAABAQCjFvOLsVxwuYV7iB0bD0xDzCZ3JqKzYv0dBfyK0vB0dBhUnmpVXQdqwhkWeW3aaDcDxXwxgXpnZ0Z2n8m5mX4f';

let files = 0;
function target(texts: string | readonly string[], host = 'compute1', port = 22, hostKeyAlias?: string) {
  const knownHosts = [texts].flat().map((text) => {
    const file = path.join(folder, `known_hosts${files++}`);
    writeFileSync(file, text);
    return file;
  });
  return { host, port, hostKeyAlias, knownHosts };
}

describe('verify', () => {
  test('known, unknown, changed', async () => {
    const known = target(`# ours\n\n${line('other,compute1', ed25519(1))} a comment\n`);
    assert.deepEqual(await verify(known, ed25519(1)), { kind: 'known', file: known.knownHosts[0], line: 3 });
    assert.deepEqual(await verify(target(''), ed25519(1)), { kind: 'unknown', others: [], authorities: [] });
    assert.deepEqual(await verify(known, ed25519(2)), {
      kind: 'changed',
      file: known.knownHosts[0],
      line: 3,
      known: fingerprint(ed25519(1)),
      offered: fingerprint(ed25519(2)),
    });
  });

  test('a right line settles it also beside a wrong one, in any of the files', async () => {
    const both = target([line('compute1', ed25519(1)), line('compute*', ed25519(2))]);
    assert.deepEqual(await verify(both, ed25519(2)), { kind: 'known', file: both.knownHosts[1], line: 1 });
  });

  test('a revoked key is refused also where it stands as known', async () => {
    const text = `${line('compute1', ed25519(1))}\n@revoked ${line('*', ed25519(1))}\n`;
    const revoked = target(text);
    assert.deepEqual(await verify(revoked, ed25519(1)), {
      kind: 'revoked',
      file: revoked.knownHosts[0],
      line: 2,
      offered: fingerprint(ed25519(1)),
    });
    // It says nothing of other keys.
    assert.equal((await verify(target(`@revoked ${line('*', ed25519(1))}`), ed25519(2))).kind, 'unknown');
  });

  test('an authority signs keys, it is none, and is told', async () => {
    const signed = target(`@cert-authority ${line('*.example.org', ed25519(1))}\n`, 'c1.example.org');
    for (const key of [ed25519(1), ed25519(2)])
      assert.deepEqual(await verify(signed, key), {
        kind: 'unknown',
        others: [],
        authorities: [{ file: signed.knownHosts[0], line: 1 }],
      });
  });

  test('a key of another type is told, and asked for first', async () => {
    const rsa = target(`compute1 ssh-rsa ${RSA}\n`);
    const verdict = await verify(rsa, ed25519(1));
    assert.deepEqual(verdict, {
      kind: 'unknown',
      others: [
        {
          file: rsa.knownHosts[0],
          line: 1,
          type: 'RSA',
          fingerprint: fingerprint(Buffer.from(RSA, 'base64')),
        },
      ],
      authorities: [],
    });
    assert.deepEqual(await knownTypes(rsa), ['ssh-rsa']);
    assert.deepEqual(await knownTypes({ ...rsa, port: 2222 }), ['ssh-rsa']);
  });

  test('ports: by their own name, or by a right key at 22; a wrong one there says nothing', async () => {
    const own = `${line('[compute1]:2222', ed25519(1))}\n${line('compute1', ed25519(2))}\n`;
    assert.equal((await verify(target(own, 'compute1', 2222), ed25519(1))).kind, 'known');
    assert.equal((await verify(target(own, 'compute1', 2222), ed25519(2))).kind, 'changed');
    assert.equal((await verify(target(own, 'compute1', 2223), ed25519(2))).kind, 'known');
    assert.equal((await verify(target(own, 'compute1', 2223), ed25519(1))).kind, 'unknown');
    assert.equal((await verify(target(own), ed25519(1))).kind, 'changed');
  });

  test('an alias stands for host and port', async () => {
    const text = line('Prod-1,[prod-1]:2222', ed25519(1));
    assert.equal((await verify(target(text, '10.0.0.1', 2222, 'prod-1'), ed25519(1))).kind, 'known');
    assert.equal((await verify(target(text, 'prod-1', 2222, 'other'), ed25519(1))).kind, 'unknown');
  });

  test('names compare without case, hashed ones as well', async () => {
    for (const hosts of ['Compute1.Example.org', hash('compute1.example.org')])
      assert.equal((await verify(target(line(hosts, ed25519(1)), 'COMPUTE1.example.ORG'), ed25519(1))).kind, 'known');
  });

  test('lines that nobody can read are passed over', async () => {
    const nonsense = [
      'compute1',
      'compute1 ssh-ed25519',
      'compute1 ssh-ed25519 ****',
      `compute1 ssh-rsa ${ed25519(2).toString('base64')}`,
      `@other ${line('compute1', ed25519(2))}`,
      'compute1 2048 65537 1234567890',
      '|1|x|y ssh-ed25519 AAAA',
      line(`|1|${'A'.repeat(27)}=|short`, ed25519(2)),
      `# ${line('compute1', ed25519(2))}`,
    ];
    assert.equal((await verify(target(nonsense.join('\n')), ed25519(1))).kind, 'unknown');
  });

  test('a file that cannot be read is no empty one', async () => {
    const directory = { host: 'a', port: 22, hostKeyAlias: undefined, knownHosts: [folder] };
    await assert.rejects(verify(directory, ed25519(1)), { code: 'host-key' });
    const missing = { ...directory, knownHosts: [path.join(folder, 'missing')] };
    assert.equal((await verify(missing, ed25519(1))).kind, 'unknown');
  });
});

describe('a file that lies there for long, and is read only when it changed', () => {
  test('whatever is written into it meanwhile counts for the next connection', async () => {
    const of = target(`${line('compute1', ed25519(1))}\n`);
    const file = of.knownHosts[0]!;
    const settle = async (): Promise<void> => {
      while (Date.now() - statSync(file).ctimeMs <= 2100) await sleep(50);
    };
    await settle();
    assert.equal((await verify(of, ed25519(1))).kind, 'known');
    assert.equal((await verify(of, ed25519(1))).kind, 'known');
    // Not a byte more or less than before.
    writeFileSync(file, `${line('compute1', ed25519(2))}\n`);
    assert.equal((await verify(of, ed25519(1))).kind, 'changed');
    assert.equal((await verify(of, ed25519(2))).kind, 'known');
    await settle();
    assert.equal((await verify(of, ed25519(2))).kind, 'known');
    appendFileSync(file, `@revoked ${line('*', ed25519(2))}\n`);
    assert.equal((await verify(of, ed25519(2))).kind, 'revoked');
    rmSync(file);
    assert.equal((await verify(of, ed25519(2))).kind, 'unknown');
    assert.equal(await store(of, ed25519(3)), file);
    assert.equal((await verify(of, ed25519(3))).kind, 'known');
    assert.deepEqual(await knownTypes(of), ['ssh-ed25519']);
  });
});

describe('store', () => {
  test('makes folder and file for the owner alone, and what it wrote is known', async () => {
    const file = path.join(folder, 'new/ssh/known_hosts');
    const fresh = { host: '2001:DB8::1', port: 2222, hostKeyAlias: undefined, knownHosts: [file] };
    assert.equal(await store(fresh, ed25519(1)), file);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700);
    assert.equal(readFileSync(file, 'utf8'), `${line('[2001:db8::1]:2222', ed25519(1))}\n`);
    assert.equal((await verify(fresh, ed25519(1))).kind, 'known');
  });

  test('appends, keeping every byte, also behind a last line without its end', async () => {
    const before = `#\r\n\xff ${line('a', ed25519(1))}`;
    const file = path.join(folder, 'appended');
    writeFileSync(file, before, 'latin1');
    const host = { host: 'b', port: 22, hostKeyAlias: undefined, knownHosts: [file] };
    await store(host, ed25519(2));
    assert.equal(readFileSync(file, 'latin1'), `${before}\n${line('b', ed25519(2))}\n`);
    await store({ ...host, host: 'c' }, ed25519(3));
    assert.equal(readFileSync(file, 'latin1'), `${before}\n${line('b', ed25519(2))}\n${line('c', ed25519(3))}\n`);
  });

  test('hashes where the file is hashed', async () => {
    const host = target(`${line(hash('a'), ed25519(1))}\n`, 'b', 2222);
    await store(host, ed25519(2));
    const written = readFileSync(host.knownHosts[0]!, 'utf8').split('\n')[1]!;
    assert.match(written, /^\|1\|[\w+/]{27}=\|[\w+/]{27}= ssh-ed25519 /);
    assert.equal((await verify(host, ed25519(2))).kind, 'known');
  });

  test('says where it could not be kept', async () => {
    const host = {
      host: 'b',
      port: 22,
      hostKeyAlias: undefined,
      knownHosts: [path.join(folder, 'appended/x/known_hosts')],
    };
    await assert.rejects(store(host, ed25519(1)), { code: 'host-key' });
    await assert.rejects(store({ ...host, knownHosts: [] }, ed25519(1)), { code: 'host-key' });
  });
});

describe('beside ssh-keygen', () => {
  test('-F finds the same lines', keygen, () => {
    const names = ['a', 'b.example.org', '[a]:2222', '10.0.0.1', '2001:db8::1', '[10.0.0.1]:22'];
    const name = fc.constantFrom(...names);
    const pattern = fc.oneof(
      { weight: 3, arbitrary: name },
      fc.constantFrom(
        '*',
        '?',
        '*.example.org',
        '!a',
        '!*.org',
        '[a]:*',
        '10.0.0.?',
        '!?',
        'A',
        '2001:db8:*',
        '**a',
        '!',
      ),
    );
    const hosts = fc.oneof(
      fc.array(pattern, { minLength: 1, maxLength: 4 }).map((p) => p.join(',')),
      fc.tuple(name, fc.uint8Array({ minLength: 20, maxLength: 20 })).map(([n, s]) => hash(n, Buffer.from(s))),
      // Damaged ones.
      fc
        .tuple(name, fc.uint8Array({ minLength: 19, maxLength: 21 }), fc.constantFrom(/$/, /=/, /=$/, /.$/, /^.../))
        .map(([n, s, cut]) => hash(n, Buffer.from(s)).replace(cut, '')),
      fc.constantFrom('|1|', '|1||', '|1|?|?', `${hash('a')}|`, `${hash('a')},a`, `a,${hash('a')}`),
    );
    const entry = fc
      .tuple(
        fc.constantFrom('', '', '', '@cert-authority ', '@revoked ', '  ', '\t'),
        hosts,
        fc.nat(255),
        fc.constantFrom('', ' comment with words', '  '),
      )
      .map(([marker, h, byte, comment]) => `${marker}${line(h, ed25519(byte))}${comment}`);
    const other = fc.constantFrom('', '# a', '#', '   ');
    const file = path.join(folder, 'generated');
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 4, arbitrary: entry }, other), { maxLength: 8 }),
        name,
        (lines, wanted) => {
          const text = lines.map((l) => `${l}\n`).join('');
          writeFileSync(file, text);
          const { stdout } = spawnSync('ssh-keygen', ['-F', wanted, '-f', file], { encoding: 'utf8' });
          const found = [...stdout.matchAll(/^# Host .* found: line (\d+) ?(.*)$/gm)].map(([, l, m]) => `${l} ${m}`);
          const all = parseKnownHosts(text);
          const named = all.filter(({ hosts }) => nameTest(hosts, hmac)(wanted));
          // Rules judge the same lines without node's crypto.
          for (const entry of all)
            assert.equal(knows(`${entry.hosts} ${entry.type} SHA256:x`, wanted), named.includes(entry));
          const ours = named.map((e) => `${e.line} ${e.marker === 'revoked' ? 'REVOKED' : e.marker ? 'CA' : ''}`);
          assert.deepEqual(ours, found);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('fingerprints and types are those of -l, and it finds what was stored', keygen, async () => {
    for (const [type, ...bits] of [['ed25519'], ['ecdsa', '-b', '384'], ['rsa', '-b', '2048']] as const) {
      const file = path.join(folder, `key-${type}`);
      execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-f', file]);
      const key = Buffer.from(readFileSync(`${file}.pub`, 'utf8').split(' ')[1]!, 'base64');
      const said = execFileSync('ssh-keygen', ['-l', '-f', `${file}.pub`], { encoding: 'utf8' });
      assert.equal(said.split(' ')[1], fingerprint(key));
      assert.equal(/\((.*)\)/.exec(said)?.[1], keyType(key));

      for (const before of ['', `${line(hash('x'), ed25519(1))}\n`]) {
        const host = target(before, 'compute1', 2200);
        await store(host, key);
        const found = execFileSync('ssh-keygen', ['-F', knownName(host), '-f', host.knownHosts[0]!], {
          encoding: 'utf8',
        });
        assert.ok(found.includes(key.toString('base64')), found);
      }
    }
  });
});

test('types that no key here has are named, too', () => {
  const named = (type: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(type.length);
    return keyType(Buffer.concat([length, Buffer.from(type)]));
  };
  assert.equal(named('ssh-dss'), 'DSA');
  assert.equal(named('sk-ssh-ed25519@openssh.com'), 'ED25519-SK');
  assert.equal(named('sk-ecdsa-sha2-nistp256@openssh.com'), 'ECDSA-SK');
  assert.equal(named('something'), 'something');
});
