// Which cloud is meant, and how it is logged in to.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { FleetError } from '../../server/src/fleet/types';
import { findCloud, type Cloud, type Where } from '../../server/src/migration/nova/clouds';
import { Http } from '../../server/src/migration/nova/http';
import { Keystone, loginBody } from '../../server/src/migration/nova/keystone';
import { cloudsFolder } from './site';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
const folderWith = (clouds: object, secure?: object): string => {
  const folder = cloudsFolder(clouds, secure);
  folders.push(folder);
  return folder;
};
const auth = { auth_url: 'http://k:5000/v3', username: 'me', project_name: 'p' };
const nowhere = { home: '/nonexistent', system: '/nonexistent', env: {}, folder: undefined, name: undefined };
const find = (where: Partial<Where>): Cloud => findCloud({ ...nowhere, ...where });
const why = (where: Partial<Where>): FleetError => {
  try {
    find(where);
  } catch (error) {
    assert.ok(error instanceof FleetError);
    return error;
  }
  throw new Error('it was found');
};

describe('clouds.yaml', () => {
  test('livemig.ini names the cloud, else OS_CLOUD; secure.yaml adds what is secret', () => {
    const folder = folderWith(
      {
        prod: { auth, region_name: 'R1', interface: 'internalURL', cacert: '/ca.pem' },
        test: { auth: { ...auth, username: 'tester' }, verify: false },
      },
      { prod: { auth: { password: 'geheim' } } },
    );
    const prod = find({ folder, name: 'prod', env: { OS_CLOUD: 'test' } });
    const domain = { id: 'default' };
    assert.deepEqual(prod, {
      ...{ from: `prod of ${folder}/clouds.yaml`, authUrl: 'http://k:5000/v3', region: 'R1', interface: 'internal' },
      login: { kind: 'password', user: { name: 'me', domain }, password: 'geheim' },
      scope: { project: { name: 'p', domain } },
      ...{ compute: undefined, placement: undefined, newest: undefined },
      trust: { of: `prod of ${folder}/clouds.yaml`, verify: true, cacert: '/ca.pem' },
    });
    const test = find({ folder, env: { OS_CLOUD: 'test' } });
    assert.deepEqual(
      [test.login, test.trust.verify],
      [{ kind: 'password', user: { name: 'tester', domain }, password: undefined }, false],
    );
  });

  test('the folder of livemig.ini comes before the home, that before the system; OS_CLIENT_CONFIG_FILE before all', () => {
    const of = (username: string) => ({ c: { auth: { ...auth, username } } });
    const [folder, home, system] = [folderWith(of('here')), folderWith(of('home')), folderWith(of('system'))];
    mkdirSync(path.join(home, '.config/openstack'), { recursive: true });
    writeFileSync(path.join(home, '.config/openstack/clouds.yaml'), JSON.stringify({ clouds: of('home') }));
    const user = (where: Partial<Where>): unknown => {
      const { login } = find({ name: 'c', home, system, ...where });
      return login.kind === 'password' && 'name' in login.user && login.user.name;
    };
    assert.deepEqual([user({ folder }), user({}), user({ home: '/nonexistent' })], ['here', 'home', 'system']);
    assert.equal(user({ folder, env: { OS_CLIENT_CONFIG_FILE: path.join(system, 'clouds.yaml') } }), 'system');
    const missing = why({ name: 'c', folder, env: { OS_CLIENT_CONFIG_FILE: '/nonexistent.yaml' } });
    assert.match(missing.message, /\/nonexistent\.yaml/);
  });

  test('says what is wrong, where, and never with a secret', () => {
    const folder = folderWith({ prod: { auth } });
    assert.match(why({ folder, name: 'x' }).message, /clouds\.yaml has no cloud x: it has prod; write name =/);
    assert.match(why({ name: 'x' }).message, /no clouds\.yaml.*\/etc\/openstack|no clouds\.yaml.*\/nonexistent/);
    assert.match(why({}).message, /write name = CLOUD below \[cloud\] in livemig\.ini/);
    writeFileSync(path.join(folder, 'clouds.yaml'), 'clouds:\n  prod:\n    auth: {password: "geheim\n  x: [\n');
    const broken = why({ folder, name: 'prod' });
    assert.match(broken.message, /clouds\.yaml: line \d+, column \d+ is no YAML/);
    assert.ok(!broken.message.includes('geheim'));
    for (const nonsense of ['', '7', '[]', 'clouds: 7', 'clouds: {prod: 7}', 'clouds: {prod: {auth: []}}']) {
      writeFileSync(path.join(folder, 'clouds.yaml'), nonsense);
      assert.match(why({ folder, name: 'prod' }).message, /has no cloud prod|has no auth_url/);
    }
  });

  test('application credentials, tokens, scopes', () => {
    const login = (own: object) => find({ name: 'c', folder: folderWith({ c: own }) });
    const id = { application_credential_id: 'i', application_credential_secret: 's' };
    assert.deepEqual(login({ auth_type: 'v3applicationcredential', auth: { ...auth, ...id } }).login, {
      kind: 'application-credential',
      ...{ credential: { id: 'i' }, secret: 's' },
    });
    assert.deepEqual(login({ auth_type: 'v3token', auth: { ...auth, token: 't' } }).login, {
      kind: 'token',
      token: 't',
    });
    const scope = (own: object) => login({ auth: { auth_url: 'http://k', username: 'u', ...own } }).scope;
    assert.deepEqual(scope({ project_id: 7 }), { project: { id: '7' } });
    assert.deepEqual(scope({ system_scope: 'all' }), { system: { all: true } });
    assert.deepEqual(scope({ domain_name: 'd' }), { domain: { name: 'd' } });
    const refusal = (own: object) => why({ name: 'c', folder: folderWith({ c: { auth, ...own } }) }).message;
    assert.match(refusal({ auth_type: 'v3applicationcredential' }), /needs application_credential_id/);
    assert.match(refusal({ auth_type: 'v3kerberos' }), /v3kerberos is none that livemig knows/);
  });

  test('whom is trusted: paths from home and from beside clouds.yaml, verify and insecure', () => {
    const folder = folderWith({});
    const trust = (own: object) => {
      writeFileSync(path.join(folder, 'clouds.yaml'), JSON.stringify({ clouds: { c: { auth, ...own } } }));
      const { of, ...rest } = find({ folder, name: 'c' }).trust;
      assert.equal(of, `c of ${folder}/clouds.yaml`);
      return rest;
    };
    assert.deepEqual(trust({ cacert: 'ca.pem', cert: '~/me.pem', key: '/k' }), {
      ...{ verify: true, cacert: path.join(folder, 'ca.pem'), cert: path.join(homedir(), 'me.pem'), key: '/k' },
    });
    for (const own of [{ verify: false }, { verify: 'no' }, { insecure: true }, { insecure: 'yes' }])
      assert.deepEqual(trust(own), { verify: false }, JSON.stringify(own));
    for (const own of [{ verify: true }, { insecure: false }, { insecure: 'false' }, { insecure: null }])
      assert.deepEqual(trust(own), { verify: true }, JSON.stringify(own));
  });

  test('the variables of an openrc file, also of 2013', () => {
    const env = {
      ...{ OS_AUTH_URL: 'http://k:5000/v2.0', OS_USERNAME: 'me', OS_PASSWORD: 'p', OS_TENANT_NAME: 't' },
      ...{ OS_CACERT: '/ca.pem', OS_ENDPOINT_TYPE: 'adminURL', OS_USER_DOMAIN_NAME: 'Default' },
    };
    const cloud = find({ env });
    assert.deepEqual(
      [cloud.login, cloud.scope, cloud.interface, cloud.trust],
      [
        { kind: 'password', user: { name: 'me', domain: { name: 'Default' } }, password: 'p' },
        { project: { name: 't', domain: { id: 'default' } } },
        'admin',
        { verify: true, cacert: '/ca.pem' },
      ],
    );
    // The name of a cluster is no cloud's where there is no clouds.yaml.
    assert.equal(find({ env, name: 'Lab' }).authUrl, 'http://k:5000/v2.0');
    assert.equal(find({ env: { ...env, OS_INSECURE: 'true' } }).trust.verify, false);
  });
});

