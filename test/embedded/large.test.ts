// A livemig.ini of more nodes than are read for one migration, of which few are there: nobody dials the others.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { VerdictView } from '../../server/src/fleet-protocol';
import { Fleet } from '../../server/src/fleet/process/fleet';
import { Asker } from '../../server/src/fleet/process/prompts';
import { verdicts } from '../../server/src/fleet/process/verdicts';
import { FleetError } from '../../server/src/fleet/types';
import type { ComputeService, Driver } from '../../server/src/migration/driver';
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
  let sshConfig: string;
  /** livemig.ini of the nodes that are there, and nothing else. */
  let small: string;

  before(async () => {
    nodes = await startCluster(nfsCluster());
    sshConfig = writeSshConfig(path.join(folder, 'ssh'), nodes);
    fleet = startFleet(CLUSTER);
    fleet.client.onRequest('prompt/hostKey', () => true);
    const ini = readFileSync(path.join(__dirname, '../demo/nfs/livemig.ini'), 'utf8').replace(/^address = .*\n/gm, '');
    small = `[cloud]\nname = ${CLUSTER}\ndriver = nova\n${ini.replace(/^release = .*\n/m, '')}`;
    const text = `${small}\n${FAR.join('\n')}`;
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
    assert.deepEqual(
      [...found.keys()].filter((name) => name.startsWith('far')),
      FAR.map((_, i) => `far${i}`),
      'as people count',
    );
    assert.equal(found.has('jovi-controller'), false, 'livemig.ini says that it runs none');
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

  test('what nova takes nothing to is blocked, whatever its files say; where nova does not tell, those alone count', async () => {
    const silent = () => undefined;
    const here = new Fleet({
      asker: new Asker({ sendRequest: () => Promise.resolve(true as never) }),
      log: silent,
      tell: silent,
    });
    here.inventories({ files: [{ uri: 'file:///w/livemig.ini', text: small }], trusted: true, sshConfig });
    const [node, other] = ['jovi-compute1', 'jovi-compute3'];
    let asked = 0;
    const told = async (list: Error | readonly ComputeService[], unknown?: string) => {
      const driver: Pick<Driver, 'room' | 'services'> = {
        room: () => Promise.resolve({ free: new Map(), ...(unknown !== undefined && { unknown }) }),
        services: {
          list: () => {
            asked++;
            return list instanceof Error ? Promise.reject(list) : Promise.resolve(list);
          },
          ...{ disable: () => Promise.reject(new Error()), enable: () => Promise.reject(new Error()) },
        },
      };
      const params = { cluster: CLUSTER, node, uuid: '00000000-0000-0000-0000-000000000000' };
      const views = await verdicts(here, params, new AbortController().signal, () => driver);
      assert.deepEqual(
        views.map((view) => view.node),
        [other],
      );
      return views[0]!;
    };
    try {
      const up = { enabled: true, up: true };
      const plain = await told([
        { node, ...up },
        { node: other, ...up },
      ]);
      assert.equal(plain.why, undefined);
      const missing = await told([{ node, ...up }]);
      assert.deepEqual([missing.state, missing.why], ['blocked', `nova has no compute host ${other}`]);
      const down = await told([
        { node, ...up },
        { node: other, enabled: true, up: false },
      ]);
      assert.deepEqual([down.state, down.why], ['blocked', `nova-compute is down on ${other}`]);
      assert.deepEqual(await told(new FleetError('unreachable', 'nobody answers')), plain);
      assert.equal(asked, 4);
      assert.deepEqual(await told([{ node, ...up }], 'nobody has logged in yet'), plain);
      assert.equal(asked, 4, 'nobody is asked for a password by a list');
    } finally {
      here.close();
    }
  });
});
