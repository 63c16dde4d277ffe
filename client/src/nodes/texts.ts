import { CodeLens, EventEmitter, l10n, languages, Range, Uri, window, workspace, type Disposable } from 'vscode';

/** Documents that are made, read-only, and lie nowhere: plans, what became of them, versions from before. */
const SCHEME = 'livemig-text';
/** More are not looked at again. */
const MOST = 50;

interface Text {
  readonly content: string;
  /** For the button above the first line. */
  readonly action?: { readonly title: string; run(): Promise<unknown> };
}

export class Texts implements Disposable {
  readonly #texts = new Map<string, Text>();
  readonly #changed = new EventEmitter<void>();
  readonly #registrations: readonly { dispose(): void }[];
  #made = 0;

  constructor() {
    this.#registrations = [
      this.#changed,
      workspace.registerTextDocumentContentProvider(SCHEME, {
        provideTextDocumentContent: (uri) =>
          this.#texts.get(uri.toString())?.content ?? l10n.t('This was shown before the window was loaded anew.'),
      }),
      languages.registerCodeLensProvider(
        { scheme: SCHEME },
        { onDidChangeCodeLenses: this.#changed.event, provideCodeLenses: ({ uri }) => this.#lenses(uri) },
      ),
    ];
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
  }

  /** @param name ends in what its language goes by: `plan.md` */
  add(name: string, text: Text): Uri {
    const uri = Uri.from({ scheme: SCHEME, path: `/${++this.#made}/${name}` });
    this.#texts.set(uri.toString(), text);
    if (this.#texts.size > MOST) this.#texts.delete([...this.#texts.keys()][0]!);
    return uri;
  }

  async show(name: string, text: Text): Promise<void> {
    await window.showTextDocument(await workspace.openTextDocument(this.add(name, text)), { preview: true });
  }

  /** Does what the button of a document is for, once. */
  async run(key: unknown): Promise<unknown> {
    const text = typeof key === 'string' ? this.#texts.get(key) : undefined;
    if (typeof key !== 'string' || !text?.action) return undefined;
    this.#texts.set(key, { content: text.content });
    this.#changed.fire();
    return text.action.run();
  }

  #lenses(uri: Uri): CodeLens[] {
    const action = this.#texts.get(uri.toString())?.action;
    if (!action) return [];
    const command = { title: `$(play) ${action.title}`, command: 'livemig.nodes.runPlan', arguments: [uri.toString()] };
    return [new CodeLens(new Range(0, 0, 0, 0), command)];
  }
}
