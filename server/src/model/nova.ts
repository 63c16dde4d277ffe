import { defaultOf, hasOptions, lookup, option, type Lookup, type NovaOption } from '../knowledge/nova';
import type { ReleaseIndex } from '../knowledge/releases';
import type { OsloEntry, OsloSection } from '../syntax/types';
import { basename, type SourceFile } from './files';
import { documentOf } from './parsed';

/** An option's value as nova-compute would see it, and where it comes from. */
export interface Effective {
  readonly option: NovaOption;
  /** Not interpolated; undefined when nothing is set and the default is none, or the files are not all in view. */
  readonly raw: string | undefined;
  /** `$name` replaced; undefined as `raw`, and where a name cannot be resolved. */
  readonly value: string | undefined;
  readonly origin: 'set' | 'default';
  readonly file: SourceFile | undefined;
  readonly entry: OsloEntry | undefined;
}

/** Options that moved between sections or changed their name, newest home first: rules ask by these keys. */
const HOMES = {
  vnc_listen: ['vnc/server_listen', 'vnc/vncserver_listen', 'DEFAULT/vncserver_listen'],
  vnc_proxyclient: [
    'vnc/server_proxyclient_address',
    'vnc/vncserver_proxyclient_address',
    'DEFAULT/vncserver_proxyclient_address',
  ],
  vnc_enabled: ['vnc/enabled', 'DEFAULT/vnc_enabled'],
  live_migration_uri: ['libvirt/live_migration_uri', 'DEFAULT/live_migration_uri'],
  live_migration_flag: ['libvirt/live_migration_flag', 'DEFAULT/live_migration_flag'],
  block_migration_flag: ['libvirt/block_migration_flag', 'DEFAULT/block_migration_flag'],
  live_migration_scheme: ['libvirt/live_migration_scheme'],
  live_migration_inbound_addr: ['libvirt/live_migration_inbound_addr'],
  live_migration_tunnelled: ['libvirt/live_migration_tunnelled'],
  live_migration_with_native_tls: ['libvirt/live_migration_with_native_tls'],
  virt_type: ['libvirt/virt_type', 'DEFAULT/libvirt_type'],
  images_type: ['libvirt/images_type', 'DEFAULT/libvirt_images_type'],
  cpu_mode: ['libvirt/cpu_mode', 'DEFAULT/libvirt_cpu_mode'],
  cpu_models: ['libvirt/cpu_models', 'libvirt/cpu_model', 'DEFAULT/libvirt_cpu_model'],
  rbd_user: ['libvirt/rbd_user'],
  rbd_secret_uuid: ['libvirt/rbd_secret_uuid'],
  images_rbd_pool: ['libvirt/images_rbd_pool', 'DEFAULT/libvirt_images_rbd_pool'],
  force_raw_images: ['DEFAULT/force_raw_images'],
  use_cow_images: ['DEFAULT/use_cow_images'],
  image_cache_name: ['image_cache/subdirectory_name', 'DEFAULT/image_cache_subdirectory_name', 'DEFAULT/base_dir_name'],
  disk_cachemodes: ['libvirt/disk_cachemodes', 'DEFAULT/disk_cachemodes'],
  rbd_dir_cleanup: ['workarounds/ensure_libvirt_rbd_instance_dir_cleanup'],
  force_config_drive: ['DEFAULT/force_config_drive'],
  config_drive_format: ['DEFAULT/config_drive_format'],
  vcpu_pin_set: ['DEFAULT/vcpu_pin_set'],
  cpu_shared_set: ['compute/cpu_shared_set'],
  cpu_dedicated_set: ['compute/cpu_dedicated_set'],
  reserved_host_cpus: ['DEFAULT/reserved_host_cpus'],
  file_backed_memory: ['libvirt/file_backed_memory'],
  ram_allocation_ratio: ['DEFAULT/ram_allocation_ratio'],
  swtpm_enabled: ['libvirt/swtpm_enabled'],
  supported_tpm_secret_security: ['libvirt/supported_tpm_secret_security'],
  compute_driver: ['DEFAULT/compute_driver'],
  api_database: ['api_database/connection'],
  conductor_workers: ['conductor/workers', 'DEFAULT/conductor_workers'],
  scheduler_workers: ['scheduler/workers'],
  discover_hosts: ['scheduler/discover_hosts_in_cells_interval'],
  spice_enabled: ['spice/enabled'],
  spice_listen: ['spice/server_listen'],
  spice_proxyclient: ['spice/server_proxyclient_address'],
  serial_console_enabled: ['serial_console/enabled'],
  serial_console_proxyclient: ['serial_console/proxyclient_address'],
  instances_path: ['DEFAULT/instances_path'],
  state_path: ['DEFAULT/state_path'],
  lock_path: ['oslo_concurrency/lock_path'],
  lock_path_old: ['DEFAULT/lock_path'],
  my_ip: ['DEFAULT/my_ip'],
  host: ['DEFAULT/host'],
  max_concurrent_live_migrations: ['DEFAULT/max_concurrent_live_migrations'],
} as const;

