import { endOf, logLine } from '../../fleet/shell';
import { FleetError, type Ran } from '../../fleet/types';
import type { Inventory } from '../../model/inventory';
import type { Site } from '../driver';
import type { Call, Dialect } from './commands';
import { grizzly } from './grizzly';
import * as newer from './nova';
import * as unified from './openstack';

/** Where the files with credentials lie as installation guides, Packstack and Kolla have it. */
export const OPENRC = [
  ...['/root/admin-openrc', '/root/admin-openrc.sh', '/root/openrc', '/root/keystonerc_admin'],
  ...['~/admin-openrc', '~/admin-openrc.sh', '~/openrc', '~/keystonerc_admin', '/etc/kolla/admin-openrc.sh'],
] as const;

const TIMEOUT_MS = 120_000;
/** Programs that run there at the same time: each takes a second of a processor to start. */
const AT_ONCE = 3;

/** Files that OpenStack offers for download ask by `read -s`, which only bash knows. */
const SHELL = 'if command -v bash >/dev/null 2>&1; then exec bash -c "$0" sh "$@"; fi; exec sh -c "$0" sh "$@"';
/** What the file prints, and what it would trace, is nobody's to read. */
const SOURCE = 's() { . "$1"; set +eux; }; s "$f" </dev/null >/dev/null 2>&1';
const FIND = `
for f in "$@"; do
  case $f in '~/'*) f=$HOME/\${f#??};; esac
  [ -f "$f" ] && [ -r "$f" ] || continue
  ${SOURCE}
  printf 'openrc %s\\n' "$f"
  for p in openstack nova; do
    if command -v "$p" >/dev/null 2>&1; then printf '%s %s\\n' "$p" "$("$p" --version 2>&1 | tr '\\n' ' ')"; fi
  done
  exit 0
done
exit 3`;
const RUN = `f=$1; shift; ${SOURCE}; exec env LC_ALL=C.UTF-8 PYTHONIOENCODING=utf-8 PYTHONWARNINGS=ignore "$@"`;

const NOT_FOUND = 3;
/** `server migration show` and `abort` came with it. */
const UNIFIED = [5, 5] as const;
/** `server-migration-show` and `live-migration-abort` came with it. */
const WITH_MIGRATIONS = [3, 3] as const;

interface Found {
  readonly node: string;
  readonly openrc: string;
  readonly root: boolean;
  readonly dialect: Dialect;
}

/** The node on which the commands run, and what is there. */
export class Controller {
  #found: { readonly key: string; readonly answer: Promise<Found> } | undefined;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly site: Site) {}

  async dialect(): Promise<Dialect> {
    return (await this.#find()).dialect;
  }

  /**
   * Asks as the programs there do; what asks is given the dialect.
   * @throws FleetError: `not-found` where nova knows no such thing, `authentication`, `refused` with nova's words, and
   * whatever reaching the node throws
   */
  async ask<T>(call: (dialect: Dialect) => Call<T>, signal?: AbortSignal): Promise<T> {
    const { node, openrc, root, dialect } = await this.#find();
    return this.#run(() => call(dialect), { node, openrc, root }, signal);
  }

  async #run<T>(make: () => Call<T>, at: Omit<Found, 'dialect'>, signal?: AbortSignal): Promise<T> {
    try {
      const call = make();
      const root = at.root || call.root === true;
      const started = performance.now();
      const ran = await this.#exec(at.node, [RUN, at.openrc, ...call.argv], root, signal);
      // The connection's own line is cut before it comes to what was asked.
      this.site.log(logLine(at.node, call.argv, started, endOf(ran)));
      if (ran.code !== 0) throw failure(at, call.argv, ran);
      return call.read(Buffer.from(ran.stdout).toString());
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new FleetError('refused', `${at.node}: ${error.message}`);
    }
  }

  async #exec(node: string, words: readonly string[], root: boolean, signal?: AbortSignal): Promise<Ran> {
    while (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      const { runner } = this.site.end(node);
      return await runner.run(['sh', '-c', SHELL, ...words], { timeout: TIMEOUT_MS, root, ...(signal && { signal }) });
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  /** Once, as long as livemig.ini says the same. */
  #find(): Promise<Found> {
    const { inventory } = this.site;
    const node = controllerOf(inventory);
    const candidates = openrcOf(inventory);
    const key = [node, ...candidates].join('\0');
    if (this.#found?.key === key) return this.#found.answer;
    const answer = this.#look(node, candidates);
    this.#found = { key, answer };
    answer.catch(() => {
      if (this.#found?.answer === answer) this.#found = undefined;
    });
    return answer;
  }

  async #look(node: string, candidates: readonly string[]): Promise<Found> {
    const none = () =>
      new FleetError(
        'refused',
        `${node}: no file with credentials that may be read (${candidates.join(', ')}): write openrc = FILE below [cloud] in livemig.ini`,
      );
    let root = false;
    let ran = await this.#exec(node, [FIND, ...candidates], root);
    if (ran.code === NOT_FOUND) {
      root = true;
      ran = await this.#exec(node, [FIND, ...candidates], root).catch((error: unknown) => {
        throw error instanceof FleetError && error.code === 'sudo' ? none() : error;
      });
    }
    if (ran.code === NOT_FOUND) throw none();
    const text = Buffer.from(ran.stdout).toString();
    const openrc = /^openrc (.*)$/m.exec(text)?.[1];
    if (ran.code !== 0 || openrc === undefined)
      throw new FleetError('refused', `${node}: its files with credentials cannot be read`, ran.stderr.trim());
    const at = { node, openrc, root };
    return { ...at, dialect: await this.#dialectOf(text, at) };
  }

