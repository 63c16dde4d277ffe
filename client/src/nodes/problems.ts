import { DiagnosticSeverity, languages, type Diagnostic, type Disposable, type Uri } from 'vscode';
import type { NodeParams } from '../../../server/src/fleet-protocol';
import { keyOf, placeOf, SCHEME } from './uris';

/** Findings come in bursts while a cluster is judged. */
const SETTLE_MS = 200;

export interface Count {
  readonly errors: number;
  readonly warnings: number;
}

const NONE: Count = { errors: 0, warnings: 0 };

/** Errors and warnings on the nodes, by file, node and in all. */
export class Problems implements Disposable {
  readonly #listener: Disposable;
  readonly #byFile = new Map<string, Count>();
  readonly #byNode = new Map<string, Count>();
  #timer: NodeJS.Timeout | undefined;
  total = 0;

  /** @param changed with the nodes whose counts are others */
  constructor(changed: (nodes: readonly string[]) => void) {
    const settle = (): void => {
      this.#timer = undefined;
      changed(this.#count());
    };
    this.#listener = languages.onDidChangeDiagnostics(({ uris }) => {
      if (!uris.some((uri) => uri.scheme === SCHEME)) return;
      this.#timer ??= setTimeout(settle, SETTLE_MS);
    });
    this.#count();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#listener.dispose();
  }

  ofFile(uri: Uri): Count {
    return this.#byFile.get(uri.path) ?? NONE;
  }

  ofNode(node: NodeParams): Count {
    return this.#byNode.get(keyOf(node)) ?? NONE;
  }

  #count(): readonly string[] {
    const before = new Map(this.#byNode);
    this.#byFile.clear();
    this.#byNode.clear();
    this.total = 0;
    for (const [uri, found] of languages.getDiagnostics()) {
      const place = placeOf(uri);
      if (!place) continue;
      const count = countOf(found);
      this.#byFile.set(uri.path, count);
      const key = keyOf(place);
      const { errors, warnings } = this.#byNode.get(key) ?? NONE;
      this.#byNode.set(key, { errors: errors + count.errors, warnings: warnings + count.warnings });
      this.total += count.errors + count.warnings;
    }
    const keys = new Set([...before.keys(), ...this.#byNode.keys()]);
    return [...keys].filter((key) => {
      const [a, b] = [before.get(key) ?? NONE, this.#byNode.get(key) ?? NONE];
      return a.errors !== b.errors || a.warnings !== b.warnings;
    });
  }
}

function countOf(found: readonly Diagnostic[]): Count {
  let errors = 0;
  let warnings = 0;
  for (const { severity } of found)
    if (severity === DiagnosticSeverity.Error) errors++;
    else if (severity === DiagnosticSeverity.Warning) warnings++;
  return { errors, warnings };
}
