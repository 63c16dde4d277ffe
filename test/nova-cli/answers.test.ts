// The commands, and what their answers say: recorded ones of the real programs, and such as they may be.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Call, Dialect } from '../../server/src/migration/nova-cli/commands';
import { saidBy } from '../../server/src/migration/nova-cli/controller';
import { describeResource, grizzly, readServices } from '../../server/src/migration/nova-cli/grizzly';
import { readLiteral } from '../../server/src/migration/nova-cli/literal';
import * as newer from '../../server/src/migration/nova-cli/nova';
import * as unified from '../../server/src/migration/nova-cli/openstack';
import { failed, reasonOf } from '../../server/src/migration/nova-cli/reason';
import { readTable } from '../../server/src/migration/nova-cli/table';

const A = 'd478e734-8eb0-4d51-b5c7-c0e5f1cbe98b';
const B = 'e89143e5-1c6e-4ad2-bfa7-0658df91e8b9';
const COMPUTE2 = '1d72a197-b794-427f-9106-dd5c7521ffc4';
const REQUEST = 'req-fc8be5c6-44c2-4893-9026-f6addbfe909c';

const recorded = (file: string): string => readFileSync(path.join(import.meta.dirname, 'recorded', file), 'utf8');
const words = (call: Call<unknown>): string => call.argv.join(' ');

for (const { dialect, file } of [
  { dialect: unified.openstack(93), file: (name: string) => `openstack/${name}.json` },
  { dialect: newer.nova(92), file: (name: string) => `nova/${name}.txt` },
] satisfies { dialect: Dialect; file: (name: string) => string }[])
  describe(`answers of ${dialect.name}`, () => {
    const records = dialect.records!;
    const read = <T>(call: Call<T>, name: string): T => call.read(recorded(file(name)));

    test('what the API offers', () => {
      const versions = dialect.name === 'openstack' ? unified.versions : newer.versions;
      assert.equal(read(versions, 'versions'), dialect.name === 'openstack' ? 93 : 92);
    });

    test('servers', () => {
      const servers = read(dialect.servers(), 'servers').toSorted((a, b) => a.name.localeCompare(b.name));
      assert.deepEqual(
        servers.map(({ id, name, task, power }) => ({ id, name, task, power })),
        [
          { id: A, name: 'vm-a', task: undefined, power: '1' },
          { id: B, name: 'vm-b', task: undefined, power: '1' },
        ],
      );
      assert.ok(servers.every(({ host }) => host !== undefined && /^compute[12]$/.test(host)));
    });

    test('a server that is on its way, and one that nova has given up', () => {
      const { id, status, task, host, memory, vcpus, fault } = read(dialect.server(A), 'server-migrating');
      assert.deepEqual([id, status, task, memory, vcpus, fault], [A, 'MIGRATING', 'migrating', 512, 1, undefined]);
      assert.match(host!, /^compute[12]$/);
      const error = read(dialect.server(B), 'server-error');
      assert.deepEqual([error.status, error.fault], ['ERROR', 'Migration error: a failure of the source']);
    });

    test('services, with a reason that holds what tables are made of', () => {
      assert.deepEqual(
        read(dialect.services(), 'services').map(({ host, enabled, up, reason }) => [host, enabled, up, reason]),
        [
          ['compute2', false, true, 'two | words, 移行'],
          ['compute1', true, true, undefined],
        ],
      );
    });

    test('records of migrations, the newest first', () => {
      const rows = read(records.migrations(5), 'migrations');
      assert.ok(rows.every(({ id }, i) => i === 0 || id < rows[i - 1]!.id));
      assert.deepEqual([rows[0]!.server, rows[0]!.status], [A, 'running']);
      assert.ok(rows[0]!.source !== rows[0]!.destination && rows[0]!.updated >= rows[0]!.created);
      assert.equal(new Date(rows[0]!.created).getUTCFullYear(), 2026);
    });

    test('how far one is', () => {
      const { memory, disk } = read(records.migration(A, 6), 'migration');
      assert.equal(memory!.total, 512 * 1024 * 1024);
      assert.equal(memory!.processed + memory!.remaining, memory!.total);
      assert.equal(disk, undefined);
    });

    test('why one failed: what the innermost check said', () => {
      const acted = read(records.actions(B), 'actions');
      assert.ok(acted.some(({ action, started }) => action === 'live-migration' && started > 0));
      const why = (name: string) => read(records.events(B, REQUEST), `events-${name}`);
      assert.deepEqual(
        failed(why('dest')).map(({ event, details }) => [event, details]),
        [
          [
            'compute_check_can_live_migrate_destination',
            "Migration pre-check error: Unacceptable CPU info: CPU doesn't have compatibility.",
          ],
          ['conductor_live_migrate_instance', 'No valid host was found. There are not enough hosts available.'],
        ],
      );
      const server = { status: 'ACTIVE', fault: 'of another time' };
      assert.equal(reasonOf(why('pre'), server), 'Migration error: disk path it\'s "there" already');
      assert.equal(reasonOf(why('src'), server), 'Migration error: a failure of the source');
      assert.equal(reasonOf([], server), undefined);
      assert.equal(reasonOf([], { ...server, status: 'ERROR' }), 'of another time');
    });

    test('an answer that is none', () => {
      assert.throws(() => dialect.servers().read('Segmentation fault\n'), TypeError);
      assert.throws(() => dialect.server(A).read(''), TypeError);
    });
  });

