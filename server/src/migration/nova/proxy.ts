import http from 'node:http';
import https, { type AgentOptions } from 'node:https';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { unescape } from 'node:querystring';
import type { Duplex } from 'node:stream';
import { FleetError } from '../../fleet/types';

type Env = Readonly<Record<string, string | undefined>>;

export interface Proxy {
  readonly url: URL;
  /** The variable that names it. */
  readonly by: string;
}

/** So long has a proxy to open a way, ms. */
const TIMEOUT_MS = 30_000;

/**
 * Through whom a URL is asked for: `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, lower or upper case, as the openstack
 * command has them; this machine itself never through any.
 * @throws FleetError of code `refused` for what is no proxy's URL
 */
export function proxyFor(url: URL, env: Env): Proxy | undefined {
  const host = hostOf(url);
  if (host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))) return undefined;
  const by = [`${url.protocol.slice(0, -1)}_proxy`, 'all_proxy']
    .map((name) => (env[name] === undefined ? name.toUpperCase() : name))
    .find((name) => env[name]);
  if (by === undefined || isExcepted(url, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined;
  const text = env[by]!.trim();
  const whole = text.includes('://') ? text : `http://${text}`;
  const found = URL.canParse(whole) ? new URL(whole) : undefined;
  if (found?.protocol === 'http:' || found?.protocol === 'https:') return { url: found, by };
  // It may hold a password.
  const shown = whole.replace(/\/\/[^/]*@/, '//***@');
  throw new FleetError(
    'refused',
    `${by}: ${shown} is no proxy that livemig speaks to: write http://HOST:3128, or ${host} in no_proxy to do without`,
  );
}

/** @param list names, which stand for all below them, too; addresses and networks; `*` for all; each with a port or without */
function isExcepted(url: URL, list: string): boolean {
  const host = hostOf(url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((entry) => {
    const [, name = '', only] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) ? `[${entry}]` : entry) ?? [];
    if (name === '' || (only !== undefined && only !== port)) return false;
    if (name === '*') return true;
    if (isIP(host)) return isWithin(host, name);
    const below = name.replace(/^\*?\.+/, '').toLowerCase();
    return host === below || host.endsWith(`.${below}`);
  });
}

function isWithin(address: string, network: string): boolean {
  const [base = '', length] = network.split('/');
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (isIP(base) !== isIP(address)) return false;
  const list = new BlockList();
  const bits = length === undefined ? (family === 'ipv4' ? 32 : 128) : Number(length);
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 'ipv4' ? 32 : 128)) return false;
  list.addSubnet(base, bits, family);
  return list.check(address, family);
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

/** `the proxy http://proxy:3128 (https_proxy)`, without its password. */
export function nameOf({ url, by }: Proxy): string {
  return `the proxy ${url.origin} (${by})`;
}

export interface Way {
  readonly host: string;
  readonly port: string | number;
  readonly headers: Readonly<Record<string, string>>;
}

/** How to ask a proxy, and who asks. */
export function wayTo({ url }: Proxy): Way {
  const { username, password } = url;
  const who = [username, password].map((word) => unescape(word)).join(':');
  return {
    host: hostOf(url),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    headers: username === '' ? {} : { 'Proxy-Authorization': `Basic ${Buffer.from(who).toString('base64')}` },
  };
}

/** What a proxy's refusal means, in words. */
export function refusalOf(proxy: Proxy, host: string, status: number, said: string): string {
  const why =
    status === 407
      ? `wants a name and a password: ${proxy.by}=${proxy.url.protocol}//USER:PASSWORD@${proxy.url.host}`
      : `opens no way to ${host}: ${status} ${said}`;
  return `${nameOf(proxy)} ${why}; where it can be reached without one, write it in no_proxy`;
}

/** TLS through a proxy: it is asked to connect, and what is said then it does not understand. */
export class Tunnel extends https.Agent {
  constructor(
    private readonly proxy: Proxy,
    options: AgentOptions,
    /** Makes an error of what kept the proxy from opening the way. */
    private readonly failed: (error: unknown) => Error,
  ) {
    super(options);
  }

  override createConnection(
    options: AgentOptions & { host?: string; port?: string | number },
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { url } = this.proxy;
    const { host = '', port = 443 } = options;
    const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    const way = wayTo(this.proxy);
    const asked = (url.protocol === 'https:' ? https : http).request({
      ...{ ...way, method: 'CONNECT', path: target, agent: false, timeout: TIMEOUT_MS },
      headers: { ...way.headers, Host: target },
    });
    const fail = (error: unknown): void => callback?.(this.failed(error), undefined as never);
    asked.once('timeout', () => asked.destroy(new Error('it did not answer')));
    asked.once('error', fail);
    asked.once('response', ({ statusCode = 0, statusMessage = '' }) => {
      asked.destroy();
      fail(new FleetError('unreachable', refusalOf(this.proxy, target, statusCode, statusMessage)));
    });
    asked.once('connect', ({ statusCode = 0, statusMessage = '' }, socket) => {
      asked.off('error', fail);
      if (statusCode === 200) {
        callback?.(null, super.createConnection({ ...options, socket } as never) as Duplex);
        return;
      }
      socket.destroy();
      fail(new FleetError('unreachable', refusalOf(this.proxy, target, statusCode, statusMessage)));
    });
    asked.end();
    return undefined;
  }
}
