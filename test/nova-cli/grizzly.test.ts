// The driver over a private sshd, on whose controller stand-ins give the answers that programs of Grizzly's time gave: they are in
// no package any more. What livemig.ini and the openrc say is found, used, and never shown.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { FleetError } from '../../server/src/fleet/types';
import { noSshd } from '../fleet/sshd';
import { tempFolder } from '../support/temp';
import { startController, toTheEnd, type TestController } from './controller';

const GUEST = '89a5e582-d3f3-4665-afc2-03c2114f0bbb';
const PASSWORD = 'gr1zzly-s3cret';
const RECORDED = path.join(import.meta.dirname, 'recorded/grizzly');
const signal = AbortSignal.timeout(300_000);

/** `state` says where the guest is, and whether it moves; `calls` is what was asked. */
const nova = (state: string) => `#!/bin/sh
[ "$1" = --version ] && { echo 2.13.0; exit 0; }
[ "$OS_PASSWORD" = '${PASSWORD}' ] || { echo 'ERROR: Invalid OpenStack Nova credentials.' >&2; exit 1; }
echo "nova $*" >>'${state}/calls'
host=$(cat '${state}/host')
case $1 in
  list)
    if [ "$2" = --host ] && [ "$3" != "$host" ]; then sed '4d' '${RECORDED}/list.txt'
    elif [ -e '${state}/moving' ]; then
      cat '${RECORDED}/list-migrating.txt'
      # So long as it is looked at for the second time, and then it is there.
      if [ -e '${state}/seen' ]; then rm -f '${state}/moving' '${state}/seen'; cat '${state}/to' >'${state}/host'; else : >'${state}/seen'; fi
    else cat '${RECORDED}/list.txt'; fi ;;
  show) sed "s/compute1 /$host /" '${RECORDED}/show.txt' ;;
  live-migration)
    [ -e '${state}/refuse' ] && { cat '${RECORDED}/refused.txt' >&2; exit 1; }
    for to in "$@"; do :; done
    [ -e '${state}/fail' ] && to=$host
    echo "$to" >'${state}/to'; : >'${state}/moving' ;;
esac
`;
const manage = (state: string) => `#!/bin/sh
echo "nova-manage $*" >>'${state}/calls'
case $2 in
  list) cat '${RECORDED}/service-list.txt' ;;
  describe_resource) cat '${RECORDED}/describe_resource.txt' ;;
esac
`;

