import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Refreshed } from '../../server/src/fleet-protocol';
import { buildSync } from '../support/bundle';
import { tempFolder } from '../support/temp';
import { failureOf, startFleet, type FleetProcess } from './fleet-process';
import { isRunning } from './processes';
import { children, keygen, kill, noSshd, sleep, startSshd, type Sshd } from './sshd';

const { path: folder, remove } = tempFolder();
chmodSync(folder, 0o711);
after(remove);
const file = (name: string): string => path.join(folder, name);

describe('the fleet process, when something ends', { skip: noSshd }, () => {
  let node: Sshd;
  let fleet: FleetProcess;
  let params: object;
  before(async () => {
    // First: where it cannot be built, no server is left behind.
    fleet = startFleet('lab', ['--previous', file('previous')]);
    node = await startSshd(folder, { keys: [keygen(file('id'))] });
    writeFileSync(
      file('ssh_config'),
      `UserKnownHostsFile ${file('known_hosts')}\nIdentityFile ${file('id')}\nIdentityAgent none\n`,
    );
    writeFileSync(file('known_hosts'), `[127.0.0.1]:${node.port} ${node.hostKey}\n`);
    const text = `[node one]\naddress = 127.0.0.1\nport = ${node.port}\nuser = root\n[node here]\naddress = local\n`;
    const files = [{ uri: 'file:///w/lab/livemig.ini', text }];
    params = { files, trusted: true, sshConfig: file('ssh_config') };
    await fleet.ask('inventories', params);
  });
  after(async () => {
    await fleet.stop();
    await node.stop();
  });

  test('sshd killed during a snapshot: the node is lost, comes back by itself, and the next reading works', async () => {
    const reading = fleet.refresh('one');
    await fleet.until('one: reading');
    for (const pid of children(node.pid)) kill(pid);
    const failure = await failureOf(reading);
    assert.equal(failure.code, 'lost');
    assert.ok(fleet.told.some(({ kind, why, retry }) => kind === 'lost' && why !== undefined && retry !== undefined));
    const states = fleet.states.length;
    const { view } = await fleet.refresh('one');
    assert.equal(view.node, 'one');
    assert.deepEqual(fleet.states.slice(states), ['one: connecting', 'one: reading', 'one: ready']);
    // Without anybody asking; what has changed meanwhile is read and told.
    const pushed: Refreshed[] = [];
    const listening = fleet.client.onNotification('fleet/refreshed', (r: Refreshed) => void pushed.push(r));
    for (const pid of children(node.pid)) kill(pid);
    await until(() => pushed.length > 0);
    listening.dispose();
    const back = ['one: lost', 'one: connecting', 'one: ready', 'one: reading', 'one: ready'];
    assert.deepEqual(fleet.states.slice(states + 3), back);
    assert.ok(pushed[0]!.view.node === 'one' && pushed[0]!.view.taken > view.taken);
    assert.ok(pushed[0]!.live.files!.some((f) => f.path === 'etc/hosts'));
  });

  test('a node that is this machine is read without a connection, and has no terminal here', async () => {
    const { view, live } = await fleet.refresh('here');
    assert.ok(view.facts.some((f) => f.label === 'Kernel'));
    assert.ok(live.files?.some((f) => f.path === 'etc/hosts'));
    const { base64 } = await fleet.ask<{ base64: string }>('read', { uri: 'livemig:///lab/here/etc/hosts' });
    assert.ok(base64.length > 0);
    const size = { columns: 80, rows: 24 };
    const failure = await failureOf(fleet.ask('terminal', { cluster: 'lab', node: 'here', ...size }));
    assert.match(failure.message, /this machine/);
  });

  test('a node that leaves livemig.ini is parted with', async () => {
    await fleet.refresh('one');
    assert.ok(children(node.pid).length > 0);
    await fleet.ask('inventories', {
      ...params,
      files: [{ uri: 'file:///w/lab/livemig.ini', text: '[node other]\n' }],
    });
    await until(() => children(node.pid).every((pid) => !isRunning(pid)));
    assert.equal((await failureOf(fleet.refresh('one'))).code, 'not-found');
    await fleet.ask('inventories', params);
  });

  test('the process ends when its parent is gone, however that ended, and closes what it had open', async () => {
    const ask = (id: number, method: string, p: object) => ({
      jsonrpc: '2.0',
      id,
      method: `fleet/${method}`,
      params: p,
    });
    const asks = [ask(1, 'inventories', params), ask(2, 'refresh', { cluster: 'lab', node: 'one' })];
    const script = `const child = require('node:child_process').fork(process.argv[1]);
      child.on('message', (m) => m.id === 2 && console.log(child.pid, m.result.view.node));
      for (const ask of JSON.parse(process.argv[2])) child.send(ask);`;
    const fleetJs = path.join(path.dirname(buildSync()), 'fleet.js');
    const parent = spawn(process.execPath, ['-e', script, fleetJs, JSON.stringify(asks)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const before = children(node.pid).length;
    const line = await new Promise<string>((resolve) =>
      parent.stdout.once('data', (d: Buffer) => resolve(d.toString())),
    );
    const [pid = '', name] = line.trim().split(' ');
    assert.equal(name, 'one');
    assert.ok(children(node.pid).length > before && isRunning(pid));
    parent.kill('SIGKILL');
    await until(() => !isRunning(pid));
    await until(() => children(node.pid).filter(isRunning).length <= before);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 12_000 && !holds(); i++) await sleep(10);
  assert.ok(holds(), 'it did not come');
}
