/** An embedded node behind ssh2's own server, on loopback. */
import { timingSafeEqual } from 'node:crypto';
import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import {
  Server,
  utils,
  type AuthContext,
  type Connection,
  type ParsedKey,
  type ServerChannel,
  type Session,
} from 'ssh2';
import { writesTogether } from '../../server/src/fleet/ssh/together';
import { readsInput, run, unwrapped } from './commands';
import type { EmbeddedNode } from './node';
import { generateKey, readKey } from './keys';
import { serveSftp } from './sftp';
import { serveShell } from './shell';
import { ROOT, type Account } from './tree';
import { wordsOf } from './words';

export interface Login {
  /** Public keys that may log in, `ssh-ed25519 AAAA…`. */
  readonly keys?: readonly string[];
  readonly password?: string;
}

export interface ServeOptions extends Login {
  /** How long each command and each request for a file takes, in ms; it is not slept at 0. */
  readonly latency?: number;
  /** 0 for any that is free. */
  readonly port?: number;
}

/** What is wrong with a node: `down` refuses connections, `silent` takes them and says nothing, `hanging` ends no command. */
export type Trouble = 'down' | 'silent' | 'hanging';

export class EmbeddedServer {
  #tcp: TcpServer | undefined;
  #ssh: Server | undefined;
  #port: number;
  #hostKey = generateKey();
  #trouble: Trouble | undefined;
  readonly #accepted: readonly ParsedKey[];
  readonly #sockets = new Set<Socket>();
  /** Command lines as they came, the last last. */
  readonly heard: string[] = [];

  constructor(
    readonly node: EmbeddedNode,
    private readonly options: ServeOptions = {},
  ) {
    this.#port = options.port ?? 0;
    this.#accepted = (options.keys ?? []).flatMap((text) => {
      const key = utils.parseKey(text);
      return key instanceof Error ? [] : key;
    });
  }

  get port(): number {
    return this.#port;
  }

  /** `ssh-ed25519 AAAA…` */
  get hostKey(): string {
    return this.#hostKey.public.trim();
  }

  async start(): Promise<void> {
    const key = readKey(this.#hostKey.private);
    this.#ssh = new Server({ hostKeys: [{ key }], ident: 'livemig-embedded' }, (client) => this.#serve(client));
    const ssh = this.#ssh;
    const tcp = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      if (this.#trouble !== 'silent') ssh.injectSocket(writesTogether(socket));
    });
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject);
      tcp.listen(this.#port, '127.0.0.1', resolve);
    });
    const address = tcp.address();
    if (typeof address === 'object' && address) this.#port = address.port;
    this.#tcp = tcp;
  }

  /** Ends its connections as well. The port stays its own for the next start. */
  async stop(): Promise<void> {
    const tcp = this.#tcp;
    this.#tcp = undefined;
    this.cut();
    await new Promise<void>((resolve) => (tcp ? tcp.close(() => resolve()) : resolve()));
  }

  /** Cuts all connections there are. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** From now on; connections that are there are cut. */
  async trouble(kind: Trouble | undefined): Promise<void> {
    this.#trouble = kind;
    await this.stop();
    if (kind !== 'down') await this.start();
  }

  /** Another host key, as after a new installation, or with somebody in between. */
  async changeHostKey(): Promise<void> {
    this.#hostKey = generateKey();
    await this.stop();
    await this.start();
  }

  #serve(client: Connection): void {
    let who: Account = ROOT;
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      const account = this.node.account(context.username);
      if (account && this.#lets(context)) {
        who = account;
        context.accept();
      } else context.reject(['publickey', 'password']);
    });
    client.on('session', (accept) => this.#session(accept(), () => who));
  }

  #lets(context: AuthContext): boolean {
    const { password } = this.options;
    if (context.method === 'password') return password !== undefined && same(context.password, password);
    if (context.method !== 'publickey') return false;
    for (const key of this.#accepted) {
      if (key.type !== context.key.algo) continue;
      if (!key.getPublicSSH().equals(context.key.data)) continue;
      // Without a signature it is only asked whether the key would do.
      return !context.signature || key.verify(context.blob!, context.signature, context.hashAlgo);
    }
    return false;
  }

  readonly #latency = (): Promise<void> => {
    const { latency = 0 } = this.options;
    return latency === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, latency));
  };

  #session(session: Session, who: () => Account): void {
    session.on('pty', (accept) => (accept as (() => void) | undefined)?.());
    session.on('env', (accept) => (accept as (() => void) | undefined)?.());
    session.on('window-change', (accept) => (accept as (() => void) | undefined)?.());
    session.on('sftp', (accept) => serveSftp(accept(), this.node.tree, who(), this.#latency));
    session.on('shell', (accept) => serveShell(accept(), this.node, who()));
    session.on('exec', (accept, _, { command }) => this.#exec(accept(), command, who()));
  }

  #exec(channel: ServerChannel, line: string, who: Account): void {
    this.heard.push(line);
    const input: Buffer[] = [];
    channel.on('data', (data: Buffer) => input.push(data));
    channel.on('error', () => undefined);
    if (this.#trouble === 'hanging') return;
    const argv = wordsOf(line);
    const { mark, words } = unwrapped(argv ?? []);
    if (mark !== undefined) channel.stderr.write(`${mark} ${4000 + this.heard.length}\n`);
    const answer = async (): Promise<void> => {
      await this.#latency();
      const ended =
        argv === undefined || argv.length === 0
          ? { code: 2, stdout: '', stderr: 'sh: an embedded node has no shell: only words are understood\n' }
          : run(words, { node: this.node, who, input: Buffer.concat(input) });
      if (ended.later && ended.stdout !== undefined) channel.write(ended.stdout);
      const { code, stdout, stderr } = (await ended.later) ?? ended;
      if (stderr !== undefined) channel.stderr.write(stderr);
      if (stdout !== undefined && stdout.length > 0) channel.write(stdout);
      channel.exit(code);
      channel.end();
    };
    const go = (): void => {
      answer().catch((error: unknown) => {
        channel.stderr.write(`embedded node: ${String(error)}\n`);
        channel.exit(70);
        channel.end();
      });
    };
    if (argv !== undefined && readsInput(argv)) channel.on('end', go);
    else go();
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
