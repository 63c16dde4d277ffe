// The driver for nova, and the fleet process with it, against a real Nova: only the hypervisor is simulated. Drains and commands
// have one of their own beside it (nova-hosts.test.ts): in one file they would take longer than all else together.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { MigrationView } from '../../server/src/fleet-protocol';
import { FleetError } from '../../server/src/fleet/types';
import type { RunningMigration } from '../../server/src/migration/driver';
import { NovaDriver } from '../../server/src/migration/nova/driver';
import type { Outcome, Phase } from '../../server/src/migration/types';
import { failureOf, startFleet } from '../fleet/fleet-process';
import { makeAuthority, NAME, startFront, startProxy } from '../nova/front';
import { login, noNova, PASSWORD, startNova, until, type NovaLab } from '../nova/lab';
import { roomSuite } from '../nova/room';
import { cloudsFolder, siteOf, type Given } from '../nova/site';

const other = (host: string): string => (host === 'compute1' ? 'compute2' : 'compute1');
const { signal } = new AbortController();

let lab: NovaLab;
if (!noNova) {
  before(async () => {
    lab = await startNova();
  });
  after(() => lab.stop());
}

describe('a real Nova', { skip: noNova }, () => {
  /** Two servers; tests move them to and fro. */
  let one: string;
  let two: string;
  let folder: string;
  const folders: string[] = [];
  const followed: RunningMigration[] = [];

  const cloud = (more: object = {}) => ({
    auth: {
      auth_url: lab.authUrl,
      username: 'admin',
      project_name: 'admin',
      user_domain_id: 'default',
      project_domain_id: 'default',
    },
    region_name: 'RegionOne',
    ...more,
  });
  const folderWith = (more: object, secret: object = { auth: { password: PASSWORD } }): string => {
    const made = cloudsFolder({ lab: cloud(more) }, { lab: secret });
    folders.push(made);
    return made;
  };
  const driverOf = (given: Given = {}): NovaDriver => new NovaDriver(siteOf({ folder, ...given }));
  /** @param to `other`: of the two hosts the one where it is not; null: the scheduler's choice */
  const begin = async (driver: NovaDriver, uuid: string, to: string | null = 'other'): Promise<RunningMigration> => {
    const source = await lab.hostOf(uuid);
    const destination = to === 'other' ? other(source) : (to ?? undefined);
    const migration = await driver.migrate({ uuid, source, destination, options: {} }, signal);
    followed.push(migration);
    return migration;
  };
  const phase = (migration: RunningMigration, wanted: Phase): Promise<void> =>
    until(`phase ${wanted}, not ${migration.progress.phase}`, () => migration.progress.phase === wanted);
  const can = (migration: RunningMigration, action: 'abort' | 'force-complete'): Promise<void> =>
    until(`${action} to be possible`, () => migration.actions.includes(action));
  /** Nova is ready for the next one. */
  const settled = (uuid: string): Promise<void> =>
    until('the server to settle', async () => {
      const { server } = await lab.call<{ server: { [key: string]: unknown } }>('GET', `/servers/${uuid}`);
      return server['OS-EXT-STS:task_state'] === null;
    });
  const refused = async (promise: Promise<unknown>): Promise<FleetError> => {
    const error = await promise.then(
      () => undefined,
      (e: unknown) => e,
    );
    assert.ok(error instanceof FleetError, `it was not refused: ${String(error)}`);
    return error;
  };

  before(async () => {
    folder = folderWith({});
    [one, two] = await Promise.all([lab.server('web', 'compute1'), lab.server('db', 'compute1')]);
  });
  /** What a test that failed left behind is no matter of the next one. */
  afterEach(async () => {
    for (const uuid of [one, two]) {
      const where = `/servers/${uuid}/migrations`;
      const { migrations } = await lab.call<{ migrations: { id: number }[] }>('GET', where);
      for (const { id } of migrations) await lab.call('DELETE', `${where}/${id}`).catch(() => undefined);
      if (migrations.length > 0) await settled(uuid);
    }
  });
  after(async () => {
    for (const migration of followed) migration.leave();
    await Promise.all([one, two].map((uuid) => lab.remove(uuid)));
    for (const made of folders) rmSync(made, { recursive: true, force: true });
  });

  test('lists instances, all and of a host, and the compute services', async () => {
    const driver = driverOf();
    const all = await driver.instances(signal);
    assert.deepEqual(
      all.map((i) => [i.uuid, i.name, i.node, i.state, i.memory, i.vcpus, i.migrating]).sort(),
      [
        [one, 'web', 'compute1', 'running', 512, 1, false],
        [two, 'db', 'compute1', 'running', 512, 1, false],
      ].sort(),
    );
    assert.equal((await driver.instances(signal, 'compute1')).length, 2);
    assert.deepEqual(await driver.instances(signal, 'compute2'), []);
    const services = [...(await driver.services.list(signal))].sort((a, b) => a.node.localeCompare(b.node));
    assert.deepEqual(services, [
      { node: 'compute1', enabled: true, up: true },
      { node: 'compute2', enabled: true, up: true },
    ]);
    // By the short name of what livemig.ini calls in full.
    const full = driverOf({ nodes: ['compute1.example.org', 'compute2.example.org'] });
    assert.deepEqual(await full.instances(signal, 'compute2.example.org'), []);
    assert.equal((await full.instances(signal, 'compute1.example.org'))[0]?.node, 'compute1.example.org');
  });

  test('migrates to a named host, tells how it goes, and where the instance is then', async () => {
    // It goes on until it was seen, however seldom a busy machine looks.
    await lab.steer(one, { seconds: '0.1', dirty: '1' });
    const migration = await begin(driverOf(), one, 'compute2');
    const phases = new Set<Phase>();
    const remaining: number[] = [];
    migration.onProgress(({ phase: now, memory }) => {
      phases.add(now);
      if (memory && now === 'memory') remaining.push(memory.remaining);
    });
    await phase(migration, 'memory');
    await can(migration, 'force-complete');
    await migration.steer('force-complete');
    const end = await migration.outcome;
    assert.deepEqual([end.phase, end.on, end.message], ['completed', 'compute2', undefined]);
    assert.deepEqual([migration.name, migration.source, migration.destination], ['web', 'compute1', 'compute2']);
    assert.ok(phases.has('memory') && phases.has('completed'), [...phases].join(' '));
    assert.ok(remaining.length > 0 && remaining.at(-1)! <= remaining[0]! && remaining[0]! <= 512 * 1024 * 1024);
    assert.equal(end.progress?.memory?.remaining, 0);
    assert.deepEqual(migration.actions, []);
    assert.equal(await lab.hostOf(one), 'compute2');
  });

  test('leaves the destination to the scheduler, and learns it', async () => {
    await lab.steer(one, {});
    const migration = await begin(driverOf(), one, null);
    const end = await migration.outcome;
    assert.deepEqual([end.phase, end.on, migration.destination], ['completed', 'compute1', 'compute1']);
  });

  test('of two operators who start the same one, one begins it; both watch it; it is aborted', async () => {
    await lab.steer(one, { seconds: '2', dirty: '1' });
    const before = (await lab.records(one)).length;
    const [mine, theirs] = [driverOf(), driverOf()];
    const both = await Promise.allSettled([begin(mine, one), begin(theirs, one)]);
    const no = both.find((r) => r.status === 'rejected');
    assert.equal(both.filter((r) => r.status === 'fulfilled').length, 1);
    assert.ok(no?.reason instanceof FleetError && no.reason.code === 'refused', String(no?.reason));
    assert.match(no.reason.message, /migrat/);
    const begun = both.find((r) => r.status === 'fulfilled')!.value;
    await phase(begun, 'memory');
    assert.equal((await lab.records(one)).length, before + 1);
    const again = await refused(begin(mine, one));
    assert.deepEqual([again.code, /already/.test(again.message)], ['refused', true]);

    const third = driverOf();
    assert.deepEqual(await third.running(signal, new Set([one])), []);
    const [found] = await third.running(signal, new Set());
    followed.push(found!);
    assert.deepEqual(
      [found?.uuid, found?.name, found?.source, found?.destination],
      [one, 'web', 'compute1', 'compute2'],
    );
    await can(found!, 'abort');
    await found!.steer('abort');
    for (const end of await Promise.all([begun.outcome, found!.outcome]))
      assert.deepEqual([end.phase, end.on], ['cancelled', 'compute1']);
    assert.equal((await refused(found!.steer('abort'))).code, 'refused');
    await settled(one);
  });

  test('forces one that does not converge to its end; what waits behind it is aborted', async () => {
    await lab.steer(one, { seconds: '2', dirty: '1' });
    const driver = driverOf();
    const migration = await begin(driver, one);
    await phase(migration, 'memory');
    // By default nova migrates one instance of a host at a time.
    const waiting = await begin(driver, two);
    await can(waiting, 'abort');
    assert.equal(waiting.progress.phase, 'starting');
    assert.deepEqual(waiting.actions, ['abort']);
    // Why no probe attaches volumes: nova refuses that before it asks Cinder, as long as an instance moves.
    const volume = { volumeAttachment: { volumeId: randomUUID() } };
    await assert.rejects(
      lab.call('POST', `/servers/${one}/os-volume_attachments`, volume),
      /: 409 .*Cannot 'attach_volume' instance .* while it is in task_state migrating/,
    );
    await waiting.steer('abort');
    assert.equal((await waiting.outcome).phase, 'cancelled');
    await migration.steer('force-complete');
    const end = await migration.outcome;
    assert.deepEqual([end.phase, end.on], ['completed', 'compute2']);
    await settled(two);
  });

  test('refuses what nova would not take, in words', async () => {
    const driver = driverOf();
    const nowhere = await refused(begin(driver, one, 'compute9'));
    assert.deepEqual([nowhere.code, /no compute host compute9.*compute1/.test(nowhere.message)], ['refused', true]);
    const source = await lab.hostOf(one);
    const elsewhere = { uuid: one, source: other(source), destination: source, options: {} };
    const moved = await refused(driver.migrate(elsewhere, signal));
    assert.match(moved.message, /nova has it on compute/);
    const narrow = { uuid: one, source, destination: other(source), options: { bandwidth: 5 } };
    assert.match((await refused(driver.migrate(narrow, signal))).message, /live_migration_bandwidth/);
    const gone = { ...elsewhere, uuid: '00000000-0000-0000-0000-000000000000' };
    assert.equal((await refused(driver.migrate(gone, signal))).code, 'not-found');
    assert.equal((await refused(driver.migrate({ ...gone, uuid: '../os-services' }, signal))).code, 'refused');

    await lab.call('POST', `/servers/${two}/action`, { 'os-stop': null });
    await until('the server to stop', async () => (await driver.instances(signal)).some((i) => i.state === 'shut off'));
    const stopped = await refused(begin(driver, two));
    assert.deepEqual([stopped.code, /vm_state stopped/.test(stopped.message)], ['refused', true]);
    await lab.call('POST', `/servers/${two}/action`, { 'os-start': null });
    await until('the server to run', async () =>
      (await driver.instances(signal)).every((i) => i.state === 'running' && !i.migrating),
    );
    assert.equal((await lab.records(one)).at(-1)?.status, 'completed');
  });

  for (const [fail, said] of [
    ['dest', /^Migration pre-check error: no such CPU$/],
    ['pre', /^Migration error: no such CPU$/],
    ['copy', /nova-compute\.log on compute\d/],
    ['src', /^Migration error: no such CPU$/],
  ] as const)
    test(`tells why one failed: ${fail}`, async () => {
      await lab.steer(one, { fail, message: 'no such CPU' });
      const driver = driverOf();
      const source = await lab.hostOf(one);
      const migration = await begin(driver, one);
      const end = await migration.outcome;
      assert.deepEqual([end.phase, end.on], ['failed', source]);
      assert.match(end.message!, said);
      const reasons = await driver.reasons(migration, migration.progress.elapsed ?? 0, signal);
      if (fail !== 'copy') assert.match(reasons.at(-1)!, said);
      await settled(one);
      // What nova did not expect makes an error of the server, though its guest runs on.
      if (fail === 'src') await lab.call('POST', `/servers/${one}/action`, { 'os-resetState': { state: 'active' } });
      await lab.steer(one, {});
    });

  test('disables a compute service with a reason, which the scheduler heeds, and enables it', async () => {
    const driver = driverOf();
    const source = await lab.hostOf(one);
    const node = other(source);
    const of = async () => (await driver.services.list(signal)).find((s) => s.node === node);
    await driver.services.disable(node, 'memory is exchanged', signal);
    assert.deepEqual(await of(), { node, enabled: false, up: true, reason: 'memory is exchanged' });
    try {
      // Placement hears of it a little later.
      await until('the scheduler to know', async () => {
        const migration = await begin(driver, one);
        const end = await migration.outcome;
        if (end.phase === 'completed') assert.equal((await (await begin(driver, one)).outcome).on, source);
        else assert.match(end.message!, /No valid host was found/);
        await settled(one);
        return end.phase === 'failed';
      });
    } finally {
      await driver.services.enable(node, signal);
    }
    assert.deepEqual(await of(), { node, enabled: true, up: true });
  });

  test('speaks the microversions of older clouds', async () => {
    for (const version of ['2.1', '2.53']) {
      const driver = driverOf({ folder: folderWith({ compute_default_microversion: version }) });
      const source = await lab.hostOf(one);
      await lab.steer(one, { seconds: '1' });
      // Below 2.25 nova does not find out by itself where the disks lie.
      const options = version === '2.1' ? ({ storage: 'copy' } as const) : {};
      const migration = await driver.migrate({ uuid: one, source, destination: other(source), options }, signal);
      followed.push(migration);
      const end = await migration.outcome;
      assert.deepEqual([version, end.phase, end.on], [version, 'completed', other(source)]);
      await settled(one);
      await driver.services.disable(source, version, signal);
      assert.equal((await driver.services.list(signal)).find((s) => s.node === source)?.reason, version);
      await driver.services.enable(source, signal);
    }
  });

  test('an answer that is lost begins nothing twice: the migration is found and followed', async () => {
    // Passes everything on, and cuts the line instead of answering what begins a migration.
    const port = Number(new URL(lab.computeUrl).port);
    const proxy = net.createServer((inward) => {
      const outward = net.connect(port, '127.0.0.1');
      let cut = false;
      inward.on('data', (chunk) => {
        if (chunk.includes('os-migrateLive')) cut = true;
        outward.write(chunk);
      });
      outward.on('data', (chunk) => {
        if (cut) inward.destroy();
        else inward.write(chunk);
      });
      for (const [from, to] of [
        [inward, outward],
        [outward, inward],
      ] as const)
        from.on('error', () => undefined).on('close', () => to.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const override = `http://127.0.0.1:${(proxy.address() as net.AddressInfo).port}/v2.1`;
      const driver = driverOf({ folder: folderWith({ compute_endpoint_override: override }) });
      await lab.steer(one, { seconds: '2' });
      const before = (await lab.records(one)).length;
      const migration = await begin(driver, one);
      assert.equal(migration.progress.phase, 'lost');
      assert.equal((await migration.outcome).phase, 'completed');
      assert.equal((await lab.records(one)).length, before + 1);
    } finally {
      proxy.close();
    }
    await settled(one);
  });

  test('goes on where the API is gone for a while, and where tokens are worth nothing any more', async () => {
    await lab.steer(one, { seconds: '2', dirty: '1' });
    const log: string[] = [];
    const driver = driverOf({ log });
    const migration = await begin(driver, one);
    await phase(migration, 'memory');
    await lab.stopService('nova-api');
    await phase(migration, 'lost');
    const source = await lab.hostOf(one).catch(() => undefined);
    assert.equal(source, undefined, 'the API is gone');
    const meanwhile = { uuid: two, source: 'compute1', destination: 'compute2', options: {} };
    const none = await refused(driver.migrate(meanwhile, signal));
    assert.deepEqual([none.code, /nothing listens/.test(none.message)], ['unreachable', true]);
    await lab.start('nova-api');
    await phase(migration, 'memory');

    // Keystone's keys are others: no token that was given holds.
    const keys = path.join(lab.folder, 'fernet');
    for (const name of readdirSync(keys))
      writeFileSync(path.join(keys, name), randomBytes(32).toString('base64url') + '=');
    await until('a token to be refused', () => log.some((line) => / 401 after/.test(line)));
    await can(migration, 'force-complete');
    await migration.steer('force-complete');
    const end = await migration.outcome;
    assert.equal(end.phase, 'completed', end.message);
    assert.equal(end.on, await lab.hostOf(one));
    assert.ok(!log.join('\n').includes(PASSWORD));
  });

  test('a wrong password and an unknown cloud are told in words; a password that is nowhere is asked for', async () => {
    const wrong = await refused(
      driverOf({ folder: folderWith({}, { auth: { password: 'wr0ng' } }) }).instances(signal),
    );
    assert.equal(wrong.code, 'authentication');
    assert.match(wrong.message, /lab of .*clouds\.yaml.*password/);
    assert.ok(!wrong.message.includes('wr0ng') && !wrong.detail?.includes('wr0ng'));

    const unknown = await refused(driverOf({ text: '[cloud]\ndriver = nova\nname = prod\n' }).instances(signal));
    assert.deepEqual([unknown.code, /no cloud prod: it has lab/.test(unknown.message)], ['not-found', true]);

    const asked: { user: string; again: boolean }[] = [];
    const asking = driverOf({
      folder: folderWith({}, {}),
      password: ({ user, again }) => {
        asked.push({ user, again });
        return Promise.resolve(again ? PASSWORD : 'wr0ng');
      },
    });
    assert.deepEqual(await asking.running(signal, new Set()), []);
    assert.deepEqual(asked, [], 'nobody is asked in the background');
    assert.equal((await asking.instances(signal)).length, 2);
    assert.deepEqual(asked, [
      { user: 'admin', again: false },
      { user: 'admin', again: true },
    ]);
    const silent = driverOf({ folder: folderWith({}, {}) });
    assert.equal((await refused(silent.instances(signal))).code, 'authentication');
  });

  test('an application credential, a token, and the variables of an openrc open it, too', async () => {
    const token = await login(lab.authUrl);
    const headers = { 'X-Auth-Token': token, 'Content-Type': 'application/json' };
    const me = await fetch(`${lab.authUrl}/auth/tokens`, { headers: { ...headers, 'X-Subject-Token': token } });
    const { user } = ((await me.json()) as { token: { user: { id: string } } }).token;
    const made = await fetch(`${lab.authUrl}/users/${user.id}/application_credentials`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ application_credential: { name: 'livemig' } }),
    });
    const { id, secret } = ((await made.json()) as { application_credential: { id: string; secret: string } })
      .application_credential;
    const auth_url = lab.authUrl;
    const credential = {
      auth_type: 'v3applicationcredential',
      auth: { auth_url, application_credential_id: id, application_credential_secret: secret },
    };
    const ticket = {
      auth_type: 'v3token',
      auth: { auth_url, token, project_name: 'admin', project_domain_id: 'default' },
    };
    for (const own of [credential, ticket]) {
      const where = cloudsFolder({ lab: own });
      folders.push(where);
      assert.equal((await driverOf({ folder: where }).instances(signal)).length, 2);
    }
    const env = { OS_AUTH_URL: auth_url, OS_USERNAME: 'admin', OS_PASSWORD: PASSWORD, OS_TENANT_NAME: 'admin' };
    const empty = cloudsFolder({});
    folders.push(empty);
    rmSync(path.join(empty, 'clouds.yaml'));
    assert.equal((await driverOf({ folder: empty, env }).instances(signal)).length, 2);
  });

  test('behind TLS with an authority of its own, straight and through a proxy; what is no good is told in words', async () => {
    const authority = makeAuthority();
    const [auth, compute] = [lab.authUrl, lab.computeUrl].map((url) => Number(new URL(url).port)) as [number, number];
    const front = await startFront(authority, (where) => (where.startsWith('/v3') ? auth : compute));
    const proxy = await startProxy();
    try {
      const at = (host: string, trust: object): object => {
        const base = `https://${host}:${front.port}`;
        const whole = { auth: { ...cloud().auth, auth_url: `${base}/v3` }, ...trust };
        return { ...whole, compute_endpoint_override: `${base}/v2.1` };
      };
      const ca = authority.file('ca');
      const here = folderWith(at('127.0.0.1', {}));
      const driver = driverOf({ folder: here });
      const unknown = await refused(driver.instances(signal));
      assert.deepEqual(
        [unknown.code, unknown.message.replace(/^https:\/\/127\.0\.0\.1:\d+: |\/\S*\/(?=clouds)/g, '')],
        [
          'unreachable',
          'its certificate is signed by nobody that is trusted here: name its authority’s file as cacert of lab of clouds.yaml (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
        ],
      );
      // Whoever writes it there then is understood at once.
      const fixed = cloudsFolder({ lab: cloud(at('127.0.0.1', { cacert: ca })) });
      folders.push(fixed);
      copyFileSync(path.join(fixed, 'clouds.yaml'), path.join(here, 'clouds.yaml'));
      assert.equal((await driver.instances(signal)).length, 2);

      const why = async (trust: object): Promise<string> =>
        (await refused(driverOf({ folder: folderWith(at('127.0.0.1', trust)) }).instances(signal))).message;
      const of = String.raw`cacert of lab of \S+clouds\.yaml`;
      const other = authority.file('other');
      assert.match(await why({ cacert: other }), new RegExp(`its authority is not in ${other}, which is ${of}`));
      assert.match(await why({ cacert: '/nonexistent.pem' }), new RegExp(`^${of}: /nonexistent.pem is not there`));
      front.show('expired');
      assert.match(await why({ cacert: ca }), new RegExp(`certificate, or its authority’s, has expired.*${of}`));
      front.show('elsewhere');
      assert.match(
        await why({ cacert: ca }),
        new RegExp(`is for DNS:other.example.org and not for 127.0.0.1.*${of} has no say`),
      );
      for (const trust of [{ verify: false }, { insecure: true, cacert: '/nonexistent.pem' }])
        assert.equal((await driverOf({ folder: folderWith(at('127.0.0.1', trust)) }).instances(signal)).length, 2);
      front.show('good');

      const empty = cloudsFolder({});
      folders.push(empty);
      rmSync(path.join(empty, 'clouds.yaml'));
      const base = `https://127.0.0.1:${front.port}`;
      const openrc = {
        OS_AUTH_URL: `${base}/v3`,
        OS_USERNAME: 'admin',
        OS_PASSWORD: PASSWORD,
        OS_PROJECT_NAME: 'admin',
      };
      const env = { ...openrc, OS_COMPUTE_ENDPOINT_OVERRIDE: `${base}/v2.1` };
      assert.match((await refused(driverOf({ folder: empty, env }).instances(signal))).message, /file as OS_CACERT/);
      for (const more of [{ OS_CACERT: ca }, { OS_INSECURE: '1' }])
        assert.equal((await driverOf({ folder: empty, env: { ...env, ...more } }).instances(signal)).length, 2);

      // Only the proxy knows that name.
      const through = { https_proxy: `http://127.0.0.1:${proxy.port}` };
      const far = folderWith(at(NAME, { cacert: ca }));
      const excepted = driverOf({ folder: far, env: { ...through, no_proxy: 'lab.invalid' } });
      assert.match((await refused(excepted.instances(signal))).message, /no such name|cannot be looked up/);
      assert.deepEqual(proxy.asked, []);
      await lab.steer(one, {});
      const migration = await begin(driverOf({ folder: far, env: through }), one);
      assert.equal((await migration.outcome).phase, 'completed');
      assert.deepEqual([...new Set(proxy.asked)], [`CONNECT ${NAME}:${front.port}`]);
      await settled(one);
    } finally {
      await Promise.all([front.close(), proxy.close()]);
      authority.remove();
    }
  });

  test('the fleet process migrates through it, finds what others began, and explains a failure', async () => {
    const cluster = 'lab';
    const fleet = startFleet(cluster);
    const told: MigrationView[] = [];
    fleet.client.onNotification('fleet/migration', (view: MigrationView) => void told.push(view));
    const end = async (id: string): Promise<MigrationView & { outcome: Outcome }> => {
      await until('the end', () => told.some((v) => v.id === id && v.outcome));
      return told.find((v) => v.id === id && v.outcome) as MigrationView & { outcome: Outcome };
    };
    try {
      const uri = pathToFileURL(path.join(folder, 'livemig.ini')).href;
      const text = `[cloud]\ndriver = nova\nname = lab\n[node compute1]\n[node compute2]\n`;
      const inventories = (trusted: boolean) => fleet.ask('inventories', { files: [{ uri, text }], trusted });
      await inventories(false);
      const node = await lab.hostOf(one);
      const move = { cluster, node, uuid: one, destination: other(node), options: {} };
      assert.equal((await failureOf(fleet.ask('migrate', move))).code, 'untrusted');
      await inventories(true);

      await lab.steer(one, { seconds: '0.1', dirty: '1' });
      const view = await fleet.ask<MigrationView>('migrate', move);
      assert.deepEqual([view.name, view.source, view.destination], ['web', node, other(node)]);
      assert.equal((await failureOf(fleet.ask('migrate', move))).code, 'refused');
      const seen = (v: MigrationView): boolean => v.id === view.id && v.progress.phase === 'memory';
      await until('it to be seen', () => told.some((v) => seen(v) && v.actions.includes('force-complete')));
      await fleet.ask('steer', { id: view.id, action: 'force-complete' });
      const done = await end(view.id);
      assert.deepEqual([done.outcome.phase, done.outcome.on], ['completed', other(node)], done.outcome.message);

      await settled(one);
      await lab.steer(one, { fail: 'dest', message: "Unacceptable CPU info: CPU doesn't have compatibility." });
      const back = { ...move, node: other(node), destination: node };
      const failed = await end((await fleet.ask<MigrationView>('migrate', back)).id);
      assert.deepEqual([failed.outcome.phase, failed.outcome.on], ['failed', other(node)]);
      assert.match(failed.outcome.message!, /Unacceptable CPU info/);
      assert.match(failed.explanation?.means ?? '', /processor/);
      assert.ok(!fleet.log.join('\n').includes(PASSWORD));

      // Somebody else begins one while ours runs: it is found by itself.
      await settled(one);
      await Promise.all([one, two].map((uuid) => lab.steer(uuid, { seconds: '0.1', dirty: '1' })));
      const { id } = await fleet.ask<MigrationView>('migrate', back);
      // Of another host it waits for nobody, and others are looked for every ten seconds: it goes on until it was seen.
      await begin(driverOf(), two);
      await until('theirs to be found', () => told.some((v) => v.uuid === two));
      const theirs = told.find((v) => v.uuid === two)!;
      await until('abort to be possible', () => told.some((v) => v.id === id && v.actions.includes('abort')));
      await fleet.ask('steer', { id, action: 'abort' });
      assert.equal((await end(id)).outcome.phase, 'cancelled');
      const forced = (v: MigrationView): boolean => v.id === theirs.id && v.actions.includes('force-complete');
      await until('theirs to run', () => told.some(forced));
      await fleet.ask('steer', { id: theirs.id, action: 'force-complete' });
      assert.equal((await end(theirs.id)).outcome.phase, 'completed');
      await lab.steer(two, {});
    } finally {
      await fleet.stop();
    }
  });
});

roomSuite(() => lab);
