// A livemig.ini of more nodes than are read for one migration, of which few are there: nobody dials the others.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { VerdictView } from '../../server/src/fleet-protocol';
import { startFleet, type FleetProcess } from '../fleet/fleet-process';
import { tempFolder } from '../support/temp';
import { startCluster, writeSshConfig, type EmbeddedCluster } from './cluster';
import { nfsCluster } from './nfs';

const CLUSTER = 'large';
/** For documentation: nobody has them. */
const FAR = Array.from({ length: 60 }, (_, i) => `[node far${i}]\naddress = 192.0.2.${i + 1}\nroles = compute\n`);

describe('a cluster that is too large to be read for one migration', () => {
  const { path: folder, remove } = tempFolder();
  let nodes: EmbeddedCluster;
  let fleet: FleetProcess;

  before(async () => {
    nodes = await startCluster(nfsCluster());
    const sshConfig = writeSshConfig(path.join(folder, 'ssh'), nodes);
    fleet = startFleet(CLUSTER);
    fleet.client.onRequest('prompt/hostKey', () => true);
    const ini = readFileSync(path.join(__dirname, '../demo/nfs/livemig.ini'), 'utf8').replace(/^address = .*\n/gm, '');
    const text = `[cloud]\nname = ${CLUSTER}\ndriver = nova\n${ini.replace(/^release = .*\n/m, '')}\n${FAR.join('\n')}`;
    await fleet.ask('inventories', { files: [{ uri: 'file:///w/livemig.ini', text }], trusted: true, sshConfig });
  });
  after(async () => {
    await fleet.stop();
    await nodes.stop();
    remove();
  });

  const ask = async (destination?: string): Promise<ReadonlyMap<string, VerdictView>> => {
    const instance = { cluster: CLUSTER, node: 'jovi-compute1', uuid: '00000000-0000-0000-0000-000000000000' };
    const views = await fleet.ask<VerdictView[]>('verdicts', { ...instance, ...(destination && { destination }) });
    return new Map(views.map((view) => [view.node, view]));
  };
  const dialled = (): string[] => [...new Set(fleet.told.map(({ node }) => node))].sort();

  test('only the source is read; of the others it is said that they were not', async () => {
    const found = await ask();
    assert.deepEqual(dialled(), ['jovi-compute1']);
    assert.equal(found.has('jovi-compute1'), false);
    for (const name of ['jovi-compute3', 'far0', 'far59']) {
      assert.equal(found.get(name)?.state, 'unknown', name);
      assert.equal(found.get(name)?.unread, true, name);
    }
  });

  test('the destination that is meant is read and judged, and known from then on', async () => {
    const meant = (await ask('jovi-compute3')).get('jovi-compute3');
    assert.notEqual(meant?.state, 'unknown');
    assert.equal(meant?.unread, undefined);
    assert.deepEqual(dialled(), ['jovi-compute1', 'jovi-compute3']);
    assert.deepEqual((await ask()).get('jovi-compute3'), meant);
    assert.deepEqual(dialled(), ['jovi-compute1', 'jovi-compute3']);
  });
});
