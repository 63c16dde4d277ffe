import type { TextDocumentEdit, TextEdit, WorkspaceEdit } from 'vscode-languageserver/node';
import type { SourceFile } from '../model/files';
import type { Edit } from '../rules/rule';
import type { OpenDocuments } from './documents';
import type { TextChange } from './pieces';
import { rangeOf } from './positions';

/** @param versioned the client takes edits with the version they are meant for, and refuses those for an older one */
export function workspaceEdit(
  changes: ReadonlyMap<SourceFile, readonly TextChange[]>,
  open: OpenDocuments,
  versioned: boolean,
): WorkspaceEdit {
  if (!versioned) {
    return {
      changes: Object.fromEntries([...changes].map(([file, list]) => [open.spell(file.uri), textEdits(file, list)])),
    };
  }
  return {
    documentChanges: [...changes].map(([file, list]): TextDocumentEdit => ({
      textDocument: { uri: open.spell(file.uri), version: open.get(file.uri)?.version ?? null },
      edits: textEdits(file, list),
    })),
  };
}

/** Makes a file with a content; fails where there is one already, which would be overwritten or mixed up. */
export function creation(uri: string, text: string): WorkspaceEdit {
  const start = { line: 0, character: 0 };
  return {
    documentChanges: [
      { kind: 'create', uri, options: { overwrite: false, ignoreIfExists: false } },
      { textDocument: { uri, version: null }, edits: [{ range: { start, end: start }, newText: text }] },
    ],
  };
}

export function byFile(edits: readonly Edit[]): Map<SourceFile, Edit[]> {
  const out = new Map<SourceFile, Edit[]>();
  for (const edit of edits) {
    const list = out.get(edit.file);
    if (list) list.push(edit);
    else out.set(edit.file, [edit]);
  }
  return out;
}

function textEdits(file: SourceFile, changes: readonly TextChange[]): TextEdit[] {
  return changes.map(({ span, text }) => ({ range: rangeOf(file, span), newText: text }));
}
