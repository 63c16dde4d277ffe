import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { takeSnapshot } from '../../server/src/fleet/snapshot';
import { FleetError } from '../../server/src/fleet/types';
import { answering, keygen, startAgent } from '../fleet/sshd';
import { noLab, startLab, type Lab, type LabNode } from './lab';
import { dialNode, type Way } from './remote';

/** By its end and a new one, which listens when its start returns: told to read its files anew, it is deaf for a while. */
const restartSshd = (lab: Lab, node: LabNode): Promise<string> =>
  lab.must(node, [
    'sh',
    '-c',
    // It writes that down once it listens.
    'p=$(cat /run/sshd.pid); kill "$p"; while kill -0 "$p" 2>/dev/null; do sleep 0.02; done; rm -f /run/sshd.pid; /usr/sbin/sshd -E /var/log/sshd.log; until [ -s /run/sshd.pid ]; do sleep 0.02; done',
  ]);

describe('logins to the nodes of the lab', { skip: noLab }, () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab();
  });
  after(() => lab.stop());

  /** Goes there and reads it. */
  const reads = async (node: LabNode, way: Way): Promise<void> => {
    const connection = await dialNode(lab, node, way);
    try {
      const { facts, failures } = await takeSnapshot(connection, { node });
      assert.equal(facts.hostname, node);
      assert.deepEqual(failures, []);
    } finally {
      connection.close();
    }
  };
  const base = (...more: string[]) => [`UserKnownHostsFile ${lab.file('known_hosts')}`, 'IdentityAgent none', ...more];
  const noKey = () => [`IdentityFile ${lab.file('none')}`, 'IdentitiesOnly yes'];
  /** A key that the node takes, too. */
  const allow = (node: LabNode, key: string) =>
    lab.must(node, ['sh', '-c', 'cat >>/root/.ssh/authorized_keys'], `${key}\n`);

  test('key, and a file of known hosts in which names are hashed', () =>
    reads('compute1', {
      config: [
        `UserKnownHostsFile ${lab.file('known_hosts.hashed')}`,
        `IdentityFile ${lab.file('id')}`,
        'IdentityAgent none',
      ],
    }));

  test('password, as an account that may use sudo', async () => {
    const prompts = answering({ passwords: ['lab'] });
    await reads('compute1', { user: 'op', config: base(...noKey()), prompts });
    assert.deepEqual(prompts.asked, ['password']);
  });

  test('keyboard-interactive, as PAM asks: a wrong answer is asked for again', async () => {
    const pam = 'auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n';
    const settled = ['PasswordAuthentication no', 'KbdInteractiveAuthentication yes', 'UsePAM yes'];
    await lab.must('compute2', ['sh', '-c', 'cp -a /etc/ssh/sshd_config /run/lab/ && cat >/etc/pam.d/sshd'], pam);
    await lab.must(
      'compute2',
      ['sh', '-c', 'cat - /run/lab/sshd_config >/etc/ssh/sshd_config'],
      `${settled.join('\n')}\n`,
    );
    await restartSshd(lab, 'compute2');
    try {
      const prompts = answering({ answers: [['wrong'], ['lab']] });
      await reads('compute2', { user: 'op', config: base(...noKey()), prompts });
      assert.deepEqual(prompts.asked, ['answers', 'answers']);
      const [{ user, questions }] = prompts.questions as [
        { user: string; questions: { text: string; echo: boolean }[] },
      ];
      assert.deepEqual([user, questions.map((q) => [q.text.trim(), q.echo])], ['op', [['Password:', false]]]);
    } finally {
      await lab.must('compute2', ['cp', '-a', '/run/lab/sshd_config', '/etc/ssh/sshd_config']);
      await restartSshd(lab, 'compute2');
    }
  });

  test('a key with a passphrase', async () => {
    await allow('compute2', keygen(path.join(lab.folder, 'locked'), 'ed25519', 'open sesame'));
    const prompts = answering({ passphrases: ['open sesame'] });
    const config = base(`IdentityFile ${lab.file('locked')}`, 'IdentitiesOnly yes');
    await reads('compute2', { config, prompts });
    assert.deepEqual(prompts.asked, ['passphrase']);
  });

  test('the agent', async () => {
    const agent = await startAgent(lab.folder, [lab.file('id')]);
    try {
      const config = [`UserKnownHostsFile ${lab.file('known_hosts')}`, `IdentityAgent ${agent.socket}`];
      await reads('compute1', { config: [...config, `IdentityFile ${lab.file('none')}`] });
    } finally {
      agent.stop();
    }
  });

  test('a node that only the jump host reaches', async () => {
    const here = lab.address('compute2').replace(/\.\d+$/, '.1');
    const rules = `table inet hidden { chain in { type filter hook input priority 0; ip saddr ${here} tcp dport 22 reject; }; }`;
    await lab.must('compute2', ['nft', '-f', '-'], rules);
    try {
      const refused = await dialNode(lab, 'compute2').then(
        () => assert.fail('it was reached'),
        (e: unknown) => e,
      );
      assert.ok(refused instanceof FleetError && refused.code === 'unreachable', String(refused));
      await reads('compute2', { jump: 'controller' });
    } finally {
      await lab.must('compute2', ['nft', 'delete', 'table', 'inet', 'hidden']);
    }
  });

  test('an unknown host key is asked for by its fingerprint, and stored on yes', async () => {
    writeFileSync(lab.file('nobody'), '');
    const prompts = answering({ hostKey: true });
    const config = [`UserKnownHostsFile ${lab.file('nobody')}`, `IdentityFile ${lab.file('id')}`, 'IdentityAgent none'];
    await reads('compute1', { config, prompts });
    const known = (await lab.must('compute1', ['ssh-keygen', '-lf', '/etc/ssh/ssh_host_ed25519_key.pub'])).split(
      ' ',
    )[1];
    assert.equal((prompts.questions[0] as { fingerprint: string }).fingerprint, known);
    await reads('compute1', { config });
  });

  test('a changed host key is refused, with both fingerprints and the line', async () => {
    const old = readFileSync(lab.file('known_hosts'), 'utf8')
      .split('\n')
      .findIndex((l) => l.startsWith(lab.address('compute2')));
    const print = async () =>
      (await lab.must('compute2', ['ssh-keygen', '-lf', '/etc/ssh/ssh_host_ed25519_key.pub'])).split(' ')[1]!;
    const was = await print();
    await lab.must('compute2', [
      'sh',
      '-c',
      'cd /etc/ssh && mkdir old && mv ssh_host_* old && ssh-keygen -q -t ed25519 -N "" -f ssh_host_ed25519_key',
    ]);
    await restartSshd(lab, 'compute2');
    try {
      const now = await print();
      const error = await dialNode(lab, 'compute2').then(
        () => assert.fail('it was let in'),
        (e: unknown) => e,
      );
      assert.ok(error instanceof FleetError && error.code === 'host-key', String(error));
      const said = `${error.message} ${error.detail ?? ''}`;
      for (const word of [was, now, `${lab.file('known_hosts')}, line ${old + 1}`])
        assert.ok(said.includes(word), `${word} in ${said}`);
    } finally {
      await lab.must('compute2', ['sh', '-c', 'cd /etc/ssh && mv -f old/* . && rmdir old']);
      await restartSshd(lab, 'compute2');
    }
    await reads('compute2', {});
  });
});
