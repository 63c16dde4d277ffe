/** The option table as objects, indexed by section and key; built once, at the first question. */
import { type ReleaseIndex } from './releases';
import { FLAG, novaTable, OPTION_TYPES, type NovaTable, type OptionType } from './tables';

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
  /** Looked up when asked for: making a section must not make all others. */
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
  /** In lookup form. */
  readonly sectionNames: readonly string[];
  hasSection(name: string): boolean;
  /** What is known of a section, in lookup form; made at the first question. */
  section(name: string): ReadonlyMap<string, Slot> | undefined;
  /** Nova's own options that bear on live migration and have this bare name. */
  liveMigration(name: string): readonly NovaOption[];
  /** Replacements that are not old names of one another, by {@link slotId}. */
  replaced(id: string): readonly NovaOption[];
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

  constructor(
    readonly group: string,
    // Not #row: two thousand of them are made at once, and V8 is slow to make private names.
    private readonly row: Row,
  ) {
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
    return this.has(FLAG.library) ? 'library' : 'nova';
  }
  get secret(): boolean {
    return this.has(FLAG.secret);
  }
  get liveMigration(): boolean {
    return this.has(FLAG.liveMigration);
  }
  get mutable(): boolean {
    return this.has(FLAG.mutable);
  }
  get advanced(): boolean {
    return this.has(FLAG.advanced);
  }
  get notNone(): boolean {
    return this.has(FLAG.notNone);
  }
  get defaults(): NovaOption['defaults'] {
    return [[0, this.row[5]], ...(this.row[6]?.D ?? [])];
  }
  get ranges(): NovaOption['ranges'] {
    return (this.row[6]?.r ?? []).map(([since, min, max]) => [
      since,
      { ...(min === null ? {} : { min }), ...(max === null ? {} : { max }) },
    ]);
  }
  get choices(): NovaOption['choices'] {
    return (this.row[6]?.c ?? []).map(([since, choices]) => [since, choices ?? undefined]);
  }

  private has(bit: number): boolean {
    return (this.row[2] & bit) !== 0;
  }
}

/** Makes its sections one by one, as they are asked for: a run that sees one nova.conf needs a few of a hundred. */
class TableCatalogue implements Catalogue {
  readonly librarySections: ReadonlySet<string>;
  readonly libraryPattern: RegExp;
  private readonly table = novaTable();
  private readonly made = new Map<string, ReadonlyMap<string, Slot>>();
  private readonly groups = new Map<string, string[]>();
  private readonly aliases = new Map<string, NovaTable['aliases'][number][]>();
  private byName: Map<string, OptionPlaceRow[]> | undefined;

  constructor() {
    this.librarySections = new Set(this.table.librarySections);
    this.libraryPattern = new RegExp(this.table.libraryPatterns.join('|'));
    for (const group of Object.keys(this.table.options)) push(this.groups, sectionName(group), group);
    for (const alias of this.table.aliases) push(this.aliases, sectionName(alias[0]), alias);
  }

  get sectionNames(): readonly string[] {
    return [...new Set([...this.groups.keys(), ...this.aliases.keys()])];
  }

  hasSection(name: string): boolean {
    return this.groups.has(name) || this.aliases.has(name);
  }

  section(name: string): ReadonlyMap<string, Slot> | undefined {
    const known = this.made.get(name);
    if (known) return known;
    const groups = this.groups.get(name);
    const aliases = this.aliases.get(name);
    if (!groups && !aliases) return undefined;
    const slots = new Map<string, Slot>();
    const slot = (key: string): Slot => {
      let found = slots.get(key);
      if (!found) slots.set(key, (found = { section: name, name: key, aliases: [] }));
      return found;
    };
    for (const group of groups ?? [])
      for (const row of this.table.options[group]!) slot(row[0]).option = new TableOption(group, row);
    const target = (group: string, option: string): NovaOption => this.target(group, option);
    for (const [, old, group, option, from, until] of aliases ?? []) {
      slot(old).aliases.push({
        from,
        ...(until === 0 ? {} : { until }),
        get option() {
          return target(group, option);
        },
      });
    }
    this.made.set(name, slots);
    return slots;
  }

  liveMigration(name: string): readonly NovaOption[] {
    if (!this.byName) {
      this.byName = new Map();
      for (const [group, rows] of Object.entries(this.table.options))
        for (const row of rows)
          if ((row[2] & FLAG.liveMigration) !== 0 && (row[2] & FLAG.library) === 0)
            push(this.byName, row[0], [group, row[0]]);
    }
    return (this.byName.get(name) ?? []).map(([group, option]) => this.target(group, option));
  }

  replaced(id: string): readonly NovaOption[] {
    const row = this.table.replaced.find(([section, name]) => slotId(section, name) === id);
    return row ? row[2].map(([group, name]) => this.target(group, name)) : [];
  }

  private target(group: string, name: string): NovaOption {
    const found = this.section(sectionName(group))?.get(name)?.option;
    if (!found) throw new Error(`generated table: no option [${group}] ${name}`);
    return found;
  }
}

type OptionPlaceRow = readonly [group: string, name: string];

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

let built: Catalogue | undefined;
export const catalogue = (): Catalogue => (built ??= new TableCatalogue());

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
