import { isIpv4, isIpv6 } from '../addresses';
import type { UnitEntry } from '../syntax/types';
import { basename, type SourceFile } from './files';
import type { Host } from './host';
import { documentOf } from './parsed';

/** A unit of systemd's as far as its files are in view. */
export interface Unit {
  readonly name: string;
  /** Switched off: its file is empty, which is also what a link to /dev/null reads as. */
  readonly masked: boolean;
  /** The file that counts: the administrator's replaces the package's. Undefined where only drop-ins are in view. */
  readonly main: SourceFile | undefined;
  /** In the order of their names; of two with one name the administrator's counts. */
  readonly dropIns: readonly SourceFile[];
}

export interface UnitSetting {
  readonly file: SourceFile;
  readonly entry: UnitEntry;
}

/** Folders of units by their weight, the heaviest first. */
const FOLDERS = ['etc/systemd/system/', 'usr/lib/systemd/system/', 'lib/systemd/system/'];

type Named = Readonly<Record<'main' | 'dropIns', SourceFile[]>>;
const indexes = new WeakMap<Host, ReadonlyMap<string, Named>>();
const units = new WeakMap<Host, Map<string, Unit | undefined>>();

/** Undefined where nothing of it is in view: then it is as its package brings it, or not there at all. */
export function unitOf(host: Host, name: string): Unit | undefined {
  let known = units.get(host);
  if (!known) units.set(host, (known = new Map<string, Unit | undefined>()));
  if (!known.has(name)) known.set(name, build(host, name));
  return known.get(name);
}

/** Names of all units of which something is in view. */
export function unitNames(host: Host): Iterable<string> {
  return indexOf(host).keys();
}

/** Whether the administrator's files say that the unit is off. */
export function isMasked(host: Host, name: string): boolean {
  return unitOf(host, name)?.masked === true;
}

/** Name of the unit that a unit file or drop-in belongs to. */
export function unitNameOf(path: string): string {
  const below = path.slice(path.lastIndexOf('systemd/system/') + 'systemd/system/'.length);
  return below.replace(/\.d\/[^/]*$/, '');
}

/** Whether a file is an administrator's own, not a package's. */
export function isOwn(file: SourceFile): boolean {
  return !/(^|\/)lib\/systemd\/system\//.test(file.path);
}

function indexOf(host: Host): ReadonlyMap<string, Named> {
  let index = indexes.get(host);
  if (!index) {
    const map = new Map<string, Named>();
    const weight = ({ path }: SourceFile): number => FOLDERS.findIndex((f) => path.startsWith(f));
    for (const file of [...host.filesOf('unit')].sort((a, b) => weight(a) - weight(b))) {
      const name = unitNameOf(file.path);
      const named = map.get(name) ?? { main: [], dropIns: [] };
      named[basename(file.path) === name ? 'main' : 'dropIns'].push(file);
      map.set(name, named);
    }
    indexes.set(host, (index = map));
  }
  return index;
}

function build(host: Host, name: string): Unit | undefined {
  const named = indexOf(host).get(name);
  if (!named) return undefined;
  const byName = new Map<string, SourceFile>();
  for (const file of named.dropIns) if (!byName.has(basename(file.path))) byName.set(basename(file.path), file);
  const main = named.main[0];
  return {
    name,
    main,
    masked: main?.text === '' && !main.defect,
    dropIns: [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file),
  };
}

/** All settings of a key, those of drop-ins behind those of the unit's own file. */
export interface UnitSettings {
  readonly list: readonly UnitSetting[];
  /** An empty assignment has cleared what stood before `list`, that of a file that is not in view included. */
  readonly cleared: boolean;
}

export function unitSettings(unit: Unit, section: string, key: string): UnitSettings {
  let list: UnitSetting[] = [];
  let cleared = false;
  for (const file of unit.main ? [unit.main, ...unit.dropIns] : unit.dropIns) {
    const { entries, stop = Infinity } = documentOf(file, 'unit');
    for (const entry of entries) {
      if (entry.section?.name !== section || entry.key !== key || entry.span.start >= stop) continue;
      if (entry.value === '') {
        list = [];
        cleared = true;
      } else list.push({ file, entry });
    }
  }
  return { list, cleared };
}

/** A unit is started with another: it is named by one of these keys of the other. */
function pulls(unit: Unit | undefined, name: string): boolean {
  if (!unit || unit.masked) return false;
  return ['Wants', 'Requires', 'BindsTo'].some((key) =>
    unitSettings(unit, 'Unit', key).list.some((s) => s.entry.value.split(/[ \t]+/).includes(name)),
  );
}

/** Units that start at boot, by the links below sockets.target.wants and multi-user.target.wants. */
export function enabledUnits(files: readonly SourceFile[]): ReadonlySet<string> {
  return new Set(files.filter((f) => f.kind === 'wants').map((f) => basename(f.path)));
}

// ---- sockets --------------------------------------------------------------------------------------------------------

export type RemoteSocket = 'tcp' | 'tls';

/** The daemon that takes connections: virtproxyd where the daemons are modular. */
export function listenerOf(host: Host): 'libvirtd' | 'virtproxyd' {
  return host.platform.daemons === 'modular' ? 'virtproxyd' : 'libvirtd';
}

/**
 * Which sockets systemd opens by the files alone; undefined where they do not say. What starts by hand does not show: who
 * enables one of the daemon's sockets and not another is taken at his word.
 */