  /** By what is installed and what the cloud's API offers: a new client may stand before an old cloud, and the other way round. */
  async #dialectOf(text: string, at: Omit<Found, 'dialect'>): Promise<Dialect> {
    const openstack = versionOf(/^openstack (.*)$/m.exec(text)?.[1]);
    const nova = versionOf(/^nova (.*)$/m.exec(text)?.[1]);
    let tooOld = '';
    if (openstack && isFrom(openstack, UNIFIED)) {
      const offered = await this.#run(() => unified.versions, at);
      if (offered !== undefined && offered >= 30) return unified.openstack(offered);
      tooOld = ': the cloud is too old for openstack, which has to name the host';
    }
    if (nova && isFrom(nova, WITH_MIGRATIONS)) {
      const offered = await this.#run(() => newer.versions, at);
      if (offered !== undefined && offered >= 24) return newer.nova(offered);
    }
    if (nova) return grizzly;
    if (openstack && tooOld === '') tooOld = `: openstack ${openstack.join('.')} knows no live migrations`;
    throw new FleetError(
      'refused',
      `${at.node}: no command to migrate with${tooOld}: install python3-openstackclient (5.5 or newer) or python3-novaclient there`,
    );
  }
}

/** @throws FleetError of code `refused` where livemig.ini names none */
export function controllerOf({ cloud, nodes }: Inventory): string {
  const named = cloud.controller;
  const found = nodes.find(({ name, roles }) => (named ? name === named : roles.includes('controller')));
  if (found) return found.name;
  throw new FleetError(
    'refused',
    named
      ? `livemig.ini has no [node ${named}], which controller names below [cloud]`
      : 'no node of livemig.ini is a controller: write roles = controller below the node on which openstack or nova can be run',
  );
}

function openrcOf({ cloud }: Inventory): readonly string[] {
  const { openrc } = cloud;
  if (!openrc) return OPENRC;
  if (isOpenrc(openrc)) return [openrc];
  throw new FleetError('refused', `openrc = ${openrc}: a path on the controller begins with / or ~/`);
}

export const isOpenrc = (path: string): boolean => /^~?\/[^\0]/.test(path);

function versionOf(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  return (/(\d+)\.(\d+)/.exec(text)?.slice(1) ?? ['0', '0']).map(Number);
}

function isFrom([major = 0, minor = 0]: readonly number[], [atLeast, and]: readonly [number, number]): boolean {
  return major > atLeast || (major === atLeast && minor >= and);
}

function failure({ node, openrc }: Omit<Found, 'dialect'>, argv: readonly string[], ran: Ran): FleetError {
  const said = saidBy(ran.stderr);
  const program = argv[0] ?? '';
  if (ran.code === 127) return new FleetError('refused', `${node}: ${program} is not there any more`, said);
  if (
    /\(HTTP 401\)|requires authentication|Missing value auth-url|must provide a (?:user|password|auth)|Invalid OpenStack \w+ credentials/i.test(
      said,
    )
  )
    return new FleetError('authentication', `${node}: ${openrc} does not log in: ${said}`, said);
  if (/\(HTTP 404\)|No (?:server|Server) (?:found |with a name or ID)/.test(said))
    return new FleetError('not-found', said, said);
  if (/Unable to establish connection|Connection refused|Failed to (?:discover|contact)|HTTP 50[234]/i.test(said))
    return new FleetError('unreachable', `${node}: the cloud's API does not answer: ${said}`, said);
  return new FleetError(
    'refused',
    said || `${node}: ${program} ended with ${ran.code ?? ran.signal ?? 'no status'}`,
    said,
  );
}

/** Nova's own words, without what the client says of itself and what is for its support alone. */
export function saidBy(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/CLI is deprecated|Warning: |^\s+(?:warnings\.)?warn\(/.test(line))
    .map((line) =>
      line
        .replace(/^ERROR(?: \(\w+\))?: /, '')
        .replace(/ ?\(Request-ID: [\w-]+\)/, '')
        .trim(),
    )
    .join(' ');
}
