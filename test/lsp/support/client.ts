import assert from 'node:assert/strict';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import type {
  ClientCapabilities,
  CodeAction,
  CodeActionContext,
  Diagnostic,
  DocumentDiagnosticReport,
  FileChangeType,
  FullDocumentDiagnosticReport,
  InitializeResult,
  PublishDiagnosticsParams,
  Range,
  TextDocumentContentChangeEvent,
  WorkspaceDiagnosticReport,
  WorkspaceDocumentDiagnosticReport,
} from 'vscode-languageserver-protocol';
import { Wire, type Message } from './wire';

/** An answer that never comes is a failed test, after this many ms; no test measures time. */
const PATIENCE = 120_000;

export const CAPABILITIES: ClientCapabilities = {
  general: { positionEncodings: ['utf-16'] },
  textDocument: {
    synchronization: { didSave: true },
    diagnostic: { relatedDocumentSupport: false },
    publishDiagnostics: {
      relatedInformation: true,
      versionSupport: true,
      codeDescriptionSupport: true,
      dataSupport: true,
      tagSupport: { valueSet: [1, 2] },
    },
    codeAction: {
      isPreferredSupport: true,
      codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source', 'source.fixAll'] } },
    },
  },
  workspace: {
    configuration: true,
    workspaceFolders: true,
    diagnostics: { refreshSupport: true },
    workspaceEdit: { documentChanges: true },
  },
};

/** The same client before there was a pull model. */
export const PUSH_CAPABILITIES: ClientCapabilities = structuredClone(CAPABILITIES);
delete PUSH_CAPABILITIES.textDocument!.diagnostic;

export interface Start {
  readonly folders?: readonly string[];
  readonly capabilities?: ClientCapabilities;
  readonly options?: unknown;
  /** Answer to `workspace/configuration`, by scope; `''` for none. */
  readonly settings?: Record<string, unknown>;
  readonly uid?: number;
}

interface Waiting {
  readonly resolve: (message: Message) => void;
  readonly method: string;
}

const running = new Set<Client>();
// A failed test leaves its server behind, which would keep the test run from ending.
after(() => {
  for (const client of running) client.wire.process.kill();
});

/** An editor, as far as the server can tell. */
export class Client {
  readonly wire: Wire;
  readonly log: string[] = [];
  readonly registered: string[] = [];
  /** What the user was told outside of any file. */
  readonly alerts: { readonly method: string; readonly message: string }[] = [];
  readonly published: PublishDiagnosticsParams[] = [];
  settings: Record<string, unknown>;
  refreshes = 0;
  initialized: InitializeResult | undefined;
  readonly #waiting = new Map<number | string, Waiting>();
  readonly #progress = new Map<string, (value: unknown) => void>();
  readonly #versions = new Map<string, number>();
  #watchers: (() => void)[] = [];
  #id = 0;
  #ended = false;

