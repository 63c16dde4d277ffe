// A cloud of so many hosts and servers by the answers that a real one gave (test/nova/recorded): Keystone and the Compute API as
// far as livemig asks them, with pages as nova has them. It counts what it is asked for.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/** `max_limit` of nova's [api]. */
const PAGE = 1000;
const HOUR_MS = 3_600_000;
/** Asked for by the bench alone. */
const CALLS = '/bench/calls';

const recorded = (name) =>
  JSON.parse(readFileSync(new URL(`../test/nova/recorded/${name}.json`, import.meta.url), 'utf8'));
const uuidOf = (i) => `6f1c2d5e-8a47-4b0e-9d31-${String(i).padStart(12, '0')}`;

/**
 * @param {{ hosts: string[], servers: number, moving: number }} of moving: servers that are being migrated, each from another host
 */
export async function startNova({ hosts, servers: count, moving }) {
  const { server: pattern } = recorded('server');
  const {
    migrations: [running],
  } = recorded('running');
  const {
    services: [service],
  } = recorded('services');
  const servers = Array.from({ length: count }, (_, i) => ({
    ...pattern,
    id: uuidOf(i),
    name: `vm-${i}`,
    status: i < moving ? 'MIGRATING' : 'ACTIVE',
    'OS-EXT-SRV-ATTR:host': hosts[i % hosts.length],
    'OS-EXT-STS:task_state': i < moving ? 'migrating' : null,
  }));
  const migrations = servers.slice(0, moving).map((server, i) => ({
    ...running,
    id: i + 1,
    uuid: uuidOf(1_000_000 + i),
    instance_uuid: server.id,
    server_uuid: server.id,
    migration_type: 'live-migration',
    source_compute: server['OS-EXT-SRV-ATTR:host'],
    dest_compute: hosts[(i + 1) % hosts.length],
    status: 'running',
    created_at: new Date().toISOString().replace('Z', ''),
    updated_at: new Date().toISOString().replace('Z', ''),
  }));
  const services = hosts.map((host, i) => ({ ...service, id: uuidOf(2_000_000 + i), host }));
  const calls = new Map();
  const answer = (request, url) => {
    const { pathname, searchParams: query } = url;
    const page = (key, rows, idOf) => {
      const limit = Math.min(PAGE, Number(query.get('limit') ?? PAGE));
      const marker = query.get('marker');
      const from = marker === null ? 0 : rows.findIndex((row) => idOf(row) === marker) + 1;
      const shown = rows.slice(from, from + limit);
      return { [key]: shown, ...(from + limit < rows.length && { [`${key}_links`]: [{ rel: 'next', href: 'next' }] }) };
    };
    if (pathname === '/v3/auth/tokens') {
      const [issued, expires] = [0, HOUR_MS].map((more) => new Date(Date.now() + more).toISOString());
      const endpoints = [{ interface: 'public', region_id: 'one', url: `http://${request.headers.host}/v2.1` }];
      return { token: { issued_at: issued, expires_at: expires, catalog: [{ type: 'compute', endpoints }] } };
    }
    if (pathname === '/v2.1/') return recorded('version');
    if (pathname === '/v2.1/os-services') return { services };
    if (pathname === '/v2.1/servers/detail') {
      const [host, status] = ['host', 'status'].map((name) => query.get(name));
      const fitting = servers.filter(
        (s) => (host === null || s['OS-EXT-SRV-ATTR:host'] === host) && (status === null || s.status === status),
      );
      return page('servers', fitting, ({ id }) => id);
    }
    if (pathname === '/v2.1/os-migrations') {
      const [server, status] = ['instance_uuid', 'status'].map((name) => query.get(name));
      const fitting = migrations.filter(
        (m) => (server === null || m.instance_uuid === server) && (status === null || m.status === status),
      );
      // The newest first.
      return page('migrations', fitting.reverse(), ({ uuid }) => uuid);
    }
    const [, uuid, below] = /^\/v2\.1\/servers\/([\w-]+)(\/.*)?$/.exec(pathname) ?? [];
    if (uuid !== undefined && below === undefined) return { server: servers.find(({ id }) => id === uuid) };
    if (below === '/migrations') return { migrations: migrations.filter((m) => m.instance_uuid === uuid) };
    return undefined;
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://nova');
    if (url.pathname === CALLS) {
      response.end(JSON.stringify(Object.fromEntries(calls)));
      calls.clear();
      return;
    }
    const kind = `${request.method} ${url.pathname.replace(/\/[0-9a-f-]{36}/, '/UUID')}`;
    calls.set(kind, (calls.get(kind) ?? 0) + 1);
    request.resume().on('end', () => {
      const body = answer(request, url);
      const login = url.pathname === '/v3/auth/tokens';
      response.writeHead(body === undefined ? 404 : login ? 201 : 200, {
        'Content-Type': 'application/json',
        ...(login && { 'X-Subject-Token': 'recorded' }),
      });
      response.end(JSON.stringify(body ?? { itemNotFound: { message: `${kind} was not recorded` } }));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What it was asked for since the last time, by kinds. */
export async function takeCalls(url) {
  return (await fetch(url + CALLS)).json();
}

export const sum = (calls) => Object.values(calls).reduce((all, n) => all + n, 0);
