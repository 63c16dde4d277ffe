import { releaseIndex } from '../knowledge/releases';
import type { Facts } from './facts';
import { basename, type SourceFile } from './files';
import type { ReleaseJudgement } from './release';

/** What a host runs on. An undefined field is not known; rules that need it stay silent. */
export interface Platform {
  readonly init: 'systemd' | 'upstart' | 'sysvinit' | undefined;
  /** Three numbers, as libvirt and QEMU count. */
  readonly libvirt: readonly number[] | undefined;
  readonly qemu: readonly number[] | undefined;
  readonly distribution: { readonly id: string; readonly version: string } | undefined;
  readonly daemons: 'monolithic' | 'modular' | undefined;
  /** True when `init` was inferred from the release's age alone. */
  readonly guessed: boolean;
}

/** Facts first, then livemig.ini, then the files themselves, then the era of the release. */
export function judgePlatform(
  files: readonly SourceFile[],
  facts: Facts | undefined,
  declared: Readonly<Record<string, string>>,
  release: ReleaseJudgement,
): Platform {
  const distribution = facts?.distribution ?? osRelease(files);
  const said = facts?.init ?? initOf(declared.init) ?? initByFiles(files, distribution);
  const kilo = releaseIndex('kilo') ?? 0;
  const byEra = !release.guessed && release.index > kilo ? 'systemd' : undefined;
  return {
    init: said ?? byEra,
    libvirt: version(facts?.libvirt ?? declared.libvirt),
    qemu: version(facts?.qemu ?? declared.qemu),
    distribution,
    daemons: facts?.daemons ?? daemonsByUnits(files) ?? daemonsByFiles(files),
    guessed: said === undefined,
  };
}

/** Units that start at boot show which daemons run; the modular ones and libvirtd exclude each other. */
function daemonsByUnits(files: readonly SourceFile[]): Platform['daemons'] {
  const off = new Set(
    files
      .filter((f) => /(^|\/)etc\/systemd\/system\/[^/]+$/.test(f.path) && f.text === '')
      .map((f) => basename(f.path)),
  );
  const starts = files.filter((f) => f.kind === 'wants').map((f) => basename(f.path));
  const modular = starts.some((name) => /^virt(proxy|qemu)d/.test(name) && !off.has(name));
  const monolithic = starts.some(
    (name) => name.startsWith('libvirtd') && !off.has(name) && !off.has('libvirtd.service'),
  );
  if (modular === monolithic) return undefined;
  return modular ? 'modular' : 'monolithic';
}

/** Packages bring the files of daemons that do not run, too; those of virtqemud only where it is usual. */
function daemonsByFiles(files: readonly SourceFile[]): Platform['daemons'] {
  return files.some((f) => /virt(proxy|qemu)d\.conf$/.test(f.path)) ? 'modular' : undefined;
}

function initOf(word: string | undefined): Platform['init'] {
  return word === 'systemd' || word === 'upstart' || word === 'sysvinit' ? word : undefined;
}

function initByFiles(files: readonly SourceFile[], distribution: Platform['distribution']): Platform['init'] {
  if (files.some((f) => f.kind === 'upstart')) return 'upstart';
  if (files.some((f) => f.kind === 'unit' || f.kind === 'wants')) return 'systemd';
  if (!distribution) return undefined;
  const number = Number.parseFloat(distribution.version);
  const first: Readonly<Record<string, number>> = {
    debian: 8,
    ubuntu: 15.04,
    rhel: 7,
    centos: 7,
    rocky: 8,
    almalinux: 8,
    fedora: 15,
  };
  const since = first[distribution.id];
  if (since === undefined || Number.isNaN(number)) return undefined;
  if (number >= since) return 'systemd';
  return distribution.id === 'ubuntu' ? 'upstart' : 'sysvinit';
}

function osRelease(files: readonly SourceFile[]): Platform['distribution'] {
  const text = files.find((f) => f.kind === 'os-release')?.text;
  const id = text && /^ID="?([\w.-]+)"?\s*$/m.exec(text)?.[1];
  return id ? { id, version: /^VERSION_ID="?([\w.]+)"?\s*$/m.exec(text)?.[1] ?? '' } : undefined;
}

function version(text: string | undefined): readonly number[] | undefined {
  const match = text === undefined ? null : /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

/** Whether a version is at least another; undefined when it is not known. */
export function atLeast(known: readonly number[] | undefined, wanted: readonly number[]): boolean | undefined {
  return known && compareVersions([...known, 0, 0].slice(0, 3), wanted) >= 0;
}

/** Negative when one is older than another, as far as both have numbers: 7.2 is neither older nor newer than 7.2.1. */
export function compareVersions(one: readonly number[], other: readonly number[]): number {
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    const difference = one[i]! - other[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