test('words of openstack', () => {
  const at = (offered: number) => unified.openstack(offered);
  const start = 'openstack --os-compute-api-version 2.84';
  assert.equal(
    words(at(93).migrate(A, 'compute2', { storage: 'copy' })),
    `${start} server migrate --live-migration --host compute2 --block-migration ${A}`,
  );
  assert.equal(words(at(93).migrate(A, undefined, {})), `${start} server migrate --live-migration ${A}`);
  assert.equal(
    words(at(93).migrate(A, undefined, { storage: 'shared' })),
    `${start} server migrate --live-migration --shared-migration ${A}`,
  );
  assert.match(words(at(60).server(A)), /^openstack --os-compute-api-version 2\.60 server show/);
  assert.equal(at(60).records!.abortsQueued, false);
  assert.doesNotMatch(words(at(58).records!.migrations(9)), /--limit/);
  const service = { id: COMPUTE2, host: 'compute2', enabled: true, up: true, reason: undefined };
  assert.deepEqual(at(93).disable(service, '-- a reason').argv.slice(3), [
    ...['compute', 'service', 'set', '--disable', '--disable-reason=-- a reason', 'compute2', 'nova-compute'],
  ]);
});

test('words of nova, before and after services had ids', () => {
  const at = (version: number) => newer.nova(version);
  assert.equal(
    words(at(24).migrate(A, 'c2', { storage: 'copy' })),
    `nova --os-compute-api-version 2.24 live-migration --block-migrate ${A} c2`,
  );
  assert.equal(words(at(24).migrate(A, undefined, {})), `nova --os-compute-api-version 2.24 live-migration ${A}`);
  assert.equal(
    words(at(25).migrate(A, 'c2', { storage: 'copy' })),
    `nova --os-compute-api-version 2.25 live-migration --block-migrate ${A} c2`,
  );
  const service = { id: COMPUTE2, host: 'c2', enabled: true, up: true, reason: undefined };
  assert.deepEqual(at(53).enable(service).argv.slice(3), ['service-enable', COMPUTE2]);
  assert.deepEqual(
    at(52)
      .enable({ ...service, id: '7' })
      .argv.slice(3),
    ['service-enable', 'c2', 'nova-compute'],
  );
});

test('no answer becomes an option of a command', () => {
  for (const dialect of [unified.openstack(93), newer.nova(92), grizzly]) {
    assert.throws(() => dialect.server('--debug'), TypeError);
    assert.throws(() => dialect.server('vm-a'), TypeError);
    assert.throws(() => dialect.migrate(A, '--force', {}), TypeError);
    assert.throws(() => dialect.migrate(A, 'compute1 x', {}), TypeError);
    assert.throws(() => dialect.records?.events(A, '--help') ?? dialect.servers('-x'), TypeError);
  }
});

