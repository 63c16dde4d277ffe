import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { FleetError } from '../../fleet/types';
import type { Trust } from './trust';

/** Who logs in. */
export type Login =
  | {
      readonly kind: 'password';
      readonly user: Principal;
      /** Undefined: it has to be asked for. */
      readonly password: string | undefined;
    }
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'application-credential';
      /** Of the credential; a name needs its user. */
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: Principal };
      readonly secret: string;
    };

/** A user or project: by its id, or by name within a domain. */
export type Principal = { readonly id: string } | { readonly name: string; readonly domain: Domain };
export type Domain = { readonly id: string } | { readonly name: string };

export type Scope =
  | { readonly project: Principal }
  | { readonly domain: Domain }
  | { readonly system: { readonly all: true } }
  | undefined;

/** How a cloud is reached. */
export interface Cloud {
  /** `prod of /home/me/.config/openstack/clouds.yaml`, or `the OS_ variables of the environment`: for messages. */
  readonly from: string;
  readonly authUrl: string;
  readonly login: Login;
  readonly scope: Scope;
  /** Undefined: there is but one. */
  readonly region: string | undefined;
  readonly interface: 'public' | 'internal' | 'admin';
  /** URL of the Compute API, where it is not the catalogue's. */
  readonly compute: string | undefined;
  /** And of placement. */
  readonly placement: string | undefined;
  /** N of the highest microversion 2.N that is asked for, where somebody set one. */
  readonly newest: number | undefined;
  readonly trust: Trust;
}

type Env = Readonly<Record<string, string | undefined>>;
type Mapping = Readonly<Record<string, unknown>>;

export interface Where {
  /** `name` of `[cloud]` in livemig.ini. */
  readonly name: string | undefined;
  readonly folder: string | undefined;
  readonly env: Env;
  /** Of the user, and of the system, where they are not the usual ones. */
  readonly home?: string;
  readonly system?: string;
}

const NAMES = ['.yaml', '.yml', '.json'];

/**
 * The cloud that livemig.ini names, else OS_CLOUD, else the OS_ variables; clouds.yaml in the folder of livemig.ini, in
 * ~/.config/openstack, in /etc/openstack; the first that there is counts. Secrets may stand in secure.yaml, in the same places.
 * @throws FleetError of codes `not-found`, `refused`
 */
export function findCloud(where: Where): Cloud {
  const { env, name = env.OS_CLOUD } = where;
  const file = locate('clouds', env.OS_CLIENT_CONFIG_FILE, where);
  if (name === undefined || name === '' || (file === undefined && env.OS_AUTH_URL)) return fromEnvironment(env, name);
  if (file === undefined)
    throw new FleetError(
      'not-found',
      `there is no clouds.yaml that tells how to reach ${name}: write one to ${places(where).join(' or ')}, or set OS_AUTH_URL and its like (openrc) before livemig is started`,
    );
  const clouds = mapping(read(file).clouds);
  if (!Object.hasOwn(clouds, name))
    throw new FleetError(
      'not-found',
      `${file} has no cloud ${name}: it has ${Object.keys(clouds).join(', ') || 'none'}; write name = one of them below [cloud] in livemig.ini`,
    );
  const secret = locate('secure', env.OS_CLIENT_SECURE_FILE, where);
  const secure = secret === undefined ? {} : mapping(mapping(read(secret).clouds)[name]);
  return cloudOf(merged(mapping(clouds[name]), secure), `${name} of ${file}`, path.dirname(file));
}

function places({ folder, env, home = env.HOME ?? homedir(), system = '/etc/openstack' }: Where): string[] {
  const config = env.XDG_CONFIG_HOME
    ? path.join(env.XDG_CONFIG_HOME, 'openstack')
    : path.join(home, '.config/openstack');
  return [...(folder === undefined ? [] : [folder]), config, system];
}

function locate(stem: string, given: string | undefined, where: Where): string | undefined {
  if (given !== undefined && given !== '') {
    if (existsSync(given)) return given;
    if (stem === 'clouds')
      throw new FleetError('not-found', `OS_CLIENT_CONFIG_FILE names ${given}, which is not there`);
  }
  return places(where)
    .flatMap((folder) => NAMES.map((ending) => path.join(folder, stem + ending)))
    .find((file) => existsSync(file));
}

function read(file: string): Mapping {
  try {
    return mapping(parse(readFileSync(file, 'utf8')));
  } catch (error) {
    // The parser's message shows the line, which may be a password's.
    const at = error instanceof YAMLParseError ? error.linePos?.[0] : undefined;
    const { code } = error as NodeJS.ErrnoException;
    const why = at ? `line ${at.line}, column ${at.col} is no YAML` : `it cannot be read (${code ?? 'no YAML'})`;
    throw new FleetError('refused', `${file}: ${why}`);
  }
}

function mapping(value: unknown): Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
}

function merged(one: Mapping, over: Mapping): Mapping {
  const all: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(over)) {
    const [below, above] = [mapping(all[key]), mapping(value)];
    all[key] = Object.keys(above).length > 0 ? merged(below, above) : value;
  }
  return all;
}

/** What a YAML file may write as a number is text all the same. */
function word(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' ? String(value) : undefined;
}

