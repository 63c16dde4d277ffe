import { lint, type Finding, type LintResult } from '../lint';
import { Cluster, type ClusterInput } from '../model/cluster';
import type { SourceFile } from '../model/files';
import type { Host } from '../model/host';
import { sameSettings, type FolderSettings } from './configuration';
import type { Key } from './uris';

interface Place {
  readonly file: SourceFile;
  /** Index of the host and of the file in it; undefined for the inventory. */
  readonly at: { readonly host: number; readonly file: number } | undefined;
}

interface Result {
  readonly lint: LintResult;
  readonly byFile: ReadonlyMap<SourceFile, readonly Finding[]>;
}

/** A cluster with its findings, made anew only when it is asked after a change, and only as far as that reaches. */
export class JudgedCluster {
  #input: ClusterInput;
  #settings: FolderSettings;
  #places: Map<Key, Place> | undefined;
  #cluster: Cluster | undefined;
  #current = false;
  #result: Result | undefined;

  constructor(input: ClusterInput, settings: FolderSettings) {
    this.#input = input;
    this.#settings = settings;
  }

  get input(): ClusterInput {
    return this.#input;
  }

  get settings(): FolderSettings {
    return this.#settings;
  }

  /** Takes over what a new walk through the folder found. */
  update(input: ClusterInput, settings: FolderSettings): void {
    if (sameInput(input, this.#input) && sameSettings(settings, this.#settings)) return;
    this.#input = input;
    this.#settings = settings;
    this.#places = undefined;
    this.#forget();
  }

  /** Puts a new state of a file in the place of the old. */
  replace(file: SourceFile): void {
    const place = this.#place(file.uri);
    if (!place || place.file === file) return;
    this.#input = replaced(this.#input, place.at, file);
    this.#places?.set(file.uri, { ...place, file });
    this.#forget();
  }

  keys(): IterableIterator<Key> {
    return this.#all().keys();
  }

  file(key: Key): SourceFile | undefined {
    return this.#place(key)?.file;
  }

  host(key: Key): Host | undefined {
    const at = this.#place(key)?.at;
    return at && this.cluster.hosts[at.host];
  }

  get cluster(): Cluster {
    if (!this.#current || !this.#cluster) {
      this.#cluster = new Cluster(this.#input, this.#settings.release, this.#cluster);
      this.#current = true;
    }
    return this.#cluster;
  }

  /** Findings of a file, by place. */
  findings(key: Key): readonly Finding[] {
    const file = this.file(key);
    return (file && this.#lint().byFile.get(file)) ?? [];
  }

  get allFindings(): readonly Finding[] {
    return this.#lint().lint.findings;
  }

  /** How many findings of a file are not shown. */
  hidden(key: Key): number {
    const file = this.file(key);
    return (file && this.#lint().lint.hidden.get(file)) ?? 0;
  }

  #lint(): Result {
    if (!this.#result) {
      const result = lint(this.cluster, this.#settings.lint);
      const byFile = new Map<SourceFile, Finding[]>();
      for (const finding of result.findings) {
        const list = byFile.get(finding.file);
        if (list) list.push(finding);
        else byFile.set(finding.file, [finding]);
      }
      this.#result = { lint: result, byFile };
    }
    return this.#result;
  }

  #forget(): void {
    this.#current = false;
    this.#result = undefined;
  }

  #place(key: Key): Place | undefined {
    return this.#all().get(key);
  }

  #all(): Map<Key, Place> {
    if (!this.#places) {
      const all = (this.#places = new Map<Key, Place>());
      this.#input.hosts.forEach((h, host) =>
        h.files.forEach((f, i) => all.set(f.uri, { file: f, at: { host, file: i } })),
      );
      if (this.#input.inventory) all.set(this.#input.inventory.uri, { file: this.#input.inventory, at: undefined });
    }
    return this.#places;
  }
}

function replaced(input: ClusterInput, at: Place['at'], file: SourceFile): ClusterInput {
  if (!at) return { ...input, inventory: file };
  const host = input.hosts[at.host]!;
  return { ...input, hosts: input.hosts.with(at.host, { ...host, files: host.files.with(at.file, file) }) };
}

function sameInput(a: ClusterInput, b: ClusterInput): boolean {
  return (
    a.inventory === b.inventory &&
    a.partial === b.partial &&
    a.sharesInventory === b.sharesInventory &&
    a.hosts.length === b.hosts.length &&
    a.hosts.every((host, i) => {
      const other = b.hosts[i]!;
      if (host === other) return true;
      return (
        host.folder === other.folder &&
        host.name === other.name &&
        host.files.length === other.files.length &&
        host.files.every((f, j) => f === other.files[j])
      );
    })
  );
}
