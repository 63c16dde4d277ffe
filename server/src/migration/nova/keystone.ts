import { FleetError } from '../../fleet/types';
import type { Site } from '../driver';
import type { Cloud, Login, Scope } from './clouds';
import type { Http, HttpAnswer } from './http';

/** A token, and what it opens. */
export interface Session {
  readonly token: string;
  /** ms since 1970: a little before it expires. */
  readonly renew: number;
  readonly catalogue: readonly Service[];
}

export interface Service {
  readonly type: string;
  readonly endpoints: readonly { readonly interface: string; readonly region: string; readonly url: string }[];
}

const TIMEOUT_MS = 30_000;
/** A token that ends so soon is renewed before it is used. */
const MARGIN_MS = 120_000;
/** Of a token that is as short-lived as that: so much of its life. */
const MARGIN_PART = 0.2;
/** So often is a password asked for. */
const TRIES = 3;

/** Logs in to a cloud, and anew whenever its token is at its end. */
export class Keystone {
  #session: Session | undefined;
  #begun: Promise<Session> | undefined;
  /** A password was asked for and is right: the next renewal may ask for it again. */
  #asked = false;

  constructor(
    readonly cloud: Cloud,
    private readonly http: Http,
    private readonly password: Site['password'],
  ) {}

  /** Whether nobody has to be asked for anything. */
  get quiet(): boolean {
    const { login } = this.cloud;
    return this.#asked || login.kind !== 'password' || login.password !== undefined;
  }

  /**
   * @param stale a token that was refused
   * @throws FleetError of codes `authentication`, `unreachable`, `refused` …
   */
  async session(signal: AbortSignal, stale?: string): Promise<Session> {
    for (;;) {
      const known = this.#session;
      if (known && known.token !== stale && known.renew > Date.now()) return known;
      // Whoever comes meanwhile waits for the same login, and begins anew where its caller gave up.
      const own = this.#begun === undefined;
      this.#begun ??= this.#login(signal).finally(() => (this.#begun = undefined));
      try {
        return (this.#session = await this.#begun);
      } catch (error) {
        if (own || signal.aborted || !(error instanceof FleetError) || error.code !== 'cancelled') throw error;
      }
    }
  }

  /**
   * URL of the Compute API.
   * @throws FleetError of code `refused` where the catalogue has none
   */
  compute({ catalogue }: Session): string {
    const { from } = this.cloud;
    if (this.cloud.compute !== undefined) return this.cloud.compute;
    const found = this.#endpoint(catalogue, 'compute');
    if (found !== undefined) return found;
    throw new FleetError(
      'refused',
      catalogue.length === 0
        ? `${from}: the token opens no service: name a project with project_name and project_domain_name`
        : `${from}: the catalogue has no ${this.cloud.interface} address of the compute service`,
    );
  }

  /** URL of placement; undefined where the catalogue has none. @throws FleetError of code `refused` for an unknown region */
  placement({ catalogue }: Session): string | undefined {
    return this.cloud.placement ?? this.#endpoint(catalogue, 'placement');
  }

  #endpoint(catalogue: Session['catalogue'], type: string): string | undefined {
    const { region, interface: kind, from } = this.cloud;
    const endpoints = catalogue
      .filter((service) => service.type === type)
      .flatMap((s) => s.endpoints)
      .filter((e) => e.interface === kind);
    if (endpoints.length === 0) return undefined;
    const regions = [...new Set(endpoints.map((e) => e.region))];
    if (region === undefined && regions.length > 1)
      throw new FleetError('refused', `${from}: there are the regions ${regions.join(', ')}: write region_name = one`);
    const found = endpoints.find((e) => region === undefined || e.region === region);
    if (!found)
      throw new FleetError(
        'refused',
        `${from}: there is no region ${region ?? ''}: write region_name = ${regions.join(' or ')}`,
      );
    return found.url;
  }

