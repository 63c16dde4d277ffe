/**
 * The generated tables and the shape of their rows. A table is loaded when it is first asked for: the language server
 * starts without them, and an editor with only an exports file open never pays for nova's options.
 */

/** Order is the format: scripts/generate/nova.mjs writes positions in this list. */
export const OPTION_TYPES = [
  'string',
  'integer',
  'boolean',
  'float',
  'list',
  'multistring',
  'port',
  'uri',
  'hostaddress',
  'hostdomain',
  'ip',
  'multi',
] as const;

/** The type's name in oslo.config; `multi` is a repeatable dictionary (`reserved_huge_pages`). */
export type OptionType = (typeof OPTION_TYPES)[number];

/** Bits of an option row's third cell. */
export const FLAG = { library: 1, secret: 2, liveMigration: 4, mutable: 8, advanced: 16, notNone: 32 } as const;

/** What most options lack. Histories are `[first release index, value…]`, oldest first. */
export interface OptionExtra {
  /** Summary. */
  readonly s?: string;
  /** Release index of "deprecated for removal". */
  readonly d?: number;
  /** Later defaults. */
  readonly D?: readonly (readonly [number, unknown])[];
  /** Ranges: release, min, max. */
  readonly r?: readonly (readonly [number, number | null, number | null])[];
  /** Choices. */
  readonly c?: readonly (readonly [number, readonly string[] | null])[];
}

/** name, type, flags, first release, first release without it (0: none), first default, extra. */
export type OptionRow = readonly [string, number, number, number, number, unknown, OptionExtra?];
/** old section, old name, section, name, first release, first release that ignores it (0: none). */
export type AliasRow = readonly [string, string, string, string, number, number];

export interface NovaTable {
  readonly options: Readonly<Record<string, readonly OptionRow[]>>;
  readonly aliases: readonly AliasRow[];
  readonly replaced: readonly (readonly [string, string, readonly (readonly [string, string])[]])[];
  readonly librarySections: readonly string[];
  readonly libraryPatterns: readonly string[];
  /** By type, or by `section/name`: the release since which it is so, and the type before. */
  readonly typeFrom: Readonly<Record<string, readonly [number, OptionType] | undefined>>;
}

export interface LibvirtTable {
  /** file, key, type, flags (1 live migration, 2 deprecated, 4 IP daemons only, 8 ignored with socket activation), extra. */
  readonly keys: readonly (readonly [
    string,
    string,
    string,
    number,
    {
      readonly d?: string;
      readonly e?: string;
      readonly s?: string;
      readonly n?: string;
      readonly v?: string;
      readonly x?: string;
    },
  ])[];
}

export interface NfsOptionRow {
  readonly name: string;
  readonly liveMigration: string;
  readonly summary?: string;
  readonly default?: string;
  readonly argument?: string;
  readonly opposite?: string;
  readonly aliases?: readonly string[];
  readonly since?: string;
  readonly note?: string;
  readonly deprecated?: boolean;
}

export interface NfsTable {
  readonly exportOptions: readonly NfsOptionRow[];
  readonly mountOptions: readonly (NfsOptionRow & { readonly fs: readonly string[]; readonly versions?: string })[];
  readonly fileSystems: Readonly<
    Record<
      string,
      {
        readonly libvirtShared: boolean;
        readonly libvirtCluster: boolean;
        readonly network: boolean;
        readonly uncertain?: string;
        readonly note?: string;
      }
    >
  >;
}

/* eslint-disable @typescript-eslint/no-require-imports -- an import would load the table with the module */
export const releaseRows = (): readonly (readonly [string, string, readonly string[]])[] =>
  (
    require('./generated/releases.json') as {
      readonly releases: readonly (readonly [string, string, readonly string[]])[];
    }
  ).releases;
export const novaTable = (): NovaTable => require('./generated/nova.json') as NovaTable;
export const libvirtTable = (): LibvirtTable => require('./generated/libvirt.json') as LibvirtTable;
export const nfsTable = (): NfsTable => require('./generated/nfs.json') as NfsTable;
/* eslint-enable @typescript-eslint/no-require-imports */
