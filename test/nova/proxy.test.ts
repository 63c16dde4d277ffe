// Which proxy is taken, and which certificates are: by the variables, and over real connections.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FleetError } from '../../server/src/fleet/types';
import { Http, Unsent } from '../../server/src/migration/nova/http';
import { proxyFor } from '../../server/src/migration/nova/proxy';
import type { Trust } from '../../server/src/migration/nova/trust';
import { makeAuthority, NAME, startFront, startProxy, type Authority, type Front } from './front';

const of = 'prod of /w/clouds.yaml';

test('lower case before upper, the scheme before all_proxy, none for this machine', () => {
  const through = (url: string, env: Record<string, string>) => {
    const proxy = proxyFor(new URL(url), env);
    return proxy && `${proxy.url.host} ${proxy.by}`;
  };
  const env = { https_proxy: 'http://s:1', HTTPS_PROXY: 'http://S:2', HTTP_PROXY: 'h:3', all_proxy: 'http://a:4' };
  assert.equal(through('https://cloud:5000/v3', env), 's:1 https_proxy');
  assert.equal(through('http://cloud:5000/v3', env), 'h:3 HTTP_PROXY');
  assert.equal(through('http://cloud', { all_proxy: 'http://a:4' }), 'a:4 all_proxy');
  assert.equal(through('https://cloud', { https_proxy: '', HTTPS_PROXY: 'http://s:1' }), undefined);
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]'])
    assert.equal(through(`https://${host}:5000`, env), undefined);
  assert.throws(
    () => through('http://cloud', { http_proxy: 'socks5://me:geheim@s:1080' }),
    (error: Error) =>
      /^http_proxy: socks5:\/\/\*\*\*@s:1080 is no proxy .* or cloud in no_proxy/.test(error.message) &&
      !error.message.includes('geheim'),
  );
});

const LISTS: readonly (readonly [string, string, boolean])[] = [
  ['https://cloud.example.org:5000', 'example.org', true],
  ['https://cloud.example.org:5000', '.example.org', true],
  ['https://cloud.example.org:5000', 'CLOUD.example.org', true],
  ['https://cloud.example.org:5000', 'a, cloud.example.org', true],
  ['https://cloud.example.org:5000', 'cloud.example.org:5000', true],
  ['https://cloud.example.org:5000', 'cloud.example.org:8774', false],
  ['https://cloud.example.org:5000', 'cloud', false],
  ['https://cloud.example.org:5000', 'other.example.org', false],
  ['https://cloud.example.org:5000', '*', true],
  ['https://cloud.example.org:5000', '', false],
  ['http://10.1.2.3:8774', '10.1.0.0/16', true],
  ['http://10.2.2.3:8774', '10.1.0.0/16', false],
  ['http://10.1.2.3:8774', '10.1.2.3', true],
  ['http://10.1.2.3:8774', '10.1.2.4,example.org', false],
];

test('no_proxy is understood as the library of the openstack command does', () => {
  const ours = LISTS.map(([url, list]) => proxyFor(new URL(url), { all_proxy: 'http://p', no_proxy: list }));
  assert.deepEqual(
    ours.map((proxy) => proxy === undefined),
    LISTS.map(([, , without]) => without),
  );
  const script =
    'import json,sys,requests.utils as u;print(json.dumps([bool(u.should_bypass_proxies(a,b)) for a,b in json.load(sys.stdin)]))';
  const input = JSON.stringify(LISTS.map(([url, list]) => [url, list]));
  const env = { ...process.env, no_proxy: '', NO_PROXY: '' };
  const { status, stdout } = spawnSync('/usr/bin/python3', ['-c', script], { input, env, encoding: 'utf8' });
  if (status === 0)
    assert.deepEqual(
      JSON.parse(stdout),
      LISTS.map(([, , without]) => without),
    );
  else assert.equal(process.env.CI, undefined, 'python3-requests is not there');
  // More than that library knows: a star before the dot, IPv6, ports of addresses.
  for (const [url, list] of [
    ['http://a.example.org', '*.example.org'],
    ['http://[2001:db8::5]:5000', '2001:db8::/32'],
    ['http://[2001:db8::5]:5000', '2001:db8::5'],
    ['http://10.0.0.5:5000', '10.0.0.5:5000'],
  ])
    assert.equal(proxyFor(new URL(url!), { all_proxy: 'http://p', no_proxy: list }), undefined, list);
  // And less: a name that only ends alike is another one.
  assert.ok(proxyFor(new URL('http://badexample.org'), { all_proxy: 'http://p', no_proxy: 'example.org' }));
});

