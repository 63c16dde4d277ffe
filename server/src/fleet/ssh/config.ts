import { homedir, hostname, userInfo } from 'node:os';
import path from 'node:path';
import { isHostDomain } from '../../knowledge/address';
import { isAccount, isPort, readJump, type InventoryNode } from '../../model/inventory';
import { localRunner } from '../shell';
import { FleetError, type SshTarget } from '../types';
import { parsedConfig, type ConfigValues, type Question } from './config-file';
import { shared } from './config-shared';

/** A node as livemig.ini has it. */
export type FleetNode = Pick<InventoryNode, 'name' | 'address' | 'values'>;

export interface ResolveOptions {
  /** All nodes of livemig.ini: a jump host may be one of them. */
  readonly nodes?: readonly FleetNode[];
  /** Instead of ~/.ssh/config and /etc/ssh/ssh_config. */
  readonly configFile?: string;
  /** The ssh that is asked; false for none, as where none is installed. */
  readonly ssh?: string | false;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  /** How long ssh may take to read its configuration, in ms. */
  readonly timeout?: number;
}

/** What may stand in a command line of ssh. */
const SAFE_NAME = /^[\w.][\w.-]*$/;
const MOST_JUMPS = 8;
const SSH_TIMEOUT_MS = 15_000;

interface Asked {
  readonly name: string;
  /** From livemig.ini, or from a ProxyJump; they come before what ssh's configuration says. */
  readonly address?: string | undefined;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  readonly identities?: readonly string[];
  /** Undefined: whatever the configuration says. */
  readonly jump?: string | undefined;
}

/**
 * Where a node is and how to get there: livemig.ini's address, port, user, identity and jump, then what `ssh -G` says of the
 * node's name, or our own reading of the same files where there is no ssh (without `Match exec`).
 *
 * For trusted workspaces only, which is the caller's duty to know: a name in a livemig.ini chooses blocks of the user's
 * ssh configuration, whose `Match exec` and ProxyCommand run programs.
 * @throws FleetError of code `refused` for what cannot be dialled: a configuration that ssh does not take, a port that
 * is none, jumps in a circle
 */
export async function resolveTarget(node: FleetNode, options: ResolveOptions = {}): Promise<SshTarget> {
  return resolve(askedOf(node), options, []);
}

function askedOf({ name, address, values }: FleetNode): Asked {
  const value = (key: string) => (values[key] === '' ? undefined : values[key]);
  const port = value('port');
  return {
    name,
    address: address === '' ? undefined : address,
    user: value('user'),
    port: port === undefined ? undefined : portOf(port, name),
    identities: (value('identity') ?? '')
      .split(',')
      .map((f) => f.trim())
      .filter((f) => f !== ''),
    jump: value('jump'),
  };
}

async function resolve(asked: Asked, options: ResolveOptions, way: readonly string[]): Promise<SshTarget> {
  const { name, address, user } = asked;
  if (way.includes(name) || way.length > MOST_JUMPS)
    throw new FleetError('refused', `The jump hosts go in a circle, or are too many: ${[...way, name].join(' → ')}`);
  if (user !== undefined && !isAccount(user))
    throw new FleetError('refused', `${name}: "${user}" is no name of an account`);

  const env = options.env ?? process.env;
  const home = options.home ?? homedir();
  const own = userInfo();
  const question: Question = { name, address, user, port: asked.port };
  const config = await valuesFor(question, { ...options, home }, own.username);
  const first = (key: string) => {
    const value = config.get(key)?.[0];
    return value === undefined || value.toLowerCase() === 'none' ? undefined : value;
  };
  const host = first('hostname') ?? address ?? name;
  if (!isAddress(host)) throw new FleetError('refused', `${name}: "${host}" is no address to dial`);
  const port = portOf(first('port') ?? '22', name);
  const login = first('user') ?? own.username;
  const hostKeyAlias = first('hostkeyalias')?.toLowerCase();

  const tokens: Readonly<Record<string, string>> = {
    ...{ '%': '%', d: home, h: host, i: String(own.uid), k: hostKeyAlias ?? name, l: hostname(), n: name },
    ...{ L: hostname().replace(/\..*$/, ''), p: String(port), r: login, u: own.username },
  };
  const expand = (text: string) =>
    text
      .replace(/%([%dhiklnLpru])/g, (_, token: string) => tokens[token] ?? '')
      .replace(/\$\{(\w+)\}/g, (_, variable: string) => env[variable] ?? '');
  const file = (text: string) => path.resolve(expand(text.replace(/^~(?=\/|$)/, () => home)));

  const knownHosts = ['userknownhostsfile', 'globalknownhostsfile']
    .flatMap((key) => config.get(key) ?? [])
    .filter((f) => f.toLowerCase() !== 'none')
    .map(file);
  const identities = [...(asked.identities ?? []), ...(config.get('identityfile') ?? [])];
  const socket = config.get('identityagent')?.[0] ?? 'SSH_AUTH_SOCK';

  const jump = asked.jump ?? first('proxyjump');
  const jumps = jump === undefined || jump === 'none' ? [] : await resolveJumps(jump, options, [...way, name]);
  const command = asked.jump === undefined && jumps.length === 0 ? first('proxycommand') : undefined;
  // The words of others in a line that a shell reads.
  if (command !== undefined && [name, host].some((word) => !/^[\w.:%-]+$/.test(word) || word.startsWith('-')))
    throw new FleetError('refused', `${name}: this name may not stand in a ProxyCommand`);
  return {
    host,
    port,
    user: login,
    hostKeyAlias,
    identityFiles: [...new Set(identities.filter((f) => f.toLowerCase() !== 'none').map(file))],
    identitiesOnly: first('identitiesonly')?.toLowerCase() === 'yes',
    agent: agentOf(socket, env, file),
    knownHosts,
    jumps,
    proxyCommand: command === undefined ? undefined : expand(command),
  };
}

