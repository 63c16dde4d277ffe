/** The keys of libvirt's own configuration files. */
import { nearest } from './near';
import { libvirtTable } from './tables';

export type LibvirtFile = 'libvirtd.conf' | 'virtproxyd.conf' | 'virtqemud.conf' | 'qemu.conf';

/** `bool` is 0 or 1; `uint` refuses negative numbers; `bytes` is a number or a string such as `"10GiB"`. */
export type LibvirtType =
  'bool' | 'int' | 'uint' | 'string' | 'string list' | 'string or list' | 'bytes' | 'int or unlimited';

export interface LibvirtKey {
  readonly file: LibvirtFile;
  readonly key: string;
  readonly type: LibvirtType;
  /** In words: `"sasl" (or "none" when built without SASL)`; undefined when unset or unknown. */
  readonly default?: string;
  /** The literal at the beginning of those words, which holds for distribution builds. */
  readonly defaultValue?: string | number;
  readonly liveMigration: boolean;
  /** Only read by the daemons with an IP listener: libvirtd and virtproxyd. */
  readonly ipOnly: boolean;
  /** Whether the daemon of this file reads the key: an `ipOnly` key in virtqemud.conf is ignored. */
  readonly read: boolean;
  readonly ignoredWithSocketActivation: boolean;
  readonly deprecated: boolean;
  /** What libvirt's sample file shows. */
  readonly example?: string;
  readonly summary?: string;
  readonly note?: string;
  /** libvirt version, in words where it is known only roughly. */
  readonly since?: string;
  /** Gone `after 2.2.0`, in words. */
  readonly removed?: string;
}

/** Which table a file goes by: the daemons share theirs. */
const TABLE: Readonly<Record<LibvirtFile, string>> = {
  'libvirtd.conf': 'libvirtd.conf',
  'virtproxyd.conf': 'libvirtd.conf',
  'virtqemud.conf': 'libvirtd.conf',
  'qemu.conf': 'qemu.conf',
};

const isFile = (name: string): name is LibvirtFile => Object.hasOwn(TABLE, name);

function literal(words: string): string | number | undefined {
  const found = /^(?:"([^"]*)"|(-?\d+)\b)/.exec(words);
  if (!found) return undefined;
  return found[1] ?? Number(found[2]);
}

const tables = new Map<LibvirtFile, ReadonlyMap<string, LibvirtKey>>();

function keysOf(file: LibvirtFile): ReadonlyMap<string, LibvirtKey> {
  let found = tables.get(file);
  if (!found) {
    const rows = libvirtTable().keys.filter(([f]) => f === TABLE[file]);
    found = new Map(
      rows.map(([, key, type, flags, x]) => {
        const value = x.d === undefined ? undefined : literal(x.d);
        const ipOnly = (flags & 4) !== 0;
        const entry: LibvirtKey = {
          file,
          key,
          type: type as LibvirtType,
          ...(x.d === undefined ? {} : { default: x.d }),
          ...(value === undefined ? {} : { defaultValue: value }),
          liveMigration: (flags & 1) !== 0,
          ipOnly,
          read: !(ipOnly && file === 'virtqemud.conf'),
          ignoredWithSocketActivation: (flags & 8) !== 0,
          deprecated: (flags & 2) !== 0,
          ...(x.e === undefined ? {} : { example: x.e }),
          ...(x.s === undefined ? {} : { summary: x.s }),
          ...(x.n === undefined ? {} : { note: x.n }),
          ...(x.v === undefined ? {} : { since: x.v }),
          ...(x.x === undefined ? {} : { removed: x.x }),
        };
        return [key, entry];
      }),
    );
    tables.set(file, found);
  }
  return found;
}

/** A key of `libvirtd.conf`, `virtproxyd.conf`, `virtqemud.conf` or `qemu.conf` (base names); keys compare with case. */
export const libvirtKey = (file: string, key: string): LibvirtKey | undefined =>
  isFile(file) ? keysOf(file).get(key) : undefined;

/** All keys of a file, by name; for completion. */
export const libvirtKeys = (file: string): readonly LibvirtKey[] => (isFile(file) ? [...keysOf(file).values()] : []);

/** The keys that an unknown one was probably meant to be: best first, at most three. */
export const nearLibvirtKeys = (file: string, key: string): readonly string[] =>
  isFile(file) ? nearest(key, keysOf(file).keys()) : [];
