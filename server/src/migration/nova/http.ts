import http from 'node:http';
import https from 'node:https';
import { FleetError } from '../../fleet/types';
import { nameOf, proxyFor, refusalOf, Tunnel, wayTo, type Proxy } from './proxy';
import { agentOptions, certificateTrouble, type Trust } from './trust';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** ms until the answer has to be there. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** More than any page of a list has. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The request did not leave this machine, or nobody took it. */
export class Unsent extends FleetError {
  /** @param settings somebody has to write clouds.yaml, or the variables, anew */
  constructor(
    code: FleetError['code'],
    message: string,
    detail?: string,
    readonly settings = false,
  ) {
    super(code, message, detail);
  }
}

/** Asks one cloud. Connections are kept for the next question. */
export class Http {
  readonly #agents = new Map<string, http.Agent>();

  /** @param env variables of the environment, which may name proxies */
  constructor(
    private readonly trust: Trust,
    private readonly env: Readonly<Record<string, string | undefined>> = {},
  ) {}

  /**
   * Redirections are not followed: a token goes to nobody but who was asked.
   * @throws FleetError of codes `unreachable`, `timeout`, `cancelled`, `refused` (no URL, a CA bundle or a proxy that cannot be
   * used); {@link Unsent} where nobody can have got it
   */
  async ask(request: HttpRequest): Promise<HttpAnswer> {
    const url = urlOf(request.url);
    const { timeout, signal } = request;
    const late = AbortSignal.timeout(timeout);
    const proxy = settings(() => proxyFor(url, this.env));
    const agent = this.#agentOf(url, proxy);
    try {
      const sent = this.#begin(request, url, proxy, agent, signal ? AbortSignal.any([signal, late]) : late);
      const answer = await answerTo(sent);
      // What a proxy says of itself; what it says of the cloud is the cloud's as far as can be told.
      if (proxy && answer.status === 407)
        throw new Unsent('unreachable', refusalOf(proxy, url.host, 407, ''), undefined, true);
      return answer;
    } catch (error) {
      if (signal?.aborted) throw new FleetError('cancelled', 'cancelled');
      const through = proxy ? ` through ${nameOf(proxy)}` : '';
      if (late.aborted)
        throw new FleetError('timeout', `${url.origin} did not answer within ${timeout / 1000} s${through}`);
      if (error instanceof FleetError) throw error;
      // Of a plain request the proxy is who was connected to.
      throw unreachable(proxy && url.protocol === 'http:' ? nameOf(proxy) : url.origin, error, this.trust);
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #begin(
    { method, headers = {}, body }: HttpRequest,
    url: URL,
    proxy: Proxy | undefined,
    agent: http.Agent,
    signal: AbortSignal,
  ): http.ClientRequest {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const plain = proxy && url.protocol === 'http:' ? wayTo(proxy) : undefined;
    const options: http.RequestOptions = {
      ...{ method, agent, signal },
      ...(plain && { ...plain, path: url.href }),
      headers: {
        Accept: 'application/json',
        'User-Agent': 'livemig',
        ...(text !== undefined && {
          'Content-Type': 'application/json',
          'Content-Length': String(Buffer.byteLength(text)),
        }),
        ...(plain && { ...plain.headers, Host: url.host }),
        ...headers,
      },
    };
    const { request } = (plain ? proxy!.url : url).protocol === 'https:' ? https : http;
    const sent = plain ? request(options) : request(url, options);
    sent.end(text);
    return sent;
  }

  /** @throws FleetError of code `refused` */
  #agentOf({ protocol }: URL, proxy: Proxy | undefined): http.Agent {
    const key = `${protocol} ${proxy?.url.href ?? ''}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const keep = { keepAlive: true, maxSockets: 8 };
    let agent: http.Agent;
    if (protocol === 'http:') agent = new (proxy?.url.protocol === 'https:' ? https : http).Agent(keep);
    else {
      const options = { ...keep, ...settings(() => agentOptions(this.trust)) };
      agent = proxy
        ? new Tunnel(proxy, options, (error) =>
            error instanceof FleetError
              ? new Unsent(error.code, error.message, error.detail, true)
              : new Unsent('unreachable', unreachable(nameOf(proxy), error, this.trust).message, undefined, true),
          )
        : new https.Agent(options);
    }
    this.#agents.set(key, agent);
    return agent;
  }
}

function answerTo(sent: http.ClientRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('error', reject);
      response.on('data', (part: Buffer) => {
        parts.push(part);
        if ((bytes += part.length) > MOST_BYTES) response.destroy(new Error('the answer is too long'));
      });
      response.on('end', () => {
        const { statusCode = 0 } = response;
        resolve({ status: statusCode, headers: response.headers, text: Buffer.concat(parts).toString() });
      });
      response.on('close', () => reject(new Error('the connection was closed within the answer')));
    });
  });
}

/** Of what people have written: to be read anew once it fits. */
function settings<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    throw new Unsent(error.code, error.message, error.detail, true);
  }
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new Unsent(
      'refused',
      `${JSON.stringify(text)} is no URL: write http://HOST:5000/v3, or with https`,
      '',
      true,
    );
  return url;
}

/** @param who nobody was reached of */
function unreachable(who: string, error: unknown, trust: Trust): FleetError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const certificate = certificateTrouble(error as NodeJS.ErrnoException, trust);
  const why = certificate ?? WORDS[code];
  const said = `${who}: ${why ?? message}${why === undefined || code === '' ? '' : ` (${code})`}`;
  if (certificate !== undefined) return new Unsent('unreachable', said, message, true);
  return NOBODY.has(code) ? new Unsent('unreachable', said, message) : new FleetError('unreachable', said, message);
}

/** Nobody took the connection, so nobody took the request. */
const NOBODY = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: the service is down, or the port is another one',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name cannot be looked up now',
  EHOSTUNREACH: 'there is no way there',
  ENETUNREACH: 'there is no way there',
  ETIMEDOUT: 'nobody answers',
  ECONNRESET: 'the connection was closed',
  EPROTO: 'it does not speak TLS: write http:// instead of https://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: write http:// instead of https://',
};
