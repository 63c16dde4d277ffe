import {
  BaseAgent,
  createAgent,
  type AnyAuthMethod,
  type AuthHandlerMiddleware,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import { FleetError, type Prompts, type SshTarget } from '../types';
import { keyType } from './known-hosts';
import { type KeyStore, type KeyFile } from './keys';

/** Passwords and answers are asked for this often, as by ssh. */
const TRIES = 3;
const AGENT_TIMEOUT_MS = 10_000;

type Method = 'publickey' | 'keyboard-interactive' | 'password';
/** What ssh2 expects of a handler that gives up. */
type Next = (method: AnyAuthMethod | false) => void;

/** One public key that may be tried, and who signs with it. */
interface Candidate {
  readonly publicKey: Buffer;
  readonly from: string;
  sign(data: Buffer, options: SigningRequestOptions, done: SignCallback): void;
}

/** Logs in to one host: agent, keys, keyboard-interactive, password, each only while the host takes it. */
export class Login {
  /** Why it was given up, where that is more than "nothing fits". */
  #gaveUp: FleetError | undefined;
  readonly #tried: string[] = [];
  readonly #notes: string[] = [];
  #candidates: Candidate[] | undefined;
  #closed: KeyFile[] = [];
  #answered = 0;
  #passwords = 0;
  #takes: readonly string[] = [];
  #heard: readonly string[] | undefined;
  #asks = true;

  /** @param ended called when there is no going on, and the connection is of no use any more */
  constructor(
    private readonly target: SshTarget,
    private readonly prompts: Prompts,
    private readonly keys: KeyStore,
    private readonly ended: (error: FleetError) => void,
  ) {}

  /** For ssh2, which calls it again after each failure. */
  readonly handler = ((left: readonly string[] | null, partial: boolean | null, next: Next): void => {
    this.#next(left, partial === true).then(next, (error: unknown) => {
      this.#giveUp(error instanceof FleetError ? error : new FleetError('authentication', String(error)));
    });
    // ssh2 takes `undefined` for "later", null for the first call and false for an end, its types do not.
  }) as unknown as AuthHandlerMiddleware;

  /** For ssh2's debug lines, the only place that always has the host's last list of methods. */
  readonly hear = (line: string): void => {
    const methods = /^Inbound: Received USERAUTH_FAILURE \(([^)]*)\)/.exec(line)?.[1];
    if (methods !== undefined) this.#heard = methods.split(',').filter((m) => m !== '');
  };

  /** @param said what the host said at last, if it did */
  failure(said?: string): FleetError {
    if (this.#gaveUp) return this.#gaveUp;
    const { user, host } = this.target;
    const takes = this.#takes.length > 0 ? ` It takes ${this.#takes.join(', ')}.` : '';
    const tried = this.#tried.length > 0 ? `Tried: ${this.#tried.join(', ')}.` : 'There was nothing to try.';
    const many = /too many/i.test(said ?? '')
      ? ' The host gave up before all keys were tried: name the right one with identity in livemig.ini, and IdentitiesOnly in ~/.ssh/config.'
      : '';
    const notes = this.#notes.map((n) => ` ${n}.`).join('');
    return new FleetError('authentication', `${host} does not let ${user} in. ${tried}${takes}${many}${notes}`, said);
  }

  async #next(left: readonly string[] | null, partial: boolean): Promise<AnyAuthMethod | false> {
    const username = this.target.user;
    // Asks which methods there are; some hosts let in by it.
    if (left === null) return { type: 'none', username };
    // After a key of an agent, which all of ours are, ssh2 hands on what it knew before.
    this.#takes = this.#heard ?? left;
    if (partial) [this.#answered, this.#passwords] = [0, 0];
    const takes = (method: Method) => this.#takes.includes(method);
    if (takes('publickey')) {
      const candidate = (this.#candidates ??= await this.#gather()).shift() ?? (await this.#openNext());
      if (candidate) {
        this.#tried.push(candidate.from);
        return { type: 'agent', username, agent: new OneKey(candidate) };
      }
    }
    // A host that offers it and asks nothing has no way to answer it.
    if (takes('keyboard-interactive') && this.#answered < TRIES && this.#asks) {
      this.#answered++;
      this.#asks = false;
      return {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, instructions, _language, questions, finish) => {
          this.#asks = true;
          this.#once('keyboard-interactive');
          const asked = questions.map(({ prompt, echo }) => ({ text: prompt, echo: echo === true }));
          this.prompts
            .answers({ user: username, host: this.target.host, instructions, questions: asked })
            .then((answers) => {
              // Of nobody's answer the host gets to know nothing: it would count as a wrong one.
              if (answers) finish([...answers]);
              else this.#cancel();
            })
            .catch((error: unknown) => this.#giveUp(new FleetError('authentication', String(error))));
        },
      };
    }
    if (takes('password') && this.#passwords < TRIES) {
      const again = this.#passwords++ > 0;
      const password = await this.prompts.password({ user: username, host: this.target.host, again });
      if (password === undefined) {
        this.#cancel();
        return false;
      }
      this.#once('password');
      return { type: 'password', username, password };
    }
    return false;
  }

  #cancel(): void {
    const { user, host } = this.target;
    this.#giveUp(new FleetError('cancelled', `Nobody answered how ${user} logs in to ${host}`));
  }

  #giveUp(error: FleetError): void {
    this.#gaveUp ??= error;
    this.ended(this.#gaveUp);
  }

  #once(method: string): void {
    if (!this.#tried.includes(method)) this.#tried.push(method);
  }

  /** Keys of the agent that a file names, then its others, then files that the agent lacks: the order of ssh. */
  async #gather(): Promise<Candidate[]> {
    const { agent, identityFiles, identitiesOnly } = this.target;
    const files: KeyFile[] = [];
    for (const file of identityFiles) {
      const found = await this.keys.look(file);
      if (typeof found === 'string') this.#notes.push(`${file} cannot be used: ${found}`);
      else if (found) files.push(found);
    }
    const held = agent === undefined ? [] : await this.#agentKeys(agent);
    const isNamed = (c: Candidate) => files.some((f) => f.publicKey?.equals(c.publicKey));
    const isHeld = (f: KeyFile) => held.some((c) => f.publicKey?.equals(c.publicKey));
    const own = files.filter((f) => !isHeld(f));
    // Which key those hold is known only with the passphrase: they come last.
    this.#closed = own.filter((f) => f.publicKey === undefined);
    return [
      ...files.flatMap((f) => held.filter((c) => f.publicKey?.equals(c.publicKey))),
      ...(identitiesOnly ? [] : held.filter((c) => !isNamed(c))),
      ...own.flatMap((f) => (f.publicKey ? [this.#fromFile(f, f.publicKey)] : [])),
    ];
  }

  #fromFile(file: KeyFile, publicKey: Buffer): Candidate {
    return {
      publicKey,
      from: file.file,
      // Asked only now: the host has said that it takes the key.
      sign: (data, { hash }, done) => {
        this.keys.open(file, this.prompts).then(
          (key) => {
            if (!key) this.#notes.push(`${file.file} was not opened: its passphrase is missing`);
            signWith(key, data, hash, done);
          },
          (error: unknown) => done(error as Error),
        );
      },
    };
  }

  async #openNext(): Promise<Candidate | undefined> {
    for (let file = this.#closed.shift(); file; file = this.#closed.shift()) {
      const key = await this.keys.open(file, this.prompts);
      if (key)
        return {
          publicKey: key.getPublicSSH(),
          from: file.file,
          sign: (data, { hash }, done) => signWith(key, data, hash, done),
        };
    }
    return undefined;
  }

  async #agentKeys(socket: string): Promise<readonly Candidate[]> {
    const agent = createAgent(socket);
    const keys = await new Promise<Parameters<IdentityCallback>[1]>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), AGENT_TIMEOUT_MS);
      agent.getIdentities((error, found) => {
        clearTimeout(timer);
        resolve(error ? undefined : found);
      });
    });
    if (!keys) {
      this.#notes.push(`The agent at ${socket} does not answer`);
      return [];
    }
    return keys.flatMap((key) => {
      if (typeof key === 'string' || !('getPublicSSH' in key)) return [];
      const publicKey = key.getPublicSSH();
      return {
        publicKey,
        from: `${keyType(publicKey)} of the agent${key.comment ? ` (${key.comment})` : ''}`,
        sign: (data: Buffer, options: SigningRequestOptions, done: SignCallback) => {
          agent.sign(key, data, options, done);
        },
      };
    });
  }
}

/** ssh2 tries the keys of an agent in its own order, and to the end; one at a time is ours. */
class OneKey extends BaseAgent<Buffer> {
  constructor(private readonly candidate: Candidate) {
    super();
  }

  override getIdentities(done: IdentityCallback<Buffer>): void {
    done(undefined, [this.candidate.publicKey]);
  }

  override sign(_key: Buffer, data: Buffer, options: SigningRequestOptions | SignCallback, done?: SignCallback): void {
    if (typeof options === 'function') this.candidate.sign(data, {}, options);
    else if (done) this.candidate.sign(data, options, done);
  }
}

function signWith(key: ParsedKey | undefined, data: Buffer, hash: string | undefined, done: SignCallback): void {
  if (!key) {
    done(new Error('no passphrase'));
    return;
  }
  const signature: Buffer | Error = key.sign(data, hash);
  if (signature instanceof Error) done(signature);
  else done(undefined, signature);
}
