import { randomBytes } from 'node:crypto';
import { Uri, ViewColumn, window, type Disposable, type ExtensionContext, type WebviewPanel } from 'vscode';
import type { FromPage, ToPage } from '../../../webview/messages';
import { STYLE } from './style';

export interface PanelOptions {
  readonly context: ExtensionContext;
  readonly title: string;
  readonly script: 'webview-pages' | 'webview-chart';
  /** What the page shows; undefined: it is not known yet. Asked for whenever the page was loaded. */
  readonly page: () => ToPage | undefined;
  readonly said: (message: Exclude<FromPage, { kind: 'ready' }>) => void;
  readonly closed?: () => void;
}

/** A page of ours in an editor: one script of the package, and nothing from elsewhere. */
export class Panel implements Disposable {
  readonly #panel: WebviewPanel;
  readonly #page: PanelOptions['page'];
  #loaded = false;

  constructor({ context, title, script, page, said, closed }: PanelOptions) {
    const dist = Uri.joinPath(context.extensionUri, 'dist');
    this.#page = page;
    this.#panel = window.createWebviewPanel('livemig', title, ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [dist],
    });
    const { webview } = this.#panel;
    webview.onDidReceiveMessage((message: FromPage) => {
      if (message.kind === 'ready') {
        this.#loaded = true;
        this.update();
      } else said(message);
    });
    this.#panel.onDidDispose(() => closed?.());
    const nonce = randomBytes(16).toString('base64');
    const source = webview.asWebviewUri(Uri.joinPath(dist, `${script}.js`)).toString();
    const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
    // No word of a node is in it: those come as messages.
    webview.html = `<!DOCTYPE html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width"><style nonce="${nonce}">${STYLE}</style></head><body><script nonce="${nonce}" src="${source}"></script></body></html>`;
  }

  dispose(): void {
    this.#panel.dispose();
  }

  reveal(): void {
    this.#panel.reveal();
  }

  /** What is hidden is told when it is seen again. */
  update(): void {
    if (!this.#loaded || !this.#panel.visible) return;
    const page = this.#page();
    if (page) void this.#panel.webview.postMessage(page);
  }
}
