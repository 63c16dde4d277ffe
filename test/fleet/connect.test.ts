import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { connect, type ConnectOptions } from '../../server/src/fleet/ssh/connect';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import { fingerprint } from '../../server/src/fleet/ssh/known-hosts';
import { KeyStore } from '../../server/src/fleet/ssh/keys';
import { OUTPUT_LIMIT_BYTES } from '../../server/src/fleet/shell';
import type { Prompts, SshTarget } from '../../server/src/fleet/types';
import { tempFolder } from '../support/temp';
import { isRunning } from './processes';
import {
  answering,
  children,
  freePort,
  keygen,
  kill,
  noSshd,
  sleep,
  startAgent,
  startSshd,
  targetOf,
  type Sshd,
} from './sshd';

const { path: folder, remove } = tempFolder();
// Accounts of sshd look for their keys in it.
chmodSync(folder, 0o711);
after(remove);
const file = (name: string) => path.join(folder, name);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const T = 60_000;

/** Connects, trusting the host, and closes when the test ends. */
async function dial(
  t: TestContext,
  target: SshTarget,
  prompts: Prompts = answering({ hostKey: true }),
  options: ConnectOptions = {},
  log: string[] = [],
): Promise<SshConnection> {
  const connection = await connect(target, prompts, (line) => log.push(line), undefined, options);
  t.after(() => connection.close());
  return connection;
}

let numbers = 0;
const freshKnownHosts = () => ({ knownHosts: [file(`known_hosts${numbers++}`)] });
const blob = (sshd: Sshd) => Buffer.from(sshd.hostKey.split(' ')[1]!, 'base64');

