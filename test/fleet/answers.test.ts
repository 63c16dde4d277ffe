/**
 * Keyboard-interactive, against ssh2's own server: without PAM, whose files are the machine's, OpenSSH's asks nothing. Also what
 * a server can do that no real one does on request.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, describe, test, type TestContext } from 'node:test';
import ssh2, { type AuthContext, type Connection } from 'ssh2';
import { connect } from '../../server/src/fleet/ssh/connect';
import type { Prompts } from '../../server/src/fleet/types';
import { tempFolder } from '../support/temp';
import { answering, sleep, targetOf } from './sshd';

const { path: folder, remove } = tempFolder();
after(remove);
const file = (name: string) => path.join(folder, name);
const pair = ssh2.utils.generateKeyPairSync('ed25519');

type Asked = (ctx: AuthContext) => void;
let numbers = 0;

/** A server that asks as it is told; its host is known. */
async function serve(t: TestContext, asked: Asked, connected: (client: Connection) => void = () => undefined) {
  const clients: Connection[] = [];
  const server = new ssh2.Server({ hostKeys: [pair.private] }, (client) => {
    clients.push(client);
    client.on('error', () => undefined);
    client.on('authentication', asked);
    connected(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const client of clients) client.end();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const known = file(`known_hosts${numbers++}`);
  writeFileSync(known, `[127.0.0.1]:${port} ${pair.public}\n`);
  return targetOf(folder, port, { user: 'op', knownHosts: [known] });
}

/** Keyboard-interactive with these questions; `right` says whether the answers are. */
const asking =
  (questions: { prompt: string; echo: boolean }[], right: (answers: readonly string[]) => boolean): Asked =>
  (ctx) => {
    if (ctx.method !== 'keyboard-interactive') ctx.reject(['keyboard-interactive']);
    else
      ctx.prompt(questions, 'Access to the cloud', 'The token is on your phone', (answers) =>
        right(answers) ? ctx.accept() : ctx.reject(['keyboard-interactive']),
      );
  };
const QUESTIONS = [
  { prompt: 'Password: ', echo: false },
  { prompt: 'Token: ', echo: true },
];

describe('keyboard-interactive', () => {
  test('each question is asked as the host asks it, a wrong answer again, and no answer is logged', async (t) => {
    const target = await serve(
      t,
      asking(QUESTIONS, ([a, b]) => a === 'sesame' && b === '123'),
    );
    const prompts = answering({
      answers: [
        ['wrong', '0'],
        ['sesame', '123'],
      ],
    });
    const log: string[] = [];
    const connection = await connect(target, prompts, (line) => log.push(line));
    connection.close();
    const question = {
      user: 'op',
      host: '127.0.0.1',
      instructions: 'The token is on your phone',
      questions: [
        { text: 'Password: ', echo: false },
        { text: 'Token: ', echo: true },
      ],
    };
    assert.deepEqual(prompts.questions, [question, question]);
    assert.doesNotMatch(log.join('\n'), /sesame|123\b|wrong/);
  });

  test('three wrong ones', async (t) => {
    const target = await serve(
      t,
      asking(QUESTIONS, () => false),
    );
    const prompts = answering({
      answers: [
        ['1', ''],
        ['2', ''],
        ['3', ''],
        ['4', ''],
      ],
    });
    await assert.rejects(
      connect(target, prompts, () => undefined),
      {
        code: 'authentication',
        message: /does not let op in\. Tried: keyboard-interactive\./,
      },
    );
    assert.equal(prompts.asked.length, 3);
  });

  test('nobody answers: the host is told nothing', async (t) => {
    const got: unknown[] = [];
    const target = await serve(
      t,
      asking(QUESTIONS, (answers) => got.push(answers) > 5),
    );
    await assert.rejects(
      connect(target, answering({ answers: [undefined] }), () => undefined),
      { code: 'cancelled' },
    );
    await sleep(50);
    assert.deepEqual(got, []);
  });

  test('then the password, where only that is left', async (t) => {
    const target = await serve(t, (ctx) => {
      if (ctx.method === 'password' && ctx.password === 'sesame') ctx.accept();
      else if (ctx.method === 'keyboard-interactive') ctx.prompt(QUESTIONS, () => ctx.reject(['password'], true));
      else ctx.reject(['keyboard-interactive']);
    });
    const prompts = answering({ answers: [['a', 'b']], passwords: ['sesame'] });
    (await connect(target, prompts, () => undefined)).close();
    assert.deepEqual(prompts.asked, ['answers', 'password']);
  });
});

describe('time', () => {
  const slow = (prompts: Prompts, ms: number): Prompts => ({
    hostKey: async (q) => (await sleep(ms), prompts.hostKey(q)),
    passphrase: async (q) => (await sleep(ms), prompts.passphrase(q)),
    password: async (q) => (await sleep(ms), prompts.password(q)),
    answers: async (q) => (await sleep(ms), prompts.answers(q)),
  });
  const timeouts = { dial: 5000, handshake: 400, login: 400 };

  test('that people take is not counted', async (t) => {
    const target = await serve(
      t,
      asking(QUESTIONS, ([a]) => a === 'sesame'),
    );
    writeFileSync(target.knownHosts[0]!, '');
    const prompts = answering({ hostKey: true, answers: [['sesame', '']] });
    (await connect(target, slow(prompts, 1000), () => undefined, undefined, { timeouts })).close();
    assert.deepEqual(prompts.asked, ['hostKey', 'answers']);
    assert.match(readFileSync(target.knownHosts[0]!, 'utf8'), /ssh-ed25519/);
  });

  test('that the host takes is, also after a question', async (t) => {
    const target = await serve(t, (ctx) => {
      // Never says whether the answer is right.
      if (ctx.method === 'keyboard-interactive') ctx.prompt(QUESTIONS, () => undefined);
      else ctx.reject(['keyboard-interactive']);
    });
    await assert.rejects(
      connect(target, slow(answering({ answers: [['a', '']] }), 600), () => undefined, undefined, { timeouts }),
      { code: 'timeout', message: /does not say whether it lets the account in \(0\.4 s\)/ },
    );
  });

  test('a host that hangs up while somebody is asked is lost', async (t) => {
    const target = await serve(
      t,
      asking(QUESTIONS, () => true),
      (client) => client.on('authentication', () => setTimeout(() => client.end(), 100)),
    );
    await assert.rejects(
      connect(target, slow(answering({ answers: [['a', '']] }), 2000), () => undefined),
      {
        code: 'lost',
        message: /closed the connection while logging in/,
      },
    );
  });
});
