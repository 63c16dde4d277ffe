import type { ShellAssignment, Span } from '../syntax/types';
import { unitWords } from '../syntax/unitWords';
import { basename, type SourceFile } from './files';
import type { Host } from './host';
import { isOwn, unitOf, unitSettings, type Unit, type UnitSetting } from './units';

/** Where libvirtd's command line is set. */
export interface DaemonArguments {
  readonly file: SourceFile;
  readonly span: Span;
  readonly assignment: ShellAssignment | undefined;
  /** Undefined where the value cannot be known without running it. */
  readonly words: readonly string[] | undefined;
}

/** What libvirtd's service unit says of its command line. */
export interface ServiceArguments {
  /** What decides; undefined where that lies outside of the files in view. */
  readonly arguments: DaemonArguments | undefined;
  /** Words that are surely on the command line, whatever its variables hold. */
  readonly sure: readonly string[];
}

/** The unit that starts libvirtd, under the name it had in Ubuntu until 16.04 as well. */
export function libvirtdService(host: Host): Unit | undefined {
  const unit = unitOf(host, 'libvirtd.service') ?? unitOf(host, 'libvirt-bin.service');
  return unit?.masked ? undefined : unit;
}

/**
 * The variable that the unit or job takes libvirtd's arguments from: that of the command line in view, else that of the
 * distribution; undefined when it is not known well enough. Debian renamed libvirtd_opts to LIBVIRTD_ARGS in 7.0.0-3 (NEWS.Debian), Red Hat never had another.
 */
export function argumentsVariable(host: Host, file: SourceFile): 'libvirtd_opts' | 'LIBVIRTD_ARGS' | undefined {
  const unit = libvirtdService(host);
  const exec = unit && unitSettings(unit, 'Service', 'ExecStart').list.at(-1);
  const written = exec && /\$\{?(libvirtd_opts|LIBVIRTD_ARGS)\b/.exec(exec.entry.value)?.[1];
  if (written === 'libvirtd_opts' || written === 'LIBVIRTD_ARGS') return written;
  if (basename(file.path) === 'libvirt-bin') return 'libvirtd_opts';
  if (file.path.includes('sysconfig/')) return 'LIBVIRTD_ARGS';
  const { distribution } = host.platform;
  const version = Number.parseFloat(distribution?.version ?? '');
  if (Number.isNaN(version)) return undefined;
  if (distribution?.id === 'debian') return version >= 11 ? 'LIBVIRTD_ARGS' : 'libvirtd_opts';
  if (distribution?.id === 'ubuntu') return version >= 21.1 ? 'LIBVIRTD_ARGS' : 'libvirtd_opts';
  return undefined;
}

const RED_HAT = new Set(['rhel', 'centos', 'fedora', 'rocky', 'almalinux', 'ol', 'scientific']);
const SUSE = /^(sles|sled|opensuse|suse)/;

/**
 * Whether a default file is read where the host runs systemd, by the unit where it is in view, else by what the
 * distribution's unit is known to read; undefined where neither says.
 */
export function isDefaultsRead(host: Host, file: SourceFile): boolean | undefined {
  const unit = libvirtdService(host);
  const files = unit && unitSettings(unit, 'Service', 'EnvironmentFile');
  if (files?.list.some((s) => pathOf(s) === `/${file.path}`)) return true;
  if (files && (unit.main || files.cleared)) return false;
  const { id = '', version = '' } = host.platform.distribution ?? {};
  const number = Number.parseFloat(version);
  const sysconfig = RED_HAT.has(id) || SUSE.test(id);
  if (file.path.endsWith('sysconfig/libvirtd')) return sysconfig ? true : debianLike(id) ? false : undefined;
  if (sysconfig) return false;
  if (basename(file.path) !== 'libvirt-bin') return undefined;
  // Ubuntu 16.04 had either, by the version of libvirt that the cloud archive gave it.
  if ((id === 'debian' && number >= 9) || (id === 'ubuntu' && number >= 17)) return false;
  return undefined;
}

function debianLike(id: string): boolean {
  return id === 'debian' || id === 'ubuntu';
}

/** EnvironmentFile= may begin with a dash: the file need not be there. */
function pathOf({ entry }: UnitSetting): string {
  return entry.value.replace(/^-/, '');
}

/** Undefined where no unit of libvirtd's is in view. */
export function serviceArguments(host: Host, defaults: DaemonArguments | undefined): ServiceArguments | undefined {
  const unit = libvirtdService(host);
  if (!unit) return undefined;
  const exec = unitSettings(unit, 'Service', 'ExecStart').list.at(-1);
  // The package's command line, as it is known: the daemon and a variable.
  const words = exec
    ? unitWords(exec.entry.value.replace(/^[-@:+!|]+/, ''))
    : [`$${defaults?.assignment?.name ?? 'LIBVIRTD_ARGS'}`];
  const sure = words.filter((w) => !w.includes('$'));
  const all: string[] = [];
  let known = true;
  let from: DaemonArguments | undefined;
  for (const word of words) {
    const variable = /^\$(?:(\w+)|\{(\w+)\})$/.exec(word);
    const value = variable ? valueOf(host, unit, (variable[1] ?? variable[2])!, defaults) : undefined;
    from ??= value;
    if (value?.words) all.push(...value.words);
    else if (word.includes('$')) known = false;
    else all.push(word);
  }
  // Shown is the line that an administrator wrote: the command, if it says more than the daemon's name.
  const written = exec && isOwn(exec.file) && (sure.length > 1 || !from);
  if (!written) return { arguments: known || from?.words === undefined ? from : { ...from, words: undefined }, sure };
  const { file, entry } = exec;
  return { arguments: { file, span: entry.span, assignment: undefined, words: known ? all : undefined }, sure };
}

/** A variable's value: that of the default file, which is read last, else that of Environment=. */
function valueOf(
  host: Host,
  unit: Unit,
  name: string,
  defaults: DaemonArguments | undefined,
): DaemonArguments | undefined {
  if (defaults?.assignment?.name === name && isDefaultsRead(host, defaults.file) !== false) return defaults;
  const files = unitSettings(unit, 'Service', 'EnvironmentFile').list;
  // What stands in a file of the administrator's own making is not in view.
  if (files.some((s) => !/^-?\/etc\/(default|sysconfig)\/(libvirtd|libvirt-bin)$/.test(s.entry.value)))
    return undefined;
  const inView = host.filesOf('defaults').some((f) => isDefaultsRead(host, f) !== false);
  for (const { file, entry } of unitSettings(unit, 'Service', 'Environment').list.toReversed()) {
    const set = unitWords(entry.value).findLast((w) => w.startsWith(`${name}=`));
    if (set === undefined) continue;
    // The package's own value gives way to a default file, which is there even where it was not collected.
    if (!isOwn(file) && !inView) return undefined;
    const words = set
      .slice(name.length + 1)
      .split(/\s+/)
      .filter((w) => w !== '');
    return { file, span: entry.span, assignment: undefined, words };
  }
  return undefined;
}