describe('a real sshd', { skip: noSshd }, () => {
  let sshd: Sshd;
  const keys: Record<string, string> = {};
  before(async () => {
    const all = [keygen(file('ed'))];
    all.push(keygen(file('ec'), 'ecdsa'), keygen(file('rsa'), 'rsa'), keygen(file('sealed'), 'ed25519', 'pass phrase'));
    all.push(keygen(file('pem'), 'rsa', 'old style', '-m', 'PEM'));
    keygen(file('stranger'));
    for (const key of all) keys[key.split(' ')[2]!] = key;
    sshd = await startSshd(folder, { keys: all, config: ['PasswordAuthentication no'] });
  });
  after(() => sshd.stop());
  const target = (more: Partial<SshTarget> = {}) =>
    targetOf(folder, sshd.port, { identityFiles: [file('ed')], ...freshKnownHosts(), ...more });

  describe('host keys', () => {
    test('an unknown one is asked for, with the fingerprint of ssh-keygen, and kept on yes', async (t) => {
      const of = target();
      const prompts = answering({ hostKey: true });
      const log: string[] = [];
      await dial(t, of, prompts, {}, log);
      assert.deepEqual(prompts.questions, [
        { host: '127.0.0.1', port: sshd.port, type: 'ED25519', fingerprint: fingerprint(blob(sshd)) },
      ]);
      assert.equal(readFileSync(of.knownHosts[0]!, 'utf8'), `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
      assert.match(log.join('\n'), /kept in .*known_hosts/);
      await dial(t, of, answering({}));
    });

    test('no means no: nothing is kept, nothing is said of who wanted in', async () => {
      const of = target();
      const at = sshd.log().length;
      await assert.rejects(
        connect(of, answering({ hostKey: false }), () => undefined),
        {
          code: 'host-key',
          message: /unknown, and was not trusted: ED25519 SHA256:/,
        },
      );
      assert.equal(existsSync(of.knownHosts[0]!), false);
      await sleep(100);
      assert.doesNotMatch(sshd.log().slice(at), /for root|invalid user|Failed|Accepted/);
    });

    test('a changed one is refused, with both fingerprints and the line', async () => {
      const of = target();
      const other = readFileSync(`${file('stranger')}.pub`, 'utf8').split(' ')[1]!;
      writeFileSync(of.knownHosts[0]!, `# ours\n[127.0.0.1]:${sshd.port} ssh-ed25519 ${other}\n`);
      const at = sshd.log().length;
      await assert.rejects(
        connect(of, answering({ hostKey: true }), () => undefined),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'host-key');
          for (const part of [
            `${of.knownHosts[0]}, line 2`,
            fingerprint(blob(sshd)),
            fingerprint(Buffer.from(other, 'base64')),
          ])
            assert.ok(error.message.includes(part), error.message);
          return true;
        },
      );
      await sleep(100);
      assert.doesNotMatch(sshd.log().slice(at), /for root|Accepted/);
    });

    test('revoked', async () => {
      const of = target();
      writeFileSync(of.knownHosts[0]!, `@revoked * ${sshd.hostKey}\n`);
      await assert.rejects(
        connect(of, answering({ hostKey: true }), () => undefined),
        {
          code: 'host-key',
          message: /line 1, revokes/,
        },
      );
    });

    test('hashed by ssh-keygen itself', async (t) => {
      const of = target();
      writeFileSync(of.knownHosts[0]!, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
      execFileSync('ssh-keygen', ['-H', '-f', of.knownHosts[0]!], { stdio: 'ignore' });
      assert.match(readFileSync(of.knownHosts[0]!, 'utf8'), /^\|1\|/);
      await dial(t, of, answering({}));
    });

    test('of a server with several, that one is asked for which is known', async (t) => {
      const several = await startSshd(folder, {
        keys: [keys['ed']!],
        hostKeyType: 'rsa',
        config: [`HostKey ${file('ec')}`, `HostKey ${file('stranger')}`],
      });
      t.after(() => several.stop());
      const of = targetOf(folder, several.port, { identityFiles: [file('ed')], ...freshKnownHosts() });
      writeFileSync(of.knownHosts[0]!, `[127.0.0.1]:${several.port} ${several.hostKey}\n`);
      await dial(t, of, answering({}));
      const ecdsa = readFileSync(`${file('ec')}.pub`, 'utf8');
      writeFileSync(of.knownHosts[0]!, `[127.0.0.1]:${several.port} ${ecdsa}`);
      await dial(t, of, answering({}));
    });

    test('known by another type only: asked, and told so; an authority as well', async (t) => {
      const of = target();
      const rsa = readFileSync(`${file('rsa')}.pub`, 'utf8').trim();
      writeFileSync(of.knownHosts[0]!, `[127.0.0.1]:${sshd.port} ${rsa}\n@cert-authority * ${rsa}\n`);
      const prompts = answering({ hostKey: true });
      await dial(t, of, prompts);
      assert.match(
        (prompts.questions[0] as { note: string }).note,
        /known so far by another key, RSA SHA256:.*line 1.*line 2, trusts/,
      );
    });
  });

  describe('login', () => {
    for (const key of ['ed', 'ec', 'rsa'])
      test(`by a key file: ${key}`, async (t) => {
        const connection = await dial(t, target({ identityFiles: [file('missing'), file(key)] }));
        assert.equal(text((await connection.run(['id', '-u'], { timeout: T })).stdout), '0\n');
      });

    test('by an encrypted key: asked once, by all who share the store', async (t) => {
      const prompts = answering({ hostKey: true, passphrases: ['pass phrase'] });
      const options = { keys: new KeyStore() };
      const of = target({ identityFiles: [file('sealed')] });
      writeFileSync(of.knownHosts[0]!, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
      await Promise.all([dial(t, of, prompts, options), dial(t, of, prompts, options)]);
      await dial(t, of, prompts, options);
      assert.deepEqual(prompts.asked, ['passphrase']);
      assert.deepEqual(prompts.questions, [{ file: file('sealed'), again: false }]);
    });

    test('a wrong passphrase is asked for again, twice at most', async (t) => {
      const of = target({ identityFiles: [file('sealed')] });
      const right = answering({ hostKey: true, passphrases: ['x', 'y', 'pass phrase'] });
      await dial(t, of, right);
      assert.deepEqual(
        right.questions.slice(1).map((q) => (q as { again: boolean }).again),
        [false, true, true],
      );
      const wrong = answering({ hostKey: true, passphrases: ['x', 'y', 'z', 'pass phrase'] });
      await assert.rejects(
        connect(of, wrong, () => undefined),
        { code: 'authentication', message: /was not opened/ },
      );
      assert.deepEqual(wrong.asked, ['passphrase', 'passphrase', 'passphrase']);
    });

    test('no passphrase is asked for a key that the host does not take', async () => {
      keygen(file('sealed-stranger'), 'ed25519', 'x');
      await assert.rejects(
        connect(target({ identityFiles: [file('sealed-stranger')] }), answering({ hostKey: true }), () => undefined),
        {
          code: 'authentication',
          message: /does not let root in\. Tried: .*sealed-stranger\. It takes publickey/,
        },
      );
    });

    test('an old encrypted file: its public half beside it, or none', async (t) => {
      const prompts = answering({ hostKey: true, passphrases: ['old style'] });
      await dial(t, target({ identityFiles: [file('pem')] }), prompts);
      writeFileSync(file('pem-alone'), readFileSync(file('pem')), { mode: 0o600 });
      await dial(
        t,
        target({ identityFiles: [file('pem-alone')] }),
        answering({ hostKey: true, passphrases: ['old style'] }),
      );
    });

    test('by the agent, which has the encrypted key: nothing is asked', async (t) => {
      execFileSync('cp', [file('sealed'), file('opened')]);
      execFileSync('ssh-keygen', ['-q', '-p', '-P', 'pass phrase', '-N', '', '-f', file('opened')]);
      for (const key of ['opened', 'ec', 'rsa']) {
        const agent = await startAgent(folder, [file(key)]);
        t.after(() => agent.stop());
        await dial(t, target({ identityFiles: [file('sealed')], agent: agent.socket }), answering({ hostKey: true }));
      }
    });

    test('the named key of an agent with many comes first', async (t) => {
      const many = Array.from({ length: 7 }, (_, i) => file(`many${i}`));
      for (const key of many) keygen(key);
      const agent = await startAgent(folder, [...many, file('ed')]);
      t.after(() => agent.stop());
      await dial(t, target({ agent: agent.socket }));
      await assert.rejects(
        connect(target({ agent: agent.socket, identityFiles: [] }), answering({ hostKey: true }), () => undefined),
        {
          code: 'authentication',
          message: /gave up before all keys were tried: name the right one with identity/,
        },
      );
      await assert.rejects(
        connect(
          target({ agent: agent.socket, identityFiles: [], identitiesOnly: true }),
          answering({ hostKey: true }),
          () => undefined,
        ),
        { code: 'authentication', message: /There was nothing to try/ },
      );
    });

    test('an agent that is not there is told, and the keys are tried', async (t) => {
      await dial(t, target({ agent: file('no-agent') }));
      await assert.rejects(
        connect(target({ agent: file('no-agent'), identityFiles: [] }), answering({ hostKey: true }), () => undefined),
        {
          code: 'authentication',
          message: /The agent at .*no-agent does not answer/,
        },
      );
    });

    test('a stranger is not let in, and is told what was tried', async () => {
      writeFileSync(file('nonsense'), 'nonsense');
      const of = target({ identityFiles: [file('nonsense'), `${file('ed')}.pub`, file('stranger')] });
      await assert.rejects(
        connect(of, answering({ hostKey: true }), () => undefined),
        {
          code: 'authentication',
          message:
            /Tried: .*stranger\. It takes publickey\. .*nonsense cannot be used: .*ed\.pub cannot be used: it is a public key/,
        },
      );
    });
  });

  describe('commands', () => {
    test('words, input, output, status, signal', async (t) => {
      const log: string[] = [];
      const connection = await dial(t, target(), undefined, {}, log);
      const words = ["a'b", '$HOME', '*', 'x\ny', '!', '\\'];
      const ran = await connection.run(['sh', '-c', 'printf "%s|" "$@"; cat; echo err >&2; exit 7', 'sh', ...words], {
        input: 'in\n',
        timeout: T,
      });
      assert.deepEqual(
        { ...ran, stdout: text(ran.stdout) },
        {
          code: 7,
          signal: undefined,
          stdout: `${words.map((w) => `${w}|`).join('')}in\n`,
          stderr: 'err\n',
        },
      );
      const killed = await connection.run(['sh', '-c', 'kill -9 $$'], { timeout: T });
      assert.deepEqual([killed.signal, killed.code, killed.stderr], ['SIGKILL', undefined, '']);
      assert.match(log.join('\n'), /: sh -c "printf .*" sh "a'b" .* → 7 \(\d+ ms\)$/m);
      assert.doesNotMatch(log.join('\n'), /in\\n|PRIVATE/);
    });

    test('large input arrives whole', async (t) => {
      const connection = await dial(t, target());
      const input = Buffer.alloc(5 << 20, 'livemig ');
      const ran = await connection.run(['sha256sum'], { input, timeout: T });
      assert.equal(
        text(ran.stdout).split(' ')[0],
        execFileSync('sha256sum', { input, encoding: 'utf8' }).split(' ')[0],
      );
    });

    test('more at once than sshd has sessions', async (t) => {
      const connection = await dial(t, target());
      const rans = await Promise.all(
        Array.from({ length: 30 }, (_, i) => connection.run(['echo', String(i)], { timeout: T })),
      );
      assert.deepEqual(
        rans.map((r) => text(r.stdout)),
        Array.from({ length: 30 }, (_, i) => `${i}\n`),
      );
    });

    test('one that hangs ends on the node, too, also when it ignores the first signal', async (t) => {
      const connection = await dial(t, target());
      const pid = file('hanging');
      for (const script of [`echo $$ >${pid}; exec sleep 300`, `trap '' TERM; echo $$ >${pid}; sleep 300; sleep 300`]) {
        await assert.rejects(connection.run(['sh', '-c', script], { timeout: 2000 }), {
          code: 'timeout',
          message: /sh did not end within 2 s/,
        });
        const hanging = readFileSync(pid, 'utf8').trim();
        for (let i = 0; i < 2400 && isRunning(hanging); i++) await sleep(50);
        assert.equal(isRunning(hanging), false, script);
      }
      assert.equal((await connection.run(['true'], { timeout: T })).code, 0);
    });

    test('cancelled', async (t) => {
      const connection = await dial(t, target());
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 100);
      await assert.rejects(connection.run(['sleep', '60'], { timeout: T, signal: controller.signal }), {
        code: 'cancelled',
      });
      await assert.rejects(connection.run(['true'], { timeout: T, signal: controller.signal }), { code: 'cancelled' });
      assert.equal((await connection.run(['true'], { timeout: T })).code, 0);
    });

    test('100 MiB are too much, 60 are not, and the connection goes on', async (t) => {
      const connection = await dial(t, target());
      const head = (mib: number) => connection.run(['head', '-c', String(mib << 20), '/dev/zero'], { timeout: 60_000 });
      await assert.rejects(head(100), { code: 'refused', message: /more than 64 MiB/ });
      assert.equal((await head(60)).stdout.length, 60 << 20);
      assert.equal(OUTPUT_LIMIT_BYTES, 64 << 20);
    });

    test('SFTP on the same connection, opened once', async (t) => {
      const connection = await dial(t, target());
      const [one, two] = await Promise.all([connection.sftp(), connection.sftp()]);
      assert.equal(one, two);
      const read = await new Promise<Buffer>((resolve, reject) => {
        one.readFile(file('ed.pub'), (error, data) => (error ? reject(error) : resolve(data)));
      });
      assert.equal(read.toString(), readFileSync(file('ed.pub'), 'utf8'));
    });

    test('closed by us: what runs and what comes later is told', async (t) => {
      const connection = await dial(t, target());
      const running = connection.run(['sleep', '60'], { timeout: T });
      const whys: string[] = [];
      connection.onClose((why) => whys.push(why.code));
      setTimeout(() => connection.close(), 100);
      await assert.rejects(running, { code: 'cancelled' });
      await assert.rejects(connection.run(['true'], { timeout: T }), { code: 'cancelled' });
      await assert.rejects(connection.sftp(), { code: 'cancelled' });
      connection.close();
      connection.onClose((why) => whys.push(why.code));
      assert.deepEqual(whys, ['cancelled', 'cancelled']);
    });
  });

  test('killed in the middle: what runs is told, and listeners once', async (t) => {
    const victim = await startSshd(folder, { keys: [keys['ed']!] });
    t.after(() => victim.stop());
    const connection = await dial(
      t,
      targetOf(folder, victim.port, { identityFiles: [file('ed')], ...freshKnownHosts() }),
    );
    const whys: string[] = [];
    connection.onClose((why) => whys.push(why.code));
    const running = ['60', '61'].map((s) =>
      assert.rejects(connection.run(['sleep', s], { timeout: T }), { code: 'lost' }),
    );
    await sleep(200);
    for (const pid of children(victim.pid)) kill(pid);
    await Promise.all(running);
    await assert.rejects(connection.run(['true'], { timeout: T }), { code: 'lost' });
    assert.deepEqual(whys, ['lost']);
    assert.equal(connection.closed?.code, 'lost');
  });

  test('stopped in the middle: keepalive notices', async (t) => {
    const victim = await startSshd(folder, { keys: [keys['ed']!] });
    t.after(() => victim.stop());
    const of = targetOf(folder, victim.port, { identityFiles: [file('ed')], ...freshKnownHosts() });
    const connection = await dial(t, of, undefined, { keepalive: 100 });
    const sessions = children(victim.pid);
    const signalled = (signal: NodeJS.Signals): void => {
      for (const pid of sessions) {
        try {
          process.kill(pid, signal);
        } catch {
          // the process that served the login was about to end
        }
      }
    };
    signalled('SIGSTOP');
    await assert.rejects(connection.run(['true'], { timeout: T }), { code: 'lost', message: /Keepalive/i });
    signalled('SIGCONT');
  });

  describe('jump hosts', () => {
    let inner: Sshd;
    before(async () => {
      inner = await startSshd(folder, { keys: [keys['ec']!], config: ['MaxStartups 100'] });
    });
    after(() => inner.stop());

    test('each host key is verified, each login its own, the connection is one', async (t) => {
      const known = freshKnownHosts();
      const through = targetOf(folder, inner.port, { identityFiles: [file('ec')], ...known, jumps: [target(known)] });
      const questions: number[] = [];
      const prompts = {
        ...answering({}),
        hostKey: (q: { port: number }) => Promise.resolve(questions.push(q.port) > 0),
      };
      const connection = await dial(t, through, prompts);
      assert.deepEqual(questions, [sshd.port, inner.port]);
      assert.match(
        text((await connection.run(['sh', '-c', 'echo $SSH_CONNECTION'], { timeout: T })).stdout),
        new RegExp(` ${inner.port}\n$`),
      );
      assert.match(sshd.log(), new RegExp(`direct-tcpip|127\\.0\\.0\\.1`));
    });

    test('many at once through one that takes eight on their way', async (t) => {
      // As MaxStartups has it, from the eighth on all are dropped. Who is let in is counted a moment longer.
      const narrow = await startSshd(folder, { keys: [keys['ed']!], config: ['MaxStartups 8:100:8'] });
      t.after(() => narrow.stop());
      const known = freshKnownHosts();
      writeFileSync(
        known.knownHosts[0]!,
        `[127.0.0.1]:${narrow.port} ${narrow.hostKey}\n[127.0.0.1]:${inner.port} ${inner.hostKey}\n`,
      );
      const jumps = [targetOf(folder, narrow.port, { identityFiles: [file('ed')], ...known })];
      const through = targetOf(folder, inner.port, { identityFiles: [file('ec')], ...known, jumps });
      const all = await Promise.allSettled(Array.from({ length: 16 }, () => dial(t, through)));
      assert.deepEqual(
        all.flatMap((a) => (a.status === 'rejected' ? [String(a.reason)] : [])),
        [],
      );
      assert.doesNotMatch(narrow.log(), /MaxStartups|drop connection/);
    });

    test('a wrong key behind the jump host is refused', async () => {
      const known = freshKnownHosts();
      writeFileSync(
        known.knownHosts[0]!,
        `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n[127.0.0.1]:${inner.port} ${sshd.hostKey}\n`,
      );
      const through = targetOf(folder, inner.port, { identityFiles: [file('ec')], ...known, jumps: [target(known)] });
      await assert.rejects(
        connect(through, answering({}), () => undefined),
        { code: 'host-key', message: /line 2/ },
      );
    });

    test('what the jump host cannot reach, and one that is lost', async (t) => {
      const known = freshKnownHosts();
      writeFileSync(known.knownHosts[0]!, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
      const nothing = targetOf(folder, await freePort(), { ...known, jumps: [target(known)] });
      await assert.rejects(
        connect(nothing, answering({}), () => undefined),
        {
          code: 'unreachable',
          message: /The jump host cannot reach .*refused/,
        },
      );
      const gate = await startSshd(folder, { keys: [keys['ed']!] });
      t.after(() => gate.stop());
      const fresh = freshKnownHosts();
      const jumps = [targetOf(folder, gate.port, { identityFiles: [file('ed')], ...fresh })];
      const connection = await dial(t, targetOf(folder, inner.port, { identityFiles: [file('ec')], ...fresh, jumps }), {
        ...answering({}),
        hostKey: () => Promise.resolve(true),
      });
      const running = assert.rejects(connection.run(['sleep', '60'], { timeout: T }), { code: 'lost' });
      await sleep(200);
      await gate.stop('SIGKILL');
      await running;
    });
  });

  describe('ProxyCommand', () => {
    const nc = () =>
      `sh -c 'exec 3<>/dev/null; node -e "const s=require(\\"net\\").connect(${sshd.port},\\"127.0.0.1\\");process.stdin.pipe(s).pipe(process.stdout)"'`;

    test('is the connection where the workspace is trusted', async (t) => {
      const connection = await dial(t, target({ proxyCommand: nc() }), undefined, { trusted: true });
      assert.equal((await connection.run(['true'], { timeout: T })).code, 0);
    });

    test('is not run elsewhere', async () => {
      const witness = file('proxy-witness');
      await assert.rejects(
        connect(target({ proxyCommand: `touch ${witness}` }), answering({}), () => undefined),
        {
          code: 'refused',
          message: /only in trusted workspaces/,
        },
      );
      assert.equal(existsSync(witness), false);
    });

    test('that fails tells why', async () => {
      const failing = target({ proxyCommand: 'sh -c "echo no way >&2; exit 3"' });
      await assert.rejects(
        connect(failing, answering({}), () => undefined, undefined, { trusted: true }),
        {
          code: 'unreachable',
          message: /ProxyCommand ended with 3: no way/,
        },
      );
    });
  });

  test('algorithms that we lack: both lists are told', async (t) => {
    const modern = await startSshd(folder, { keys: [], config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] });
    t.after(() => modern.stop());
    await assert.rejects(
      connect(targetOf(folder, modern.port, freshKnownHosts()), answering({}), () => undefined),
      {
        code: 'negotiation',
        message:
          /have no key exchange in common\. .* offers: sntrup761x25519-sha512@openssh\.com.*\. Livemig offers: .*curve25519-sha256.*\./,
      },
    );
    const cipher = await startSshd(folder, { keys: [], config: ['Ciphers aes128-cbc', 'Macs umac-128@openssh.com'] });
    t.after(() => cipher.stop());
    await assert.rejects(
      connect(targetOf(folder, cipher.port, freshKnownHosts()), answering({}), () => undefined),
      {
        code: 'negotiation',
        message: /no cipher in common.*offers: aes128-cbc\..*Livemig offers: aes128-gcm/,
      },
    );
  });
});

