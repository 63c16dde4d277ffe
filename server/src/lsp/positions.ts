import type { Position, Range } from 'vscode-languageserver/node';
import type { SourceFile } from '../model/files';
import { lineIndexOf } from '../model/parsed';
import type { Span } from '../syntax/types';

const hiddenBom = new WeakSet<SourceFile>();

/** Marks a file whose text starts with the BOM that it has on disk, while the editor's own text goes without. */
export function hideBom(file: SourceFile): void {
  hiddenBom.add(file);
}

export function hidesBom(file: SourceFile): boolean {
  return hiddenBom.has(file);
}

export function positionOf(file: SourceFile, offset: number): Position {
  const { line, character } = lineIndexOf(file).positionAt(offset);
  return { line, character: line === 0 && hiddenBom.has(file) ? Math.max(0, character - 1) : character };
}

export function rangeOf(file: SourceFile, span: Span): Range {
  return { start: positionOf(file, span.start), end: positionOf(file, span.end) };
}

/** Any position is clamped into the text. */
export function offsetOf(file: SourceFile, { line, character }: Position): number {
  return lineIndexOf(file).offsetAt({ line, character: line === 0 && hiddenBom.has(file) ? character + 1 : character });
}
