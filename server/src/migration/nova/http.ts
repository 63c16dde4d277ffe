import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { FleetError } from '../../fleet/types';

/** How a cloud's certificate is judged. */
export interface Trust {
  /** Path of a bundle of authorities, PEM; the system's own if it is not given. */
  readonly cacert?: string;
  /** False: any certificate is taken. */
  readonly verify: boolean;
  /** Paths of a certificate of our own, and of its key, PEM. */
  readonly cert?: string;
  readonly key?: string;
}

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

/** Asks one cloud. Connections are kept for the next question. */
export class Http {
  #agent: http.Agent | undefined;
  #protocol = '';
  readonly #trust: Trust;

  constructor(trust: Trust) {
    this.#trust = trust;
  }

  /**
   * Redirections are not followed: a token goes to nobody but who was asked.
   * @throws FleetError of codes `unreachable`, `timeout`, `cancelled`, `refused` (no URL, a CA bundle that cannot be read)
   */
  async ask(request: HttpRequest): Promise<HttpAnswer> {
    const url = urlOf(request.url);
    const { method, headers = {}, body, timeout, signal } = request;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const agent = this.#agentOf(url);
    const late = AbortSignal.timeout(timeout);
    try {
      return await new Promise<HttpAnswer>((resolve, reject) => {
        const sent = (url.protocol === 'https:' ? https : http).request(url, {
          method,
          agent,
          signal: signal ? AbortSignal.any([signal, late]) : late,
          headers: {
            Accept: 'application/json',
            'User-Agent': 'livemig',
            ...(text !== undefined && {
              'Content-Type': 'application/json',
              'Content-Length': String(Buffer.byteLength(text)),
            }),
            ...headers,
          },
        });
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
        sent.end(text);
      });
    } catch (error) {
      if (signal?.aborted) throw new FleetError('cancelled', 'cancelled');
      if (late.aborted) throw new FleetError('timeout', `${url.origin} did not answer within ${timeout / 1000} s`);
      throw unreachable(url, error);
    }
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #agentOf({ protocol }: URL): http.Agent {
    // Keystone and nova are both behind TLS or neither, but for odd clouds, which do without kept connections.
    if (this.#agent && this.#protocol === protocol) return this.#agent;
    this.close();
    this.#protocol = protocol;
    const { cacert, verify, cert, key } = this.#trust;
    const keep = { keepAlive: true, maxSockets: 8 };
    this.#agent =
      protocol === 'https:'
        ? new https.Agent({
            ...keep,
            rejectUnauthorized: verify,
            ...(cacert !== undefined && { ca: pem(cacert, 'cacert') }),
            ...(cert !== undefined && { cert: pem(cert, 'cert') }),
            ...(key !== undefined && { key: pem(key, 'key') }),
          })
        : new http.Agent(keep);
    return this.#agent;
  }
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new FleetError('refused', `${JSON.stringify(text)} is no URL: write http://HOST:5000/v3, or with https`);
  return url;
}

function pem(file: string, key: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new FleetError('refused', `${key}: ${file} cannot be read (${code}): name a file in PEM`);
  }
}

function unreachable(url: URL, error: unknown): FleetError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const why = WORDS[code] ?? (/CERT|SIGNATURE|ISSUER/.test(code) ? CERTIFICATE : undefined);
  return new FleetError(
    'unreachable',
    `${url.origin}: ${why ?? message}${why === undefined || code === '' ? '' : ` (${code})`}`,
    message,
  );
}

const CERTIFICATE =
  'its certificate is signed by nobody that is trusted here: name the authority’s file as cacert in clouds.yaml, or in OS_CACERT';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: the service is down, or the port is another one',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name cannot be looked up now',
  EHOSTUNREACH: 'there is no way there',
  ENETUNREACH: 'there is no way there',
  ETIMEDOUT: 'nobody answers',
  ECONNRESET: 'the connection was closed',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate names other hosts: write the name that it has',
  EPROTO: 'it does not speak TLS: write http:// instead of https://',
};
