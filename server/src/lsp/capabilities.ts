import { CodeActionKind, TextDocumentSyncKind, type ServerCapabilities } from 'vscode-languageserver/node';
import type { Features } from './features';

export const FIX_ALL = `${CodeActionKind.SourceFixAll}.livemig`;

/** What we can do for a client with these features. */
export function capabilitiesFor(features: Features): ServerCapabilities {
  return {
    ...(features.utf16 && { positionEncoding: 'utf-16' }),
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
    ...(features.pull && {
      diagnosticProvider: { identifier: 'livemig', interFileDependencies: true, workspaceDiagnostics: true },
    }),
    ...(features.codeActions && {
      codeActionProvider: {
        codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL],
        ...(features.lateEdits && { resolveProvider: true }),
      },
    }),
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  };
}
