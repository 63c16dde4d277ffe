/** Everything that needs vscode-languageclient: loaded after `activate` has returned, as `dist/client-main.js`. */
import { l10n, window, workspace, type ExtensionContext } from 'vscode';
import {
  LanguageClient,
  RevealOutputChannelOn,
  State,
  TransportKind,
  type LanguageClientOptions,
  type ServerOptions,
} from 'vscode-languageclient/node';
import type { AlertParams, InitializationOptions } from '../../server/src/protocol';
import { createCommands, type Commands } from './commands';
import { documentSelector, watched } from './languages';
import { NewFolders } from './new-folders';
import { RULE_URI } from './rule-page';
import { ReleaseStatus } from './status';

export type { CommandId } from './commands';

export interface Main {
  readonly ready: Promise<void>;
  readonly commands: Commands;
  request<T>(method: string, params?: unknown): Promise<T>;
  status(): { text: string; detail: string } | undefined;
  /** For what others tell the language server. */
  readonly server: {
    readonly running: boolean;
    /** Told only while it runs. */
    notify(method: string, params: unknown): void;
    /** After every start: it knows nothing then. */
    onRunning(listener: () => void): { dispose(): void };
  };
  stop(): Promise<void>;
}

export function start(context: ExtensionContext): Main {
  const client = createClient(context);
  const status = new ReleaseStatus(client);
  const alerts = client.onNotification('livemig/alert', (params: AlertParams) => void showAlert(client, params));
  context.subscriptions.push(status, new NewFolders(client), alerts);
  const ready = client.start();
  ready.then(
    () => status.refresh(),
    (error: unknown) => client.error(`The language server could not be started: ${String(error)}`, error, 'force'),
  );
  return {
    ready,
    commands: createCommands(context, client),
    request: (method, params) => client.sendRequest(method, params),
    status: () => status.shown,
    server: {
      get running() {
        return client.isRunning();
      },
      notify: (method, params) => {
        if (client.isRunning())
          client.sendNotification(method, params).catch((error: unknown) => client.warn(`${method}: ${String(error)}`));
      },
      onRunning: (listener) =>
        client.onDidChangeState(({ newState }) => {
          if (newState === State.Running) listener();
        }),
    },
    stop: () => client.dispose(),
  };
}

async function showAlert(client: LanguageClient, { message }: AlertParams): Promise<void> {
  const log = l10n.t('Show Log');
  if ((await window.showWarningMessage(message, log)) === log) client.outputChannel.show();
}

function createClient(context: ExtensionContext): LanguageClient {
  const module = context.asAbsolutePath('dist/server.js');
  const serverOptions: ServerOptions = {
    run: { module, transport: TransportKind.ipc },
    debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6037'] } },
  };
  const outputChannel = window.createOutputChannel('livemig', { log: true });
  const watchers = watched.map((glob) => workspace.createFileSystemWatcher(glob));
  // A deleted folder is one event that names the folder only: the server forgets what it knew below it.
  const deletions = workspace.createFileSystemWatcher('**', true, true, false);
  context.subscriptions.push(outputChannel, deletions, ...watchers);
  const options: LanguageClientOptions = {
    documentSelector,
    outputChannel,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: {
      ruleUri: RULE_URI,
      suppressCommand: 'livemig.suppress',
      repairCommand: 'livemig.repair',
      watchesFiles: true,
      showsAlerts: true,
    } satisfies InitializationOptions,
    diagnosticPullOptions: { onChange: true, onSave: true },
    synchronize: { fileEvents: [...watchers, deletions] },
    // Hovers link to rule pages; no other command may be run from Markdown that quotes a file's content.
    markdown: { isTrusted: { enabledCommands: ['livemig.openRule'] } },
  };
  return new LanguageClient('livemig', 'livemig', serverOptions, options);
}
