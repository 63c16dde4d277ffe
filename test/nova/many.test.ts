// What nova is asked for when much runs: by a server of recorded answers that counts, since no real one here runs so many.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { NovaDriver } from '../../server/src/migration/nova/driver';
import { cloudsFolder, siteOf } from './site';

interface RecordedNova {
  readonly url: string;
  close(): void;
}

interface Recorded {
  startNova(of: { hosts: readonly string[]; servers: number; moving: number }): Promise<RecordedNova>;
  takeCalls(url: string): Promise<Readonly<Record<string, number>>>;
}

const NODES = Array.from({ length: 300 }, (_, i) => `compute${i}`);
const MOVING = 20;

describe('a cloud of many hosts and servers', () => {
  let recorded: Recorded;
  let nova: RecordedNova;
  let folder: string;
  before(async () => {
    recorded = (await import(pathToFileURL(path.join(__dirname, '../../bench/nova.mjs')).href)) as Recorded;
    // Nova has them by their full names.
    nova = await recorded.startNova({
      hosts: NODES.map((name) => `${name}.example.net`),
      servers: 2500,
      moving: MOVING,
    });
    const auth = { auth_url: `${nova.url}/v3`, username: 'admin', password: 'recorded', project_name: 'admin' };
    folder = cloudsFolder({ lab: { auth: { ...auth, user_domain_id: 'default', project_domain_id: 'default' } } });
  });
  after(() => {
    nova.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('all instances are asked for by pages, each on its node', async () => {
    const driver = new NovaDriver(siteOf({ folder, nodes: NODES }));
    await recorded.takeCalls(nova.url);
    const all = await driver.instances(AbortSignal.timeout(60_000));
    assert.equal(new Set(all.map(({ uuid }) => uuid)).size, 2500);
    assert.deepEqual([...new Set(all.map(({ node }) => node))].sort(), [...NODES].sort());
    const calls = await recorded.takeCalls(nova.url);
    assert.equal(calls['GET /v2.1/servers/detail'], 3);
    assert.equal(
      Object.values(calls).reduce((a, b) => a + b),
      5,
    );
  });

  test('migrations that run are found by one list, and none that is watched again', async () => {
    const driver = new NovaDriver(siteOf({ folder, nodes: NODES }));
    await driver.services.list(AbortSignal.timeout(60_000));
    await recorded.takeCalls(nova.url);
    const running = await driver.running(AbortSignal.timeout(60_000), new Set());
    for (const migration of running) migration.leave();
    const calls = await recorded.takeCalls(nova.url);
    assert.equal(running.length, MOVING);
    assert.deepEqual(
      running.map(({ source, destination }) => [source, destination]),
      Array.from({ length: MOVING }, (_, i) => [`compute${i}`, `compute${i + 1}`]),
    );
    assert.ok(running.every(({ progress }) => progress.phase !== 'lost'));
    // Beside the servers that move; what begins to be watched meanwhile asks for the rest.
    assert.ok(calls['GET /v2.1/os-migrations']! <= 2, JSON.stringify(calls));
    const uuids = new Set(running.map(({ uuid }) => uuid));
    assert.deepEqual(await driver.running(AbortSignal.timeout(60_000), uuids), []);
  });
});
