// The demo's nodes migrate: launched, watched, aborted and failed by a mistake of a file, through the bundled fleet process.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { MigrationView } from '../../server/src/fleet-protocol';
import type { MigrateOptions } from '../../server/src/migration/types';
import { startFleet, type FleetProcess } from '../fleet/fleet-process';
import { tempFolder } from '../support/temp';
import { startCluster, writeSshConfig, type EmbeddedCluster } from './cluster';
import { nfsCluster } from './nfs';

const CONF = '/etc/libvirt/libvirtd.conf';
const GOOD = 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\n';
const HOSTS = '127.0.0.1 localhost\n192.168.3.12 jovi-compute1\n192.168.3.14 jovi-compute3\n';
const CLUSTER = 'demo';

describe('migrations between embedded nodes', () => {
  const { path: folder, remove } = tempFolder();
  let nodes: EmbeddedCluster;
  let fleet: FleetProcess;
  let told: MigrationView[] = [];
  const waiting = new Set<() => void>();

  before(async () => {
    nodes = await startCluster(nfsCluster());
    const sshConfig = writeSshConfig(path.join(folder, 'ssh'), nodes);
    fleet = startFleet(CLUSTER);
    fleet.client.onRequest('prompt/hostKey', () => true);
    fleet.client.onNotification('fleet/migration', (view: MigrationView) => {
      told.push(view);
      for (const look of waiting) look();
    });
    const ini = readFileSync(path.join(__dirname, '../demo/nfs/livemig.ini'), 'utf8').replace(/^address = .*\n/gm, '');
    const text = `[cloud]\nname = ${CLUSTER}\ndriver = libvirt\n${ini.replace(/^release = .*\n/m, '')}`;
    await fleet.ask('inventories', { files: [{ uri: 'file:///w/livemig.ini', text }], trusted: true, sshConfig });
  });
  after(async () => {
    await fleet.stop();
    await nodes.stop();
    remove();
  });
  beforeEach(() => {
    told = [];
    for (const name of ['jovi-compute1', 'jovi-compute3']) assert.equal(restart(name, GOOD), undefined);
  });

  /** With a libvirtd.conf of its own, and told to listen. */
  function restart(name: string, conf: string): string | undefined {
    const { node } = nodes.server(name);
    node.tree.put(CONF, conf);
    // One of the demo's is broken, and the daemon does not come up again.
    node.tree.put('/etc/libvirt/qemu.conf', '');
    node.tree.put('/etc/hosts', HOSTS);
    node.tree.put('/etc/default/libvirt-bin', 'libvirtd_opts="-d -l"\n');
    const daemon = node.daemon('libvirt-bin')!;
    node.stop(daemon);
    return node.start(daemon);
  }

  const on = (name: string): string[] => nodes.server(name).node.guests.map((g) => g.title ?? g.name);
  const guestOf = (name: string, title: string) => nodes.server(name).node.guests.find((g) => g.title === title)!;
  async function migrate(from: string, to: string, title: string, seconds: number, options: MigrateOptions = {}) {
    nodes.server(from).node.migrationSeconds = seconds;
    await Promise.all([fleet.refresh(from), fleet.refresh(to)]);
    const { uuid } = guestOf(from, title);
    const own: MigrateOptions = { storage: 'copy', ...options };
    return fleet.ask<MigrationView>('migrate', { cluster: CLUSTER, node: from, uuid, destination: to, options: own });
  }
  const until = (holds: (view: MigrationView) => boolean): Promise<MigrationView> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = told.find(holds);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const [one, three] = ['jovi-compute1', 'jovi-compute3'];
  const back = async (): Promise<void> => {
    const { id } = await migrate(three, one, 'web-1', 0.5);
    const { outcome } = await until((v) => v.id === id && v.outcome !== undefined);
    assert.equal(outcome?.on, one, outcome?.message);
    assert.equal(outcome.phase, 'completed', outcome.message);
  };

  test('one is launched and watched, and its guest is on the other node then, with what it cost', async () => {
    await migrate(one, three, 'web-1', 3);
    const { progress } = await until((v) => v.progress.phase === 'memory' && (v.progress.memory?.processed ?? 0) > 0);
    assert.equal(progress.memory?.total, 2048 * 1024 * 1024);
    assert.ok((progress.rate ?? 0) > 0 && (progress.dirtyRate ?? 0) > 0);
    const { outcome } = await until((v) => v.outcome !== undefined);
    assert.deepEqual([outcome?.phase, outcome?.on], ['completed', three]);
    assert.equal(outcome?.progress?.downtime, 86);
    assert.deepEqual([on(one), on(three)], [['db-1', 'build'], ['web-1']]);
    const { view } = await fleet.refresh(three);
    assert.deepEqual(
      view.instances.map((i) => [i.title, i.state]),
      [['web-1', 'running']],
    );
    await back();
    assert.deepEqual(on(three), []);
  });

  test('one is aborted, and the guest stays', async () => {
    const { id } = await migrate(one, three, 'db-1', 600);
    await until((v) => v.id === id && v.progress.phase === 'memory');
    await fleet.ask('steer', { id, action: 'abort' });
    const { outcome } = await until((v) => v.outcome !== undefined);
    assert.deepEqual([outcome?.phase, outcome?.on], ['cancelled', one]);
    assert.ok(on(one).includes('db-1') && on(three).length === 0);
  });

  test('one is switched to post-copy, and arrives long before it would have', async () => {
    const { id } = await migrate(one, three, 'web-1', 20, { postCopy: true });
    await until((v) => v.id === id && v.progress.phase === 'memory');
    nodes.server(one).node.jobs.get(guestOf(one, 'web-1').uuid)!.setSpeed(4096);
    await fleet.ask('steer', { id, action: 'post-copy' });
    const { outcome } = await until((v) => v.outcome !== undefined);
    assert.deepEqual([outcome?.phase, outcome?.on], ['completed', three]);
    await back();
  });

  for (const [what, conf, words, rule] of [
    [
      'nobody listens',
      GOOD.replace('listen_tcp = 1', 'listen_tcp = 0'),
      /Connection refused/,
      'libvirtd/listen-tcp-off',
    ],
    ['SASL is asked for', GOOD.replace('"none"', '"sasl"'), /authentication failed/, undefined],
    ['libvirtd did not start', 'listen_tcp = "x\n', /Connection refused/, undefined],
  ] as const)
    test(`one fails by libvirt’s words where ${what} on the destination, and is explained`, async () => {
      restart(three, conf);
      await migrate(one, three, 'web-1', 3);
      const { outcome, explanation } = await until((v) => v.outcome !== undefined);
      assert.deepEqual([outcome?.phase, outcome?.on], ['failed', one]);
      assert.match(outcome?.message ?? '', words);
      assert.ok((explanation?.causes.length ?? 0) > 0);
      if (rule !== undefined) assert.ok(explanation?.found.some((f) => f.rule === rule && f.host === three));
      assert.ok(on(one).includes('web-1'));
    });

  /** Which nodes were read since, each as often as it was. */
  const readSince = (told: number): string[] =>
    fleet.states
      .slice(told)
      .flatMap((s) => /^(.*): reading$/.exec(s)?.[1] ?? [])
      .sort();

  test('of a failure only its two nodes are read; who serves them, where the cause may stand there', async () => {
    const controller = 'jovi-controller';
    await Promise.all([one, three, controller].map((name) => fleet.refresh(name)));
    restart(three, GOOD.replace('listen_tcp = 1', 'listen_tcp = 0'));
    const before = fleet.states.length;
    const refused = await migrate(one, three, 'web-1', 3);
    const { outcome } = await until((v) => v.id === refused.id && v.outcome !== undefined);
    assert.match(outcome?.message ?? '', /Connection refused/);
    // Once each before it was begun, once each after.
    assert.deepEqual(readSince(before), [one, one, three, three]);

    restart(three, GOOD);
    const since = fleet.states.length;
    const missing = await migrate(one, three, 'web-1', 3, { storage: 'shared' });
    const { outcome: end } = await until((v) => v.id === missing.id && v.outcome !== undefined);
    assert.match(end?.message ?? '', /unable to stat/);
    assert.deepEqual(readSince(since), [one, one, three, three, controller]);
  });
});
