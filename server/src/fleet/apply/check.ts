import type { Ran, Runner } from '../types';
import { isListening, isOpen } from './listens';
import type { Check, Service } from './types';

/** How long things may take, in ms. */
export interface RunTimes {
  /** Until a daemon is up and listens. */
  readonly wait: number;
  /** It must stay up that long: nova-compute gives up seconds after it was started. */
  readonly settle: number;
  /** Between two looks. */
  readonly poll: number;
}

export const TIMES: RunTimes = { wait: 60_000, settle: 6000, poll: 500 };

const LOOK_MS = 20_000;

/** A service at one moment. `what` changes when it was started again. */
interface Look {
  readonly up: boolean;
  /** It will not come up by itself. */
  readonly dead: boolean;
  readonly what: string;
}

/**
 * Waits until what was restarted is up, listens, and has stayed so.
 * @returns what is wrong, in words; undefined when all is well
 */
export async function check(
  runner: Runner,
  { services, ports, sockets }: Check,
  { wait, settle, poll }: RunTimes,
): Promise<string | undefined> {
  const end = Date.now() + wait;
  let since: { readonly what: string; readonly at: number } | undefined;
  for (;;) {
    const looks = await Promise.all(services.map((s) => look(runner, s)));
    const down = services.filter((_, i) => !looks[i]!.up).map((s) => s.name);
    const closed = down.length > 0 ? [] : await notListening(runner, { ports, sockets });
    const what = looks.map((l) => l.what).join(' ');
    if (down.length > 0 || closed.length > 0) since = undefined;
    else if (since?.what !== what) since = { what, at: Date.now() };
    if (since && Date.now() - since.at >= settle) return undefined;
    const dead = services.filter((_, i) => looks[i]!.dead).map((s) => s.name);
    if (dead.length > 0) return `${dead.join(' and ')} did not come up`;
    if (Date.now() >= end) {
      if (down.length > 0) return `${down.join(' and ')} did not come up within ${wait / 1000} s`;
      if (closed.length > 0)
        return `${services.map((s) => s.name).join(' and ')} does not listen on ${closed.join(' and ')}`;
      // One that is up now and was started anew a moment ago is one that comes and goes.
      if (Date.now() >= end + settle) return `${services.map((s) => s.name).join(' and ')} does not stay up`;
    }
    await new Promise((resolve) => setTimeout(resolve, poll));
  }
}

async function notListening(runner: Runner, { ports, sockets }: Pick<Check, 'ports' | 'sockets'>): Promise<string[]> {
  if (ports.length === 0 && sockets.length === 0) return [];
  // Not all of them are there: a kernel without IPv6 has no tcp6.
  const { stdout } = await runner.run(['cat', '/proc/net/tcp', '/proc/net/tcp6', '/proc/net/unix'], {
    timeout: LOOK_MS,
  });
  const table = text(stdout);
  const closed = ports
    .filter((p) => !isListening(table, p))
    .map(({ address, port, by }) => `${address === '' ? 'port' : `${address}, port`} ${port} (${by})`);
  if (sockets.length > 0 && !isOpen(table, sockets)) closed.push(sockets[0]!);
  return closed;
}

async function look(runner: Runner, service: Service): Promise<Look> {
  const ran = (argv: string[]): Promise<Ran> => runner.run(argv, { timeout: LOOK_MS, root: true });
  const { name } = service;
  switch (service.init) {
    case 'systemd': {
      const { stdout } = await ran(['systemctl', 'show', name, '-p', 'ActiveState,SubState,MainPID,LoadState']);
      const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(text(stdout))?.[1] ?? '';
      const state = value('ActiveState');
      const idle = state === 'inactive' && service.socket !== undefined && (await isActive(ran, service.socket));
      // Between two attempts of Restart= it is `activating`; that one is waited for.
      const dead = state === 'failed' || value('LoadState') === 'not-found' || (state === 'inactive' && !idle);
      return { up: state === 'active' || idle, dead, what: idle ? 'socket' : value('MainPID') };
    }
    case 'upstart': {
      const { stdout } = await ran(['status', name]);
      const pid = /start\/running, process (\d+)/.exec(text(stdout))?.[1];
      return { up: pid !== undefined, dead: /stop\/waiting/.test(text(stdout)), what: pid ?? '' };
    }
    case 'sysvinit': {
      const { code, stdout } = await ran(['service', name, 'status']);
      // A daemon that is still on its way to its pid file counts as down: it is waited for.
      return { up: code === 0, dead: false, what: /\b(\d+)\b/.exec(text(stdout))?.[1] ?? '' };
    }
  }
}

async function isActive(ran: (argv: string[]) => Promise<Ran>, unit: string): Promise<boolean> {
  return text((await ran(['systemctl', 'is-active', unit])).stdout).trim() === 'active';
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

const LINES = '30';

/**
 * What daemons said since a moment, the journal first, else the end of their logs.
 * @param since seconds since 1970, by the node's clock
 */
export async function lastWords(runner: Runner, services: readonly Service[], since: number): Promise<string> {
  const said: string[] = [];
  for (const service of services) {
    const words = service.init === 'systemd' ? await journal(runner, service, since) : '';
    if (words !== '') {
      said.push(words);
      continue;
    }
    for (const log of service.logs) {
      const { code, stdout } = await runner.run(['tail', '-n', LINES, log], { timeout: LOOK_MS, root: true });
      const now = code === 0 ? text(stdout).trim() : '';
      if (now !== '') said.push(`${log}:\n${now}`);
    }
  }
  return said.join('\n');
}

async function journal(runner: Runner, { name, socket }: Service, since: number): Promise<string> {
  const options = { timeout: LOOK_MS, root: true };
  // With those of its sockets: libvirtd-tcp.socket and the like.
  const units = socket === undefined ? [name] : [name, socket.replace('.socket', '*.socket')];
  const argv = [
    'journalctl',
    ...units.flatMap((u) => ['-u', u]),
    '-n',
    LINES,
    '-o',
    'cat',
    '--no-pager',
    '-q',
    '--since',
    `@${since}`,
  ];
  const { code, stdout } = await runner.run(argv, options);
  const words = code === 0 ? text(stdout).trim() : '';
  if (words !== '') return words;
  const status = await runner.run(['systemctl', 'status', ...units, '--no-pager', '--full', '-n', LINES], options);
  return text(status.stdout).trim();
}

/** The node's clock, in seconds since 1970. */
export async function clock(runner: Runner): Promise<number> {
  const { stdout } = await runner.run(['date', '+%s'], { timeout: LOOK_MS });
  const now = Number(text(stdout).trim().split('\n').at(-1));
  return Number.isInteger(now) ? now : Math.floor(Date.now() / 1000);
}
