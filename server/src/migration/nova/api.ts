import { FleetError } from '../../fleet/types';
import type { Site } from '../driver';
import type { Page, Versions } from './answers';
import { findCloud } from './clouds';
import { NEWEST, versionHeaders, versions, type Call } from './compute';
import { Http, Unsent } from './http';
import { Keystone, messageOf, parsed, type Session } from './keystone';
import { PLACEMENT } from './placement';

const TIMEOUT_MS = 30_000;
/** More pages than this are an API that answers with the same one again and again. */
const MOST_PAGES = 1000;

interface Opened {
  /** `name` of `[cloud]`. */
  readonly name: string | undefined;
  readonly http: Http;
  readonly keystone: Keystone;
  endpoint?: Endpoint;
}

interface Endpoint {
  /** What the catalogue has. */
  readonly found: string;
  readonly url: string;
  readonly minor: number;
}

/** Whom a request goes to. */
interface Asked {
  readonly service: 'nova' | 'placement';
  readonly url: string;
  readonly minor: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What became of a request. */
export interface Answered<T> {
  readonly value: T;
  /** By which nova's events know it. */
  readonly request: string | undefined;
}

/** The Compute API of one cloud, by the newest microversion that both sides know. */
export class ComputeApi {
  #opened: Opened | undefined;

  constructor(private readonly site: Site) {}

  /** Whether nobody would have to be asked for a password. @throws FleetError where nothing tells how to reach a cloud */
  get quiet(): boolean {
    return this.#open().keystone.quiet;
  }

  /** N of the microversion 2.N. @throws FleetError */
  async minor(signal: AbortSignal): Promise<number> {
    return this.#rereading(async () => {
      const opened = this.#open();
      const session = await opened.keystone.session(signal);
      return (await this.#find(opened, opened.keystone.compute(session), signal)).minor;
    });
  }

  close(): void {
    this.#opened?.http.close();
    this.#opened = undefined;
  }

  /**
   * @throws FleetError with nova's words: of code `lost` where it cannot be told whether the request reached nova,
   * `unreachable` where it did not, or is there no more
   */
  ask<T>(make: Call<T> | ((minor: number) => Call<T>), signal: AbortSignal): Promise<Answered<T>> {
    return this.#rereading(() => this.#ask(make, signal, (opened, session) => this.#compute(opened, session, signal)));
  }

