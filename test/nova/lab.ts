/** The real Nova of lab/nova-lab.sh for tests, removed with the process that started it, however that ends. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const SCRIPT = path.join(import.meta.dirname, 'lab/nova-lab.sh');

/** Why there can be none here; false where there can. */
export const noNova: string | false =
  process.platform !== 'linux'
    ? 'not on Linux'
    : spawnSync(SCRIPT, ['possible'], { encoding: 'utf8' }).stdout.trim() || false;

export const PASSWORD = 'lab-secret';
export const HOSTS = ['compute1', 'compute2'] as const;

/** A row of nova's table of migrations. */
export interface Record {
  readonly id: number;
  readonly status: string;
  readonly source_compute: string;
  readonly dest_compute: string | null;
}

export interface NovaLab {
  readonly folder: string;
  /** Of its Keystone. */
  readonly authUrl: string;
  /** Of its Compute API. */
  readonly computeUrl: string;
  /** Asks the Compute API as its administrator. @throws Error for an answer that is none */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Makes a server that runs on a host. @returns its id */
  server(name: string, host: string): Promise<string>;
  /** It is gone when this returns. */
  remove(id: string): Promise<void>;
  /** How its next migrations go: see labdriver.py. Those that are not given are as they are by default. */
  steer(id: string, wishes: Readonly<{ [wish: string]: string }>): Promise<void>;
  hostOf(id: string): Promise<string>;
  /** All migrations of a server, the oldest first. */
  records(id: string): Promise<readonly Record[]>;
  start(service: string): Promise<void>;
  stopService(service: string): Promise<void>;
  stop(): Promise<void>;
}

const WISHES = { lab_seconds: '1', lab_dirty: '0', lab_fail: '', lab_message: '' };

/** Brings it up, in half a minute to two. @throws Error in the lab's words when it does not come up */
export async function startNova(): Promise<NovaLab> {
  // Its standard input is this process: when that ends, so does the lab.
  const child = spawn(SCRIPT, ['run'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const folder = await new Promise<string>((resolve, reject) => {
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once('close', (code) => reject(new Error(`the lab ended with ${code}: ${complaint}`)));
  });
  const base = Number(readFileSync(path.join(folder, 'base'), 'utf8'));
  const authUrl = `http://127.0.0.1:${base}/v3`;
  const computeUrl = `http://127.0.0.1:${base + 3}/v2.1`;
  const service = async (what: string, name: string): Promise<void> => {
    await promisify(execFile)(SCRIPT, [what, folder, name]);
  };

  let token = '';
  const call = async <T>(method: string, where: string, body?: unknown): Promise<T> => {
    token ||= await login(authUrl);
    const answer = await fetch(computeUrl + where, {
      method,
      headers: {
        'X-Auth-Token': token,
        'OpenStack-API-Version': 'compute 2.93',
        'Content-Type': 'application/json',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.status === 401) {
      token = '';
      return call(method, where, body);
    }
    if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const one = async (id: string): Promise<{ [key: string]: unknown }> =>
    (await call<{ server: { [key: string]: unknown } }>('GET', `/servers/${id}`)).server;

  return {
    ...{ folder, authUrl, computeUrl, call },
    server: async (name, host) => {
      const { images } = await image(authUrl, base);
      const server = { name, imageRef: images[0]!.id, flavorRef: '1', networks: 'none', host, metadata: WISHES };
      const { id } = (await call<{ server: { id: string } }>('POST', '/servers', { server })).server;
      await until(`${name} to run`, async () => {
        const { status } = await one(id);
        if (status === 'ERROR') throw new Error(`${name}: ${JSON.stringify((await one(id)).fault)}`);
        return status === 'ACTIVE';
      });
      return id;
    },
    remove: async (id) => {
      await call('DELETE', `/servers/${id}`);
      await until(`${id} to be gone`, () =>
        one(id).then(
          () => false,
          (error: unknown) => String(error).includes(': 404 '),
        ),
      );
    },
    steer: async (id, wishes) => {
      const all = Object.fromEntries(Object.entries(wishes).map(([key, value]) => [`lab_${key}`, value]));
      await call('POST', `/servers/${id}/metadata`, { metadata: { ...WISHES, ...all } });
    },
    hostOf: async (id) => String((await one(id))['OS-EXT-SRV-ATTR:host']),
    records: async (id) => {
      const { migrations } = await call<{ migrations: Record[] }>('GET', `/os-migrations?instance_uuid=${id}`);
      return migrations.sort((a, b) => a.id - b.id);
    },
    start: async (name) => {
      await service('start', name);
    },
    stopService: (name) => service('stop', name),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

export async function login(authUrl: string): Promise<string> {
  const domain = { id: 'default' };
  const answer = await fetch(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name: 'admin', domain, password: PASSWORD } } },
        scope: { project: { name: 'admin', domain } },
      },
    }),
  });
  if (answer.status !== 201) throw new Error(`Keystone: ${answer.status} ${await answer.text()}`);
  return answer.headers.get('X-Subject-Token')!;
}

async function image(authUrl: string, base: number): Promise<{ readonly images: readonly { readonly id: string }[] }> {
  const headers = { 'X-Auth-Token': await login(authUrl) };
  return (await (await fetch(`http://127.0.0.1:${base + 2}/v2/images`, { headers })).json()) as never;
}

/** Waits for what is true in the end, on the slowest machine, too. */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 240_000; !(await holds());) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
