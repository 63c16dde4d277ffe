import type { Dialect } from '../syntax/types';

/** What a file is to livemig, told by its path alone. */
export type FileKind =
  | 'nova'
  | 'libvirtd'
  | 'qemu'
  | 'defaults'
  | 'upstart'
  | 'unit'
  /** A link below `*.target.wants`: that it is there says that the unit is enabled, its text says nothing. */
  | 'wants'
  | 'sasl'
  | 'libvirt-auth'
  | 'sysctl'
  | 'exports'
  /** Beside the exports of exports.d, but by its name exportfs does not read it. */
  | 'exports-unread'
  | 'fstab'
  | 'hosts'
  | 'passwd'
  | 'group'
  | 'hostname'
  | 'os-release'
  | 'livemig-ini'
  | 'facts';

/** Why a file's bytes are no text that livemig can judge or repair. */
export interface FileDefect {
  readonly code: 'utf-16' | 'not-utf-8' | 'nul';
  /** Offset into `text` of the first offending character. */
  readonly offset: number;
  /** The byte, as `0xE9`; empty for UTF-16. */
  readonly byte: string;
}

/** One file as it was read. Immutable: a change makes a new one, which is what the caches go by. */
export interface SourceFile {
  readonly uri: string;
  /** Below the host's folder, with slashes: `etc/nova/nova.conf`. */
  readonly path: string;
  readonly kind: FileKind;
  readonly text: string;
  readonly defect?: FileDefect;
}

const NAMES: Readonly<Record<string, FileKind>> = {
  'nova.conf': 'nova',
  'libvirtd.conf': 'libvirtd',
  'virtproxyd.conf': 'libvirtd',
  'virtqemud.conf': 'libvirtd',
  'livemig.ini': 'livemig-ini',
  'facts.json': 'facts',
};

/** Names that mean something only under `etc/`: elsewhere an `exports` or a `hosts` is somebody else's. */
const UNDER_ETC: Readonly<Record<string, FileKind>> = {
  'libvirt/qemu.conf': 'qemu',
  'kolla/nova-libvirt/qemu.conf': 'qemu',
  'libvirt/auth.conf': 'libvirt-auth',
  'sysctl.conf': 'sysctl',
  'default/libvirt-bin': 'defaults',
  'default/libvirtd': 'defaults',
  'sysconfig/libvirtd': 'defaults',
  'init/libvirt-bin.conf': 'upstart',
  exports: 'exports',
  fstab: 'fstab',
  hosts: 'hosts',
  passwd: 'passwd',
  group: 'group',
  hostname: 'hostname',
  'os-release': 'os-release',
};

/** Files that may lie bare in a folder without `etc/`. */
const BARE: Readonly<Record<string, FileKind>> = {
  'qemu.conf': 'qemu',
  'libvirt-bin': 'defaults',
  'libvirt-bin.conf': 'upstart',
  exports: 'exports',
  fstab: 'fstab',
};

const OUR_UNITS =
  '(?:(?:libvirtd|virtproxyd|virtqemud)(?:-\\w+)?\\.(?:socket|service)|(?:libvirt-bin|nova-compute|openstack-nova-compute)\\.service)';

/** Units of libvirt and nova, their drop-ins, and mounts other than those that snapd makes. */
const UNIT = new RegExp(`(?:^|/)systemd/system/(?:${OUR_UNITS}(?:\\.d/[^/]+\\.conf)?|(?!snap-)[^/]+\\.mount)$`);

const WANTS = new RegExp(`(?:^|/)etc/systemd/system/(?:sockets|multi-user)\\.target\\.wants/${OUR_UNITS}$`);
/** What people leave beside a file on purpose: copies, editors' and packages' leftovers, notes. */
const LEFT_ASIDE =
  /^README|^#|[~#]$|\.(bak|backup|old|orig|save|disabled|off|swp|swo|tmp|txt|md|sample|example|rpm\w+|dpkg-\w+|ucf-\w+)$/i;

/** Folders whose `nova-*.conf` are other programs': upstart jobs, web server sites, log rotation, units' drop-ins. */
const FOREIGN = /^(?:init|vhosts|sites-\w+|conf-\w+|(?!nova[\w-]*\.conf\.d$).*\.d)$/;

/**
 * The kind of the file at a path, or undefined when it is none of ours.
 * @param path with slashes; absolute, or below a host's folder
 * @param bare also take the names that need an `etc/` above them, as in a folder that directly holds known files
 */
export function kindOf(path: string, bare = false): FileKind | undefined {
  const parts = path.split('/').filter((p) => p !== '' && p !== '.');
  const name = parts.at(-1) ?? '';
  const folder = parts.at(-2) ?? '';
  if (parts.includes('systemd')) {
    const below = parts.join('/');
    if (UNIT.test(below)) return 'unit';
    if (WANTS.test(below)) return 'wants';
  }
  const known = NAMES[name] ?? (/^nova-[\w.-]+\.conf$/.test(name) ? 'nova' : undefined);
  if (known && !(known === 'nova' && FOREIGN.test(folder))) return known;
  if (folder === 'nova.conf.d' && name.endsWith('.conf')) return 'nova';
  const etc = parts.lastIndexOf('etc');
  if (etc >= 0 && etc < parts.length - 1) {
    const below = parts.slice(etc + 1).join('/');
    if (/^sasl2\/[^/]+\.conf$/.test(below)) return 'sasl';
    if (/^sysctl\.d\/[^/]+\.conf$/.test(below)) return 'sysctl';
    if (/^exports\.d\/[^/]+$/.test(below)) {
      if (/^[^.].*\.exports$/.test(name)) return 'exports';
      return LEFT_ASIDE.test(name) ? undefined : 'exports-unread';
    }
    return UNDER_ETC[below];
  }
  // A node's folder collected without `etc/`: libvirt/qemu.conf, default/libvirt-bin.
  const two = UNDER_ETC[`${folder}/${name}`];
  if (two) return two;
  return bare ? BARE[name] : undefined;
}

const DIALECTS: Readonly<Partial<Record<FileKind, Dialect>>> = {
  nova: 'oslo',
  libvirtd: 'libvirt',
  qemu: 'libvirt',
  defaults: 'shell',
  upstart: 'upstart',
  unit: 'unit',
  exports: 'exports',
  'exports-unread': 'exports',
  fstab: 'fstab',
  hosts: 'hosts',
  passwd: 'passwd',
  group: 'group',
  'livemig-ini': 'livemig-ini',
};

/** The dialect a kind of file is written in; undefined for those livemig reads without a parser. */
export function dialectOf(kind: FileKind): Dialect | undefined {
  return DIALECTS[kind];
}

/** Last part of a path. */
export function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