/** An option by its lasting idea rather than by its place in one release. */
export type Setting = keyof typeof HOMES;

interface Named {
  readonly file: SourceFile;
  readonly entry: OsloEntry;
  /** Under the option's own name, not an alias: within one file it wins over aliases. */
  readonly own: boolean;
}

/** The options that nova-compute reads, merged over its files in their order. */
export class NovaConfig {
  /** nova.conf, then nova-compute.conf, then nova.conf.d/*.conf in the order of their names. */
  readonly files: readonly SourceFile[];
  readonly #release: ReleaseIndex;
  /**
   * Whether what is not set here is not set at all: one file of several, such as a lone nova-compute.conf or a lone file
   * of nova.conf.d, says nothing about what the others set.
   */
  readonly whole: boolean;
  /** Rules of the whole cluster ask hosts for the same few options after every edit of another. */
  readonly #known = new Map<NovaOption, Effective>();
  #index: Map<string, Named[]> | undefined;

  constructor(files: readonly SourceFile[], release: ReleaseIndex) {
    this.files = files
      .filter((f) => readByCompute(f.path))
      .sort((a, b) => rank(a.path) - rank(b.path) || compare(a.path, b.path));
    this.whole = this.files.length !== 1 || basename(this.files[0]!.path) === 'nova.conf';
    this.#release = release;
  }

