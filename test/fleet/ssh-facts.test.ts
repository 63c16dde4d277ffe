// Whom root trusts over SSH and who may log in: what the collector brings of it, in each shell, against ssh-keygen.
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { factsOf } from '../../server/src/fleet/collect/facts';
import { readAnswer, type Answer } from '../../server/src/fleet/collect/frames';
import { collector } from '../../server/src/fleet/collect/script';
import { ssh } from '../../server/src/fleet/collect/ssh';
import { hmacSha1, sha1 } from '../../server/src/model/sha1';
import { knows } from '../../server/src/model/ssh';
import { tempFolder } from '../support/temp';

const SHELLS = [['dash'], ['bash'], ['busybox', 'sh']];
const PASSWD = 'root:x:0:0:root:/root:/bin/bash\nnova:x:110:119::/var/lib/nova:/bin/sh\nbin:x:2:2::/bin:/bin/sh\n';
const SSHD =
  'Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\n#AuthorizedKeysCommand x\nHostKey /etc/ssh/ssh_host_rsa_key\n';
const SECRET = 'geheim-5e7d';

const keygen = (...words: string[]): string => execFileSync('ssh-keygen', words, { encoding: 'utf8' });
const folder = tempFolder({
  'etc/passwd': PASSWD,
  'etc/ssh/sshd_config': `${SSHD}Match User x\n  PermitRootLogin yes\n`,
  'etc/ssh/sshd_config.d/a.conf': `AuthorizedKeysCommand /bin/x ${SECRET}\nGSSAPIAuthentication no\n`,
  'etc/ssh/ssh_config': 'Host *\n  SendEnv LANG\n  HashKnownHosts yes\nHost unix/* vsock/*\n  ProxyCommand x\n',
  'root/.ssh/config': `# ProxyJump nobody\nHost c9\n  HostName=10.0.0.9\n  ProxyCommand sshpass -p ${SECRET} ssh %h\n  user nova\n`,
  'root/.ssh/authorized_keys': '',
  'var/lib/nova/.ssh/authorized_keys2': '',
});
const at = (name: string): string => path.join(folder.path, name);
const keyOf = (name: string): string => readFileSync(at(name), 'utf8').trim();
/** As `ssh-keygen -l` has it, behind the type of the protocol. */
const printOf = (name: string): string => `${keyOf(name).split(' ')[0]!} ${keygen('-lf', at(name)).split(' ')[1]!}`;

before(() => {
  for (const [type, name] of [
    ['rsa', 'etc/ssh/ssh_host_rsa_key'],
    ['ecdsa', 'etc/ssh/ssh_host_ecdsa_key'],
    ['ed25519', 'root/.ssh/id_ed25519'],
    ['ed25519', 'root/.ssh/other'],
    ['rsa', 'root/.ssh/id_rsa'],
  ])
    keygen('-q', '-t', type!, '-N', '', '-C', `comment ${SECRET}`, '-f', at(name!));
  const [own, other] = [keyOf('root/.ssh/id_ed25519.pub'), keyOf('root/.ssh/other.pub')];
  const options = `from="10.0.0.*",environment="TOKEN=${SECRET}",command="echo ssh-rsa ${SECRET}"`;
  writeFileSync(at('root/.ssh/authorized_keys'), `# ${own}\n${options} ${other}\n\n  ${own}\n`);
  writeFileSync(at('var/lib/nova/.ssh/authorized_keys2'), `restrict ${own}\n`);
  writeFileSync(at('etc/ssh/ssh_known_hosts'), `@cert-authority *.x ${other}\nc2,10.0.0.2\t${own}\n`);
  writeFileSync(at('root/.ssh/known_hosts'), `c3 ${other}\n[c4]:2222 ${other}\n`);
  keygen('-q', '-H', '-f', at('root/.ssh/known_hosts'));
});
after(() => {
  folder.remove();
});

/** What `trust` says of the tree, as a node's own shell runs it; nothing else is asked. @param bin of programs before the system's */
function collected(shell: readonly string[], tree = folder.path, bin = ''): Answer & { readonly raw: Buffer } {
  const script = collector().replace(/^words=[\s\S]*$/m, '');
  const [program, ...args] = shell;
  const input = `${script}\nprintf '@@livemig begin 1 %s\\n' "$encoding"\ntrust "$1"\nprintf '@@livemig end\\n'\n`;
  const { stdout, stderr } = spawnSync(program!, [...args, '-s', '--', tree], {
    input,
    cwd: '/',
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });
  assert.equal(stderr.toString(), '');
  return { ...readAnswer(stdout), raw: stdout };
}

