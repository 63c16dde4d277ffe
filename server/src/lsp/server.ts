import { setTimeout as sleep } from 'node:timers/promises';
import {
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  MessageType,
  ShowMessageNotification,
  TextDocuments,
  type CancellationToken,
  type Connection,
  type InitializeParams,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { AlertParams, InitializationOptions, StatusParams, SuppressParams } from '../protocol';
import type { FileSource } from '../workspace/source';
import { Actions } from './actions';
import type { Channel } from './channel';
import { readSettings, type FolderSettings } from './configuration';
import { Converter } from './convert';
import { featuresOf, optionsOf, type Features } from './features';
import { Pull } from './pull';
import { Push } from './push';
import { Reports } from './reports';
import { fixWorkspace, status, suppress } from './requests';
import { describe, safe, safeRequest, type Log } from './safe';
import { giveWay, inSlices } from './slices';
import { keyOf, type Key } from './uris';
import { warmUp } from './warm';
import { WATCHED } from './watch';
import { Workspace } from './workspace';

/** A client that does not answer for its settings is not waited for longer, in ms. */
const CONFIGURATION_TIMEOUT = 2000;

/** Changes are gathered for this long before anything but an answer is sent, in ms: typing goes first. */
const PULL_DELAY = 50;

/** Makes a connection whose client has said that it is initialized a language server. */
export function startServer(connection: Connection, source: FileSource, params: InitializeParams): void {
  new Server(connection, source, params).start(params);
}

class Server {
  readonly #connection: Connection;
  readonly #features: Features;
  readonly #options: InitializationOptions;
  readonly #workspace: Workspace;
  readonly #reports: Reports;
  readonly #channel: Channel;
  readonly #converter: Converter;
  readonly #actions: Actions;
  readonly #log: Log;
  readonly #alerted = new Set<string>();
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #stopped = false;
  /** When something was last opened or typed, by `performance.now()`. */
  #lastActivity = 0;

  constructor(connection: Connection, source: FileSource, params: InitializeParams) {
    this.#connection = connection;
    this.#features = featuresOf(params);
    this.#options = optionsOf(params.initializationOptions);
    const { console } = connection;
    this.#log = {
      error: (m) => console.error(m),
      warn: (m) => console.warn(m),
      info: (m) => console.info(m),
      alert: (m) => this.#alert(m),
    };
    this.#workspace = new Workspace(source, this.#log, () => this.#schedule());
    this.#converter = new Converter(this.#features, this.#options.ruleUri, (key) => this.#workspace.open.spell(key));
    this.#reports = new Reports(this.#workspace, this.#converter);
    const Kind = this.#features.pull ? Pull : Push;
    this.#channel = new Kind(connection, this.#workspace, this.#reports, this.#features, this.#log);
    this.#actions = new Actions(this.#workspace, this.#features, this.#options);
  }

  /** Once each: a walk through a folder is repeated often. */
  #alert(message: string): void {
    if (this.#alerted.has(message)) return;
    this.#alerted.add(message);
    const sent = this.#options.showsAlerts
      ? this.#connection.sendNotification('livemig/alert', { message } satisfies AlertParams)
      : this.#connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Warning, message });
    void safe(this.#log, 'alert', undefined, () => sent);
  }

  start(params: InitializeParams): void {
    this.#register();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- older editors say nothing else
    const { workspaceFolders, rootUri } = params;
    const folders = workspaceFolders?.map((f) => f.uri) ?? (rootUri ? [rootUri] : []);
    this.#workspace.configure(new Map([['', readSettings(this.#options.settings)]]));
    this.#workspace.addFolders(folders);
    // Nothing is answered for before the settings are known.
    if (this.#features.configuration) this.#workspace.enqueue(() => this.#configure());
    void safe(this.#log, 'initialized', undefined, () => this.#subscribe());
    void safe(this.#log, 'warming up', undefined, () =>
      warmUp(
        this.#converter,
        () => this.#lastActivity,
        () => this.#stopped,
      ),
    );
  }

  #register(): void {
    const connection = this.#connection;
    const workspace = this.#workspace;
    const log = this.#log;
    const heard = (name: string, task: () => void): void => {
      giveWay();
      void safe(log, name, undefined, task);
    };

    const documents = new TextDocuments(TextDocument);
    documents.onDidOpen(({ document }) =>
      heard('textDocument/didOpen', () => {
        this.#lastActivity = performance.now();
        workspace.opened(document);
      }),
    );
    documents.onDidChangeContent(({ document }) =>
      heard('textDocument/didChange', () => {
        this.#lastActivity = performance.now();
        workspace.edited(document);
      }),
    );
    documents.onDidClose(({ document }) => heard('textDocument/didClose', () => workspace.closed(document.uri)));
    documents.onDidSave(({ document }) =>
      heard('textDocument/didSave', () => {
        workspace.saved(document.uri, !this.#options.watchesFiles && !this.#features.registerWatchedFiles);
      }),
    );
    documents.listen(connection);

    connection.onDidChangeWatchedFiles(({ changes }) =>
      heard('workspace/didChangeWatchedFiles', () => workspace.diskChanged(changes)),
    );
    connection.onNotification('livemig/live', (params: unknown) => heard('livemig/live', () => workspace.live(params)));
    connection.onDidChangeConfiguration(({ settings }: { settings: unknown }) =>
      heard('workspace/didChangeConfiguration', () => {
        if (this.#features.configuration) workspace.enqueue(() => this.#configure());
        else if (settings) workspace.configure(new Map([['', readSettings(settings)]]));
      }),
    );

    connection.onCodeAction((params, token) =>
      safeRequest(log, 'textDocument/codeAction', [], token, () => this.#actions.at(params)),
    );
    connection.onCodeActionResolve((action, token) =>
      safeRequest(log, 'codeAction/resolve', action, token, () => this.#actions.resolve(action)),
    );
    const versioned = this.#features.documentChanges;
    connection.onRequest('livemig/status', (params: StatusParams, token: CancellationToken) =>
      safeRequest(log, 'livemig/status', null, token, () => status(workspace, params)),
    );
    connection.onRequest('livemig/fixWorkspace', (_params: unknown, token: CancellationToken) =>
      safeRequest(log, 'livemig/fixWorkspace', null, token, () => fixWorkspace(workspace, versioned)),
    );
    connection.onRequest('livemig/suppress', (params: SuppressParams, token: CancellationToken) =>
      safeRequest(log, 'livemig/suppress', null, token, () => suppress(workspace, params, versioned)),
    );
    connection.onShutdown(() => {
      this.#stopped = true;
      this.#channel.dispose();
    });
  }

  /** What a client wants to be asked for after it is initialized. */
  #subscribe(): void {
    const { client, workspace } = this.#connection;
    const failed = (what: string) => (error: unknown) => this.#log.warn(`${what}: ${describe(error)}`);
    if (this.#features.registerConfiguration)
      client
        .register(DidChangeConfigurationNotification.type, { section: 'livemig' })
        .catch(failed('registering for settings'));
    if (this.#features.registerWatchedFiles && !this.#options.watchesFiles)
      client
        .register(DidChangeWatchedFilesNotification.type, { watchers: WATCHED.map((globPattern) => ({ globPattern })) })
        .catch(failed('registering for changes of files'));
    try {
      workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        this.#workspace.removeFolders(removed.map((f) => f.uri));
        this.#workspace.addFolders(added.map((f) => f.uri));
        if (this.#features.configuration) this.#workspace.enqueue(() => this.#configure());
      });
    } catch {
      // The client has but one folder.
    }
  }

  /** Asks for the settings in general and of every folder. */
  async #configure(): Promise<void> {
    const folders = this.#workspace.folders;
    const items = [{ section: 'livemig' }, ...folders.map((f) => ({ scopeUri: f, section: 'livemig' }))];
    const asked: Promise<unknown[]> = this.#connection.workspace.getConfiguration(items);
    const late = sleep(CONFIGURATION_TIMEOUT, undefined, { ref: false });
    const take = (answer: unknown): void => {
      const all = new Map<Key, FolderSettings>();
      ['', ...folders].forEach((folder, i) =>
        all.set(keyOf(folder), readSettings((Array.isArray(answer) ? answer : [])[i] ?? this.#options.settings)),
      );
      this.#workspace.configure(all);
    };
    const answer = await Promise.race([asked, late]);
    if (answer) take(answer);
    else asked.then(take, (error: unknown) => this.#log.warn(`workspace/configuration: ${describe(error)}`));
  }

  /** Hundreds of files may have something new to show: that is put into words in slices, and then told at once. */
  async #flush(): Promise<void> {
    await inSlices(this.#reports.ahead());
    if (!this.#stopped) this.#channel.flush();
  }

  #schedule(): void {
    if (this.#timer || this.#stopped) return;
    const flush = (): void => {
      this.#timer = undefined;
      // What is on its way calls again when it is there.
      if (this.#stopped) return;
      const waiting = this.#workspace.settled();
      if (waiting) void waiting.then(() => this.#schedule());
      else void safe(this.#log, 'diagnostics', undefined, () => this.#flush());
    };
    this.#timer = this.#features.pull ? setTimeout(flush, PULL_DELAY) : setImmediate(flush);
  }
}
