import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { tempFolder } from '../support/temp';
import { startController, toTheEnd, until, type TestController } from './controller';

/** A real Nova with the compute hosts compute1 and compute2, as `test/nova/lab.ts` has it. */
export interface RealNova {
  /** Of its Keystone; its administrator is `admin`. */
  readonly authUrl: string;
  /** Makes a server that runs on a host. @returns its id */
  server(name: string, host: string): Promise<string>;
  /** How its next migrations go: `seconds`, `dirty`, `fail`, `message`. */
  steer(id: string, wishes: Readonly<{ [wish: string]: string }>): Promise<void>;
  records(id: string): Promise<readonly unknown[]>;
}

/** The driver over a private sshd, with the real commands there, which ask a real Nova. */
export function novaCliSuite(lab: () => RealNova, password: string): void {
  describe('nova by the commands on a controller', () => {
    const { path: folder, remove } = tempFolder();
    const signal = AbortSignal.timeout(600_000);
    let controller: TestController;
    /** Below [cloud]: with both commands, and with `nova` alone. */
    let cloud: Record<'openstack' | 'nova', string>;

    before(async () => {
      controller = await startController(folder);
      const variables = {
        ...{ OS_AUTH_URL: lab().authUrl, OS_USERNAME: 'admin', OS_PASSWORD: password, OS_PROJECT_NAME: 'admin' },
        ...{ OS_USER_DOMAIN_ID: 'default', OS_PROJECT_DOMAIN_ID: 'default', OS_REGION_NAME: 'RegionOne' },
        // Above what the client knows: it is not to be believed.
        ...{ OS_IDENTITY_API_VERSION: '3', OS_COMPUTE_API_VERSION: '2.93' },
      };
      const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${value}`);
      const both = controller.openrc('both', lines);
      cloud = {
        openstack: `openrc = ${both}\n`,
        nova: `openrc = ${controller.openrc('one', lines, { nova: '/usr/bin/nova' })}\n`,
      };
    });
    after(async () => {
      await controller.stop();
      remove();
    });

    test('openstack: a named host, watched to its end, and the instance under its new node', async () => {
      const uuid = await lab().server('cli-named', 'compute1');
      await lab().steer(uuid, { seconds: '10' });
      const driver = controller.driver(cloud.openstack);
      const mine = async () => (await driver.instances(signal)).find((i) => i.uuid === uuid);
      assert.deepEqual(await mine(), {
        ...{ uuid, name: 'cli-named', node: 'compute1', state: 'running', migrating: false, memory: 512, vcpus: 1 },
      });
      const migration = await driver.migrate(
        { uuid, source: 'compute1', destination: 'compute2', options: {} },
        signal,
      );
      await assert.rejects(driver.migrate({ uuid, source: 'compute1', destination: 'compute2', options: {} }, signal), {
        code: 'refused',
        message: /already/,
      });
      const { outcome, told } = await toTheEnd(migration);
      assert.deepEqual([outcome.phase, outcome.on], ['completed', 'compute2']);
      assert.ok(told.some(({ phase, memory }) => phase === 'memory' && memory?.total === 512 * 1024 * 1024));
      assert.equal((await lab().records(uuid)).length, 1);
      assert.equal((await mine())?.node, 'compute2');
    });

    test('openstack: refused at once in nova’s words; failed later, with the innermost reason', async () => {
      const uuid = await lab().server('cli-fails', 'compute1');
      const driver = controller.driver(cloud.openstack);
      const request = { uuid, source: 'compute1', destination: 'compute2', options: {} };
      await assert.rejects(driver.migrate({ ...request, source: 'compute2' }, signal), { code: 'refused' });
      await lab().steer(uuid, { fail: 'dest', message: 'Unacceptable CPU info: CPU' });
      const migration = await driver.migrate(request, signal);
      const { phase, on, message } = await migration.outcome;
      assert.deepEqual([phase, on], ['failed', 'compute1']);
      assert.equal(message, 'Migration pre-check error: Unacceptable CPU info: CPU');
      assert.match(
        (await driver.reasons(migration, 0, signal)).join('\n'),
        /No valid host.*\n.*Unacceptable CPU info: CPU$/,
      );
    });

    test('nova: the scheduler’s choice, found by a second window, forced to complete', async () => {
      const uuid = await lab().server('cli-forced', 'compute1');
      await lab().steer(uuid, { seconds: '600' });
      const driver = controller.driver(cloud.nova);
      const migration = await driver.migrate({ uuid, source: 'compute1', destination: undefined, options: {} }, signal);
      const [found, ...others] = await controller.driver(cloud.nova).running(signal, new Set());
      assert.deepEqual([found?.uuid, found?.name, found?.source, others.length], [uuid, 'cli-forced', 'compute1', 0]);
      await until(migration, ({ actions }) => actions.includes('force-complete'));
      assert.equal(migration.destination, 'compute2');
      await migration.steer('force-complete');
      for (const { outcome } of [migration, found!])
        assert.deepEqual([(await outcome).phase, (await outcome).on], ['completed', 'compute2']);
    });

    test('nova: aborted; services off with a reason, and on', async () => {
      const uuid = await lab().server('cli-aborted', 'compute2');
      await lab().steer(uuid, { dirty: '1' });
      const driver = controller.driver(cloud.nova);
      const migration = await driver.migrate(
        { uuid, source: 'compute2', destination: 'compute1', options: {} },
        signal,
      );
      await until(migration, ({ actions }) => actions.includes('abort'));
      await migration.steer('abort');
      assert.deepEqual([(await migration.outcome).phase, (await migration.outcome).on], ['cancelled', 'compute2']);
      const state = async () => (await driver.services.list(signal)).find(({ node }) => node === 'compute1');
      await driver.services.disable('compute1', '--drained | 移行', signal);
      assert.deepEqual(await state(), { node: 'compute1', enabled: false, up: true, reason: '--drained | 移行' });
      await driver.services.enable('compute1', signal);
      assert.equal((await state())?.enabled, true);
    });

    test('the password is in no log', () => {
      assert.ok(controller.log.some((line) => line.includes('live-migration')));
      assert.doesNotMatch(controller.log.join('\n'), new RegExp(password));
    });
  });
}
