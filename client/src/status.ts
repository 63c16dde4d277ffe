import { languages, l10n, LanguageStatusSeverity, window, workspace, type Disposable } from 'vscode';
import { State, type LanguageClient } from 'vscode-languageclient/node';
import type { Status, StatusParams } from '../../server/src/protocol';
import { documentSelector } from './languages';

/** The language status item: the release that the active file is judged by, and why. */
export class ReleaseStatus implements Disposable {
  readonly #client: LanguageClient;
  readonly #item = languages.createLanguageStatusItem('livemig.release', documentSelector);
  readonly #listeners: readonly { dispose(): void }[];
  #timer: NodeJS.Timeout | undefined;
  #asked = 0;
  #shown: { text: string; detail: string } | undefined;

  constructor(client: LanguageClient) {
    this.#client = client;
    this.#item.name = 'livemig';
    this.#item.command = { command: 'livemig.showLog', title: l10n.t('Show Log') };
    this.#show(l10n.t('Starting…'), '', undefined);
    this.#listeners = [
      window.onDidChangeActiveTextEditor(() => this.refresh()),
      workspace.onDidChangeConfiguration((e) => {
        if (e.affectsConfiguration('livemig')) this.#soon();
      }),
      languages.onDidChangeDiagnostics(({ uris }) => {
        const active = window.activeTextEditor?.document.uri.toString();
        if (uris.some((uri) => uri.toString() === active)) this.#soon();
      }),
      client.onDidChangeState(({ newState }) => {
        if (newState === State.Running) this.refresh();
        else if (newState !== State.Starting) this.#stopped();
      }),
    ];
  }

  get shown(): { text: string; detail: string } | undefined {
    return this.#shown;
  }

  /** Asks the server anew. An answer that a later question has overtaken is dropped. */
  refresh(): void {
    clearTimeout(this.#timer);
    const document = window.activeTextEditor?.document;
    if (this.#client.state !== State.Running || !document || languages.match(documentSelector, document) === 0) return;
    const asked = ++this.#asked;
    const params: StatusParams = { uri: this.#client.code2ProtocolConverter.asUri(document.uri) };
    this.#client.sendRequest<Status | null>('livemig/status', params).then(
      (status) => {
        if (asked === this.#asked) this.#answer(status);
      },
      (error: unknown) => this.#client.outputChannel.warn(`livemig/status: ${String(error)}`),
    );
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const listener of this.#listeners) listener.dispose();
    this.#item.dispose();
  }

  /** Findings change with every keystroke, the release hardly ever. */
  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), 300);
  }

  #answer(status: Status | null): void {
    if (!status) {
      this.#show(l10n.t('Not checked'), l10n.t('This file belongs to no host'), undefined);
      return;
    }
    const name = status.release.replace(/^[a-z]/, (c) => c.toUpperCase());
    const text = status.guessed ? l10n.t('{0} (guessed)', name) : name;
    const detail = [status.reason, status.host, status.cluster].filter((part) => part).join(' · ');
    this.#show(text, detail, { text, detail });
  }

  #stopped(): void {
    this.#asked++;
    this.#show(l10n.t('Stopped'), l10n.t('The language server does not run'), undefined);
    this.#item.severity = LanguageStatusSeverity.Error;
  }

  #show(text: string, detail: string, shown: { text: string; detail: string } | undefined): void {
    this.#item.severity = LanguageStatusSeverity.Information;
    this.#item.text = text;
    this.#item.detail = detail;
    this.#shown = shown;
  }
}