describe('over real connections', () => {
  let authority: Authority;
  let front: Front;
  let strict: Front;
  let service: http.Server;
  let port: number;
  const opened: Http[] = [];

  before(async () => {
    authority = makeAuthority();
    service = http.createServer(({ url, headers }, response) => response.end(`${headers.host} ${url}`));
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    ({ port } = service.address() as AddressInfo);
    front = await startFront(authority, () => port);
    strict = await startFront(authority, () => port, true);
  });
  after(async () => {
    for (const web of opened) web.close();
    await Promise.all([front.close(), strict.close()]);
    service.closeAllConnections();
    service.close();
    authority.remove();
  });
  const ask = async (url: string, trust: Partial<Trust>, env = {}): Promise<string> => {
    const web = new Http({ of, verify: true, ...trust }, env);
    opened.push(web);
    const { status, text } = await web.ask({ method: 'GET', url, timeout: 60_000 });
    assert.equal(status, 200);
    return text;
  };
  const refused = async (url: string, trust: Partial<Trust>, env = {}): Promise<FleetError> => {
    const error = await ask(url, trust, env).then(
      () => undefined,
      (e: unknown) => e,
    );
    assert.ok(error instanceof Unsent, `it was not refused as it should: ${String(error)}`);
    assert.equal(error.settings, true);
    return error;
  };

  test('a bundle that cannot be used is told with who names it', async () => {
    const url = `https://127.0.0.1:${front.port}/`;
    const file = (name: string, content: string): string => {
      const made = path.join(authority.folder, name);
      writeFileSync(made, content);
      return made;
    };
    const why = async (trust: Partial<Trust>) => (await refused(url, trust)).message;
    assert.match(
      await why({ cacert: '/nonexistent.pem' }),
      /^cacert of prod of \/w\/clouds\.yaml: \/nonexistent\.pem is not there: name a file in PEM$/,
    );
    assert.match(await why({ cacert: authority.folder }), /^cacert of prod .* is a folder: name a file in PEM$/);
    assert.match(await why({ cacert: file('text', 'no\n') }), /^cacert of prod .*text is no PEM.*openssl x509 -inform/);
    const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    assert.match(await why({ cacert: file('damaged', damaged) }), /certificate 1 of 1 in .*damaged is damaged$/);
    assert.match(
      await why({ cert: authority.file('own'), key: authority.file('good', 'key') }),
      /^cert of prod .*do not go together/,
    );
    assert.match(await why({ cert: authority.file('own') }), /^cert of prod .*no PEM without a passphrase/);
    const openrc: Trust = { verify: true, cacert: '/nonexistent.pem' };
    await assert.rejects(new Http(openrc).ask({ method: 'GET', url, timeout: 60_000 }), /^FleetError: OS_CACERT: /);
    if (process.getuid?.() === 0) return;
    const closed = file('closed', '');
    copyFileSync(authority.file('ca'), closed);
    chmodSync(closed, 0);
    assert.match(await why({ cacert: closed }), /cannot be read by this account \(EACCES\)/);
  });

  test('a certificate of ours is shown where one is wanted', async () => {
    const url = `https://127.0.0.1:${strict.port}/x`;
    const cacert = authority.file('ca');
    const own = { cert: authority.file('own'), key: authority.file('own', 'key') };
    assert.equal(await ask(url, { cacert, ...own }), `127.0.0.1:${strict.port} /x`);
    assert.match((await refused(url, { cacert })).message, /wants one: see cert of prod of/);
  });

  test('http through a proxy by its whole URL, https by CONNECT, and neither for what no_proxy has', async () => {
    const proxy = await startProxy();
    try {
      const env = { http_proxy: `http://127.0.0.1:${proxy.port}`, https_proxy: `127.0.0.1:${proxy.port}` };
      const cacert = authority.file('ca');
      // Nobody but the proxy knows that name.
      assert.equal(await ask(`http://${NAME}:${port}/a?b`, {}, env), `${NAME}:${port} /a?b`);
      assert.equal(await ask(`https://${NAME}:${front.port}/c`, { cacert }, env), `${NAME}:${front.port} /c`);
      assert.deepEqual(proxy.asked, [`GET http://${NAME}:${port}/a?b`, `CONNECT ${NAME}:${front.port}`]);
      for (const scheme of ['http', 'https'])
        await assert.rejects(
          ask(`${scheme}://${NAME}:${port}/`, {}, { ...env, no_proxy: '.lab.invalid' }),
          /cloud\.lab\.invalid.*(no such name|cannot be looked up)/,
        );
      assert.equal(await ask(`http://127.0.0.1:${port}/d`, {}, env), `127.0.0.1:${port} /d`);
      assert.equal(proxy.asked.length, 2);
      // The cloud's certificate is looked at, whoever carried it.
      const unknown = await refused(`https://${NAME}:${front.port}/`, {}, env);
      assert.match(unknown.message, /signed by nobody.*as cacert of prod of/);
    } finally {
      await proxy.close();
    }
  });

  test('a proxy that wants a password, finds nobody, or is not there', async () => {
    const proxy = await startProxy('ge:heim');
    const cacert = authority.file('ca');
    try {
      const at = `127.0.0.1:${proxy.port}`;
      for (const url of [`http://${NAME}:${port}/`, `https://${NAME}:${front.port}/`]) {
        assert.match(await ask(url, { cacert }, { all_proxy: `http://me:ge%3Aheim@${at}` }), /^cloud\.lab\.invalid/);
        const wrong = await refused(url, { cacert }, { all_proxy: `http://me:falsch@${at}` });
        assert.match(wrong.message, /^the proxy http:\/\/127\.0\.0\.1:\d+ \(all_proxy\) wants a name and a password/);
        assert.ok(!`${wrong.message}${wrong.detail}`.includes('falsch'));
      }
      const nobody = await refused(`https://${NAME}:1/`, { cacert }, { all_proxy: `http://me:ge%3Aheim@${at}` });
      assert.match(nobody.message, /opens no way to cloud\.lab\.invalid:1: 503 .*no_proxy/);
    } finally {
      await proxy.close();
    }
    const env = { all_proxy: `http://127.0.0.1:${proxy.port}` };
    for (const scheme of ['http', 'https'])
      await assert.rejects(
        ask(`${scheme}://${NAME}:1/`, { cacert }, env),
        /the proxy http:\/\/127\.0\.0\.1:\d+ \(all_proxy\): nothing listens there/,
      );
  });
});