describe('Keystone', () => {
  test('requests by the kind of login', () => {
    const user = { name: 'me', domain: { id: 'default' } };
    assert.deepEqual(loginBody({ kind: 'password', user, password: 'p' }, { system: { all: true } }), {
      auth: {
        identity: { methods: ['password'], password: { user: { ...user, password: 'p' } } },
        scope: { system: { all: true } },
      },
    });
    // It has its project in itself.
    assert.deepEqual(
      loginBody({ kind: 'application-credential', credential: { id: 'i' }, secret: 's' }, { project: { id: 'x' } }),
      { auth: { identity: { methods: ['application_credential'], application_credential: { id: 'i', secret: 's' } } } },
    );
  });

  /** Answers as Keystone does, with tokens of that life. */
  const withKeystone = async (
    life: number,
    run: (url: string, given: () => number) => Promise<void>,
  ): Promise<void> => {
    let given = 0;
    const endpoint = (region: string) => ({ interface: 'public', region_id: region, url: `http://${region}/v2.1` });
    const server = http.createServer((request, response) => {
      request.resume().on('end', () => {
        const [issued_at, expires_at] = [0, life].map((ms) => new Date(Date.now() + ms).toISOString());
        const catalog = [{ type: 'compute', endpoints: [endpoint('R1'), endpoint('R2')] }];
        response.writeHead(201, { 'X-Subject-Token': `token-${++given}` });
        response.end(JSON.stringify({ token: { issued_at, expires_at, catalog } }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => given);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const keystoneOf = (url: string, more: object = {}): { keystone: Keystone; http: Http } => {
    const own = { auth: { ...auth, auth_url: url, password: 'p' }, ...more };
    const web = new Http({ verify: true });
    const cloud = find({ name: 'c', folder: folderWith({ c: own }) });
    return { http: web, keystone: new Keystone(cloud, web, () => Promise.resolve(undefined)) };
  };
  const { signal } = new AbortController();

  test('a token serves all as long as it lives, and is renewed before its end, or where it was refused', async () => {
    await withKeystone(3600_000, async (url, given) => {
      const { keystone, http: web } = keystoneOf(url);
      const all = await Promise.all([1, 2, 3].map(() => keystone.session(signal)));
      assert.deepEqual([all.map((s) => s.token), given()], [['token-1', 'token-1', 'token-1'], 1]);
      assert.equal((await keystone.session(signal, 'token-1')).token, 'token-2');
      // Whoever still had the old one gets the new one.
      assert.equal((await keystone.session(signal, 'token-1')).token, 'token-2');
      web.close();
    });
    await withKeystone(1, async (url, given) => {
      const { keystone, http: web } = keystoneOf(url);
      await keystone.session(signal);
      await new Promise((resolve) => setTimeout(resolve, 10));
      await keystone.session(signal);
      assert.equal(given(), 2);
      web.close();
    });
  });

  test('the catalogue tells where the Compute API is, by region', async () => {
    await withKeystone(3600_000, async (url) => {
      const at = async (more: object): Promise<string> => {
        const { keystone, http: web } = keystoneOf(url, more);
        const session = await keystone.session(signal);
        web.close();
        return keystone.compute(session);
      };
      assert.equal(await at({ region_name: 'R2' }), 'http://R2/v2.1');
      await assert.rejects(at({}), /there are the regions R1, R2: write region_name/);
      await assert.rejects(at({ region_name: 'R3' }), /no region R3: write region_name = R1 or R2/);
      await assert.rejects(at({ region_name: 'R1', interface: 'admin' }), /no admin address of the compute service/);
      assert.equal(await at({ compute_endpoint_override: 'http://x/v2.1' }), 'http://x/v2.1');
    });
  });

  test('says what URL is wrong', async () => {
    const { keystone } = keystoneOf('http://127.0.0.1:9');
    await assert.rejects(keystone.session(signal), /http:\/\/127\.0\.0\.1:9: nothing listens there/);
    await assert.rejects(keystoneOf('k:5000').keystone.session(signal), /is no URL: write http:\/\//);
    const { keystone: odd } = keystoneOf('https://k.invalid:5000', { cacert: '/nonexistent.pem' });
    await assert.rejects(
      new Keystone(odd.cloud, new Http(odd.cloud.trust), () => Promise.resolve(undefined)).session(signal),
      /cacert of c of .*clouds\.yaml: \/nonexistent\.pem is not there/,
    );
  });
});