  async #login(signal: AbortSignal): Promise<Session> {
    const { login, authUrl, from } = this.cloud;
    if (login.kind !== 'password' || login.password !== undefined) return this.#issue(login, signal);
    const user = 'name' in login.user ? login.user.name : login.user.id;
    for (let i = 0; ; i++) {
      const password = await this.password({ user, host: hostOf(authUrl), again: i > 0 }, signal);
      if (password === undefined)
        throw new FleetError('authentication', `${from} has no password, and none was given: nova was not asked`);
      try {
        const session = await this.#issue({ ...login, password }, signal);
        this.#asked = true;
        return session;
      } catch (error) {
        if (!(error instanceof FleetError) || error.code !== 'authentication' || i + 1 >= TRIES) throw error;
      }
    }
  }

  async #issue(login: Login, signal: AbortSignal): Promise<Session> {
    const { authUrl, scope } = this.cloud;
    const url = `${authUrl.replace(/\/+$/, '').replace(/\/v(2\.0|3)$/, '')}/v3/auth/tokens`;
    const answer = await this.http.ask({
      method: 'POST',
      url,
      body: loginBody(login, scope),
      timeout: TIMEOUT_MS,
      signal,
    });
    if (answer.status !== 201) throw this.#refusal(answer, url, login);
    const session = readSession(answer);
    if (!session)
      throw new FleetError('refused', `${url} answered what Keystone does not: write the URL of Keystone v3`);
    return session;
  }

  #refusal({ status, text }: HttpAnswer, url: string, login: Login): FleetError {
    const { from } = this.cloud;
    const said = messageOf(text);
    const what = {
      password: 'user name, password or project',
      token: 'token: it may have expired, get a new one',
      'application-credential': 'application credential: its id or secret is wrong, or it has expired',
    }[login.kind];
    if (status === 401) return new FleetError('authentication', `Keystone does not take ${from}: wrong ${what}`, said);
    if (status === 403) return new FleetError('authentication', `Keystone does not let ${from} in: ${said}`, said);
    if (status === 404 || status === 300)
      return new FleetError(
        'refused',
        `${url}: there is no Keystone v3 there: write auth_url = http://HOST:5000/v3`,
        said,
      );
    if (status >= 500) return new FleetError('unreachable', `${url}: Keystone answered ${status}: ${said}`, said);
    return new FleetError('refused', `${url}: Keystone answered ${status}: ${said}`, said);
  }
}

/** The body of `POST /v3/auth/tokens`. */
export function loginBody(login: Login, scope: Scope): unknown {
  switch (login.kind) {
    case 'password': {
      const { user, password } = login;
      const identity = { methods: ['password'], password: { user: { ...user, password } } };
      return { auth: { identity, ...(scope && { scope }) } };
    }
    case 'token':
      return { auth: { identity: { methods: ['token'], token: { id: login.token } }, ...(scope && { scope }) } };
    case 'application-credential': {
      // It is bound to its project already: a scope is refused.
      const { credential, secret } = login;
      const own = { ...credential, secret };
      return { auth: { identity: { methods: ['application_credential'], application_credential: own } } };
    }
  }
}

/** @returns undefined for what is no answer of Keystone's */
export function readSession({ headers, text }: Pick<HttpAnswer, 'headers' | 'text'>): Session | undefined {
  const token = headers['x-subject-token'];
  const body = (parsed(text) as { token?: { expires_at?: unknown; issued_at?: string; catalog?: unknown } } | undefined)
    ?.token;
  if (typeof token !== 'string' || typeof body?.expires_at !== 'string') return undefined;
  // By our own clock, which may be another one.
  const life = Date.parse(body.expires_at) - Date.parse(body.issued_at ?? '');
  const renew = Date.now() + life - Math.min(MARGIN_MS, life * MARGIN_PART);
  interface Raw {
    readonly type?: string;
    readonly endpoints?: readonly { interface?: string; region_id?: string; region?: string; url?: string }[];
  }
  const catalogue = (Array.isArray(body.catalog) ? (body.catalog as Raw[]) : []).map(
    ({ type = '', endpoints = [] }) => ({
      type,
      endpoints: endpoints.map((e) => ({
        interface: e.interface ?? '',
        region: e.region_id ?? e.region ?? '',
        url: e.url ?? '',
      })),
    }),
  );
  return { token, renew: Number.isNaN(renew) ? Infinity : renew, catalogue };
}

/** What a service of OpenStack's said went wrong: `{"conflictingRequest": {"message": …}}`, `{"errors": [{"detail": …}]}`. */
export function messageOf(text: string): string {
  const body = parsed(text);
  const first: unknown = typeof body === 'object' && body !== null ? Object.values(body)[0] : undefined;
  const inner = (Array.isArray(first) ? first[0] : first) as { message?: unknown; detail?: unknown } | null | undefined;
  // Placement's has lines and indents.
  const message = inner?.message ?? (typeof inner?.detail === 'string' ? inner.detail.replace(/\s+/g, ' ') : undefined);
  if (typeof message === 'string' && message.trim() !== '') return message.trim();
  // A proxy in front answers in HTML.
  return (
    text
      .replace(/<(title|style|head)\b[^]*?<\/\1>|<[^>]*>/gi, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 300) || 'it gave no reason'
  );
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
