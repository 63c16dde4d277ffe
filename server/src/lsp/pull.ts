import {
  DocumentDiagnosticReportKind,
  type CancellationToken,
  type Connection,
  type DocumentDiagnosticParams,
  type DocumentDiagnosticReport,
  type ResultProgressReporter,
  type WorkspaceDiagnosticParams,
  type WorkspaceDiagnosticReport,
  type WorkspaceDiagnosticReportPartialResult,
  type WorkspaceDocumentDiagnosticReport,
} from 'vscode-languageserver/node';
import type { Channel } from './channel';
import type { Features } from './features';
import type { Reports } from './reports';
import { describe, safe, safeRequest, type Log } from './safe';
import { keyOf, type Key } from './uris';
import type { Workspace } from './workspace';

/** Reports in one message: a fleet has thousands of files. */
const CHUNK = 100;

/** What a client was told of a file by a workspace request, and how it spells it. */
interface Told {
  readonly uri: string;
  readonly resultId: string;
}

interface Held {
  readonly told: Map<Key, Told>;
  readonly send: (items: WorkspaceDocumentDiagnosticReport[]) => void;
  readonly end: () => void;
}

/**
 * Diagnostics for clients that ask. A request for the whole workspace is held, and changes are streamed as its partial
 * results; answered at once it would be asked again every two seconds. It must never fail: clients stop asking then.
 */
export class Pull implements Channel {
  readonly #connection: Connection;
  readonly #workspace: Workspace;
  readonly #reports: Reports;
  readonly #features: Features;
  readonly #log: Log;
  readonly #held = new Set<Held>();
  /** What was last answered for an open document, and at which of its versions. */
  readonly #answered = new Map<Key, { version: number; resultId: string }>();
  #disposed = false;

  constructor(connection: Connection, workspace: Workspace, reports: Reports, features: Features, log: Log) {
    this.#connection = connection;
    this.#workspace = workspace;
    this.#reports = reports;
    this.#features = features;
    this.#log = log;
    connection.languages.diagnostics.on((params, token) => {
      const empty: DocumentDiagnosticReport = { kind: DocumentDiagnosticReportKind.Full, items: [] };
      return safeRequest(log, 'textDocument/diagnostic', empty, token, () => this.#document(params));
    });
    connection.languages.diagnostics.onWorkspace((params, token, _, partial) =>
      safe(log, 'workspace/diagnostic', { items: [] }, () => this.#hold(params, token, partial)),
    );
  }

  flush(): void {
    for (const held of this.#held) {
      const items = this.#changes(held.told, false);
      if (items.length > 0) held.send(items);
    }
    this.#refresh();
  }

  dispose(): void {
    this.#disposed = true;
    for (const held of this.#held) held.end();
  }

  #document({ textDocument, previousResultId }: DocumentDiagnosticParams): Promise<DocumentDiagnosticReport> {
    const key = keyOf(textDocument.uri);
    const answer = (): DocumentDiagnosticReport => {
      const report = this.#reports.of(key);
      const version = this.#workspace.open.get(key)?.version;
      if (!report || version === undefined) this.#answered.delete(key);
      else this.#answered.set(key, { version, resultId: report.resultId });
      if (!report) return { kind: DocumentDiagnosticReportKind.Full, items: [] };
      const { resultId, items } = report;
      return resultId === previousResultId
        ? { kind: DocumentDiagnosticReportKind.Unchanged, resultId }
        : { kind: DocumentDiagnosticReportKind.Full, resultId, items };
    };
    const waiting = this.#workspace.settled();
    return waiting ? waiting.then(answer) : Promise.resolve(answer());
  }

  async #hold(
    params: WorkspaceDiagnosticParams,
    token: CancellationToken,
    partial: ResultProgressReporter<WorkspaceDiagnosticReportPartialResult> | undefined,
  ): Promise<WorkspaceDiagnosticReport> {
    await this.#workspace.settled();
    if (token.isCancellationRequested || this.#disposed) return { items: [] };
    const told = new Map(params.previousResultIds.map(({ uri, value }) => [keyOf(uri), { uri, resultId: value }]));
    const first = this.#changes(told, partial === undefined);
    // Without a stream the first news is the answer.
    if (!partial && (first.length > 0 || params.previousResultIds.length === 0)) return { items: first };
    return new Promise((resolve) => {
      const answer = (items: WorkspaceDocumentDiagnosticReport[]): void => {
        this.#held.delete(held);
        cancelled.dispose();
        resolve({ items });
      };
      const stream = (items: WorkspaceDocumentDiagnosticReport[]): void => {
        for (let i = 0; i < items.length; i += CHUNK) partial?.report({ items: items.slice(i, i + CHUNK) });
      };
      const held: Held = { told, send: partial ? stream : answer, end: () => answer([]) };
      const cancelled = token.onCancellationRequested(held.end);
      this.#held.add(held);
      if (first.length > 0) stream(first);
    });
  }

  /** What differs from what was told; remembers it as told. */
  #changes(told: Map<Key, Told>, clean: boolean): WorkspaceDocumentDiagnosticReport[] {
    const out: WorkspaceDocumentDiagnosticReport[] = [];
    const gone = new Map(told);
    for (const key of this.#workspace.keys()) {
      gone.delete(key);
      const report = this.#reports.of(key);
      const before = told.get(key);
      if (!report || before?.resultId === report.resultId) continue;
      // Nobody needs to hear of a file that never had a finding.
      if (!before && report.items.length === 0 && !clean) continue;
      const uri = this.#workspace.open.spell(key);
      told.set(key, { uri, resultId: report.resultId });
      const version = this.#workspace.open.get(key)?.version ?? null;
      out.push({
        kind: DocumentDiagnosticReportKind.Full,
        uri,
        version,
        resultId: report.resultId,
        items: report.items,
      });
    }
    for (const [key, { uri }] of gone) {
      told.delete(key);
      out.push({ kind: DocumentDiagnosticReportKind.Full, uri, version: null, items: [] });
    }
    return out;
  }

  /** A document whose findings changed by an edit elsewhere is not asked for again unless we say so. */
  #refresh(): void {
    if (!this.#features.refresh) return;
    let needed = false;
    for (const [key, answered] of this.#answered) {
      const version = this.#workspace.open.get(key)?.version;
      if (version === undefined) this.#answered.delete(key);
      if (version !== answered.version) continue; // its own change: the client asks by itself
      const resultId = this.#reports.of(key)?.resultId ?? '';
      if (resultId === answered.resultId) continue;
      needed = true;
      answered.resultId = resultId; // told once
    }
    if (needed)
      this.#connection.languages.diagnostics.refresh().catch((error: unknown) => {
        this.#log.warn(`workspace/diagnostic/refresh: ${describe(error)}`);
      });
  }
}