describe('nova as of Grizzly, by recorded answers', { skip: noSshd }, () => {
  const { path: folder, remove } = tempFolder();
  let controller: TestController;
  let cloud: string;
  const file = (name: string) => path.join(folder, name);
  const calls = () => readFileSync(file('calls'), 'utf8');
  const request = { uuid: GUEST, source: 'compute1', destination: 'compute2', options: {} };

  before(async () => {
    controller = await startController(folder);
    const lines = [
      'set -x',
      'echo "Please enter your password"',
      `export OS_PASSWORD=${PASSWORD} OS_TENANT_NAME=admin`,
    ];
    const programs = { nova: nova(folder), 'nova-manage': manage(folder) };
    cloud = `openrc = ${controller.openrc('an openrc', lines, programs)}\n`;
  });
  after(async () => {
    await controller.stop();
    remove();
  });
  beforeEach(() => {
    writeFileSync(file('host'), 'compute1\n');
    writeFileSync(file('calls'), '');
    for (const mark of ['moving', 'seen', 'refuse', 'fail']) rmSync(file(mark), { force: true });
  });

  test('instances, host by host', async () => {
    const found = { uuid: GUEST, name: 'myserver', node: 'compute1', state: 'running', migrating: false };
    assert.deepEqual(await controller.driver(cloud).instances(signal), [found]);
    assert.deepEqual(await controller.driver(cloud).instances(signal, 'compute2'), []);
    assert.match(calls(), /^nova list --host compute2 --all-tenants$/m);
  });

  test('a migration, from nothing printed to the guest at its new host', async () => {
    const migration = await controller.driver(cloud).migrate({ ...request, options: { storage: 'copy' } }, signal);
    assert.deepEqual(
      [migration.name, migration.source, migration.destination, migration.actions],
      ['myserver', 'compute1', 'compute2', []],
    );
    await assert.rejects(migration.steer('abort'), { code: 'refused' });
    const { outcome, told } = await toTheEnd(migration);
    assert.deepEqual([outcome.phase, outcome.on, outcome.message], ['completed', 'compute2', undefined]);
    assert.ok(told.some(({ phase }) => phase === 'memory'));
    assert.match(calls(), new RegExp(`^nova live-migration --block-migrate ${GUEST} compute2$`, 'm'));
  });

  test('one that somebody else began is found', async () => {
    writeFileSync(file('to'), 'compute2\n');
    writeFileSync(file('moving'), '');
    const [migration, ...others] = await controller.driver(cloud).running(signal, new Set());
    assert.deepEqual([migration?.uuid, migration?.source, others.length], [GUEST, 'compute1', 0]);
    assert.equal((await migration!.outcome).on, 'compute2');
  });

  test('refused in nova’s words; gone elsewhere before', async () => {
    writeFileSync(file('refuse'), '');
    await assert.rejects(controller.driver(cloud).migrate(request, signal), (error) => {
      assert.ok(error instanceof FleetError && error.code === 'refused');
      assert.equal(error.message, `Live migration of instance ${GUEST} to host compute2 failed (HTTP 400)`);
      return true;
    });
    await assert.rejects(controller.driver(cloud).migrate({ ...request, source: 'compute2' }, signal), {
      code: 'refused',
      message: 'myserver is not on compute2 any more, but on compute1',
    });
  });

  test('a failure: still at its source, with what the destination had to give', async () => {
    writeFileSync(file('fail'), '');
    const driver = controller.driver(cloud);
    const migration = await driver.migrate(request, signal);
    const { phase, on, message } = await migration.outcome;
    assert.deepEqual([phase, on], ['failed', 'compute1']);
    assert.match(message!, /nova-compute\.log on compute1/);
    assert.deepEqual(await driver.reasons(migration, 0, signal), [
      'compute2: 0 of 2 CPUs, 330 of 2003 MiB, 1 of 17 GiB are given away',
    ]);
  });

  test('services', async () => {
    const { services } = controller.driver(cloud);
    assert.deepEqual(await services.list(signal), [
      { node: 'compute1', enabled: true, up: true },
      { node: 'compute2', enabled: true, up: true },
    ]);
    await services.disable('compute2', 'to be repaired', signal);
    assert.match(calls(), /^nova-manage service disable --host=compute2 --service=nova-compute$/m);
    await assert.rejects(services.enable('ctl', signal), { code: 'not-found', message: /compute1, compute2/ });
  });

  test('no controller, no openrc, no program, no login: what is missing is told', async () => {
    const rejects = (lines: string, code: string, message: RegExp) =>
      assert.rejects(controller.driver(lines).instances(signal), { code, message });
    await rejects('controller = ctrl\n', 'refused', /no \[node ctrl\]/);
    await rejects(`openrc = ${file('nowhere')}\n`, 'refused', /nowhere.*write openrc = FILE/);
    await rejects('openrc = admin-openrc\n', 'refused', /begins with \//);
    await rejects(`openrc = ${controller.openrc('bare', [], {})}\n`, 'refused', /install python3-openstackclient/);
    const old = { openstack: '#!/bin/sh\necho openstack 3.8.2\n' };
    await rejects(
      `openrc = ${controller.openrc('old', [], old)}\n`,
      'refused',
      /openstack 3\.8 knows no live migrations/,
    );
    const wrong = controller.openrc('wrong', ['export OS_PASSWORD=other'], {
      nova: nova(folder),
      'nova-manage': manage(folder),
    });
    await rejects(
      `openrc = ${wrong}\n`,
      'authentication',
      /wrong.* does not log in: Invalid OpenStack Nova credentials/,
    );
  });

  test('nothing of the openrc was said or logged, and a name is no command', () => {
    assert.ok(controller.log.some((line) => line.includes('live-migration')));
    assert.doesNotMatch(controller.log.join('\n'), new RegExp(`${PASSWORD}|Please enter`));
    assert.equal(existsSync(file('pwned')), false);
  });
});