  /** Where a setting lives at this release; undefined when the release has no such option. */
  home(setting: Setting): NovaOption | undefined {
    const known = (homes[this.#release] ??= new Map<Setting, NovaOption | undefined>());
    if (!known.has(setting)) known.set(setting, homeAt(setting, this.#release));
    return known.get(setting);
  }

  get(setting: Setting): Effective | undefined {
    const home = this.home(setting);
    return home && this.effective(home);
  }

  /** Every entry that sets the option at this release, under whatever name, in the order of reading. */
  settersOf(home: NovaOption): readonly { readonly file: SourceFile; readonly entry: OsloEntry }[] {
    return this.#names().get(key(home)) ?? [];
  }

  effective(home: NovaOption): Effective {
    let known = this.#known.get(home);
    if (!known) this.#known.set(home, (known = this.#effective(home)));
    return known;
  }

  #effective(home: NovaOption): Effective {
    const found = this.#raw(home);
    if (!found.winner && !this.whole)
      return { option: home, raw: undefined, value: undefined, origin: 'default', file: undefined, entry: undefined };
    const value = found.raw === undefined ? undefined : this.interpolate(found.raw, home.group);
    return {
      option: home,
      raw: found.raw,
      value,
      origin: found.winner ? 'set' : 'default',
      file: found.winner?.file,
      entry: found.winner?.entry,
    };
  }

  #raw(home: NovaOption): {
    readonly raw: string | undefined;
    readonly winner: Named | undefined;
  } {
    const names = this.#names().get(key(home)) ?? [];
    const last = names.at(-1);
    const winner = last && (names.findLast((n) => n.file === last.file && n.own) ?? last);
    if (winner) return { raw: winner.entry.value, winner };
    const fallback = defaultOf(home, this.#release);
    const plain = typeof fallback === 'string' || typeof fallback === 'number' || typeof fallback === 'boolean';
    return { raw: plain ? String(fallback) : undefined, winner: undefined };
  }

  /**
   * The value with `$name`, `${name}` and `$group.name` replaced as oslo.config does: looked for in the option's own
   * group, then in DEFAULT; `$$` is a dollar sign. Undefined when a name is unknown or refers to itself.
   */
  interpolate(raw: string, group: string, depth = 0): string | undefined {
    if (!raw.includes('$')) return raw;
    if (depth > 10) return undefined;
    const unknown: string[] = [];
    // `\$` is a dollar sign too.
    const value = raw
      .replaceAll('\\$', '$$$$')
      .replace(REFERENCE, (whole: string, escaped?: string, bare?: string, braced?: string) => {
        if (escaped !== undefined) return '$';
        const target = this.resolve(bare ?? braced ?? '', group);
        if (!target) {
          unknown.push(whole);
          return whole;
        }
        const { raw: inner } = this.#raw(target);
        const text = inner === undefined ? '' : this.interpolate(inner, target.group, depth + 1);
        if (text === undefined) unknown.push(whole);
        return text ?? whole;
      });
    return unknown.length > 0 ? undefined : value;
  }

  /** The option a `$name` means from within a group, at this release. */
  resolve(name: string, group: string): NovaOption | undefined {
    const dot = name.indexOf('.');
    const places =
      dot > 0
        ? [[name.slice(0, dot), name.slice(dot + 1)]]
        : [
            [group, name],
            ['DEFAULT', name],
          ];
    for (const [g = '', n = ''] of places) {
      const found = lookup(g, n, this.#release);
      if (found.kind === 'option' || found.kind === 'alias') return found.option;
    }
    return dot > 0 ? undefined : option('DEFAULT', name);
  }

  #names(): Map<string, Named[]> {
    if (this.#index) return this.#index;
    const index = new Map<string, Named[]>();
    for (const file of this.files) {
      for (const { entries, found } of sectionsOf(file, this.#release)) {
        for (const [i, one] of (found ?? []).entries()) {
          if (one.kind !== 'option' && one.kind !== 'alias') continue;
          const k = key(one.option);
          const list = index.get(k);
          const named = { file, entry: entries[i]!, own: one.kind === 'option' };
          if (list) list.push(named);
          else index.set(k, [named]);
        }
      }
    }
    return (this.#index = index);
  }
}

/** What stands below one header. */
export interface NovaSection {
  readonly section: OsloSection;
  readonly entries: readonly OsloEntry[];
  /** What the key of each entry is at the release; undefined where nova and its libraries have no options at all. */
  readonly found: readonly Lookup[] | undefined;
}

const sections = new WeakMap<SourceFile, { readonly release: ReleaseIndex; readonly all: readonly NovaSection[] }>();

/** A file's sections in the order of their headers: looked up once for the values that count and for the rules. */
export function sectionsOf(file: SourceFile, release: ReleaseIndex): readonly NovaSection[] {
  const known = sections.get(file);
  if (known?.release === release) return known.all;
  const all: { section: OsloSection; entries: OsloEntry[]; found: Lookup[] | undefined }[] = [];
  let last = all[0];
  for (const entry of documentOf(file, 'oslo').entries) {
    const { section } = entry;
    if (!section) continue;
    if (last?.section !== section)
      all.push((last = { section, entries: [], found: hasOptions(section.lookup) ? [] : undefined }));
    last.entries.push(entry);
    last.found?.push(lookup(section.lookup, entry.key, release));
  }
  sections.set(file, { release, all });
  return all;
}

/** By release: rules ask for the same few settings at every keystroke. */
const homes: Map<Setting, NovaOption | undefined>[] = [];

function homeAt(setting: Setting, release: ReleaseIndex): NovaOption | undefined {
  for (const home of HOMES[setting]) {
    const [group = '', name = ''] = home.split('/');
    const found = lookup(group, name, release);
    if (found.kind === 'option') return found.option;
  }
  return undefined;
}

/** `$$`, `$name`, `${name}`: the names that oslo.config's template takes. */
export const REFERENCE = /\$(?:(\$)|([_a-z][._a-z0-9]*)|\{([_a-z][._a-z0-9]*)\})/gi;

function key(home: NovaOption): string {
  return `${home.group}/${home.name}`;
}

function readByCompute(path: string): boolean {
  const name = basename(path);
  return name === 'nova.conf' || name === 'nova-compute.conf' || path.includes('nova.conf.d/');
}

function rank(path: string): number {
  const name = basename(path);
  return name === 'nova.conf' ? 0 : name === 'nova-compute.conf' ? 1 : 2;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
