import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import type { ClusterView } from '../../server/src/fleet-protocol';
import { tempFolder } from '../support/temp';
import { failureOf, startFleet, type FleetProcess } from './fleet-process';
import { freePort, keygen, noSshd, startSshd, type Sshd } from './sshd';

const { path: folder, remove } = tempFolder();
chmodSync(folder, 0o711);
after(remove);
const file = (name: string): string => path.join(folder, name);

describe('the fleet process, over real sshds', { skip: noSshd }, () => {
  let one: Sshd;
  let two: Sshd;
  let fleet: FleetProcess;
  let silent: { readonly port: number; close(): void };
  let text: string;
  const uri = 'file:///w/prod/livemig.ini';
  const inventories = (ini = text, trusted = true): Promise<ClusterView[]> =>
    fleet.ask('inventories', { files: [{ uri, text: ini }], trusted, sshConfig: file('ssh_config') });

  before(async () => {
    // First: where it cannot be built, no server is left behind.
    fleet = startFleet('Prod', ['--timeout', '300']);
    const key = keygen(file('id'));
    one = await startSshd(folder, { keys: [key], config: ['PasswordAuthentication no'] });
    two = await startSshd(folder, { keys: [key], config: ['PasswordAuthentication no'] });
    silent = await listenSilently();
    const config = ['UserKnownHostsFile', file('known_hosts'), '\nIdentityFile', file('id'), '\nIdentityAgent none\n'];
    writeFileSync(file('ssh_config'), config.join(' '));
    writeFileSync(file('known_hosts'), [one, two].map((s) => `[127.0.0.1]:${s.port} ${s.hostKey}\n`).join(''));
    const node = (name: string, port: number, user = 'root') =>
      `[node ${name}]\naddress = 127.0.0.1\nport = ${port}\nuser = ${user}\nroles = compute\n`;
    text =
      'release = zed\n[cloud]\nname = Prod\n' +
      node('one', one.port) +
      node('two', two.port, 'op') +
      node('gone', await freePort()) +
      node('silent', silent.port);
  });
  after(async () => {
    await fleet.stop();
    silent.close();
    await one.stop();
    await two.stop();
  });

  test('tells what livemig.ini has, and dials nothing for it; untrusted it dials nothing at all', async () => {
    const clusters = await inventories(text, false);
    assert.deepEqual(
      clusters.map(({ id, name, uri: where, nodes }) => ({ id, name, where, nodes: nodes.map((n) => n.name) })),
      [{ id: 'Prod', name: 'Prod', where: uri, nodes: ['one', 'two', 'gone', 'silent'] }],
    );
    assert.deepEqual(clusters[0]!.nodes[1], { name: 'two', address: '127.0.0.1', roles: ['compute'], line: 8 });
    assert.equal((await failureOf(fleet.refresh('one'))).code, 'untrusted');
    await inventories();
    assert.doesNotMatch(one.log(), /Connection from/);
  });

  test('reads nodes side by side; those that cannot be reached delay nobody', async () => {
    await inventories();
    const mute = failureOf(fleet.refresh('silent'));
    const [first, second, gone] = await Promise.all([
      fleet.refresh('one'),
      fleet.refresh('two'),
      failureOf(fleet.refresh('gone')),
    ]);
    assert.equal(gone.code, 'unreachable');
    assert.ok(fleet.states.includes('silent: connecting') && !fleet.states.includes('silent: unreachable'));
    await fleet.ask('disconnect', { cluster: 'Prod', node: 'silent' });
    assert.equal((await mute).code, 'cancelled');
    assert.ok((fleet.told.find((s) => s.node === 'gone' && s.kind === 'unreachable')?.retry ?? 0) > 0);
    for (const { view, live } of [first, second]) {
      assert.equal(view.cluster, 'Prod');
      assert.deepEqual(view.facts.find((f) => f.label === 'Host name')?.value.split(' ')[0], hostname());
      assert.ok(view.files.some((f) => f.path === 'etc/hosts'));
      assert.equal(live.inventory, uri);
      const hosts = live.files?.find((f) => f.path === 'etc/hosts');
      assert.deepEqual(Buffer.from(hosts?.base64 ?? '', 'base64'), readFileSync('/etc/hosts'));
      const facts = live.files?.find((f) => f.path === 'facts.json');
      assert.equal(
        (JSON.parse(Buffer.from(facts!.base64, 'base64').toString()) as { hostname: string }).hostname,
        hostname(),
      );
    }
  });

  test('one that accepts and says nothing is given up when its time is over', async () => {
    const hasty = startFleet('Prod', ['--timeout', '1']);
    try {
      const files = [{ uri, text }];
      await hasty.ask('inventories', { files, trusted: true, sshConfig: file('ssh_config') });
      const failure = await failureOf(hasty.refresh('silent'));
      assert.equal(failure.code, 'timeout');
      assert.match(failure.message, /says nothing that is SSH \(1 s\)/);
      assert.equal(hasty.states.at(-1), 'silent: unreachable');
    } finally {
      await hasty.stop();
    }
  });

  test('two who ask at once share one reading, and one connection serves all', async () => {
    const before = logins(one);
    const reading = fleet.states.filter((s) => s === 'one: reading').length;
    const [a, b] = await Promise.all([fleet.refresh('one'), fleet.refresh('one', { now: true })]);
    assert.deepEqual(a, b);
    assert.equal(fleet.states.filter((s) => s === 'one: reading').length, reading + 1);
    assert.equal(logins(one), before);
  });

  test('who asks may think better of it; the next one gets an answer', async () => {
    const source = new CancellationTokenSource();
    const asked = fleet.ask('refresh', { cluster: 'Prod', node: 'two' }, source.token);
    setTimeout(() => source.cancel(), 30);
    assert.equal((await failureOf(asked)).code, 'cancelled');
    assert.equal((await fleet.refresh('two')).view.node, 'two');
  });

  test('a node whose settings change gets another connection; the others keep theirs', async () => {
    const before = [logins(one), logins(two)];
    await inventories(text.replace('roles = compute', 'roles = controller').replace('user = op', 'user = root'));
    await Promise.all([fleet.refresh('one'), fleet.refresh('two')]);
    assert.deepEqual([logins(one), logins(two)], [before[0], before[1]! + 1]);
    await inventories();
  });
});

/** How often somebody was let in. */
function logins(server: Sshd): number {
  return server.log().match(/Accepted publickey/g)?.length ?? 0;
}

/** Accepts connections and says nothing. */
function listenSilently(): Promise<{ port: number; close(): void }> {
  return new Promise((resolve) => {
    const sockets = new Set<{ destroy(): void }>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1', () => {
      const address = server.address();
      const close = () => {
        for (const socket of sockets) socket.destroy();
        server.close();
      };
      resolve({ port: typeof address === 'object' && address ? address.port : 0, close });
    });
  });
}
