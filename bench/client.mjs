// The smallest editor that a language server can be measured with; knows nothing of any server.
import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** A wait that lasts longer is an error, in ms. */
const TIMEOUT = 60_000;

export class Client {
  #buffer = Buffer.alloc(0);
  #id = 0;
  #pending = new Map();
  #waiting = [];

  /** @param {{ command: string[], settings?: object, options?: object, pull: boolean }} server */
  constructor(server, folder) {
    this.server = server;
    this.folder = pathToFileURL(folder).href;
    this.published = 0;
    /** The last diagnostics pushed, by URI. */
    this.last = new Map();
    this.process = spawn(server.command[0], server.command.slice(1), {
      stdio: ['pipe', 'pipe', 'ignore'],
      cwd: folder,
    });
    this.process.stdin.on('error', () => undefined);
    this.process.on('exit', (code) => this.#fail(new Error(`the server ended with ${code}`)));
    this.process.on('error', (error) => this.#fail(error));
    this.process.stdout.on('data', (data) => this.#read(data));
  }

  get pid() {
    return this.process.pid;
  }

  #fail(error) {
    this.dead = error;
    for (const { reject } of [...this.#pending.values(), ...this.#waiting]) reject(error);
  }

  #read(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    for (;;) {
      const head = this.#buffer.indexOf('\r\n\r\n');
      if (head < 0) return;
      const end = head + 4 + Number(/content-length: *(\d+)/i.exec(this.#buffer.toString('latin1', 0, head))[1]);
      if (this.#buffer.length < end) return;
      const body = this.#buffer.toString('utf8', head + 4, end);
      this.#buffer = this.#buffer.subarray(end);
      this.#take(JSON.parse(body));
    }
  }

  #take({ id, method, params, result, error }) {
    if (id !== undefined && method) return this.send({ id, result: this.#answer(method, params) });
    if (id !== undefined) {
      const request = this.#pending.get(id);
      this.#pending.delete(id);
      return error ? request?.reject(new Error(error.message)) : request?.resolve(result);
    }
    if (method !== 'textDocument/publishDiagnostics') return undefined;
    this.published++;
    this.last.set(params.uri, params);
    for (const waiting of this.#waiting.filter((w) => w.test(params))) waiting.resolve(params);
    return undefined;
  }

  #answer(method, params) {
    if (method !== 'workspace/configuration') return null;
    return params.items.map(
      ({ section }) =>
        (section?.split('.') ?? []).reduce((value, key) => value?.[key], this.server.settings ?? {}) ?? null,
    );
  }

  send(message) {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.process.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.process.stdin.write(body);
  }

  notify(method, params) {
    this.send({ method, params });
  }

  request(method, params) {
    const id = ++this.#id;
    return this.#within(method, (waiting) => {
      this.#pending.set(id, waiting);
      this.send({ id, method, params });
    });
  }

  /** The next diagnostics pushed that fit. */
  pushed(test) {
    return this.#within('diagnostics', (waiting) => this.#waiting.push(Object.assign(waiting, { test })));
  }

  #within(what, start) {
    return new Promise((resolve, reject) => {
      if (this.dead) return reject(this.dead);
      const done = (settle) => (value) => {
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((w) => w !== waiting);
        settle(value);
      };
      const waiting = { resolve: done(resolve), reject: done(reject) };
      const timer = setTimeout(() => waiting.reject(new Error(`${what}: nothing came`)), TIMEOUT);
      start(waiting);
    });
  }

  async start() {
    const textDocument = {
      synchronization: { didSave: true },
      publishDiagnostics: {
        relatedInformation: true,
        versionSupport: true,
        codeDescriptionSupport: true,
        dataSupport: true,
      },
      codeAction: {
        isPreferredSupport: true,
        codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source', 'source.fixAll'] } },
      },
      ...(this.server.pull && { diagnostic: {} }),
    };
    const { capabilities } = await this.request('initialize', {
      processId: process.pid,
      rootUri: this.folder,
      workspaceFolders: [{ uri: this.folder, name: 'bench' }],
      capabilities: {
        textDocument,
        workspace: { configuration: true, workspaceFolders: true, workspaceEdit: { documentChanges: true } },
      },
      initializationOptions: this.server.options ?? {},
    });
    this.notify('initialized', {});
    this.notify('workspace/didChangeConfiguration', { settings: this.server.settings ?? {} });
    const sync = capabilities.textDocumentSync;
    this.incremental = (typeof sync === 'object' ? sync.change : sync) === 2;
  }

  async stop() {
    if (this.dead) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    await this.request('shutdown', null).catch(() => undefined);
    this.notify('exit', null);
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 1000);
    await ended;
    clearTimeout(timer);
  }
}
