import type { Diagnostic } from 'vscode-languageserver-protocol';
import { lint } from '../../../server/src/lint';
import { Cluster } from '../../../server/src/model/cluster';
import { textDefect } from '../../../server/src/model/decode';
import type { FileKind, SourceFile } from '../../../server/src/model/files';
import { LineIndex } from '../../../server/src/syntax/lines';

export interface Shown {
  readonly code: unknown;
  readonly message: unknown;
  readonly severity: unknown;
  readonly range: unknown;
}

/** What a text alone on its host is told, by the linter itself without a server. */
export function freshlyLinted(path: string, kind: FileKind, text: string): Shown[] {
  const defect = textDefect(text);
  const file: SourceFile = { uri: `file:///nowhere/${path}`, path, kind, text, ...(defect && { defect }) };
  const folder = 'file:///nowhere';
  const cluster = new Cluster({
    root: folder,
    hosts: [{ name: 'nowhere', folder, files: [file] }],
    inventory: undefined,
    partial: true,
  });
  const index = new LineIndex(text);
  return lint(cluster).findings.map((f) => ({
    code: f.rule.id,
    message: f.message,
    severity: { error: 1, warning: 2, info: 3 }[f.severity],
    range: { start: index.positionAt(f.span.start), end: index.positionAt(f.span.end) },
  }));
}

export function shown(items: readonly Diagnostic[]): Shown[] {
  return items.map(({ code, message, severity, range }) => ({ code, message, severity, range }));
}