for (const shell of SHELLS)
  describe(shell.join(' '), () => {
    test('keys by their fingerprints, names as they stand there, options that are not usual', () => {
      const { facts } = factsOf(collected(shell));
      const [own, other] = [printOf('root/.ssh/id_ed25519.pub'), printOf('root/.ssh/other.pub')];
      const { known = [], ...rest } = facts.ssh!;
      assert.deepEqual(rest, {
        keys: [printOf('root/.ssh/id_rsa.pub'), own],
        authorized: { root: [`options ${other}`, own], nova: [`options ${own}`] },
        hostKeys: [printOf('etc/ssh/ssh_host_rsa_key.pub')],
        client: ['hostname 10.0.0.9', 'proxycommand ?', 'user nova'],
        server: ['permitrootlogin no', 'permitrootlogin ?', 'authorizedkeyscommand ?'],
      });
      assert.equal(known.length, 4);
      const [hashed, port, authority, clear] = known as [string, string, string, string];
      assert.match(hashed, /^\|1\|\S+ ssh-ed25519 SHA256:/);
      assert.deepEqual([clear, authority], [`c2,10.0.0.2 ${own}`, `@cert-authority *.x ${other}`]);
      assert.deepEqual(
        [knows(hashed, 'C3'), knows(hashed, 'c4'), knows(port, '[c4]:2222'), knows(clear, '10.0.0.2')],
        [true, false, true, true],
      );
    });

    test('nothing of private keys, of comments, of what options hold leaves the node', () => {
      const { raw, outputs } = collected(shell);
      const all = `${raw.toString()}${[...outputs.values()].map((o) => o.text).join('')}`;
      for (const secret of [SECRET, 'sshpass', 'PRIVATE', 'TOKEN', 'comment', 'nobody', 'LANG'])
        assert.ok(!all.includes(secret), secret);
      for (const name of ['root/.ssh/id_rsa', 'root/.ssh/id_ed25519', 'etc/ssh/ssh_host_rsa_key']) {
        const lines = keyOf(name).split('\n').slice(1, -1);
        assert.ok(
          lines.every((line) => !all.includes(line)),
          name,
        );
        assert.ok(!JSON.stringify(factsOf(collected(shell)).facts).includes(lines[0]!));
      }
    });

    test('where a private key has no public one beside it, or a file is none of text, less is told', () => {
      const file = at('root/.ssh/id_ecdsa');
      writeFileSync(file, 'x');
      try {
        const { facts } = factsOf(collected(shell));
        assert.equal(facts.ssh?.keys, undefined);
        assert.ok(facts.ssh?.known && facts.ssh.hostKeys);
      } finally {
        rmSync(file);
      }
      const other = tempFolder({
        'etc/passwd': PASSWD,
        'etc/ssh/sshd_config': SSHD,
        'root/.ssh/known_hosts': 'c1 ssh-rsa AAAA\0\n',
      });
      try {
        assert.equal(factsOf(collected(shell, other.path)).facts.ssh, undefined);
        rmSync(path.join(other.path, 'root/.ssh/known_hosts'));
        assert.deepEqual(factsOf(collected(shell, other.path)).facts.ssh, {
          ...{ known: [], keys: [], authorized: { root: [], nova: [] }, client: [], server: ['permitrootlogin no'] },
        });
        rmSync(path.join(other.path, 'etc/ssh/sshd_config'));
        assert.equal(factsOf(collected(shell, other.path)).facts.ssh, undefined);
      } finally {
        other.remove();
      }
    });

    test('a file that cannot be read makes it all unknown, and is named', () => {
      // Root may read all but what a server keeps from it.
      const bin = tempFolder();
      const grep = '#!/bin/sh\necho "grep: $6: Permission denied" >&2\nexit 2\n';
      try {
        writeFileSync(path.join(bin.path, 'grep'), grep, { mode: 0o755 });
        const { failures, outputs } = collected(shell, folder.path, bin.path);
        assert.deepEqual([failures, outputs.size], [[{ what: 'ssh', why: 'could not be read' }], 0]);
      } finally {
        bin.remove();
      }
    });
  });

test('of a libvirt that runs in a container nothing is told: it reads other files', () => {
  const said = { status: 0, text: 'home root /root\n' };
  const answer = (daemons: string): Answer => ({
    ...{ files: [], failures: [], whole: true, begun: true },
    outputs: new Map([
      ['ssh', said],
      ['daemons', { status: 0, text: daemons }],
    ]),
  });
  assert.ok(factsOf(answer('== 1 libvirtd 5\n/usr/sbin/libvirtd\n')).facts.ssh);
  assert.equal(factsOf(answer('== elsewhere\n== 1 libvirtd 5\n/usr/sbin/libvirtd\n')).facts.ssh, undefined);
});

test('host keys elsewhere, certificates, a known_hosts beyond measure', () => {
  const base = 'home root /root\n/etc/ssh/ssh_host_rsa_key.pub ssh-rsa AAAA\n';
  assert.equal(ssh(base)?.hostKeys?.length, 1);
  assert.equal(ssh(`${base}/etc/ssh/sshd_config HostKey /srv/key\n`)?.hostKeys, undefined);
  assert.equal(
    ssh(`${base}private /root/.ssh/id_rsa\ncertificate\n/root/.ssh/id_rsa.pub ssh-rsa AAAA\n`)?.keys,
    undefined,
  );
  assert.equal(ssh(`${base}${'/root/.ssh/known_hosts ssh-rsa AAAA c1\n'.repeat(4001)}`)?.known, undefined);
  assert.equal(ssh(''), undefined);
});

test('SHA-1, with and without a key, is the platform’s', () => {
  for (const length of [0, 1, 3, 20, 55, 56, 63, 64, 65, 119, 120, 500]) {
    const [data, key] = [randomBytes(length), randomBytes(length)];
    assert.deepEqual(Buffer.from(sha1(data)), createHash('sha1').update(data).digest());
    assert.deepEqual(Buffer.from(hmacSha1(key, data)), createHmac('sha1', key).update(data).digest());
  }
});
