/** Draining a host of a real Nova, by the fleet process as the editor has it, and on the command line. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { DrainPlanView, DrainView, MigrationView } from '../../server/src/fleet-protocol';
import { failureOf, startFleet, type FleetProcess } from '../fleet/fleet-process';
import { livemig } from '../support/cli';
import { HOSTS, noNova, PASSWORD, until, type NovaLab } from './lab';
import { cloudsFolder } from './site';

const cluster = 'lab';
/** Nobody listens there: nova is asked all the same. */
const INI = `[cloud]\ndriver = nova\nname = lab\n${HOSTS.map((h) => `[node ${h}]\naddress = 127.0.0.1\nport = 1\n`).join('')}`;

export function drainSuite(lab: () => NovaLab): void {
  describe('a host of a real Nova is drained', { skip: noNova }, () => {
    let folder: string;
    let fleet: FleetProcess;
    let made: string[] = [];
    const drains: DrainView[] = [];
    const migrations: MigrationView[] = [];

    before(async () => {
      const auth = { auth_url: lab().authUrl, username: 'admin', project_name: 'admin' };
      const own = { ...auth, user_domain_id: 'default', project_domain_id: 'default' };
      folder = cloudsFolder(
        { lab: { auth: own, region_name: 'RegionOne' } },
        { lab: { auth: { password: PASSWORD } } },
      );
      writeFileSync(path.join(folder, 'livemig.ini'), INI);
      fleet = startFleet(cluster);
      fleet.client.onNotification('fleet/drainState', (view: DrainView) => void drains.push(view));
      fleet.client.onNotification('fleet/migration', (view: MigrationView) => void migrations.push(view));
      const files = [{ uri: pathToFileURL(path.join(folder, 'livemig.ini')).href, text: INI }];
      await fleet.ask('inventories', { files, trusted: true });
    });
    after(async () => {
      await fleet.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    afterEach(async () => {
      await Promise.all(HOSTS.map((host) => service(host, { status: 'enabled' })));
      await Promise.all(made.map((uuid) => lab().remove(uuid)));
      made = [];
    });

    const servers = async (host: string, ...names: string[]): Promise<string[]> => {
      const uuids = await Promise.all(names.map((name) => lab().server(name, host)));
      made.push(...uuids);
      return uuids;
    };
    type Service = {
      readonly id: string;
      readonly host: string;
      readonly status: string;
      readonly disabled_reason: unknown;
    };
    const serviceOf = async (host: string): Promise<Service> => {
      const where = '/os-services?binary=nova-compute';
      const { services } = await lab().call<{ services: Service[] }>('GET', where);
      return services.find((one) => one.host === host)!;
    };
    const service = async (host: string, wanted: object): Promise<void> => {
      await lab().call('PUT', `/os-services/${(await serviceOf(host)).id}`, wanted);
    };
    const plan = (node: string, more: object = {}) => fleet.ask<DrainPlanView>('drainPlan', { cluster, node, ...more });
    const drain = (id: string, more: object = {}) => fleet.ask<DrainView>('drain', { id, options: {}, ...more });
    const told = async (id: string, found: (view: DrainView) => boolean): Promise<DrainView> => {
      const find = () => drains.find((view) => view.id === id && found(view));
      await until(`a drain in that state: ${JSON.stringify(drains.at(-1))}`, () => find() !== undefined);
      return find()!;
    };
    const over = (id: string) => told(id, ({ state }) => state === 'done' || state === 'failed');
    const steps = ({ moves }: DrainView) => moves.map(({ name, progress }) => `${name} ${progress}`).join(', ');
    const stays = ({ stay }: DrainPlanView) => stay.map(({ name, why }) => `${name}: ${why}`);

    test('the scheduler chooses; the service is off with a reason; one at a time, paused and resumed', async () => {
      const [one, two, , off, held] = await servers('compute1', 'a', 'b', 'c', 'off', 'held');
      await lab().call('POST', `/servers/${off}/action`, { 'os-stop': null });
      await lab().call('POST', `/servers/${held}/action`, { 'os-resetState': { state: 'error' } });
      await until('one to be off', async () => stays(await plan('compute1')).some((why) => why.startsWith('off:')));
      const planned = await plan('compute1');
      assert.deepEqual(
        planned.moves.map(({ name, memory, destination }) => [name, memory, destination]),
        ['a', 'b', 'c'].map((name) => [name, 512, undefined]),
      );
      assert.deepEqual(stays(planned), [
        'held: nova has it as ERROR, and moves only what is ACTIVE or PAUSED',
        'off: it is shut off: only a guest that runs moves live',
      ]);
      assert.deepEqual([planned.parallel, planned.service, planned.takes], [1, { enabled: true }, ['storage']]);
      assert.match(planned.notes.join('\n'), /scheduler chooses.*\ncompute1 could not be read, so nothing was checked/);

      // What nova takes from nova.conf alone is refused before anything is done.
      const disable = 'memory is exchanged';
      const refused = await failureOf(drain(planned.id, { options: { bandwidth: 5, tls: true }, disable }));
      assert.deepEqual([refused.code, (await serviceOf('compute1')).status], ['refused', 'enabled']);
      assert.match(refused.message, /live_migration_bandwidth, live_migration_with_native_tls/);

      await lab().steer(one!, { seconds: '2' });
      await lab().steer(planned.moves[2]!.uuid, { fail: 'dest', message: 'no such CPU' });
      const begun = await drain(planned.id, { disable });
      assert.deepEqual([begun.disabled, steps(begun)], [true, 'a waiting, b waiting, c waiting']);
      const { status, disabled_reason } = await serviceOf('compute1');
      assert.deepEqual([status, disabled_reason], ['disabled', disable]);
      await told(planned.id, ({ moves }) => moves[0]!.migration !== undefined);
      await fleet.ask('drainSteer', { id: planned.id, action: 'pause' });
      const paused = await told(planned.id, (v) => v.state === 'paused' && v.moves[0]!.progress === 'completed');
      assert.equal(steps(paused), 'a completed, b waiting, c waiting');
      assert.equal(paused.moves[0]!.destination, 'compute2');
      assert.deepEqual(await lab().records(two!), []);
      await fleet.ask('drainSteer', { id: planned.id, action: 'resume' });

      const end = await over(planned.id);
      assert.deepEqual([end.state, steps(end)], ['failed', 'a completed, b completed, c failed']);
      assert.match(end.moves[2]!.why!, /no such CPU/);
      for (const uuid of [one!, two!]) assert.equal(await lab().hostOf(uuid), 'compute2');
      for (const view of drains.filter(({ id }) => id === planned.id))
        assert.ok(view.moves.filter(({ progress }) => progress === 'running').length <= 1);
      assert.equal((await serviceOf('compute1')).status, 'disabled');
      await fleet.ask('serviceEnable', { cluster, node: 'compute1' });
      assert.equal((await serviceOf('compute1')).status, 'enabled');
    });

    test('to a named host; the rest is cancelled, what runs is aborted; what is gone is no failure', async () => {
      const [one] = await servers('compute1', 'a', 'b');
      await lab().steer(one!, { dirty: '1' });
      const planned = await plan('compute1', { destination: 'compute2' });
      assert.deepEqual(
        planned.moves.map(({ destination }) => destination),
        ['compute2', 'compute2'],
      );
      // Begun by another window, the other one goes meanwhile.
      const rest = await plan('compute1', { uuids: [planned.moves[1]!.uuid] });
      await drain(planned.id);
      const { moves } = await told(planned.id, (view) => view.moves[0]!.migration !== undefined);
      assert.equal((await failureOf(drain(rest.id))).code, 'refused');
      await fleet.ask('drainSteer', { id: planned.id, action: 'cancel' });
      const id = moves[0]!.migration!;
      await until('abort to be possible', () => migrations.some((m) => m.id === id && m.actions.includes('abort')));
      await fleet.ask('steer', { id, action: 'abort' });
      const end = await told(planned.id, (view) => view.moves.every((move) => move.progress === 'cancelled'));
      assert.deepEqual(
        [end.state, end.disabled, end.moves[1]!.why],
        ['cancelled', undefined, 'the rest was cancelled'],
      );
      assert.equal(await lab().hostOf(one!), 'compute1');

      await lab().remove(rest.moves[0]!.uuid);
      made = made.filter((uuid) => uuid !== rest.moves[0]!.uuid);
      await drain(rest.id);
      const gone = await over(rest.id);
      assert.deepEqual([gone.state, steps(gone)], ['done', 'b left']);
      assert.match(gone.moves[0]!.why!, /could not be found/);
    });

    test('where nova lets nothing go, the plan says why', async () => {
      await servers('compute1', 'a');
      await service('compute2', { status: 'disabled', disabled_reason: 'its disks are full' });
      assert.deepEqual(stays(await plan('compute1')), ['a: nova has no other compute host that is enabled and up']);
      assert.deepEqual(stays(await plan('compute1', { destination: 'compute2' })), [
        'a: nova places nothing on compute2: its compute service is disabled (its disks are full)',
      ]);
    });

    test('on the command line', async () => {
      const [uuid] = await servers('compute1', 'a');
      const run = (...args: string[]) => livemig(args, { cwd: folder });
      const slow = await run('drain', 'compute1', '--yes', '--bandwidth', '5');
      assert.deepEqual([slow.code, slow.stdout], [1, '']);
      assert.match(slow.stderr, /^nova takes no limit of the bandwidth .*live_migration_bandwidth/);
      const forced = await run('migrate', 'a', '--to', 'compute2', '--post-copy', '--anyway');
      assert.deepEqual([forced.code, forced.stdout], [1, '']);
      assert.match(forced.stderr, /live_migration_permit_post_copy/);
      // Where the node cannot be read there is no pre-flight; nova may be told all the same.
      const unread = await run('migrate', 'a', '--to', 'compute2', '--wait');
      assert.equal(unread.code, 2);
      assert.match(unread.stderr, /--anyway/);
      assert.deepEqual(await lab().records(uuid!), []);
      const moved = await run('migrate', 'a', '--to', 'compute2', '--wait', '--anyway');
      assert.deepEqual([moved.code, await lab().hostOf(uuid!)], [0, 'compute2'], moved.stderr);
      const drained = await run('drain', 'compute2', '--yes', '--disable', 'repair');
      assert.deepEqual([drained.code, await lab().hostOf(uuid!)], [0, 'compute1'], drained.stderr);
      assert.match(drained.stdout, /^compute2: 1 to move\n {2}1\. a \(512 MiB\)/);
      assert.match(drained.stderr, /compute2 stays disabled: openstack compute service set --enable compute2/);
      assert.equal((await serviceOf('compute2')).disabled_reason, 'repair');
    });
  });
}