/** The hops of a ProxyJump, the first first; that one is reached as its own configuration says, the others through it. */
async function resolveJumps(
  text: string,
  options: ResolveOptions,
  way: readonly string[],
): Promise<readonly SshTarget[]> {
  const hops: SshTarget[] = [];
  for (const [index, spec] of text.split(',').entries()) {
    const own = askedOfJump(spec.trim(), options.nodes ?? []);
    const hop = await resolve(index === 0 ? own : { ...own, jump: 'none' }, options, way);
    hops.push(...hop.jumps, { ...hop, jumps: [] });
  }
  if (hops.length > MOST_JUMPS) throw new FleetError('refused', `${way.join(' → ')}: too many jump hosts`);
  return hops;
}

/** `[user@]host[:port]`, `ssh://…`, or the name of a node in livemig.ini, which brings its own. */
function askedOfJump(spec: string, nodes: readonly FleetNode[]): Asked {
  const jump = readJump(spec);
  if (!jump) throw new FleetError('refused', `"${spec}" is no jump host: write user@host:port`);
  const { user, host: name, port } = jump;
  const named = nodes.find((n) => n.name === name);
  return {
    ...(named ? askedOf(named) : { name }),
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
  };
}

async function valuesFor(question: Question, options: ResolveOptions & { home: string }, localUser: string) {
  const { ssh = 'ssh', home, configFile } = options;
  const { name, address } = question;
  if (ssh !== false && SAFE_NAME.test(name) && (address === undefined || /^[\w.:%-]+$/.test(address))) {
    const said = await shared(ssh, question, configFile, () => askSsh(ssh, question, options));
    if (said) return said;
  }
  return parsedConfig(question, { home, configFile, localUser });
}

/** @returns undefined where there is no ssh */
async function askSsh(
  ssh: string,
  { name, address, user, port }: Question,
  { configFile, timeout = SSH_TIMEOUT_MS }: ResolveOptions,
): Promise<ConfigValues | undefined> {
  const argv = [ssh, '-G'];
  if (configFile !== undefined) argv.push('-F', configFile);
  if (user !== undefined) argv.push('-l', user);
  if (port !== undefined) argv.push('-p', String(port));
  if (address !== undefined) argv.push('-o', `HostName=${address.replaceAll('%', '%%')}`);
  const ran = await localRunner().run([...argv, '--', name], { timeout });
  if (ran.code === 127) return undefined;
  if (ran.code !== 0)
    throw new FleetError('refused', `${name}: ssh does not take its configuration`, ran.stderr.trim());
  const values = new Map<string, string[]>();
  for (const line of Buffer.from(ran.stdout).toString().split(/\r?\n/)) {
    const [, key, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    // Lists of files are written without quotes; of all others a line has one value.
    const list = /^(?:user|global)knownhostsfile$/.test(key) ? value.split(/ (?=[~/%$]|[A-Za-z]:|none$)/) : [value];
    values.set(key, [...(values.get(key) ?? []), ...list]);
  }
  return values;
}

function agentOf(
  socket: string,
  env: Readonly<Record<string, string | undefined>>,
  file: (text: string) => string,
): string | undefined {
  if (socket.toLowerCase() === 'none') return undefined;
  const variable = socket === 'SSH_AUTH_SOCK' ? socket : /^\$(\w+)$/.exec(socket)?.[1];
  if (variable === undefined) return file(socket);
  return env[variable] === '' ? undefined : env[variable];
}

function portOf(text: string, where: string): number {
  if (isPort(text)) return Number(text);
  throw new FleetError('refused', `${where}: "${text}" is no port: write a number from 1 to 65535`);
}

function isAddress(text: string): boolean {
  return isHostDomain(text.replace(/(?<=^fe80:.*)%[\w.-]+$/i, ''));
}
