// What is asked of the Compute API by microversion, and what is read of answers that a real Nova gave.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import * as answers from '../../server/src/migration/nova/answers';
import * as compute from '../../server/src/migration/nova/compute';
import { messageOf } from '../../server/src/migration/nova/keystone';
import { free, providers } from '../../server/src/migration/nova/placement';

const ID = '3a07e86c-f16d-404d-8289-17a8688addd1';
const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, `recorded/${name}.json`), 'utf8'));

describe('requests', () => {
  const body = (host: string | undefined, storage: 'shared' | 'copy' | undefined, minor: number) =>
    compute.migrateLive(ID, host, storage, minor).body;

  test('what begins a migration has the fields of its microversion', () => {
    const call = compute.migrateLive(ID, 'compute2', undefined, 93);
    assert.deepEqual(
      [call.method, call.path, call.body, call.timeout],
      ['POST', `/servers/${ID}/action`, { 'os-migrateLive': { host: 'compute2', block_migration: 'auto' } }, undefined],
    );
    assert.deepEqual(body(undefined, 'copy', 104), { 'os-migrateLive': { host: null, block_migration: true } });
    assert.deepEqual(body('compute2', 'shared', 25), {
      'os-migrateLive': { host: 'compute2', block_migration: false },
    });
    for (const minor of [1, 24])
      assert.deepEqual(body('compute2', undefined, minor), {
        'os-migrateLive': { host: 'compute2', block_migration: false, disk_over_commit: false },
      });
    // The checks are made before the answer.
    assert.ok(compute.migrateLive(ID, undefined, undefined, 33).timeout! > 60_000);
  });

  test('microversions are named by the header that the cloud reads', () => {
    assert.deepEqual(compute.versionHeaders(1), {});
    assert.deepEqual(compute.versionHeaders(26), { 'X-OpenStack-Nova-API-Version': '2.26' });
    assert.deepEqual(compute.versionHeaders(27), { 'OpenStack-API-Version': 'compute 2.27' });
  });

  test('lists are paged where the cloud can', () => {
    assert.equal(
      compute.servers({ host: 'a&b', marker: ID }).path,
      `/servers/detail?all_tenants=1&limit=1000&host=a%26b&marker=${ID}`,
    );
    const since = '2026-11-21T06:50:06.000Z';
    assert.equal(
      compute.migrations({ since }, 59).path,
      '/os-migrations?migration_type=live-migration&limit=1000&changes-since=2026-11-21T06%3A50%3A06.000Z',
    );
    assert.equal(compute.migrations({ server: ID, limit: 1 }, 22).path, `/os-migrations?instance_uuid=${ID}`);
  });

  test('services are switched by their ids from 2.53 on, by their hosts before', () => {
    const service = { id: 's/1', host: 'compute1', enabled: true, up: true, reason: undefined };
    const words = ({ method, path: where, body: sent }: compute.Call<null>) => [method, where, sent];
    assert.deepEqual(words(compute.setService(service, 'dust', 53)), [
      'PUT',
      '/os-services/s%2F1',
      { status: 'disabled', disabled_reason: 'dust' },
    ]);
    assert.deepEqual(words(compute.setService(service, undefined, 93))[2], { status: 'enabled' });
    assert.deepEqual(words(compute.setService(service, 'dust', 52)), [
      'PUT',
      '/os-services/disable-log-reason',
      { host: 'compute1', binary: 'nova-compute', disabled_reason: 'dust' },
    ]);
    assert.equal(compute.setService(service, undefined, 2).path, '/os-services/enable');
  });

  test('what is no id of a server gets into no path', () => {
    for (const bad of ['', '../os-services', `${ID}/action`, 'x'])
      for (const make of [
        () => compute.oneServer(bad),
        () => compute.migrations({ server: bad }, 93),
        () => compute.abort(bad, 1),
      ])
        assert.throws(make, /no id of a server/);
  });
});