  private constructor(start: Start) {
    this.settings = start.settings ?? {};
    this.wire = new Wire((m) => this.#receive(m), start);
    running.add(this);
    void this.wire.ended.then(() => {
      this.#ended = true;
      running.delete(this);
    });
  }

  static async start(start: Start = {}): Promise<Client> {
    const client = new Client(start);
    const folders = (start.folders ?? []).map(uriOf);
    client.initialized = (await client.request('initialize', {
      processId: process.pid,
      rootUri: folders[0] ?? null,
      workspaceFolders: folders.length > 0 ? folders.map((uri) => ({ uri, name: uri })) : null,
      capabilities: start.capabilities ?? CAPABILITIES,
      initializationOptions: start.options,
    })) as InitializeResult;
    client.notify('initialized', {});
    return client;
  }

  // ---- messages ---------------------------------------------------------------------------------------------------

  notify(method: string, params: unknown): void {
    this.wire.send({ method, params });
  }

  /** The answer, error or not. */
  ask(method: string, params: unknown): Promise<Message> & { readonly id: number } {
    const id = ++this.#id;
    const answer = new Promise<Message>((resolve, reject) => {
      // The workspace request is meant to stay open.
      const timer =
        method === 'workspace/diagnostic'
          ? undefined
          : setTimeout(() => reject(new Error(`${method}: no answer; ${this.wire.stderr}`)), PATIENCE);
      this.#waiting.set(id, {
        method,
        resolve: (m) => {
          clearTimeout(timer);
          resolve(m);
        },
      });
    });
    this.wire.send({ id, method, params });
    return Object.assign(answer, { id });
  }

  async request(method: string, params: unknown): Promise<unknown> {
    const { result, error } = await this.ask(method, params);
    assert.equal(error, undefined, `${method}: ${error?.message ?? ''}`);
    return result;
  }

  #receive(message: Message): void {
    if (message.method === undefined) {
      const waiting = message.id != null ? this.#waiting.get(message.id) : undefined;
      if (message.id != null) this.#waiting.delete(message.id);
      waiting?.resolve(message);
    } else if (message.id != null) this.wire.send({ id: message.id, result: this.#serve(message) });
    else this.#hear(message);
    for (const watcher of this.#watchers) watcher();
  }

  #serve({ method, params }: Message): unknown {
    if (method === 'workspace/diagnostic/refresh') this.refreshes++;
    if (method === 'client/registerCapability')
      this.registered.push(...(params as { registrations: { method: string }[] }).registrations.map((r) => r.method));
    if (method === 'workspace/configuration')
      return (params as { items: { scopeUri?: string }[] }).items.map((i) => this.settings[i.scopeUri ?? ''] ?? null);
    return null;
  }

  #hear({ method, params }: Message): void {
    if (method === 'window/logMessage') this.log.push((params as { message: string }).message);
    if (method === 'window/showMessage' || method === 'livemig/alert')
      this.alerts.push({ method, message: (params as { message: string }).message });
    if (method === 'textDocument/publishDiagnostics') this.published.push(params as PublishDiagnosticsParams);
    if (method === '$/progress') {
      const { token, value } = params as { token: string; value: unknown };
      this.#progress.get(token)?.(value);
    }
  }

  /** Waits until something the server sends makes it true. */
  async until(what: string, test: () => boolean): Promise<void> {
    if (test()) return;
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error): void => {
        clearTimeout(timer);
        this.#watchers = this.#watchers.filter((w) => w !== watcher);
        if (error) reject(error);
        else resolve();
      };
      const watcher = (): void => {
        if (test()) done();
      };
      const timer = setTimeout(() => done(new Error(`never happened: ${what}\n${this.log.join('\n')}`)), PATIENCE);
      this.#watchers.push(watcher);
    });
  }

  // ---- documents --------------------------------------------------------------------------------------------------

  /** The last version that was sent of a document. */
  version(uri: string): number {
    return this.#versions.get(uri) ?? 0;
  }

  open(file: string, text: string, languageId = 'nova-conf', version = 1): string {
    const uri = uriOf(file);
    this.#versions.set(uri, version);
    this.notify('textDocument/didOpen', { textDocument: { uri, languageId, version, text } });
    return uri;
  }

  /** Changes in the protocol's own form; a text alone replaces everything. */
  edit(uri: string, version: number, ...changes: (TextDocumentContentChangeEvent | string)[]): void {
    this.#versions.set(uri, version);
    const contentChanges = changes.map((c) => (typeof c === 'string' ? { text: c } : c));
    this.notify('textDocument/didChange', { textDocument: { uri, version }, contentChanges });
  }

  close(uri: string): void {
    this.notify('textDocument/didClose', { textDocument: { uri } });
  }

  changedOnDisk(...events: [file: string, type: FileChangeType][]): void {
    const changes = events.map(([file, type]) => ({ uri: uriOf(file), type }));
    this.notify('workspace/didChangeWatchedFiles', { changes });
  }

  async pull(uri: string, previousResultId?: string): Promise<DocumentDiagnosticReport> {
    const params = { textDocument: { uri }, ...(previousResultId !== undefined && { previousResultId }) };
    return (await this.request('textDocument/diagnostic', params)) as DocumentDiagnosticReport;
  }

  async diagnostics(uri: string): Promise<Diagnostic[]> {
    const report = await this.pull(uri);
    assert.equal(report.kind, 'full');
    return (report as FullDocumentDiagnosticReport).items;
  }

  async actions(uri: string, range: Range, context: Partial<CodeActionContext> = {}): Promise<CodeAction[]> {
    const params = { textDocument: { uri }, range, context: { diagnostics: [], ...context } };
    return (await this.request('textDocument/codeAction', params)) as CodeAction[];
  }

  /** Holds a request for the whole workspace, as an editor does. */
  hold(previousResultIds: { uri: string; value: string }[] = []): Held {
    const token = `held-${this.#id}`;
    const held = new Held(this);
    this.#progress.set(token, (value) => held.chunks.push((value as WorkspaceDiagnosticReport).items));
    held.answer = this.ask('workspace/diagnostic', { previousResultIds, partialResultToken: token });
    return held;
  }

  // ---- the end ----------------------------------------------------------------------------------------------------

  async stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (!this.#ended) {
      await this.request('shutdown', null);
      this.notify('exit', null);
    }
    return this.wire.ended;
  }
}

export class Held {
  readonly chunks: WorkspaceDocumentDiagnosticReport[][] = [];
  answer: (Promise<Message> & { readonly id: number }) | undefined;
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** The last full report of a file, if any. */
  of(uri: string): Diagnostic[] | undefined {
    return this.lastOf(uri)?.items;
  }

  lastOf(uri: string): (FullDocumentDiagnosticReport & { version: number | null }) | undefined {
    const report = this.chunks.flat().findLast((i) => i.uri === uri);
    return report?.kind === 'full' ? report : undefined;
  }

  async until(what: string, test: () => boolean): Promise<void> {
    await this.#client.until(what, test);
  }
}

export function uriOf(file: string): string {
  return /^[a-z][\w+.-]+:/.test(file) ? file : pathToFileURL(file).href;
}

export function codes(items: readonly Diagnostic[]): unknown[] {
  return items.map((d) => d.code);
}

export const whole: Range = { start: { line: 0, character: 0 }, end: { line: 1e6, character: 0 } };