function fromEnvironment(env: Env, wanted: string | undefined): Cloud {
  if (!env.OS_AUTH_URL)
    throw new FleetError(
      'not-found',
      'nova manages these instances, and nothing tells how to reach it: write name = CLOUD below [cloud] in livemig.ini, with that cloud in clouds.yaml; or set OS_CLOUD, or OS_AUTH_URL and its like (openrc), before livemig is started. Where no nova manages them, write driver = libvirt',
    );
  const auth = Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (key.startsWith('OS_') ? [[key.slice(3).toLowerCase(), value]] : [])),
  );
  return cloudOf(
    { ...auth, auth, interface: env.OS_INTERFACE ?? env.OS_ENDPOINT_TYPE },
    `the OS_ variables of the environment${wanted === undefined ? '' : ` (there is no clouds.yaml for ${wanted})`}`,
  );
}

/** @param folder of clouds.yaml; undefined: the variables of the environment have it all */
function cloudOf(all: Mapping, from: string, folder?: string): Cloud {
  const auth: Mapping = { ...all, ...mapping(all.auth) };
  const of = (...keys: string[]): string | undefined => keys.map((k) => word(auth[k])).find((v) => v !== undefined);
  const authUrl = of('auth_url');
  if (authUrl === undefined) throw new FleetError('refused', `${from} has no auth_url: write http://HOST:5000/v3`);
  const kind = word(all.interface)?.replace(/URL$/, '');
  const regions = Array.isArray(all.regions) ? (all.regions as unknown[]) : [];
  const first = mapping(regions[0]).name ?? regions[0];
  const newest = /^2\.(\d+)$/.exec(of('compute_default_microversion') ?? '')?.[1];
  const paths = Object.fromEntries(
    ['cacert', 'cert', 'key'].flatMap((k) => (of(k) === undefined ? [] : [[k, pathOf(of(k)!, folder)]])),
  );
  const off = (key: string): boolean => all[key] === false || /^(false|no|off|0)$/i.test(word(all[key]) ?? '');
  const insecure = all.insecure !== undefined && all.insecure !== null && all.insecure !== '' && !off('insecure');
  return {
    from,
    authUrl,
    login: loginOf(of, from),
    scope: scopeOf(of),
    region: of('region_name') ?? word(first),
    interface: kind === 'internal' || kind === 'admin' ? kind : 'public',
    compute: of('compute_endpoint_override', 'compute_endpoint'),
    placement: of('placement_endpoint_override', 'placement_endpoint'),
    newest: newest === undefined ? undefined : Number(newest),
    trust: { ...(folder !== undefined && { of: from }), verify: !off('verify') && !insecure, ...paths },
  };
}

/** As a shell has `~`; what is relative lies beside clouds.yaml. */
function pathOf(text: string, folder = ''): string {
  return path.resolve(folder, text.replace(/^~(?=\/|$)/, homedir()));
}

type Of = (...keys: string[]) => string | undefined;

function domainOf(of: Of, what: string): Domain {
  const id = of(`${what}_domain_id`);
  if (id !== undefined) return { id };
  const name = of(`${what}_domain_name`);
  // As the openstack client does where nobody says.
  return name === undefined ? { id: of('default_domain_id', 'default_domain') ?? 'default' } : { name };
}

function userOf(of: Of): Principal | undefined {
  const [id, name] = [of('user_id'), of('username', 'user_name')];
  if (id !== undefined) return { id };
  return name === undefined ? undefined : { name, domain: domainOf(of, 'user') };
}

function loginOf(of: Of, from: string): Login {
  const type = of('auth_type') ?? '';
  const user = userOf(of);
  const [id, name] = [of('application_credential_id'), of('application_credential_name')];
  if (/applicationcredential/i.test(type) || (type === '' && (id ?? name) !== undefined)) {
    const credential = id !== undefined ? { id } : name !== undefined && user ? { name, user } : undefined;
    const secret = of('application_credential_secret');
    if (!credential || secret === undefined)
      throw new FleetError(
        'refused',
        `${from}: an application credential needs application_credential_id and application_credential_secret`,
      );
    return { kind: 'application-credential', credential, secret };
  }
  const token = of('token');
  if (/token/i.test(type) || (type === '' && token !== undefined && of('password') === undefined)) {
    if (token === undefined) throw new FleetError('refused', `${from}: auth_type ${type} needs a token`);
    return { kind: 'token', token };
  }
  if (!/^(v3)?password$|^$/i.test(type))
    throw new FleetError(
      'refused',
      `${from}: auth_type ${type} is none that livemig knows: write v3password, v3applicationcredential or v3token`,
    );
  if (!user) throw new FleetError('refused', `${from} has no username: write it, or an application credential`);
  return { kind: 'password', user, password: of('password') };
}

function scopeOf(of: Of): Scope {
  // `tenant` is what projects were called until 2014.
  const id = of('project_id', 'tenant_id');
  if (id !== undefined) return { project: { id } };
  const name = of('project_name', 'tenant_name');
  if (name !== undefined) return { project: { name, domain: domainOf(of, 'project') } };
  if (of('system_scope') === 'all') return { system: { all: true } };
  const [domainId, domainName] = [of('domain_id'), of('domain_name')];
  if (domainId !== undefined) return { domain: { id: domainId } };
  return domainName === undefined ? undefined : { domain: { name: domainName } };
}