export function socketsByUnits(
  host: Host,
): { readonly tcp: boolean; readonly tls: boolean; readonly local: boolean } | undefined {
  const daemon = listenerOf(host);
  if (isMasked(host, `${daemon}.service`)) return undefined;
  // The others are bound to it. Without it virtproxyd does not run at all, while libvirtd opens its own.
  if (isMasked(host, `${daemon}.socket`))
    return daemon === 'libvirtd' ? { tcp: false, tls: false, local: false } : undefined;
  const enabled = enabledUnits(host.files);
  if (![...enabled].some((name) => name.startsWith(daemon) && name.endsWith('.socket'))) return undefined;
  const service = unitOf(host, `${daemon}.service`);
  const opens = (name: string): boolean => !isMasked(host, name) && (enabled.has(name) || pulls(service, name));
  return { tcp: opens(`${daemon}-tcp.socket`), tls: opens(`${daemon}-tls.socket`), local: true };
}

/** Where a socket unit listens. */
export interface Listen {
  /** Empty for all addresses, IPv4 and IPv6. */
  readonly address: string;
  readonly port: number;
  /** Undefined for that of the package's unit where it is not in view. */
  readonly setting: UnitSetting | undefined;
}

export interface SocketUnit {
  readonly unit: Unit;
  readonly listens: readonly Listen[];
  /** Paths and what else is not judged here. */
  readonly others: readonly UnitSetting[];
  /** Settings that are no address to systemd, which passes over them. */
  readonly bad: readonly UnitSetting[];
}

const PORTS: Readonly<Record<RemoteSocket, number>> = { tcp: 16509, tls: 16514 };

/** The unit of a remote socket with its addresses; undefined where nothing of it is in view, or it is off. */
export function socketUnit(host: Host, socket: RemoteSocket): SocketUnit | undefined {
  const unit = unitOf(host, `${listenerOf(host)}-${socket}.socket`);
  if (!unit || unit.masked) return undefined;
  const { list, cleared } = unitSettings(unit, 'Socket', 'ListenStream');
  const listens: Listen[] = [];
  const others: UnitSetting[] = [];
  const bad: UnitSetting[] = [];
  if (!unit.main && !cleared) listens.push({ address: '', port: PORTS[socket], setting: undefined });
  for (const setting of list) {
    const at = listenAddress(setting.entry.value);
    if (at === 'bad') bad.push(setting);
    else if (at) listens.push({ ...at, setting });
    else others.push(setting);
  }
  return { unit, listens, others, bad };
}

/**
 * An address of ListenStream= in its parts: `16509`, `192.0.2.1:16509`, `[::1]:16509`; `bad` for what systemd passes over,
 * undefined for a path, and where a specifier such as %i hides it.
 */
export function listenAddress(value: string): { readonly address: string; readonly port: number } | 'bad' | undefined {
  if (/^[/@]|^vsock:|%/.test(value)) return undefined;
  // Octal, hexadecimal and signed numbers are left to systemd.
  if (/^(\+|0[xob\d])/i.test(value.slice(value.lastIndexOf(':') + 1))) return undefined;
  const parts = /^(?:(?:\[([0-9a-f:.]+)\]|([\d.]+)):)?(\d+)$/i.exec(value);
  const port = Number(parts?.[3]);
  if (!parts || port < 1 || port > 65535) return 'bad';
  const [, six, four] = parts;
  if ((six !== undefined && !isIpv6(six)) || (four !== undefined && !isIpv4(four))) return 'bad';
  return { address: six ?? four ?? '', port };
}

// ---- mounts ---------------------------------------------------------------------------------------------------------

/** Whether a unit of the administrator's mounts something at a path (or above it, below `/`), or does so on demand. */
export function isMountedByUnit(host: Host, path: string): boolean {
  for (let at = path; at.length > 1; at = at.slice(0, Math.max(at.lastIndexOf('/'), 1))) {
    const unit = unitOf(host, `${escapePath(at)}.mount`);
    if (unit && !unit.masked) return true;
  }
  return false;
}

/** A path as it stands in a unit's name (`systemd-escape --path`). */
export function escapePath(path: string): string {
  const bytes = new TextEncoder().encode(path.replace(/\/+/g, '/').replace(/^\/|\/$/g, ''));
  const plain = (byte: number, i: number): boolean => /[\w:]/.test(String.fromCharCode(byte)) || (byte === 46 && i > 0);
  return [...bytes]
    .map((byte, i) =>
      byte === 47
        ? '-'
        : byte < 128 && plain(byte, i)
          ? String.fromCharCode(byte)
          : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}

/** Whether nova-compute is started only after a path is mounted, and with it, as its unit says. */
export function waitsFor(host: Host, path: string): boolean {
  const unit = unitOf(host, 'nova-compute.service') ?? unitOf(host, 'openstack-nova-compute.service');
  if (!unit || unit.masked) return false;
  const paths = unitSettings(unit, 'Unit', 'RequiresMountsFor').list.flatMap((s) => s.entry.value.split(/[ \t]+/));
  if (paths.some((p) => p === path || p.startsWith(`${path}/`))) return true;
  // Ordering alone does not mount what boot leaves out.
  const mount = `${escapePath(path)}.mount`;
  return (
    pulls(unit, mount) &&
    unitSettings(unit, 'Unit', 'After').list.some((s) => s.entry.value.split(/[ \t]+/).includes(mount))
  );
}
