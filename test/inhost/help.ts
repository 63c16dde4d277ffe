import * as vscode from 'vscode';

/** What the extension exports (client/src/extension.ts). */
interface Api {
  readonly ready: Promise<void>;
  request<T>(method: string, params?: unknown): Promise<T>;
  status(): Promise<{ text: string; detail: string } | undefined>;
  nodes(): Promise<{ readonly tree: object }>;
  readonly activated: number;
}

const LIMIT_MS = 60_000;
const PAUSE_MS = 50;

/** Asks again and again until the answer is truthy: what VS Code shows comes a little after what made it so. */
export async function until<T>(ask: () => T | Promise<T>, what: string): Promise<NonNullable<T>> {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${LIMIT_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** For what must NOT happen: long enough that it would have. */
export const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1500));

export async function activated(): Promise<Api> {
  const api = await (vscode.extensions.getExtension('livemig.livemig') as vscode.Extension<Api>).activate();
  await api.ready;
  return api;
}

const folder = (): vscode.Uri => vscode.workspace.workspaceFolders![0]!.uri;
export const uriOf = (path: string): vscode.Uri => vscode.Uri.joinPath(folder(), path);

export async function open(path: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uriOf(path));
  await vscode.window.showTextDocument(document);
  return document;
}

export const findings = (path: string): vscode.Diagnostic[] =>
  vscode.languages.getDiagnostics(uriOf(path)).filter((d) => d.source === 'livemig');

export const codeOf = (d: vscode.Diagnostic): string => {
  const { code } = d;
  return typeof code === 'object' ? String(code.value) : String(code);
};

/** The finding whose range touches the text, which stands once in the document. */
export function findingAt(document: vscode.TextDocument, text: string): vscode.Diagnostic | undefined {
  const at = document.getText().indexOf(text);
  if (at < 0) throw new Error(`no "${text}" in ${document.uri.path}`);
  const range = new vscode.Range(document.positionAt(at), document.positionAt(at + text.length));
  return vscode.languages
    .getDiagnostics(document.uri)
    .find((d) => d.source === 'livemig' && d.range.intersection(range));
}

/**
 * Quick fixes where a finding is; VS Code does not say which of them belong to which finding. Polled: the first answer
 * can be empty while the server has not seen the document.
 */
export const quickFixes = (document: vscode.TextDocument, finding: vscode.Diagnostic): Promise<vscode.CodeAction[]> =>
  until(
    async () => {
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        document.uri,
        finding.range,
        vscode.CodeActionKind.QuickFix.value,
      );
      return actions.length > 0 ? actions : undefined;
    },
    `quick fixes for ${codeOf(finding)}`,
  );

/** Puts files back as they were, on disk and in the editor, and waits until their findings have settled. */
export async function restore(originals: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [path, bytes] of originals) {
    const shown = vscode.workspace.textDocuments.find((d) => d.uri.toString() === uriOf(path).toString());
    if (shown?.isDirty) {
      await vscode.window.showTextDocument(shown);
      await vscode.commands.executeCommand('workbench.action.files.revert');
    }
    await vscode.workspace.fs.writeFile(uriOf(path), bytes);
    // A document follows its file a little later, over whatever the next test has typed by then.
    const text = new TextDecoder().decode(bytes);
    if (shown) await until(() => shown.isClosed || shown.getText() === text, `${path} follows its file`);
  }
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}

/** Every file of the workspace with its bytes. */
export async function snapshot(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const uri of await vscode.workspace.findFiles('**'))
    files.set(uri.path.slice(folder().path.length + 1), await vscode.workspace.fs.readFile(uri));
  return files;
}
