import { spawn } from 'node:child_process';
import { connect as dialTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Client, type ServerHostKeyAlgorithm } from 'ssh2';
import { cancelled, endGroup } from '../shell';
import { FleetError, type FleetLog, type Prompts, type SshTarget } from '../types';
import { Login } from './auth';
import { SshConnection } from './connection';
import { Lists, wordsFor } from './errors';
import { Gates } from './gates';
import { checkHostKey, hostKeyAlgorithms } from './host-key';
import { KeyStore } from './keys';
import { nameOf } from './names';
import { Steps, TIMEOUTS, type StepTimeouts } from './steps';
import { writesTogether } from './together';

export interface ConnectOptions {
  /** A ProxyCommand is run only then: it is a program that ssh's configuration names. */
  readonly trusted?: boolean;
  readonly timeouts?: Partial<StepTimeouts>;
  /** Shared by connections that log in with the same keys, so that a passphrase is asked for once. */
  readonly keys?: KeyStore;
  /** How often a silent host is asked whether it is there, in ms; it is given up after three times. */
  readonly keepalive?: number;
}

/** With the count: a link that is cut is noticed within 20 s, and dialled anew before TCP would try it again. */
const KEEPALIVE_MS = 5000;
const KEEPALIVE_COUNT = 3;

/** For all connections of the process: each logs in to its jump hosts by itself. */
const gates = new Gates();

/** What is the same for all hops. */
interface Way {
  readonly prompts: Prompts;
  readonly log: FleetLog;
  readonly signal: AbortSignal | undefined;
  readonly options: ConnectOptions;
  readonly keys: KeyStore;
}

/**
 * Connects to a node, hop by hop; of every hop the host key is verified before anything is said about who logs in.
 * In an untrusted workspace nothing may be dialled, which is the caller's duty to know.
 * @param log gets how each hop was reached, and later each command that is run
 * @throws FleetError: unreachable, timeout, host-key, authentication, negotiation, lost, refused, cancelled
 */
export async function connect(
  target: SshTarget,
  prompts: Prompts,
  log: FleetLog,
  signal?: AbortSignal,
  options: ConnectOptions = {},
): Promise<SshConnection> {
  const way: Way = { prompts, log, signal, options, keys: options.keys ?? new KeyStore() };
  const clients: Client[] = [];
  try {
    for (const hop of target.jumps) clients.push(await throughGate(hop, clients.at(-1), way));
    clients.push(await oneHop(target, clients.at(-1), way));
  } catch (error) {
    for (const client of clients.reverse()) client.destroy();
    throw error;
  }
  return new SshConnection(clients, target, log);
}

/** Into a jump host, a few at a time; the times of the steps begin when it is let in. */
async function throughGate(hop: SshTarget, before: Client | undefined, way: Way): Promise<Client> {
  const leave = await gates.enter(`${hop.host}:${hop.port}`, way.signal);
  try {
    return await oneHop(hop, before, way);
  } finally {
    leave();
  }
}