describe('accounts', { skip: noSshd }, () => {
  let sshd: Sshd;
  before(async () => {
    keygen(file('account'));
    sshd = await startSshd(folder, {
      shell: existsSync('/bin/csh') ? '/bin/csh' : '/bin/sh',
      keys: [readFileSync(file('account.pub'), 'utf8')],
      config: ['MaxAuthTries 10'],
    });
  });
  after(() => sshd.stop());
  const target = (more: Partial<SshTarget> = {}) => targetOf(folder, sshd.port, { ...freshKnownHosts(), ...more });

  test('by password: a wrong one is asked for again', async (t) => {
    const prompts = answering({ hostKey: true, passwords: ['no', 'lab'] });
    const log: string[] = [];
    await dial(t, target({ user: 'op' }), prompts, {}, log);
    assert.deepEqual(prompts.questions.slice(1), [
      { user: 'op', host: '127.0.0.1', again: false },
      { user: 'op', host: '127.0.0.1', again: true },
    ]);
    assert.doesNotMatch(log.join('\n'), /lab/);
  });

  test('three wrong ones, and none', async () => {
    const wrong = answering({ hostKey: true, passwords: ['1', '2', '3', 'lab'] });
    await assert.rejects(
      connect(target({ user: 'op' }), wrong, () => undefined),
      {
        code: 'authentication',
        message: /does not let op in\. Tried: password\. It takes publickey, password\.$/,
      },
    );
    const none = answering({ hostKey: true, passwords: [undefined] });
    await assert.rejects(
      connect(target({ user: 'op' }), none, () => undefined),
      { code: 'cancelled' },
    );
  });

  test('key and then password, where both are wanted', async (t) => {
    const both = await startSshd(folder, {
      keys: [readFileSync(file('account.pub'), 'utf8')],
      config: ['AuthenticationMethods publickey,password'],
    });
    t.after(() => both.stop());
    const prompts = answering({ hostKey: true, passwords: ['lab'] });
    await dial(
      t,
      targetOf(folder, both.port, { user: 'op', identityFiles: [file('account')], ...freshKnownHosts() }),
      prompts,
    );
    assert.deepEqual(prompts.asked, ['hostKey', 'password']);
  });

  test('as root by sudo, through csh, and without the right to it', async (t) => {
    const connection = await dial(t, target({ user: 'op', identityFiles: [file('account')] }));
    const uid = async (root: boolean) => text((await connection.run(['id', '-u'], { timeout: T, root })).stdout).trim();
    assert.equal(await uid(false), '64001');
    assert.equal(await uid(true), '0');
    const words = ["it's", '!!', '$x', 'a\nb', '*', '\\', ''];
    const ran = await connection.run(['printf', '%s\\0', ...words], { timeout: T, root: true });
    assert.deepEqual(text(ran.stdout).split('\0').slice(0, -1), words);
    assert.equal((await connection.run(['sh', '-c', 'exit 1'], { timeout: T, root: true })).code, 1);

    // What root runs by sudo ends at the time-out, too, though the account may not end it.
    const pid = file('sudo-hanging');
    const hanging = connection.run(['sh', '-c', `echo $$ >${pid}; exec sleep 300`], { timeout: 2000, root: true });
    await assert.rejects(hanging, { code: 'timeout' });
    const left = readFileSync(pid, 'utf8').trim();
    for (let i = 0; i < 2400 && isRunning(left); i++) await sleep(50);
    assert.equal(isRunning(left), false);

    const plain = await dial(t, target({ user: 'plain', identityFiles: [file('account')] }));
    await assert.rejects(plain.run(['id'], { timeout: T, root: true }), { code: 'sudo', message: /NOPASSWD/ });
    assert.equal((await plain.run(['true'], { timeout: T })).code, 0);
  });

  test('root needs no sudo', async (t) => {
    const log: string[] = [];
    const connection = await dial(t, target({ identityFiles: [file('account')] }), undefined, {}, log);
    await connection.run(['id'], { timeout: T, root: true });
    assert.match(log.at(-1) ?? '', /: id → 0 /);
  });
});

