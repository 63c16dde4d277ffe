/** The nova-cli driver on the real thing: python3-openstackclient and python3-novaclient behind a real sshd, before a real Nova. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { noSshd } from '../fleet/sshd';
import { noNova, type NovaLab, type Record as Row } from '../nova/lab';
import { tempFolder } from '../support/temp';
import type { NovaCliDriver } from '../../server/src/migration/nova-cli/driver';
import { startController, toTheEnd, until, type TestController } from './controller';

const missing = ['openstack', 'nova'].find((name) => !existsSync(`/usr/bin/${name}`));
const skip = noSshd || noNova || (missing !== undefined && `/usr/bin/${missing} is not installed`);

/** The driver over a private sshd, with the real commands there, which ask a real Nova. */
export function novaCliSuite(lab: () => NovaLab, password: string): void {
  describe('a real Nova, by the commands on a controller', { skip }, () => {
    const { signal } = new AbortController();
    let folder: ReturnType<typeof tempFolder>;
    let controller: TestController;
    /** With both commands, and with `nova` alone: they look for them once. */
    let drivers: Record<'openstack' | 'nova', NovaCliDriver>;
    /** Another window's. */
    let other: NovaCliDriver;

    before(async () => {
      folder = tempFolder();
      controller = await startController(folder.path);
      const variables = {
        ...{ OS_AUTH_URL: lab().authUrl, OS_USERNAME: 'admin', OS_PASSWORD: password, OS_PROJECT_NAME: 'admin' },
        ...{ OS_USER_DOMAIN_ID: 'default', OS_PROJECT_DOMAIN_ID: 'default', OS_REGION_NAME: 'RegionOne' },
        // Above what the client knows: it is not to be believed.
        ...{ OS_IDENTITY_API_VERSION: '3', OS_COMPUTE_API_VERSION: '2.93' },
      };
      const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${value}`);
      const both = controller.openrc('both', lines);
      const one = controller.openrc('one', lines, { nova: '/usr/bin/nova' });
      drivers = { openstack: controller.driver(`openrc = ${both}\n`), nova: controller.driver(`openrc = ${one}\n`) };
      other = controller.driver(`openrc = ${one}\n`);
    });
    after(async () => {
      await controller.stop();
      folder.remove();
    });

    test('openstack: a named host, watched to its end, and the instance under its new node', async () => {
      const uuid = await lab().server('cli-named', 'compute1');
      await lab().steer(uuid, { dirty: '1' });
      const driver = drivers.openstack;
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
      const end = toTheEnd(migration);
      await until(migration, ({ progress }) => progress.memory !== undefined);
      const [{ id }] = (await lab().records(uuid)) as [Row];
      await lab().call('POST', `/servers/${uuid}/migrations/${id}/action`, { force_complete: null });
      const { outcome, told } = await end;
      assert.deepEqual([outcome.phase, outcome.on], ['completed', 'compute2']);
      assert.ok(told.some(({ phase, memory }) => phase === 'memory' && memory?.total === 512 * 1024 * 1024));
      assert.equal((await lab().records(uuid)).length, 1);
      assert.equal((await mine())?.node, 'compute2');
    });

    test('openstack: refused at once in nova’s words; failed later, with the innermost reason', async () => {
      const uuid = await lab().server('cli-fails', 'compute1');
      const driver = drivers.openstack;
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
      const driver = drivers.nova;
      const migration = await driver.migrate({ uuid, source: 'compute1', destination: undefined, options: {} }, signal);
      const [found, ...others] = await other.running(signal, new Set());
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
      const driver = drivers.nova;
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
