import type { Connection } from 'vscode-languageserver/node';
import type { Channel } from './channel';
import type { Features } from './features';
import type { Reports } from './reports';
import { describe, type Log } from './safe';
import type { Key } from './uris';
import type { Workspace } from './workspace';

interface Sent {
  readonly uri: string;
  readonly resultId: string;
  readonly version: number | undefined;
  readonly empty: boolean;
}

/** Diagnostics for clients that never ask. */
export class Push implements Channel {
  readonly #connection: Connection;
  readonly #workspace: Workspace;
  readonly #reports: Reports;
  readonly #features: Features;
  readonly #log: Log;
  readonly #sent = new Map<Key, Sent>();

  constructor(connection: Connection, workspace: Workspace, reports: Reports, features: Features, log: Log) {
    this.#connection = connection;
    this.#workspace = workspace;
    this.#reports = reports;
    this.#features = features;
    this.#log = log;
  }

  flush(): void {
    const gone = new Map(this.#sent);
    for (const key of this.#workspace.keys()) {
      gone.delete(key);
      const report = this.#reports.of(key);
      if (!report) continue;
      const version = this.#workspace.open.get(key)?.version;
      const before = this.#sent.get(key);
      if (before?.resultId === report.resultId && before.version === version) continue;
      const empty = report.items.length === 0;
      const uri = this.#workspace.open.spell(key);
      this.#sent.set(key, { uri, resultId: report.resultId, version, empty });
      // An open document is answered for at every version, a closed one only if there is something to say or to take back.
      if (version !== undefined || !empty || before?.empty === false) this.#send(uri, version, report.items);
    }
    for (const [key, { uri, empty }] of gone) {
      this.#sent.delete(key);
      if (!empty) this.#send(uri, undefined, []);
    }
  }

  dispose(): void {
    this.#sent.clear();
  }

  #send(
    uri: string,
    version: number | undefined,
    diagnostics: Parameters<Connection['sendDiagnostics']>[0]['diagnostics'],
  ): void {
    this.#connection
      .sendDiagnostics({ uri, ...(version !== undefined && this.#features.version && { version }), diagnostics })
      .catch((error: unknown) => this.#log.warn(`textDocument/publishDiagnostics: ${describe(error)}`));
  }
}
