// A node of a hundred instances whose disks are its own, drained through the bundled fleet process.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { DrainPlanView, DrainView } from '../../server/src/fleet-protocol';
import { startFleet, type FleetProcess } from '../fleet/fleet-process';
import { tempFolder } from '../support/temp';
import { startCluster, writeSshConfig, type EmbeddedCluster } from './cluster';
import { hostSpec } from './hosts';

const CLUSTER = 'local disks';
const GUESTS = 100;
const ADDRESSES = { full: '10.9.0.1', open: '10.9.0.2', poolless: '10.9.0.3' } as const;

describe('draining a node of local disks', () => {
  const { path: folder, remove } = tempFolder();
  let nodes: EmbeddedCluster;
  let fleet: FleetProcess;
  const drains: DrainView[] = [];
  const waiting = new Set<() => void>();

  before(async () => {
    const hosts = Object.entries(ADDRESSES).map(([name, address]) => {
      const files = {
        'nova/nova.conf': `[DEFAULT]\nmy_ip = ${address}\n[libvirt]\nvirt_type = kvm\n`,
        'libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\n',
        'default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        hosts: Object.entries(ADDRESSES)
          .map(([n, a]) => `${a} ${n}.example.net ${n}\n`)
          .join(''),
      };
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(folder, name, 'etc', file)), { recursive: true });
        writeFileSync(path.join(folder, name, 'etc', file), text);
      }
      const spec = hostSpec(path.join(folder, name), name === 'full' ? GUESTS : 0);
      return name === 'poolless' ? { ...spec, facts: { ...spec.facts, pools: [] } } : spec;
    });
    nodes = await startCluster(hosts);
    nodes.server('full').node.migrationSeconds = 0.1;
    const sshConfig = writeSshConfig(path.join(folder, 'ssh'), nodes);
    fleet = startFleet(CLUSTER);
    fleet.client.onRequest('prompt/hostKey', () => true);
    fleet.client.onNotification('fleet/drainState', (view: DrainView) => {
      drains.push(view);
      for (const look of waiting) look();
    });
    const sections = Object.keys(ADDRESSES).map((name) => `[node ${name}]\nroles = compute\n`);
    const text = `[cloud]\nname = ${CLUSTER}\ndriver = libvirt\n${sections.join('')}`;
    await fleet.ask('inventories', { files: [{ uri: 'file:///w/livemig.ini', text }], trusted: true, sshConfig });
  });
  after(async () => {
    await fleet.stop();
    await nodes.stop();
    remove();
  });

  const plan = (more: object = {}) =>
    fleet.ask<DrainPlanView>('drainPlan', { cluster: CLUSTER, node: 'full', ...more });
  const questions = () => fleet.log.filter((line) => line.includes(' image:'));
  const over = (id: string): Promise<DrainView> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = drains.find((v) => v.id === id && (v.state === 'done' || v.state === 'failed'));
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });

  test('all go with their disks to where there is a pool, after one question to each node', async () => {
    const { moves, stay } = await plan();
    assert.deepEqual([moves.length, stay], [GUESTS, []]);
    for (const { destination, storage } of moves) assert.deepEqual([destination, storage], ['open', 'copy']);
    assert.equal(questions().length, 3);
  });

  test('where there is no pool all stay, with the reason', async () => {
    const { moves, stay } = await plan({ destination: 'poolless' });
    assert.deepEqual([moves, stay.length], [[], GUESTS]);
    for (const { why, reasons } of stay)
      assert.deepEqual(
        [why, reasons.filter((r) => r.severity === 'error').map((r) => r.rule)],
        ['pre-flight says no: poolless', ['cluster/asked-copy-no-pool']],
      );
  });

  test('what somebody said counts: shared, nothing is looked for; copied, without a pool, blocked', async () => {
    const before = questions().length;
    const { moves } = await plan({ options: { storage: 'shared' } });
    assert.ok(moves.length === GUESTS && moves.every(({ storage }) => storage === undefined));
    assert.equal(questions().length, before);
    const { stay } = await plan({ destination: 'poolless', options: { storage: 'copy' } });
    assert.equal(stay.length, GUESTS);
  });

  test('some are moved so, which would fail without their disks, and what was seen a moment ago is not asked for again', async () => {
    const all = await plan();
    const uuids = all.moves.slice(0, 10).map(({ uuid }) => uuid);
    const { id } = await plan({ uuids });
    const before = questions().length;
    await fleet.ask('drain', { id, options: {}, parallel: 5 });
    const { state, moves } = await over(id);
    assert.equal(state, 'done', JSON.stringify(moves));
    for (const { uuid } of moves) assert.ok(nodes.server('open').node.guests.some((g) => g.uuid === uuid));
    // An answer brings all lines before it.
    await fleet.ask('migrations', {});
    assert.ok(questions().length - before < uuids.length, `${questions().length - before} questions`);
  });
});