describe('answers', () => {
  test('versions', () => {
    assert.deepEqual(answers.versions(recorded('version')), { oldest: 1, newest: 93, path: undefined });
    const both = {
      versions: [
        { id: 'v2.0', version: '', min_version: '' },
        { id: 'v2.1', version: '2.25', min_version: '2.1' },
      ],
    };
    assert.deepEqual(answers.versions(both), { oldest: 1, newest: 25, path: '/v2.1' });
    assert.deepEqual(answers.versions({ versions: both.versions.slice(0, 1) }), { oldest: 1, newest: 1, path: '/v2' });
  });

  test('servers and services', () => {
    assert.deepEqual(answers.oneServer(recorded('server')), {
      ...{ id: ID, name: 'vm-a', status: 'ACTIVE', task: null, power: 1, host: 'compute1' },
      ...{ memory: 512, vcpus: 1, fault: undefined },
    });
    const more = { servers: [{ id: ID }], servers_links: [{ rel: 'next', href: 'http://x' }] };
    assert.equal(answers.servers(more).more, true);
    assert.equal(answers.servers({ servers: [] }).more, false);
    assert.deepEqual(
      answers.services(recorded('services')).map((s) => [s.id.length, s.host, s.enabled, s.up, s.reason]),
      [
        [36, 'compute2', true, true, undefined],
        [36, 'compute1', true, true, undefined],
      ],
    );
  });

  test('migrations: running, queued, over, with disks', () => {
    const [running] = answers.migrations(recorded('running')).rows;
    assert.deepEqual(running, {
      ...{ id: 1, uuid: 'f2d952f6-3f86-410b-a530-f32ad421d0c6', server: ID, status: 'running' },
      ...{ source: 'compute1', destination: 'compute2' },
      ...{ created: Date.UTC(2026, 10, 21, 6, 50, 6), updated: Date.UTC(2026, 10, 21, 6, 50, 11) },
      memory: { total: 536870912, processed: 77407786, remaining: 459463126 },
      disk: undefined,
    });
    const [queued] = answers.migrations(recorded('queued')).rows;
    assert.deepEqual([queued?.status, queued?.memory], ['queued', undefined]);
    assert.equal(answers.migrations(recorded('copying-disks')).rows[0]?.disk?.total, 1073741824);
    assert.deepEqual(
      answers.migrations(recorded('records')).rows.map((m) => [m.id, m.server, m.status]),
      [
        [3, ID, 'running'],
        [2, ID, 'cancelled'],
        [1, ID, 'completed'],
      ],
    );
    const cold = { migrations: [{ id: 9, migration_type: 'resize', status: 'finished' }] };
    assert.deepEqual(answers.migrations(cold).rows, []);
  });

  test('the innermost event says why it failed', () => {
    const said = (name: string) =>
      answers.innermost(answers.events(recorded(name))).map((event) => answers.saidBy(event));
    assert.deepEqual(said('events-dest'), [
      'Migration pre-check error: lab: dest fails',
      'No valid host was found. There are not enough hosts available.',
    ]);
    assert.deepEqual(said('events-src'), [
      'Migration error: lab: src fails',
      'Migration error: lab: src fails',
      'Migration error: Migration error: lab: src fails',
    ]);
    assert.deepEqual(said('events-pre'), ['Migration error: lab: pre fails']);
    assert.deepEqual(said('events-copy'), []);
    // Before 2.84 there is but a traceback.
    const [old] = answers.events({
      instanceAction: {
        events: [
          {
            event: 'conductor_live_migrate_instance',
            result: 'Error',
            traceback:
              'Traceback (most recent call last):\n  File "x.py", line 1\nnova.exception.NoValidHost: No valid host was found.\n',
          },
        ],
      },
    });
    assert.equal(answers.saidBy(old!), 'No valid host was found.');
  });

  test('refusals are told in nova’s words, and a proxy’s without its HTML', () => {
    const all = recorded('refusals') as { [name: string]: { status: number; body: unknown } };
    const said = (name: string): string => messageOf(JSON.stringify(all[name]!.body));
    assert.equal(said('unknown host'), 'Compute host nosuchhost could not be found.');
    assert.match(said('twice'), /while it is in task_state migrating$/);
    assert.match(said('stopped'), /while it is in vm_state stopped$/);
    assert.match(said('microversion'), /^Version 2\.200 is not supported/);
    assert.equal(
      messageOf('<html><head><title>x</title></head><body><h1>503 Service Unavailable</h1>\nNo server.</body></html>'),
      '503 Service Unavailable No server.',
    );
    assert.equal(messageOf(''), 'it gave no reason');
  });

  test('what is nonsense is read as nothing, and breaks nothing', () => {
    for (const nonsense of [undefined, null, 7, 'x', [], {}, { servers: 'x', migrations: [null, 7, {}] }]) {
      assert.deepEqual(answers.servers(nonsense).rows, []);
      assert.deepEqual(answers.migrations(nonsense).rows, []);
      assert.deepEqual([...answers.events(nonsense), ...answers.services(nonsense), ...answers.actions(nonsense)], []);
    }
  });
});

describe('placement', () => {
  test('hosts are the providers above others; what is left is what none of them has used', () => {
    const rows = [
      { uuid: 'u1', name: 'compute1', parent_provider_uuid: null },
      { uuid: 'u2', name: 'compute1_NUMA0', parent_provider_uuid: 'u1' },
      { uuid: 'u3' },
      7,
    ];
    assert.deepEqual([...providers.read({ resource_providers: rows })], [['u1', 'compute1']]);
    const summaries = {
      u1: { resources: { MEMORY_MB: { capacity: 48384, used: 512 }, VCPU: { capacity: 64, used: 1 } } },
      u4: { resources: { DISK_GB: { capacity: 10, used: 0 } } },
    };
    assert.deepEqual([...free.read({ allocation_requests: [], provider_summaries: summaries })], [['u1', 47872]]);
    for (const nonsense of [undefined, null, [], 'x', { provider_summaries: [], resource_providers: {} }])
      assert.deepEqual([[...providers.read(nonsense)], [...free.read(nonsense)]], [[], []]);
  });

  test('what it refuses is told in its own words', () => {
    const said = { errors: [{ status: 403, title: 'Forbidden', detail: 'Access was denied to this resource.' }] };
    assert.equal(messageOf(JSON.stringify(said)), 'Access was denied to this resource.');
    assert.equal(messageOf('{"errors": []}'), '{"errors": []}');
  });
});
