import type { Finding } from '../lint';
import type { SourceFile } from '../model/files';
import { lineIndexOf } from '../model/parsed';
import type { Span } from '../syntax/types';

/** A place as people and other programs count it: lines and columns from 1, columns in UTF-16 units, the end exclusive. */
export interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export function regionOf(file: SourceFile, span: Span): Region {
  const index = lineIndexOf(file);
  const start = index.positionAt(span.start);
  const end = index.positionAt(span.end);
  return {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}

/** What every output format is made from. */
export interface Report {
  readonly findings: readonly Finding[];
  /** Findings beyond the limit, by file. */
  readonly hidden: ReadonlyMap<SourceFile, number>;
  readonly failures: readonly { readonly uri: string; readonly reason: string }[];
  /** How a URI is shown: relative to the first PATH that is a folder, else to the current one. */
  readonly show: (uri: string) => string;
}
