/** Private OpenSSH servers on loopback, with host keys, accounts and configuration of their own: nobody's files are touched. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Prompts, SshTarget } from '../../server/src/fleet/types';

const SSHD = '/usr/sbin/sshd';
/** "lab", as /etc/shadow has it. */
const LAB = '$6$livemig$IPufw10mRo0v5yYucgRnVj38KUtR9yJO4J7iYAyGg.kiHjgWlUrKIvDlH38tfwUd458zEl9iI/jJ10rqAS68K/';

/** Why these tests cannot run here; false where they can. */
export const noSshd: string | false = !existsSync(SSHD)
  ? 'openssh-server is not installed'
  : process.getuid?.() !== 0
    ? 'not root, so no account can be logged in to'
    : spawnSync('unshare', ['-m', '--propagation', 'private', 'mount', '--bind', '/etc/passwd', '/etc/passwd'])
          .status !== 0
      ? 'no mount namespaces here'
      : false;

export interface Sshd {
  readonly port: number;
  readonly pid: number;
  /** `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** What it logged so far. */
  log(): string;
  /** A path as it is seen from here. */
  at(path: string): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface SshdOptions {
  readonly port?: number;
  /** Lines of sshd_config, before ours; the first of two counts. */
  readonly config?: readonly string[];
  /** Public keys that may log in. */
  readonly keys?: readonly string[];
  readonly hostKeyType?: 'ed25519' | 'ecdsa' | 'rsa';
  /** Login shell of the account `op`. */
  readonly shell?: string;
  /** What the server's own machine is called; as this one unless given. */
  readonly hostname?: string;
  /** Words for mount(8), one after the other, in the server's own mount namespace. */
  readonly mounts?: readonly (readonly string[])[];
}

let servers = 0;

/**
 * A deeper shell is none that sshd began: bash leaves out the account's own .bashrc, in which people start what takes a lock,
 * or a minute.
 */
export const PLAIN_SHELL = 'SetEnv SHLVL=1';

export async function startSshd(folder: string, options: SshdOptions = {}): Promise<Sshd> {
  const own = path.join(folder, `sshd${servers++}`);
  mkdirSync(own, { recursive: true });
  // Where sshd parts from its rights; on a machine that runs one it is there.
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const hostKey = path.join(own, 'host_key');
  keygen(hostKey, options.hostKeyType ?? 'ed25519');
  writeFileSync(path.join(own, 'authorized_keys'), (options.keys ?? []).map((k) => `${k}\n`).join(''));
  const port = options.port ?? (await freePort());
  const config = path.join(own, 'sshd_config');
  writeFileSync(
    config,
    [
      ...(options.config ?? []),
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${path.join(own, 'authorized_keys')}`,
      `PidFile ${path.join(own, 'pid')}`,
      ...[
        'StrictModes no',
        'UsePAM no',
        'PermitRootLogin yes',
        'PasswordAuthentication yes',
        'KbdInteractiveAuthentication no',
        'LogLevel VERBOSE',
        PLAIN_SHELL,
      ],
      ...(options.config?.some((line) => line.startsWith('Subsystem')) ? [] : ['Subsystem sftp internal-sftp']),
      '',
    ].join('\n'),
  );
  const sshd = [SSHD, '-D', '-e', '-f', config];
  const [program, ...args] = withAccounts(own, sshd, options);
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  await ready(child, () => log);
  return {
    port,
    pid: child.pid!,
    hostKey: readFileSync(`${hostKey}.pub`, 'utf8').split(' ').slice(0, 2).join(' '),
    log: () => log,
    at: (name) => `/proc/${child.pid!}/root${name}`,
    stop: (signal = 'SIGTERM') => stopped(child, signal),
  };
}

/**
 * The same server, in a mount namespace that has accounts of its own, all with the password "lab" and an empty home: root, `op`
 * (64001, may use sudo) and `plain` (64002, may not). What the machine's accounts run at login is none of our business.
 */
function withAccounts(
  folder: string,
  sshd: readonly string[],
  { shell = '/bin/sh', mounts = [], hostname }: SshdOptions,
): readonly string[] {
  const home = path.join(folder, 'home');
  mkdirSync(home);
  const keep = (file: string) => readFileSync(file, 'utf8').replace(/^(?:root|op|plain):.*\n/gm, '');
  const files = {
    passwd: `root:x:0:0::${home}:/bin/bash\nop:x:64001:64001::${home}:${shell}\nplain:x:64002:64002::${home}:/bin/sh\n${keep('/etc/passwd')}`,
    group: `op:x:64001:\nplain:x:64002:\n${readFileSync('/etc/group', 'utf8')}`,
    shadow: `root:${LAB}:19000::::::\nop:${LAB}:19000::::::\nplain:${LAB}:19000::::::\n${keep('/etc/shadow')}`,
    sudoers: 'root ALL=(ALL) ALL\nop ALL=(ALL) NOPASSWD: ALL\n',
  };
  const own = mounts.map((words) => `mount ${words.map((w) => `'${w}'`).join(' ')}`);
  const accounts = Object.entries(files).map(([name, text]) => {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: name === 'sudoers' ? 0o440 : name === 'shadow' ? 0o600 : 0o644 });
    return `[ ! -e /etc/${name} ] || mount --bind ${file} /etc/${name}`;
  });
  const name = hostname === undefined ? [] : [`echo '${hostname}' >/proc/sys/kernel/hostname`];
  return [
    'unshare',
    ...(hostname === undefined ? ['-m'] : ['-m', '-u']),
    '--propagation',
    'private',
    'sh',
    '-ec',
    [...own, ...name, ...accounts, 'exec "$@"'].join('\n'),
    'sh',
    ...sshd,
  ];
}

async function ready(child: ChildProcess, log: () => string): Promise<void> {
  for (let i = 0; i < 4800; i++) {
    if (/Server listening on 127/.test(log())) return;
    if (child.exitCode !== null) break;
    await sleep(25);
  }
  child.kill('SIGKILL');
  throw new Error(`sshd did not start: ${log()}`);
}

/** The listening process alone ends by a signal; `stop` ends the sessions as well. */
async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const sessions = children(child.pid!);
  child.kill(signal);
  for (const pid of sessions) kill(pid);
  for (let i = 0; i < 12_000 && child.exitCode === null && child.signalCode === null; i++) await sleep(10);
}

/** Processes below one, the nearest first. */
export function children(pid: number): readonly number[] {
  let own: readonly number[];
  try {
    own = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
  return [...own, ...own.flatMap(children)];
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended by itself
  }
}

export function keygen(
  file: string,
  type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519',
  passphrase = '',
  ...more: string[]
): string {
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...bits,
    '-N',
    passphrase,
    '-C',
    path.basename(file),
    ...more,
    '-f',
    file,
  ]);
  return readFileSync(`${file}.pub`, 'utf8').trim();
}

/** An agent that holds the given keys. */
export async function startAgent(folder: string, keys: readonly string[]): Promise<{ socket: string; stop(): void }> {
  const socket = path.join(folder, `agent${servers++}`);
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  for (let i = 0; i < 12_000 && !existsSync(socket); i++) await sleep(10);
  for (const key of keys)
    execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
  return { socket, stop: () => void child.kill('SIGKILL') };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A target without agent, keys and jumps; what is known of hosts goes to `known_hosts` in the folder. */
export function targetOf(folder: string, port: number, more: Partial<SshTarget> = {}): SshTarget {
  return {
    ...{ host: '127.0.0.1', port, user: 'root', hostKeyAlias: undefined, identityFiles: [], identitiesOnly: false },
    ...{ agent: undefined, knownHosts: [path.join(folder, 'known_hosts')], jumps: [], proxyCommand: undefined },
    ...more,
  };
}

/** Answers from a table, and what was asked; a question without an answer fails the test's promise. */
export function answering(answers: {
  readonly hostKey?: boolean;
  readonly passphrases?: readonly (string | undefined)[];
  readonly passwords?: readonly (string | undefined)[];
  readonly answers?: readonly (readonly string[] | undefined)[];
}): Prompts & { readonly asked: string[]; readonly questions: unknown[] } {
  const asked: string[] = [];
  const questions: unknown[] = [];
  const next = <T>(what: string, list: readonly T[] | undefined, question: unknown): Promise<T> => {
    const nth = asked.filter((a) => a === what).length;
    asked.push(what);
    questions.push(question);
    return list && nth < list.length ? Promise.resolve(list[nth]!) : Promise.reject(new Error(`${what} was asked`));
  };
  return {
    asked,
    questions,
    hostKey: (q) => next('hostKey', answers.hostKey === undefined ? [] : [answers.hostKey], q),
    passphrase: (q) => next('passphrase', answers.passphrases, q),
    password: (q) => next('password', answers.passwords, q),
    answers: (q) => next('answers', answers.answers, q),
  };
}
