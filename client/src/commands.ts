import { l10n, Uri, window, workspace, type ExtensionContext } from 'vscode';
import {
  CodeAction,
  CodeActionRequest,
  TextDocumentEdit,
  type LanguageClient,
  type WorkspaceEdit,
} from 'vscode-languageclient/node';
import type { SuppressParams } from '../../server/src/protocol';
import { openRule } from './rule-page';

export type CommandId = 'openRule' | 'fixAll' | 'fixWorkspace' | 'restartServer' | 'showLog' | 'suppress';
export type Commands = Readonly<Record<CommandId, (...args: unknown[]) => Promise<unknown>>>;

export function createCommands(context: ExtensionContext, client: LanguageClient): Commands {
  return {
    openRule: (id) => openRule(context, id),
    fixAll: () => fixAll(client),
    fixWorkspace: () => fixWorkspace(client),
    restartServer: () => client.restart(),
    showLog: () => {
      client.outputChannel.show();
      return Promise.resolve();
    },
    suppress: (uri, line, rule, reason) => suppress(client, uri, line, rule, reason),
  };
}

/** Asks the server itself: VS Code's own way answers nothing now and then when a file has just been opened. */
async function fixAll(client: LanguageClient): Promise<boolean> {
  const document = window.activeTextEditor?.document;
  if (!document) return false;
  const { version, lineCount } = document;
  const answer = await client.sendRequest(CodeActionRequest.type, {
    textDocument: { uri: client.code2ProtocolConverter.asUri(document.uri) },
    range: { start: { line: 0, character: 0 }, end: { line: lineCount, character: 0 } },
    context: { diagnostics: [], only: ['source.fixAll.livemig'] },
  });
  const action = answer?.find((a) => CodeAction.is(a) && a.edit !== undefined) as CodeAction | undefined;
  const edit = await client.protocol2CodeConverter.asWorkspaceEdit(action?.edit);
  if (!edit) {
    void window.showInformationMessage(l10n.t('livemig has nothing to fix in this file.'));
    return false;
  }
  return document.version === version && workspace.applyEdit(edit);
}

/** Whether every document that the edit was made for is still at the version it was made for: VS Code does not ask. */
function isCurrent({ documentChanges = [] }: WorkspaceEdit): boolean {
  return documentChanges.every((change) => {
    if (!TextDocumentEdit.is(change) || change.textDocument.version === null) return true;
    const uri = Uri.parse(change.textDocument.uri).toString();
    const open = workspace.textDocuments.find((d) => d.uri.toString() === uri);
    return open?.version === change.textDocument.version;
  });
}

/** Repairs every file at once; the files stay unsaved so that the change can be looked at and undone. */
async function fixWorkspace(client: LanguageClient): Promise<number> {
  const answer = await client.sendRequest<WorkspaceEdit | null>('livemig/fixWorkspace', {});
  const edit = answer && (await client.protocol2CodeConverter.asWorkspaceEdit(answer));
  if (!edit || edit.size === 0) {
    void window.showInformationMessage(l10n.t('livemig has nothing to fix in this workspace.'));
    return 0;
  }
  if (!isCurrent(answer) || !(await workspace.applyEdit(edit))) {
    void window.showErrorMessage(l10n.t('The fixes could not be applied: a file has changed meanwhile. Try again.'));
    return 0;
  }
  const save = l10n.t('Save All');
  void window
    .showInformationMessage(l10n.t('livemig repaired {0} files. They are not saved yet.', edit.size), save)
    .then((answered) => (answered === save ? saveOnly(edit.entries().map(([uri]) => uri.toString())) : undefined));
  return edit.size;
}

/** Not `workspace.saveAll`: it saves what has a tab, which files changed in the background get a second later. */
async function saveOnly(uris: readonly string[]): Promise<void> {
  const edited = workspace.textDocuments.filter((d) => d.isDirty && uris.includes(d.uri.toString()));
  await Promise.all(edited.map((document) => document.save()));
}

/**
 * Puts the comment above a finding that silences it, with a reason: without one the next reader cannot tell whether it
 * still holds. Asks for the reason unless it is given.
 */
async function suppress(
  client: LanguageClient,
  uri: unknown,
  line: unknown,
  rule: unknown,
  given: unknown,
): Promise<boolean> {
  if (typeof uri !== 'string' || typeof line !== 'number' || typeof rule !== 'string') return false;
  const { version } = await workspace.openTextDocument(Uri.parse(uri));
  const reason = typeof given === 'string' ? given : await askReason(rule);
  if (reason === undefined) return false;
  const params: SuppressParams = { uri, line, rule, reason };
  const answer = await client.sendRequest<WorkspaceEdit | null>('livemig/suppress', params);
  const edit = answer && (await client.protocol2CodeConverter.asWorkspaceEdit(answer));
  const document = await workspace.openTextDocument(Uri.parse(uri));
  if (edit && document.version === version && isCurrent(answer) && (await workspace.applyEdit(edit))) return true;
  void window.showWarningMessage(l10n.t('The file has changed meanwhile: {0} was not found there any more.', rule));
  return false;
}

const askReason = (rule: string): Thenable<string | undefined> =>
  window.showInputBox({
    title: l10n.t('Ignore {0} here', rule),
    prompt: l10n.t('Why may it stay? The comment says so to the next reader.'),
    validateInput: (text) => (text.trim() === '' ? l10n.t('A few words are needed.') : undefined),
    ignoreFocusOut: true,
  });
