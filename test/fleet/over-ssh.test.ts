import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Facts } from '../../server/src/model/facts';
import { livemig } from '../support/cli';
import { tempFolder } from '../support/temp';
import { freePort, keygen, noSshd, startSshd, type Sshd } from './sshd';

const { path: folder, remove } = tempFolder();
// Accounts of sshd look for their keys in it.
chmodSync(folder, 0o711);
after(remove);
const file = (name: string): string => path.join(folder, name);

describe('livemig snapshot and check, over real sshds', { skip: noSshd }, () => {
  let one: Sshd;
  let two: Sshd;
  before(async () => {
    const key = keygen(file('id'));
    // A node that is reached as root, and one whose account has to ask sudo.
    one = await startSshd(folder, { keys: [key], config: ['PasswordAuthentication no'] });
    two = await startSshd(folder, { keys: [key], config: ['PasswordAuthentication no'] });
    const nobody = await freePort();
    writeFileSync(
      file('ssh_config'),
      `UserKnownHostsFile ${file('known_hosts')}\nIdentityFile ${file('id')}\nIdentityAgent none\n`,
    );
    writeFileSync(
      file('livemig.ini'),
      [
        ...['[node one]', 'address = 127.0.0.1', `port = ${one.port}`, 'user = root'],
        ...['[node two]', 'address = 127.0.0.1', `port = ${two.port}`, 'user = op'],
        ...['[node gone]', 'address = 127.0.0.1', `port = ${nobody}`, 'user = root', ''],
      ].join('\n'),
    );
    writeFileSync(
      file('known_hosts'),
      `[127.0.0.1]:${one.port} ${one.hostKey}\n[127.0.0.1]:${two.port} ${two.hostKey}\n`,
    );
  });
  after(async () => {
    await one.stop();
    await two.stop();
  });

  test('saves what a node is, read as root and by sudo, and names the node that cannot be reached', async () => {
    const run = await livemig(['snapshot', '--out', 'out', '--ssh-config', file('ssh_config')], { cwd: folder });
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, /^gone: .*(refused|reach)/im);
    assert.match(run.stdout, /^2 nodes saved in out, 1 failed$/m);
    for (const node of ['one', 'two']) {
      assert.equal(readFileSync(file(`out/${node}/etc/hosts`), 'utf8'), readFileSync('/etc/hosts', 'utf8'));
      const facts = JSON.parse(readFileSync(file(`out/${node}/facts.json`), 'utf8')) as Facts;
      const { stdout } = await promisify(execFile)('uname', ['-r']);
      assert.equal(facts.kernel, stdout.trim());
      // An account that only the sshd's own passwd knows.
      assert.match(readFileSync(file(`out/${node}/etc/passwd`), 'utf8'), /^op:x:64001:/m);
    }
    assert.equal(existsSync(file('out/gone')), false);
    const lint = await livemig(['lint', 'out'], { cwd: folder });
    assert.notEqual(lint.code, 2, lint.stderr);
  });

  test('a host key that nobody has seen is not trusted where nobody can be asked', async () => {
    writeFileSync(file('empty'), '');
    writeFileSync(file('ssh_config2'), readFileSync(file('ssh_config'), 'utf8').replace('known_hosts', 'empty'));
    const run = await livemig(['snapshot', 'one', '--out', 'none', '--ssh-config', file('ssh_config2')], {
      cwd: folder,
    });
    assert.equal(run.code, 2);
    assert.match(run.stderr, /^one: .*key/m);
    assert.equal(readFileSync(file('empty'), 'utf8'), '');
    assert.equal(existsSync(file('none')), false);
  });

  test('check judges nodes without writing a file', async () => {
    const run = await livemig(['check', 'one', 'two', '--ssh-config', file('ssh_config'), '--format', 'json'], {
      cwd: folder,
    });
    assert.notEqual(run.code, 2, run.stderr);
    assert.ok(Array.isArray((JSON.parse(run.stdout) as { findings: unknown[] }).findings));
  });
});