describe('answers of the first years, as guides of that time print them', () => {
  const read = <T>(call: Call<T>, file: string): T => call.read(recorded(`grizzly/${file}.txt`));
  const GUEST = '89a5e582-d3f3-4665-afc2-03c2114f0bbb';

  test('nova list and nova show', () => {
    assert.deepEqual(
      read(grizzly.servers('compute1'), 'list').map(({ id, name, status, host }) => [id, name, status, host]),
      [[GUEST, 'myserver', 'ACTIVE', 'compute1']],
    );
    assert.equal(read(grizzly.servers(), 'list-migrating')[0]!.status, 'MIGRATING');
    const { id, name, status, task, power, host, fault } = read(grizzly.server(GUEST), 'show');
    assert.deepEqual(
      [id, name, status, task, power, host, fault],
      [GUEST, 'myserver', 'ACTIVE', undefined, '1', 'compute1', undefined],
    );
  });

  test('a fault, as Python of that time wrote it', () => {
    const fault = "{u'message': u'NoValidHost', u'code': 500, u'created': u'2013-06-01T03:10:51Z'}";
    const table = `+----------+${'-'.repeat(90)}+\n| Property |${'Value'.padStart(47).padEnd(90)}|\n+----------+${'-'.repeat(90)}+\n| fault    | ${fault.padEnd(89)}|\n| status   | ${'ERROR'.padEnd(89)}|\n+----------+${'-'.repeat(90)}+\n`;
    assert.equal(grizzly.server(GUEST).read(table).fault, 'NoValidHost');
  });

  test('nova-manage', () => {
    assert.deepEqual(
      read(grizzly.services(), 'service-list').map(({ host, enabled, up }) => [host, enabled, up]),
      [
        ['compute1', true, true],
        ['compute2', true, true],
      ],
    );
    const noise = '2013-06-01 11:10:51 DEBUG nova.utils [req-1 None None] backend <module> from (pid=1) \n';
    const [down] = readServices(
      `${noise}Binary Host Zone Status State Updated_At\nnova-compute HostB nova disabled XXX 2013-06-01 03:10:51\n`,
    );
    assert.deepEqual([down?.enabled, down?.up], [false, false]);
    assert.throws(() => readServices('Command failed, please check log for more info'), TypeError);
    assert.deepEqual(read(describeResource('compute2'), 'describe_resource'), {
      total: { vcpus: 2, memory: 2003, disk: 17 },
      used: { vcpus: 0, memory: 330, disk: 1 },
    });
  });

  test('words', () => {
    assert.equal(words(grizzly.migrate(GUEST, 'compute2', {})), `nova live-migration ${GUEST} compute2`);
    assert.equal(
      words(grizzly.migrate(GUEST, 'compute2', { storage: 'copy' })),
      `nova live-migration --block-migrate ${GUEST} compute2`,
    );
    assert.equal(words(describeResource('compute2')), 'nova-manage service describe_resource compute2');
    assert.deepEqual([grizzly.services().root, describeResource('compute2').root], [true, true]);
  });
});

test('what stands beside an answer is not one', () => {
  assert.equal(readTable('nova CLI is deprecated\n'), undefined);
  assert.deepEqual(readTable('WARN\n+----+\n| Id |\n+----+\n+----+\n'), []);
  assert.equal(
    saidBy(
      'nova CLI is deprecated and will be a removed in a future release\nERROR (BadRequest): Compute host x could not be found. (HTTP 400) (Request-ID: req-1-2)\n',
    ),
    'Compute host x could not be found. (HTTP 400)',
  );
  assert.equal(saidBy(recorded('grizzly/refused.txt')), recorded('grizzly/refused.txt').trim().replace('ERROR: ', ''));
});

test('literals of Python', () => {
  assert.deepEqual(readLiteral(`{u'a': [1, 2.5, -3L], "b": (None, True), 'c': 'x' "y"\n 'z\\n\\x41\\'', }`), {
    ...{ a: [1, 2.5, -3], b: [null, true], c: "xyz\nA'" },
  });
  assert.deepEqual(readLiteral('{"__proto__": 1, "d": null}'), JSON.parse('{"__proto__": 1, "d": null}'));
  for (const none of ['', '{', "{'a'}", "['a", '[1 2]', '<Server: x>', 'os.system("x")', '['.repeat(9999), '{} x'])
    assert.equal(readLiteral(none), undefined, none.slice(0, 20));
});