describe('servers that are none', () => {
  const servers: Server[] = [];
  after(() => servers.forEach((s) => s.close()));
  const listen = async (answer: (socket: Socket) => void) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      answer(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  };
  const to = (port: number, options: ConnectOptions = {}, signal?: AbortSignal) =>
    connect(targetOf(folder, port, freshKnownHosts()), answering({}), () => undefined, signal, options);

  test('nothing listens', async () => {
    await assert.rejects(to(await freePort()), { code: 'unreachable', message: /nothing listens there/ });
  });

  test('a name that nobody has', async () => {
    const nobody = { ...targetOf(folder, 22, freshKnownHosts()), host: 'nobody.invalid' };
    await assert.rejects(
      connect(nobody, answering({}), () => undefined),
      { code: 'unreachable', message: /no such name|looked up/ },
    );
  });

  test('accepts and never answers', async () => {
    const port = await listen(() => undefined);
    const started = performance.now();
    await assert.rejects(to(port, { timeouts: { handshake: 300 } }), {
      code: 'timeout',
      message: /accepts connections, but says nothing that is SSH \(0\.3 s\)/,
    });
    assert.ok(performance.now() - started < 30_000);
  });

  test('cancelled while waiting', async () => {
    const port = await listen(() => undefined);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await assert.rejects(to(port, {}, controller.signal), { code: 'cancelled' });
    await assert.rejects(to(port, {}, controller.signal), { code: 'cancelled' });
  });

  test('hangs up at once', async () => {
    const port = await listen((socket) => socket.end());
    await assert.rejects(to(port), { code: 'lost', message: /closed the connection at once/ });
  });

  test('speaks something else', async () => {
    const port = await listen((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(100)));
    await assert.rejects(to(port, { timeouts: { handshake: 500 } }), (e: Error & { code: string }) =>
      ['timeout', 'negotiation'].includes(e.code),
    );
  });
});
