import type { GroupEntry, PasswdEntry, Span } from '../syntax/types';
import { readDaemon, type Daemon } from './daemon';
import type { Facts } from './facts';
import { basename, type FileKind, type SourceFile } from './files';
import type { NodeWords } from './inventory';
import { LibvirtConfig } from './libvirt';
import { NovaConfig } from './nova';
import { documentOf } from './parsed';
import { judgePlatform, type Platform } from './platform';
import { factsIn } from './readFacts';
import { judgeRelease, type ReleaseJudgement } from './release';

/** A place in a file: what findings, related locations and effective values point at. */
export interface Place {
  readonly file: SourceFile;
  readonly span: Span;
}

/** What a host is made of, before anything is judged. */
export interface HostInput {
  /** The folder's name, or the node's. */
  readonly name: string;
  /** URI of the folder that holds the files; empty where there is none. */
  readonly folder: string;
  readonly files: readonly SourceFile[];
}

/** What the surroundings say of a host: the inventory, the command line, the editor. */
export interface HostContext {
  readonly node: NodeWords | undefined;
  /** In the order in which they count. */
  readonly releases: readonly { readonly release: string | undefined; readonly by: string }[];
}

/** One host and everything known of it. Immutable; made anew when one of its files changes. */
export class Host {
  readonly name: string;
  readonly folder: string;
  readonly files: readonly SourceFile[];
  readonly facts: Facts | undefined;
  /** What livemig.ini says of it; where it says so, the cluster knows. */
  readonly node: NodeWords | undefined;
  readonly release: ReleaseJudgement;
  readonly platform: Platform;
  readonly nova: NovaConfig;
  /** The daemon that listens: libvirtd.conf, or virtproxyd.conf where the daemons are modular. */
  readonly libvirtd: LibvirtConfig;
  readonly qemu: LibvirtConfig;
  readonly daemon: Daemon;
  readonly #byKind = new Map<FileKind, SourceFile[]>();
  #aliases: ReadonlySet<string> | undefined;
  #compute: boolean | undefined;

  constructor(input: HostInput, context: HostContext) {
    this.name = input.name;
    this.folder = input.folder;
    this.files = input.files;
    this.node = context.node;
    for (const file of input.files) {
      const list = this.#byKind.get(file.kind);
      if (list) list.push(file);
      else this.#byKind.set(file.kind, [file]);
    }
    const facts = this.first('facts');
    this.facts = facts && factsIn(facts);
    this.release = judgeRelease(input.files, this.facts, context.releases);
    this.platform = judgePlatform(input.files, this.facts, context.node?.values ?? {}, this.release);
    this.nova = new NovaConfig(this.filesOf('nova'), this.release.index);
    const daemons = this.filesOf('libvirtd');
    const proxy = daemons.find((f) => basename(f.path) === 'virtproxyd.conf');
    const monolith = daemons.find((f) => basename(f.path) === 'libvirtd.conf');
    this.libvirtd = new LibvirtConfig(this.platform.daemons === 'modular' ? (proxy ?? monolith) : (monolith ?? proxy));
    this.qemu = new LibvirtConfig(this.first('qemu'));
    this.daemon = readDaemon(this);
  }

  filesOf(kind: FileKind): readonly SourceFile[] {
    return this.#byKind.get(kind) ?? [];
  }

  first(kind: FileKind): SourceFile | undefined {
    return this.#byKind.get(kind)?.[0];
  }

  /** Folder name, etc/hostname, nova's `host`, the facts' and the inventory's name; each also without its domain. Lower case. */
  get aliases(): ReadonlySet<string> {
    if (this.#aliases) return this.#aliases;
    const names = [
      this.name,
      this.first('hostname')?.text.trim(),
      this.facts?.hostname,
      this.node?.name,
      this.nova.get('host')?.value,
    ];
    const all = new Set<string>();
    for (const name of names) {
      if (!name || /\s/.test(name)) continue;
      all.add(name.toLowerCase());
      if (!/^[\d.]+$/.test(name)) all.add(name.toLowerCase().replace(/\..*$/, ''));
    }
    return (this.#aliases = all);
  }

  /**
   * Runs guests by libvirt: says so in its roles, has a qemu.conf or nova-compute.conf, or has libvirt's files and is not
   * called otherwise; and its nova drives nothing else, such as VMware or Ironic.
   */
  get isCompute(): boolean {
    return (this.#compute ??= this.#isCompute());
  }

  #isCompute(): boolean {
    const driver = this.nova.get('compute_driver');
    if (driver?.origin === 'set' && driver.value && !/libvirt/i.test(driver.value)) return false;
    const roles = this.node?.roles ?? [];
    if (roles.includes('compute')) return true;
    if (roles.length > 0) return false;
    return this.files.some(
      (f) =>
        f.kind === 'qemu' || f.kind === 'libvirtd' || f.kind === 'defaults' || basename(f.path) === 'nova-compute.conf',
    );
  }

  /** The address in livemig.ini, nova's my_ip where it is set, and what the facts measured. */
  get addresses(): readonly string[] {
    const all = new Set<string>();
    if (this.node?.address) all.add(this.node.address);
    const mine = this.nova.get('my_ip');
    if (mine?.origin === 'set' && mine.value) all.add(mine.value);
    for (const list of Object.values(this.facts?.addresses ?? {})) for (const address of list) all.add(address);
    return [...all];
  }

  /** An account's line in etc/passwd. */
  account(name: string): { readonly file: SourceFile; readonly entry: PasswdEntry } | undefined {
    const file = this.first('passwd');
    const entry = file && documentOf(file, 'passwd').entries.find((e) => e.name === name);
    return entry && { file, entry };
  }

  /** A group's line in etc/group. */
  group(name: string): { readonly file: SourceFile; readonly entry: GroupEntry } | undefined {
    const file = this.first('group');
    const entry = file && documentOf(file, 'group').entries.find((e) => e.name === name);
    return entry && { file, entry };
  }

  /** Nova's instances_path with its variables replaced and no slash at the end; undefined when that cannot be known. */
  get instancesPath(): string | undefined {
    if (this.nova.files.length === 0) return undefined;
    const set = this.nova.get('instances_path')?.value;
    if (set === undefined) return undefined;
    // Nova's own state_path is where its code lies; every distribution's package puts /var/lib/nova there.
    const path = set.replace(/^<[^>]*>/, '/var/lib/nova');
    return path.startsWith('/') ? normalise(path) : undefined;
  }
}

/** No double slashes, none at the end. */
export function normalise(path: string): string {
  const single = path.replace(/\/+/g, '/');
  return single.length > 1 ? single.replace(/\/$/, '') : single;
}