function oneHop(hop: SshTarget, before: Client | undefined, way: Way): Promise<Client> {
  const { log, signal, options } = way;
  const name = nameOf(hop);
  const started = performance.now();
  const lists = new Lists();
  const client = new Client();
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(cancelled(name));
      return;
    }
    let socket: Duplex | undefined;
    let settled = false;
    const fail = (error: FleetError) => {
      if (settled) return;
      settled = true;
      done();
      log(`${name}: ${error.code}: ${error.message}`);
      reject(error);
      client.destroy();
      socket?.destroy();
    };
    const steps = new Steps(name, { ...TIMEOUTS, ...options.timeouts }, fail);
    const abort = () => fail(cancelled(name));
    signal?.addEventListener('abort', abort, { once: true });
    const done = () => {
      steps.end();
      signal?.removeEventListener('abort', abort);
    };
    const prompts = steps.patient(way.prompts);
    const login = new Login(hop, prompts, way.keys, fail);

    // What was verified once is what every later exchange of keys has to show, too.
    let trusted: Buffer | undefined;
    let loggingIn = false;
    const hostVerifier = (key: Buffer, verify: (valid: boolean) => void): void => {
      if (trusted) {
        verify(trusted.equals(key));
        return;
      }
      const own = Buffer.from(key);
      checkHostKey(hop, own, prompts, log).then(
        () => {
          trusted = own;
          if (!settled) verify(true);
        },
        (error: unknown) => fail(fleetError(error, name, lists)),
      );
    };
    client.on('handshake', () => {
      if (loggingIn) return;
      loggingIn = true;
      steps.next('login');
    });
    client.on('ready', () => {
      if (settled) return;
      settled = true;
      done();
      log(`${name}: connected as ${hop.user} (${Math.round(performance.now() - started)} ms)`);
      resolve(client);
    });
    client.on('error', (error: Error & { level?: string }) => {
      // The next key may do; what the agent could not do is told when none does.
      if (error.level === 'agent') return;
      const code: unknown = 'code' in error ? error.code : undefined;
      const refused = error.level === 'client-authentication' || (loggingIn && typeof code === 'number');
      fail(refused ? login.failure(error.message) : fleetError(error, name, lists));
    });
    client.on('close', () => {
      const when = loggingIn ? 'while logging in' : 'before it was clear who it is';
      fail(new FleetError('lost', `${name} closed the connection ${when}`));
    });

    const begin = async () => {
      const algorithms = await hostKeyAlgorithms(hop);
      socket = await dial(hop, before, options.trusted === true);
      if (settled) {
        socket.destroy();
        return;
      }
      steps.next('handshake');
      client.connect({
        sock: socket,
        username: hop.user,
        readyTimeout: 0,
        keepaliveInterval: options.keepalive ?? KEEPALIVE_MS,
        keepaliveCountMax: KEEPALIVE_COUNT,
        algorithms: { serverHostKey: algorithms as ServerHostKeyAlgorithm[] },
        hostVerifier,
        authHandler: login.handler,
        debug: (line) => {
          lists.take(line);
          login.hear(line);
        },
      });
    };
    begin().catch((error: unknown) => fail(fleetError(error, name, lists)));
  });
}

function fleetError(error: unknown, name: string, lists: Lists): FleetError {
  if (error instanceof FleetError) return error;
  return wordsFor(error instanceof Error ? error : new Error(String(error)), name, lists);
}

function dial(hop: SshTarget, before: Client | undefined, trusted: boolean): Promise<Duplex> {
  if (before) return through(before, hop);
  if (hop.proxyCommand !== undefined) return Promise.resolve(proxied(hop, hop.proxyCommand, trusted));
  return new Promise((resolve, reject) => {
    const socket: Socket = dialTcp({ host: hop.host, port: hop.port, noDelay: true });
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(writesTogether(socket));
    });
    socket.once('error', reject);
  });
}

function through(before: Client, hop: SshTarget): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    before.forwardOut('127.0.0.1', 0, hop.host, hop.port, (error, channel) => {
      if (!error) resolve(channel);
      else
        reject(
          new FleetError('unreachable', `The jump host cannot reach ${nameOf(hop)}: ${error.message}`, error.message),
        );
    });
  });
}

/** As ssh does it: by the user's shell, which the command replaces. */
function proxied(hop: SshTarget, command: string, trusted: boolean): Duplex {
  const name = nameOf(hop);
  if (!trusted)
    throw new FleetError('refused', `${name} is reached by a ProxyCommand, which is run only in trusted workspaces`);
  const windows = process.platform === 'win32';
  const child = windows
    ? spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
    : spawn(process.env['SHELL'] ?? '/bin/sh', ['-c', `exec ${command}`], {
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  // Its end is told only when it is clear how it ended: why comes before that.
  const duplex = new Duplex({
    read: () => void child.stdout.resume(),
    write: (chunk: Buffer, _, done) => void child.stdin.write(chunk, () => done()),
    final: (done) => void child.stdin.end(done),
    destroy: (error, done) => {
      endGroup(child);
      done(error);
    },
  });
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => {
    if (!duplex.push(chunk)) child.stdout.pause();
  });
  const failed = (how: string) =>
    duplex.destroy(new FleetError('unreachable', `${name}: its ProxyCommand ${how}`, said.trim() || undefined));
  child.on('error', (error) => failed(`cannot be run: ${error.message}`));
  child.on('close', (code, signal) => {
    if (code === 0) duplex.push(null);
    else if (!duplex.destroyed)
      failed(`ended with ${code ?? signal ?? 'an error'}${said.trim() === '' ? '' : `: ${said.trim()}`}`);
  });
  return duplex;
}
