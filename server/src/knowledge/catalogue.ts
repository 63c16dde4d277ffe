/** The option table as objects, indexed by section and key; built once, at the first question. */
import { type ReleaseIndex } from './releases';
import { FLAG, novaTable, OPTION_TYPES, type OptionType } from './tables';

/** A value and the first release it holds for; the first one of a list holds from the beginning. */
export type Since<T> = readonly [ReleaseIndex, T];

export interface NovaOption {
  readonly group: string;
  readonly name: string;
  /** Type in the newest release that has the option; see `typeOf` for older ones. */
  readonly type: OptionType;
  /** Repeating it adds a value instead of replacing it. */
  readonly multi: boolean;
  /** `library`: registered by oslo.*, keystoneauth, os-vif …; nova's releases bound its window only roughly. */
  readonly origin: 'nova' | 'library';
  readonly secret: boolean;
  readonly liveMigration: boolean;
  /** Can be changed without a restart (SIGHUP). */
  readonly mutable: boolean;
  readonly advanced: boolean;
  /** Set to nothing, an integer is None, and this one is used without looking. */
  readonly notNone: boolean;
  /** One or two sentences; only options that bear on live migration have it. */
  readonly summary?: string;
  /** First release; 0 when always there. */
  readonly added: ReleaseIndex;
  /** First release without it. */
  readonly removed?: ReleaseIndex;
  /** First release that logs it as deprecated for removal. */
  readonly deprecatedForRemoval?: ReleaseIndex;
  readonly defaults: readonly Since<unknown>[];
  readonly ranges: readonly Since<{ readonly min?: number; readonly max?: number }>[];
  readonly choices: readonly Since<readonly string[] | undefined>[];
}

/** An old name that leads to an option. */
export interface Alias {
  readonly option: NovaOption;
  readonly from: ReleaseIndex;
  /** First release that ignores it. */
  readonly until?: ReleaseIndex;
}

/** All there is to know of one key of one section. */
export interface Slot {
  readonly section: string;
  readonly name: string;
  option?: NovaOption;
  readonly aliases: Alias[];
}

export interface Catalogue {
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, Slot>>;
  /** Nova's own options that bear on live migration, by bare name. */
  readonly liveMigration: ReadonlyMap<string, readonly NovaOption[]>;
  /** Replacements that are not old names of one another, by {@link slotId}. */
  readonly replaced: ReadonlyMap<string, readonly NovaOption[]>;
  readonly librarySections: ReadonlySet<string>;
  readonly libraryPattern: RegExp;
}

/** How oslo.config compares section names: DEFAULT as written, all others in lower case. */
export const sectionName = (written: string): string => (written === 'DEFAULT' ? written : written.toLowerCase());

export const slotId = (section: string, name: string): string => `${section}\n${name}`;

type Row = ReturnType<typeof novaTable>['options'][string][number];

/** One row as an option. There are two thousand of them, and a run asks for a few: histories are unpacked when asked for. */
class TableOption implements NovaOption {
  readonly name: string;
  readonly type: OptionType;
  readonly multi: boolean;
  readonly added: ReleaseIndex;
  readonly summary?: string;
  readonly removed?: ReleaseIndex;
  readonly deprecatedForRemoval?: ReleaseIndex;
  readonly #row: Row;

  constructor(
    readonly group: string,
    row: Row,
  ) {
    this.#row = row;
    this.name = row[0];
    this.type = OPTION_TYPES[row[1]]!;
    this.multi = this.type === 'multistring' || this.type === 'multi';
    this.added = row[3];
    if (row[4] !== 0) this.removed = row[4];
    const extra = row[6];
    if (extra?.s !== undefined) this.summary = extra.s;
    if (extra?.d !== undefined) this.deprecatedForRemoval = extra.d;
  }

  get origin(): 'nova' | 'library' {
    return this.#has(FLAG.library) ? 'library' : 'nova';
  }
  get secret(): boolean {
    return this.#has(FLAG.secret);
  }
  get liveMigration(): boolean {
    return this.#has(FLAG.liveMigration);
  }
  get mutable(): boolean {
    return this.#has(FLAG.mutable);
  }
  get advanced(): boolean {
    return this.#has(FLAG.advanced);
  }
  get notNone(): boolean {
    return this.#has(FLAG.notNone);
  }
  get defaults(): NovaOption['defaults'] {
    return [[0, this.#row[5]], ...(this.#row[6]?.D ?? [])];
  }
  get ranges(): NovaOption['ranges'] {
    return (this.#row[6]?.r ?? []).map(([since, min, max]) => [
      since,
      { ...(min === null ? {} : { min }), ...(max === null ? {} : { max }) },
    ]);
  }
  get choices(): NovaOption['choices'] {
    return (this.#row[6]?.c ?? []).map(([since, choices]) => [since, choices ?? undefined]);
  }

  #has(bit: number): boolean {
    return (this.#row[2] & bit) !== 0;
  }
}

function build(): Catalogue {
  const table = novaTable();
  const sections = new Map<string, Map<string, Slot>>();
  const liveMigration = new Map<string, NovaOption[]>();
  const slot = (section: string, name: string): Slot => {
    const key = sectionName(section);
    let slots = sections.get(key);
    if (!slots) sections.set(key, (slots = new Map<string, Slot>()));
    let found = slots.get(name);
    if (!found) slots.set(name, (found = { section: key, name, aliases: [] }));
    return found;
  };
  for (const [group, rows] of Object.entries(table.options)) {
    for (const row of rows) {
      const option = new TableOption(group, row);
      slot(group, option.name).option = option;
      if (option.liveMigration && option.origin === 'nova') {
        const same = liveMigration.get(option.name);
        if (same) same.push(option);
        else liveMigration.set(option.name, [option]);
      }
    }
  }
  const target = (section: string, name: string): NovaOption => {
    const found = sections.get(sectionName(section))?.get(name)?.option;
    if (!found) throw new Error(`generated table: no option [${section}] ${name}`);
    return found;
  };
  for (const [oldSection, oldName, section, name, from, until] of table.aliases) {
    const option = target(section, name);
    slot(oldSection, oldName).aliases.push(until === 0 ? { option, from } : { option, from, until });
  }
  return {
    sections,
    liveMigration,
    replaced: new Map(table.replaced.map(([s, n, to]) => [slotId(s, n), to.map(([ts, tn]) => target(ts, tn))])),
    librarySections: new Set(table.librarySections),
    libraryPattern: new RegExp(table.libraryPatterns.join('|')),
  };
}

let built: Catalogue | undefined;
export const catalogue = (): Catalogue => (built ??= build());

/** Whether an option or an old name counts at a release. */
export const holds = (from: ReleaseIndex, until: ReleaseIndex | undefined, r: ReleaseIndex): boolean =>
  from <= r && (until === undefined || r < until);

export const optionHolds = (o: NovaOption, r: ReleaseIndex): boolean => holds(o.added, o.removed, r);

/** The entry of a history that is in force. */
export function inForce<T>(history: readonly Since<T>[], r: ReleaseIndex): T | undefined {
  let value = history[0]?.[1];
  for (const [since, v] of history) if (since <= r) value = v;
  return value;
}