  /**
   * Asks placement.
   * @throws FleetError: of code `not-found` where the catalogue has none
   */
  async placement<T>(call: Call<T>, signal: AbortSignal): Promise<T> {
    const { value } = await this.#rereading(() =>
      this.#ask(call, signal, ({ keystone }, session) => {
        const url = keystone.placement(session)?.replace(/\/+$/, '');
        if (url === undefined) throw new FleetError('not-found', `the catalogue of ${keystone.cloud.from} has none`);
        const headers = { 'OpenStack-API-Version': `placement 1.${PLACEMENT}` };
        return { service: 'placement', url, minor: PLACEMENT, headers };
      }),
    );
    return value;
  }

  /** Whoever writes clouds.yaml anew wants it read anew. */
  async #rereading<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const wrong =
        error instanceof FleetError &&
        (error.code === 'authentication' ||
          (error instanceof Unsent && error.settings) ||
          (error.code === 'refused' && this.#opened?.endpoint === undefined));
      if (wrong) this.close();
      throw error;
    }
  }

  async #compute(opened: Opened, session: Session, signal: AbortSignal): Promise<Asked> {
    const { url, minor } = await this.#find(opened, opened.keystone.compute(session), signal);
    return { service: 'nova', url, minor, headers: versionHeaders(minor) };
  }

  async #ask<T>(
    make: Call<T> | ((minor: number) => Call<T>),
    signal: AbortSignal,
    whom: (opened: Opened, session: Session) => Asked | Promise<Asked>,
  ): Promise<Answered<T>> {
    const opened = this.#open();
    const { keystone, http } = opened;
    let stale: string | undefined;
    for (let again = false; ; again = true) {
      const session = await keystone.session(signal, stale);
      const { service, url, minor, headers: versioned } = await whom(opened, session);
      const call = typeof make === 'function' ? make(minor) : make;
      const began = Date.now();
      const headers = { 'X-Auth-Token': session.token, ...versioned };
      const { method, path, body, timeout = TIMEOUT_MS } = call;
      const sent = { method, url: url + path, headers, body, timeout, signal };
      const answer = await http.ask(sent).catch((error: unknown) => {
        throw method !== 'GET' && isUnanswered(error) ? new FleetError('lost', error.message, error.detail) : error;
      });
      const { status, text } = answer;
      if (method !== 'GET' || status >= 400)
        this.site.log(
          `${service}: ${method} ${path} (${service === 'nova' ? 2 : 1}.${minor}) ${status} after ${Date.now() - began} ms`,
        );
      if (status === 401 && !again) {
        stale = session.token;
        continue;
      }
      if (status >= 400) throw refusal(status, text, method, keystone.cloud.from, service);
      const request = answer.headers['x-compute-request-id'] ?? answer.headers['x-openstack-request-id'];
      return { value: call.read(parsed(text)), request: typeof request === 'string' ? request : undefined };
    }
  }

  /** All pages of a list. @param last by which the next page is asked for; undefined: there is none */
  async all<T>(
    page: (marker: string | undefined, minor: number) => Call<Page<T>>,
    last: (row: T) => string | undefined,
    signal: AbortSignal,
  ): Promise<T[]> {
    const found: T[] = [];
    let marker: string | undefined;
    for (let i = 0; i < MOST_PAGES; i++) {
      const { value } = await this.ask((minor) => page(marker, minor), signal);
      found.push(...value.rows);
      const end = value.rows.at(-1);
      marker = end && value.more ? last(end) : undefined;
      if (marker === undefined) break;
    }
    return found;
  }

  #open(): Opened {
    const { name } = this.site.inventory;
    if (this.#opened?.name === name && this.#opened) return this.#opened;
    this.close();
    const { folder, env = {} } = this.site;
    const cloud = findCloud({ name, folder, env });
    const http = new Http(cloud.trust, env);
    return (this.#opened = {
      name,
      http,
      keystone: new Keystone(cloud, http, (...asked) => this.site.password(...asked)),
    });
  }

  async #find(opened: Opened, found: string, signal: AbortSignal): Promise<Endpoint> {
    const { endpoint: known, http, keystone } = opened;
    if (known?.found === found) return known;
    const whole = found.replace(/\/+$/, '');
    // Up to Mitaka a project's id stands behind the version.
    const [, base] = /^(.*\/v2(?:\.\d+)?)(?:\/.*)?$/.exec(whole) ?? [];
    const answer = await http.ask({ method: 'GET', url: `${base ?? whole}/`, timeout: TIMEOUT_MS, signal });
    if (answer.status >= 500 || answer.status === 0)
      throw refusal(answer.status, answer.text, 'GET', keystone.cloud.from);
    const body = parsed(answer.text);
    if (body === undefined || answer.status >= 400)
      throw new FleetError('refused', `${base ?? whole} is no Compute API: it answered ${answer.status}`);
    const { newest, path }: Versions = versions.read(body);
    const endpoint = {
      found,
      url: base === undefined ? whole + (path ?? '') : whole,
      minor: Math.max(1, Math.min(newest, NEWEST, keystone.cloud.newest ?? NEWEST)),
    };
    this.site.log(`nova: ${endpoint.url}, up to 2.${newest}, asked as 2.${endpoint.minor}`);
    return (opened.endpoint = endpoint);
  }
}

function refusal(status: number, text: string, method: string, from: string, service = 'nova'): FleetError {
  const said = messageOf(text);
  const detail = `HTTP ${status}: ${said}`;
  switch (status) {
    case 401:
      return new FleetError('authentication', `${service} does not take the token of ${from}: ${said}`, detail);
    case 403: {
      const needed = `${said}; ${from} needs a role that ${service}’s policy lets do this, such as admin`;
      return new FleetError('no-permission', needed, detail);
    }
    case 404:
      return new FleetError('not-found', said, detail);
    case 502:
    case 503:
    case 504:
      // A proxy in front of it: whether nova got the request is not known.
      return new FleetError(
        method === 'GET' ? 'unreachable' : 'lost',
        `${service} answered ${status}: ${said}`,
        detail,
      );
    default:
      return new FleetError(status >= 500 ? 'unreachable' : 'refused', said, detail);
  }
}

function isUnanswered(error: unknown): error is FleetError {
  if (!(error instanceof FleetError) || error instanceof Unsent) return false;
  return error.code === 'timeout' || error.code === 'unreachable';
}
