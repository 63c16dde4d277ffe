import { lint, lintAhead, lintSteps, type Finding, type LintResult } from '../lint';
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

/** Comparing more hosts than that takes longer than a key press may. */
const MANY = 40;

/** A cluster that was judged elsewhere. */
export interface Judgement {
  readonly input: ClusterInput;
  readonly settings: FolderSettings;
  readonly cluster: Cluster;
  readonly lint: LintResult;
}

/** A cluster with its findings, made anew only when it is asked after a change, and only as far as that reaches. */
export class JudgedCluster {
  #input: ClusterInput;
  #settings: FolderSettings;
  #places: Map<Key, Place> | undefined;
  #cluster: Cluster | undefined;
  #current = false;
  #result: Result | undefined;
  /** The last result by all rules, and the files that were edited since, with what they were then. */
  #whole: Result | undefined;
  readonly #before = new Map<Key, SourceFile>();
  /** Of the edits since. */
  #ahead: Result | undefined;

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
    if (file.kind === 'livemig-ini') this.#whole = undefined;
    else if (!this.#before.has(file.uri)) this.#before.set(file.uri, place.file);
    this.#current = false;
    this.#result = undefined;
    this.#ahead = undefined;
  }

  /** Takes over what was judged elsewhere. */
  adopt({ input, settings, cluster, lint: result }: Judgement): void {
    this.#input = input;
    this.#settings = settings;
    this.#places = undefined;
    this.#cluster = cluster;
    this.#current = true;
    this.#ahead = undefined;
    this.#take(result);
  }

  /** Edits of which a comparison with the other hosts is still to come. */
  get unsettled(): boolean {
    return this.#result === undefined && this.#whole !== undefined && this.#input.hosts.length >= MANY;
  }

  /** Compares in steps. Whatever is edited meanwhile makes it vain. @returns whether it was not */
  *settling(): Generator<void, boolean> {
    const { cluster } = this;
    const steps = lintSteps(cluster, this.#settings.lint);
    for (;;) {
      const step = steps.next();
      if (!this.#current || this.#cluster !== cluster) return false;
      if (step.done) {
        this.#take(step.value);
        return true;
      }
      yield;
    }
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

  /**
   * What is shown of them at once: among many hosts an edit is answered by what its own host tells, and by what the others
   * told before.
   */
  shown(key: Key): { readonly findings: readonly Finding[]; readonly hidden: number } {
    const file = this.file(key);
    if (!file) return { findings: [], hidden: 0 };
    const { lint: found, byFile } = this.#lintAhead() ?? this.#lint();
    return { findings: byFile.get(file) ?? [], hidden: found.hidden.get(file) ?? 0 };
  }

  get allFindings(): readonly Finding[] {
    return this.#lint().lint.findings;
  }

  #lint(): Result {
    return this.#result ?? this.#take(lint(this.cluster, this.#settings.lint));
  }

  #lintAhead(): Result | undefined {
    const whole = this.#whole;
    if (this.#result || this.#ahead) return this.#result ?? this.#ahead;
    if (!whole || whole.lint.hidden.size > 0 || this.#input.hosts.length < MANY) return undefined;
    const edited = new Map<SourceFile, SourceFile>();
    for (const [key, old] of this.#before) {
      const file = this.file(key);
      if (file && file !== old) edited.set(file, old);
    }
    return (this.#ahead = resultOf(lintAhead(this.cluster, this.#settings.lint, whole.lint, edited)));
  }

  #take(result: LintResult): Result {
    this.#before.clear();
    return (this.#result = this.#whole = resultOf(result));
  }

  #forget(): void {
    this.#current = false;
    this.#result = undefined;
    this.#ahead = undefined;
    this.#whole = undefined;
    this.#before.clear();
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

function resultOf(found: LintResult): Result {
  const byFile = new Map<SourceFile, Finding[]>();
  for (const finding of found.findings) {
    const list = byFile.get(finding.file);
    if (list) list.push(finding);
    else byFile.set(finding.file, [finding]);
  }
  return { lint: found, byFile };
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
