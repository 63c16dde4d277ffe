import type { Diagnostic } from 'vscode-languageserver/node';
import type { Finding } from '../lint';
import type { SourceFile } from '../model/files';
import type { Converter } from './convert';
import type { Key } from './uris';
import type { Workspace } from './workspace';

/** What the client is to show for a file. */
export interface FileReport {
  /** Changes exactly when `items` do; never used twice, not even by a server started anew. */
  readonly resultId: string;
  readonly items: Diagnostic[];
}

interface Known extends FileReport {
  readonly file: SourceFile;
  readonly findings: readonly Finding[];
  readonly hidden: number;
}

interface Failed extends FileReport {
  readonly reason: string;
}

export class Reports {
  readonly #workspace: Workspace;
  readonly #converter: Converter;
  readonly #known = new Map<Key, Known>();
  readonly #failed = new Map<Key, Failed>();
  readonly #run = `${process.pid.toString(36)}${Date.now().toString(36)}`;
  #count = 0;

  constructor(workspace: Workspace, converter: Converter) {
    this.#workspace = workspace;
    this.#converter = converter;
  }

  /** Undefined for a file of which there is nothing to tell, or not any more. */
  of(key: Key): FileReport | undefined {
    const owner = this.#workspace.ownerOf(key);
    const file = owner?.file(key);
    if (!owner || !file) {
      this.#known.delete(key);
      return this.#failure(key);
    }
    this.#failed.delete(key);
    const { findings, hidden } = owner.shown(key);
    const known = this.#known.get(key);
    if (known?.file === file && known.hidden === hidden && sameItems(known.findings, findings)) return known;
    const items = findings.map((f) => this.#converter.diagnostic(f));
    if (hidden > 0) items.unshift(this.#converter.note(hidden));
    const same = known && sameDiagnostics(known.items, items);
    const resultId = same ? known.resultId : `${this.#run}-${++this.#count}`;
    const report = { resultId, items, file, findings, hidden };
    this.#known.set(key, report);
    return report;
  }

  /** Makes those that are not made yet, a file at a step. */
  *ahead(): Generator<void, void> {
    for (const key of [...this.#workspace.keys()]) {
      this.of(key);
      yield;
    }
  }

  #failure(key: Key): FileReport | undefined {
    const reason = this.#workspace.failureOf(key);
    const known = this.#failed.get(key);
    if (reason === undefined) {
      this.#failed.delete(key);
      return undefined;
    }
    if (known?.reason === reason) return known;
    const report = { resultId: `${this.#run}-${++this.#count}`, items: [this.#converter.failure(reason)], reason };
    this.#failed.set(key, report);
    return report;
  }
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** Stops at the first difference, which an edit makes early: cheaper than any digest of them all. */
function sameDiagnostics(a: readonly Diagnostic[], b: readonly Diagnostic[]): boolean {
  return a.length === b.length && a.every((item, i) => JSON.stringify(item) === JSON.stringify(b[i]));
}
