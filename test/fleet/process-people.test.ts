import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type {
  ApplyPlan,
  ApplyResult,
  ClusterView,
  LiveParams,
  ProgressParams,
  RepairParams,
  RepairPlan,
  RepairResult,
  RemoteContent,
  RemoteEntry,
  RemoteStat,
  TerminalData,
} from '../../server/src/fleet-protocol';
import { tempFolder } from '../support/temp';
import { failureOf, ownEtc, startFleet, type FleetProcess } from './fleet-process';
import { keygen, noSshd, sleep, startAgent, startSshd, type Sshd } from './sshd';

const { path: folder, remove } = tempFolder();
chmodSync(folder, 0o711);
after(remove);
const file = (name: string): string => path.join(folder, name);

const SECRET = 'hunter2-of-rabbit';
const INSTANCES = '/etc/livemig-instances';
const NOVA = `[DEFAULT]\ninstances_path = ${INSTANCES}\ntransport_url = rabbit://nova:${SECRET}@192.0.2.5:5672/\n[neutron]\npassword = ${SECRET}\n`;

describe('what the fleet process asks people, and what it does for them', { skip: noSshd }, () => {
  let node: Sshd;
  let locked: Sshd;
  let agent: { readonly socket: string; stop(): void };
  let fleet: FleetProcess;
  /** Answers by question, used up one after another; without one there is no answer. */
  const answers: Record<string, unknown[]> = {};
  const asked: string[] = [];

  before(async () => {
    // First: where it cannot be built, no server is left behind.
    fleet = startFleet('lab', ['--timeout', '10', '--previous', file('previous')]);
    const key = keygen(file('id'), 'ed25519', 'open sesame');
    agent = await startAgent(folder, []);
    const etc = ownEtc(folder, {
      'nova/nova.conf': NOVA,
      'libvirt/qemu.conf': 'user = "+200"\ngroup = "disk"\n',
      'livemig-instances/x': '',
    });
    chmodSync(path.join(etc[1]!, 'livemig-instances'), 0o750);
    node = await startSshd(folder, { keys: [key], mounts: [etc] });
    locked = await startSshd(folder);
    const config = (name: string, known: string) =>
      writeFileSync(
        file(name),
        `UserKnownHostsFile ${file(known)}\nIdentityFile ${file('id')}\nIdentityAgent ${agent.socket}\n`,
      );
    config('ssh_config', 'known_hosts');
    config('ssh_config_changed', 'known_changed');
    writeFileSync(file('known_changed'), `[127.0.0.1]:${node.port} ${locked.hostKey}\n`);
    for (const what of ['hostKey', 'passphrase', 'password', 'answers'])
      fleet.client.onRequest(`prompt/${what}`, (question: { readonly node: string; readonly again?: boolean }) => {
        asked.push(`${question.node}: ${what}${question.again === true ? ' again' : ''}`);
        return answers[what]?.shift() ?? null;
      });
    await inventories('ssh_config');
  });
  after(async () => {
    await fleet.stop();
    agent.stop();
    await node.stop();
    await locked.stop();
  });

  const ini = () =>
    `[node one]\naddress = 127.0.0.1\nport = ${node.port}\nuser = root\n[node two]\naddress = 127.0.0.1\nport = ${locked.port}\nuser = op\n`;
  const inventories = (config: string, text = ini()): Promise<ClusterView[]> =>
    fleet.ask('inventories', {
      files: [{ uri: 'file:///w/lab/livemig.ini', text }],
      trusted: true,
      sshConfig: file(config),
    });

  test('an unknown host key is asked for, and without an answer nobody logs in', async () => {
    const failure = await failureOf(fleet.refresh('one'));
    assert.equal(failure.code, 'host-key');
    assert.match(failure.message, /SHA256:/);
    assert.deepEqual(asked.splice(0), ['one: hostKey']);
    const told = fleet.told.at(-1)!;
    assert.deepEqual([told.kind, told.retry], ['unreachable', undefined]);
    assert.doesNotMatch(node.log(), /Accepted|Failed/);
  });

  test('trusted, it is kept; a passphrase is asked for once, and again when it was wrong', async () => {
    answers['hostKey'] = [true];
    answers['passphrase'] = ['close sesame', 'open sesame'];
    const { view } = await fleet.refresh('one', { now: true });
    assert.deepEqual(asked.splice(0), ['one: hostKey', 'one: passphrase', 'one: passphrase again']);
    assert.ok(view.files.some(({ path: name }) => name === 'etc/nova/nova.conf'));
    assert.match(readFileSync(file('known_hosts'), 'utf8'), new RegExp(`\\]:${node.port} ssh-ed25519 `));
    await fleet.ask('disconnect', { cluster: 'lab', node: 'one' });
    assert.equal(fleet.states.at(-1), 'one: idle');
    await fleet.refresh('one');
    assert.deepEqual(asked.splice(0), []);
  });

  test('a password is asked for, again when it was wrong, and no more when nobody answers', async () => {
    answers['hostKey'] = [true];
    answers['password'] = ['guess', 'lab'];
    const { view } = await fleet.refresh('two');
    assert.equal(view.node, 'two');
    assert.deepEqual(asked.splice(0), ['two: hostKey', 'two: password', 'two: password again']);
    await fleet.ask('disconnect', { cluster: 'lab', node: 'two' });
    assert.equal((await failureOf(fleet.refresh('two'))).code, 'cancelled');
    assert.deepEqual(asked.splice(0), ['two: password']);
    assert.equal(fleet.told.at(-1)!.retry, undefined);
  });

  test('files: read, written, put back; what was measured is shown; nothing outside of /etc', async () => {
    const uri = (name: string) => `livemig:///lab/one/${name}`;
    const conf = uri('etc/nova/nova.conf');
    const text = ({ base64 }: RemoteContent): string => Buffer.from(base64, 'base64').toString();
    const write = (to: string, content: string) =>
      fleet.ask<RemoteStat>('write', {
        uri: to,
        base64: Buffer.from(content).toString('base64'),
        create: false,
        overwrite: true,
      });
    const stat = await fleet.ask<RemoteStat>('stat', { uri: conf });
    assert.deepEqual([stat.type, stat.size, stat.readonly], ['file', NOVA.length, false]);
    assert.equal(text(await fleet.ask('read', { uri: conf })), NOVA);
    assert.ok((await write(conf, `${NOVA}# more\n`)).mtime >= stat.mtime);
    assert.equal(text(await fleet.ask('read', { uri: conf })), `${NOVA}# more\n`);
    assert.equal(text((await fleet.ask<RemoteContent | null>('previous', { uri: conf }))!), NOVA);
    await fleet.ask('restore', { uri: conf });
    assert.equal(text(await fleet.ask('read', { uri: 'livemig:/lab/one/etc/nova/nova%2Econf' })), NOVA);

    const facts = await fleet.ask<RemoteStat>('stat', { uri: uri('facts.json') });
    assert.deepEqual([facts.type, facts.readonly], ['file', true]);
    assert.match(text(await fleet.ask('read', { uri: uri('facts.json') })), /"kernel"/);
    assert.equal((await failureOf(write(uri('facts.json'), '{}'))).code, 'read-only');
    const top = await fleet.ask<RemoteEntry[]>('list', { uri: uri('') });
    assert.deepEqual(top.slice(0, 2), [
      { name: 'etc', type: 'folder' },
      { name: 'facts.json', type: 'file' },
    ]);
    for (const [where, code] of [
      ['root/.ssh/id', 'no-permission'],
      ['etc/../root/x', 'not-found'],
      ['etc/%2e%2e/root/x', 'not-found'],
      ['etc%2Fhosts', 'not-found'],
      ['etc/nothing-of-the-kind', 'not-found'],
    ] as const)
      assert.equal((await failureOf(fleet.ask('read', { uri: uri(where) }))).code, code, where);
    assert.equal((await failureOf(write(uri('usr/x'), ''))).code, 'no-permission');
    assert.equal((await failureOf(fleet.ask('stat', { uri: 'file:///etc/hosts' }))).code, 'not-found');
    assert.equal((await failureOf(fleet.ask('stat', { uri: 'livemig:///lab/three/etc/hosts' }))).code, 'not-found');
  });

  test('a change takes effect: what there is to do is shown first, by the node as it is now', async () => {
    const params = { cluster: 'lab', node: 'one', paths: ['etc/hosts'] };
    const plan = await fleet.ask<ApplyPlan>('applyPlan', params);
    assert.deepEqual(plan.steps, []);
    assert.match(plan.notes.join(' '), /nothing is to be restarted/);
    const result = await fleet.ask<ApplyResult>('apply', params);
    assert.deepEqual(result, { ok: true, steps: [], restored: [] });
  });

  test('a repair is shown, run as it was shown, and proven by reading the node again', async () => {
    const progress: ProgressParams[] = [];
    fleet.client.onNotification('fleet/progress', (p: ProgressParams) => void progress.push(p));
    const { live } = await fleet.refresh('one');
    const finding = closedDirectory(live);
    const plan = await fleet.ask<RepairPlan>('repairPlan', finding);
    assert.equal(plan.steps[0]!.command, `chmod o+x ${INSTANCES}`);
    // Read again meanwhile, as the tree does, and more is measured there: the finding stands on another line, the plan is the same.
    const others = Array.from({ length: 40 }, () => createServer().listen(0, '127.0.0.1'));
    await Promise.all(others.map((other) => once(other, 'listening')));
    const { live: later } = await fleet.refresh('one');
    assert.ok(closedDirectory(later).line > finding.line);
    const repaired = fleet.ask<RepairResult>('repair', { id: plan.id, token: 't' });
    const result = await repaired.finally(() => {
      for (const other of others) other.close();
    });
    assert.deepEqual([result.ok, result.why], [true, undefined]);
    assert.deepEqual(
      result.refreshed.map(({ view }) => view.node),
      ['one'],
    );
    assert.equal(statSync(node.at(INSTANCES)).mode & 0o777, 0o751);
    assert.ok(progress.length > 0 && progress.every(({ token }) => token === 't'));
    assert.equal((await failureOf(fleet.ask('repair', { id: plan.id }))).code, 'not-found');
    assert.equal((await failureOf(fleet.ask('repairPlan', finding))).code, 'not-found');
  });

  test('a repair that is no longer what was shown is not run', async () => {
    chmodSync(node.at(INSTANCES), 0o750);
    const { live } = await fleet.refresh('one');
    const plan = await fleet.ask<RepairPlan>('repairPlan', closedDirectory(live));
    chmodSync(node.at(INSTANCES), 0o755);
    await fleet.refresh('one');
    assert.equal((await failureOf(fleet.ask('repair', { id: plan.id }))).code, 'conflict');
  });

  test('a terminal is a login shell: it echoes, knows its size, and its end is told', async () => {
    let said = '';
    const closed: unknown[] = [];
    const ids = new Set<number>();
    fleet.client.onNotification('fleet/terminalData', ({ id, data }: TerminalData) => {
      ids.add(id);
      said += data;
    });
    fleet.client.onNotification('fleet/terminalClosed', (end: unknown) => void closed.push(end));
    const type = (id: number, data: string) => fleet.client.sendNotification('fleet/terminalInput', { id, data });
    const { id } = await fleet.ask<{ id: number }>('terminal', { cluster: 'lab', node: 'one', columns: 91, rows: 17 });
    await type(id, 'stty size; printf "%s\\n" grüße-$((40 + 2))\r');
    await until(() => /^17 91\r?$/m.test(said) && said.includes('grüße-42'));
    await fleet.client.sendNotification('fleet/terminalResize', { id, columns: 120, rows: 30 });
    await type(id, 'stty size\r');
    await until(() => /^30 120\r?$/m.test(said));
    await type(id, 'exit 3\r');
    await until(() => closed.length > 0);
    assert.deepEqual(closed, [{ id, why: 'it ended with 3' }]);
    assert.deepEqual([...ids], [id]);
    // One that is full of output is closed all the same, and harms no other request.
    const flood = await fleet.ask<{ id: number }>('terminal', { cluster: 'lab', node: 'one', columns: 80, rows: 24 });
    await type(flood.id, 'yes\r');
    await until(() => said.length > 500_000);
    await fleet.refresh('one');
    await fleet.client.sendNotification('fleet/terminalClose', { id: flood.id });
    await until(() => closed.length > 1);
    const five = Array.from({ length: 5 }, () =>
      fleet.ask<{ id: number }>('terminal', { cluster: 'lab', node: 'one', columns: 80, rows: 24 }),
    );
    const opened = await Promise.allSettled(five);
    assert.deepEqual(opened.map((o) => o.status).sort(), [...Array<string>(4).fill('fulfilled'), 'rejected']);
    for (const one of opened)
      if (one.status === 'fulfilled') await fleet.client.sendNotification('fleet/terminalClose', { id: one.value.id });
    await until(() => closed.length > 5);
  });

  test('a changed host key is refused, with both fingerprints and the line that has the other', async () => {
    await inventories('ssh_config_changed');
    const failure = await failureOf(fleet.refresh('one'));
    assert.equal(failure.code, 'host-key');
    assert.match(failure.message, /SHA256:.*known_changed, line 1, has .*SHA256:/s);
    assert.deepEqual(asked.splice(0), []);
    await inventories('ssh_config');
  });

  test('livemig.ini gets nodes, from wherever they come', async () => {
    const drafts = await fleet.ask<{ name: string }[]>('ansibleHosts', {
      text: '[compute]\nc1 ansible_host=192.0.2.1\n',
    });
    assert.deepEqual(
      drafts.map((d) => d.name),
      ['c1'],
    );
    const { text } = await fleet.ask<{ text: string }>('addNodes', { text: '# ours\n', nodes: drafts });
    assert.match(text, /^# ours\n[^]*\[node c1\]\naddress = 192\.0\.2\.1$/m);
    assert.equal((await failureOf(fleet.ask('addNodes', { text, nodes: drafts }))).code, 'exists');
    writeFileSync(file('some_config'), 'Host alpha\n  HostName 192.0.2.7\nHost *\n  User x\n');
    const hosts = await fleet.ask<{ name: string }[]>('sshHosts', { sshConfig: file('some_config') });
    assert.deepEqual(
      hosts.map((h) => h.name),
      ['alpha'],
    );
  });

  test('no secret is in a line of the log, typed or read', () => {
    const log = fleet.log.join('\n');
    assert.match(log, /sh -s/);
    for (const secret of [SECRET, 'sesame', 'guess', 'grüße']) assert.ok(!log.includes(secret), secret);
    assert.doesNotMatch(log, /(?<![\w./-])lab(?![\w./-])/);
    assert.ok(!JSON.stringify(fleet.told).includes(SECRET));
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 12_000 && !holds(); i++) await sleep(10);
  assert.ok(holds(), 'it did not come');
}

/** The finding that the instances' directory is closed, by where facts.json has its mode, 0750. */
function closedDirectory({ files }: LiveParams): RepairParams {
  const facts = Buffer.from(files!.find((f) => f.path === 'facts.json')!.base64, 'base64').toString();
  const at = facts.indexOf('"mode": 488', facts.indexOf(`"${INSTANCES}"`));
  assert.ok(at > 0, facts.slice(facts.indexOf(INSTANCES), facts.indexOf(INSTANCES) + 200));
  const line = facts.slice(0, at).split('\n').length - 1;
  return { cluster: 'lab', rule: 'cluster/instances-dir-mode', uri: 'livemig:/lab/one/facts.json', line };
}
