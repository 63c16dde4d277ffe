/** What is this key of nova.conf at this release? */
import {
  type Alias,
  catalogue,
  holds,
  inForce,
  type NovaOption,
  optionHolds,
  sectionName,
  type Slot,
  slotId,
} from './catalogue';
import { nearest } from './near';
import { type ReleaseIndex } from './releases';
import { novaTable, type OptionType } from './tables';

export { sectionName, type NovaOption } from './catalogue';
export { type OptionType } from './tables';

/** Where an option lives. */
export interface OptionPlace {
  readonly group: string;
  readonly name: string;
}

export type Lookup =
  /** Valid under its own name. */
  | { readonly kind: 'option'; readonly option: NovaOption }
  /** An old name, still honoured; `until` is the first release that ignores it, when that is known. */
  | { readonly kind: 'alias'; readonly option: NovaOption; readonly until?: ReleaseIndex }
  /** Was an option or an old name and is ignored since `removed`; `replacements` are valid now. */
  | {
      readonly kind: 'removed';
      readonly option: NovaOption;
      readonly removed: ReleaseIndex;
      readonly replacements: readonly OptionPlace[];
    }
  | { readonly kind: 'too-new'; readonly option: NovaOption; readonly added: ReleaseIndex }
  /** Not nova's to judge: a library's or unknown section, or a library's option outside the releases we know it from. */
  | { readonly kind: 'foreign'; readonly option?: NovaOption }
  /** Ignored by nova. `near`: names of the section within a few edits; `elsewhere`: sections that have this very name. */
  | { readonly kind: 'unknown'; readonly near: readonly string[]; readonly elsewhere: readonly OptionPlace[] };

/** The default at a release; null when unset, `$name` not interpolated, `<computed: …>` where it depends on the host. */
export const defaultOf = (o: NovaOption, r: ReleaseIndex): unknown => inForce(o.defaults, r);

/** Inclusive bounds, in the option's own unit. */
export const rangeOf = (o: NovaOption, r: ReleaseIndex): { min?: number; max?: number } => inForce(o.ranges, r) ?? {};

/** The permitted values (of each item, for a list), compared with case. */
export const choicesOf = (o: NovaOption, r: ReleaseIndex): readonly string[] | undefined => inForce(o.choices, r);

/** The type at a release: addresses, URIs and some options of their own were plain strings at first. */
export function typeOf(o: NovaOption, r: ReleaseIndex): OptionType {
  const { typeFrom } = novaTable();
  const change = typeFrom[`${o.group}/${o.name}`] ?? typeFrom[o.type];
  return change && r < change[0] ? change[1] : o.type;
}

const slotOf = (section: string, key: string): Slot | undefined => catalogue().section(sectionName(section))?.get(key);

/** An option by its own section and name, whatever the release. */
export const option = (group: string, name: string): NovaOption | undefined => slotOf(group, name)?.option;

const place = (o: NovaOption): OptionPlace => ({ group: o.group, name: o.name });

/** What took the slot's place and is valid at `r`, through as many renamings as it takes. */
function replacements(slot: Slot, r: ReleaseIndex, seen = new Set<string>()): readonly OptionPlace[] {
  const id = slotId(slot.section, slot.name);
  if (seen.has(id)) return [];
  seen.add(id);
  const next = [...slot.aliases.map((a) => a.option), ...catalogue().replaced(id)];
  const found = next.flatMap((o) => {
    if (optionHolds(o, r)) return [place(o)];
    const further = slotOf(o.group, o.name);
    return further ? replacements(further, r, seen) : [];
  });
  return found.filter((p, i) => found.findIndex((q) => q.group === p.group && q.name === p.name) === i);
}

/** Of several options with the same old name the one a reader of nova.conf means. */
function bestAlias(slot: Slot, r: ReleaseIndex): Alias | undefined {
  const live = slot.aliases.filter((a) => holds(a.from, a.until, r));
  return live.find((a) => a.option.liveMigration) ?? live.find((a) => a.option.origin === 'nova') ?? live[0];
}

/** The first release that ignores a name which holds until `end`: one window may follow on another. */
function ignoredFrom(slot: Slot, end: ReleaseIndex | undefined): ReleaseIndex | undefined {
  if (end === undefined) return undefined;
  const next = bestAlias(slot, end);
  return next ? ignoredFrom(slot, next.until) : end;
}

function judge(slot: Slot, r: ReleaseIndex): Lookup {
  const own = slot.option;
  const valid = own !== undefined && optionHolds(own, r);
  if (valid && own.origin === 'nova') return { kind: 'option', option: own };
  const alias = bestAlias(slot, r);
  // A library may register in [DEFAULT] what nova reads under a new name and place: then nova's word counts.
  const novaReads = alias?.option.origin === 'nova' && slot.section === 'DEFAULT';
  if (valid && !novaReads) return { kind: 'option', option: own };
  if (alias) {
    const until = ignoredFrom(slot, alias.until);
    return { kind: 'alias', option: alias.option, ...(until === undefined ? {} : { until }) };
  }
  if (own?.origin === 'library') return { kind: 'foreign', option: own };
  if (own && r < own.added) return { kind: 'too-new', option: own, added: own.added };
  const ends = [own?.removed, ...slot.aliases.map((a) => a.until)].filter((e) => e !== undefined && e <= r);
  const target = own ?? slot.aliases[0]!.option;
  if (ends.length > 0) {
    if (target.origin === 'library') return { kind: 'foreign', option: target };
    return {
      kind: 'removed',
      option: target,
      removed: Math.max(...(ends as number[])),
      replacements: replacements(slot, r),
    };
  }
  if (target.origin === 'library') return { kind: 'foreign', option: target };
  return { kind: 'too-new', option: target, added: Math.min(...slot.aliases.map((a) => a.from)) };
}

const FOREIGN: Lookup = { kind: 'foreign' };

/** Per release, what has been worked out. */
interface Memo {
  readonly known: Map<Slot, Lookup>;
  /** By section, then by key; null for a section that is not nova's to judge. */
  readonly unknown: Map<string, Map<string, Lookup> | null>;
  readonly options: Map<string, readonly NovaOption[]>;
  readonly near: Map<string, readonly string[]>;
  sections?: ReadonlySet<string>;
}
const memos: Memo[] = [];
const memo = (r: ReleaseIndex): Memo =>
  (memos[r] ??= {
    known: new Map<Slot, Lookup>(),
    unknown: new Map<string, Map<string, Lookup> | null>(),
    options: new Map<string, readonly NovaOption[]>(),
    near: new Map<string, readonly string[]>(),
  });

/** Typing a name leaves all its beginnings behind: forget them now and then. */
const MAX_UNKNOWN = 2000;

/** The options of a section that are valid at a release under their own names, by name; libraries' included. */
export function optionsOf(section: string, r: ReleaseIndex): readonly NovaOption[] {
  const name = sectionName(section);
  const { options } = memo(r);
  let found = options.get(name);
  if (!found) {
    const slots = catalogue().section(name);
    found = slots ? [...slots.values()].flatMap((s) => (s.option && optionHolds(s.option, r) ? [s.option] : [])) : [];
    // Names come from files: only what exists is worth keeping.
    if (slots) options.set(name, found);
  }
  return found;
}

/** Whether nova itself, and no library, decides which keys a section may hold. */
function novaOwns(section: string, r: ReleaseIndex): boolean {
  if (section === 'DEFAULT') return true;
  const { librarySections, libraryPattern } = catalogue();
  if (librarySections.has(section) || libraryPattern.test(section)) return false;
  return optionsOf(section, r).some((o) => o.origin === 'nova');
}

function unknownKey(section: string, key: string, r: ReleaseIndex): Lookup {
  const known = memo(r).unknown;
  let ofSection = known.get(section);
  if (ofSection === undefined) {
    if (known.size >= MAX_UNKNOWN) known.clear();
    ofSection = novaOwns(section, r) ? new Map<string, Lookup>() : null;
    known.set(section, ofSection);
  }
  if (!ofSection) return FOREIGN;
  let answer = ofSection.get(key);
  if (!answer) {
    const elsewhere = catalogue()
      .liveMigration(key)
      .filter((o) => o.group !== section && optionHolds(o, r));
    answer = {
      kind: 'unknown',
      near: nearest(
        key,
        optionsOf(section, r).map((o) => o.name),
      ),
      elsewhere: elsewhere.map(place),
    };
    if (ofSection.size >= MAX_UNKNOWN) ofSection.clear();
    ofSection.set(key, answer);
  }
  return answer;
}

/** Whether any option was ever read from a section (in lookup form): cheap, for leaving out whole sections of others. */
export const hasOptions = (section: string): boolean => catalogue().hasSection(section);

/** What a key is at a release. `section` as written or in lookup form; keys compare with case. */
export function lookup(section: string, key: string, r: ReleaseIndex): Lookup {
  const name = sectionName(section);
  const slot = catalogue().section(name)?.get(key);
  if (!slot) return unknownKey(name, key, r);
  const { known } = memo(r);
  let answer = known.get(slot);
  if (!answer) known.set(slot, (answer = judge(slot, r)));
  return answer;
}

/** The sections somebody reads at a release, in lookup form: nova's, libraries', and those that only old names lead from. */
export function knownSections(r: ReleaseIndex): ReadonlySet<string> {
  const m = memo(r);
  if (!m.sections) {
    const found = new Set<string>(catalogue().librarySections);
    for (const section of catalogue().sectionNames) {
      for (const s of catalogue().section(section)?.values() ?? []) {
        if ((s.option && optionHolds(s.option, r)) || bestAlias(s, r)) {
          found.add(section);
          break;
        }
      }
    }
    // Nova's source of ocata has "default" for DEFAULT by mistake.
    found.delete('default');
    m.sections = found;
  }
  return m.sections;
}

/** The sections that `name` (as written) was probably meant to be; none for one that is known. */
export function nearSections(name: string, r: ReleaseIndex): readonly string[] {
  const known = knownSections(r);
  if (known.has(sectionName(name))) return [];
  const { near } = memo(r);
  let found = near.get(name);
  if (!found) {
    if (near.size >= MAX_UNKNOWN) near.clear();
    near.set(name, (found = nearest(name, known)));
  }
  return found;
}

/**
 * The releases at which nova honours a name, own or old: what its presence says about the release of a file. Undefined
 * for names that are always honoured, unknown, or a library's.
 */
export function optionWindow(section: string, key: string): { from: ReleaseIndex; to?: ReleaseIndex } | undefined {
  const slot = slotOf(section, key);
  if (!slot) return undefined;
  const own = slot.option?.origin === 'nova' ? slot.option : undefined;
  if (slot.option && !own) return undefined;
  const windows = [
    ...(own ? [{ from: own.added, until: own.removed }] : []),
    ...slot.aliases.map((a) => ({ from: a.from, until: a.until })),
  ];
  if (!own && slot.aliases.every((a) => a.option.origin === 'library')) return undefined;
  const from = Math.min(...windows.map((w) => w.from));
  const ends = windows.map((w) => w.until ?? Infinity);
  const to = Math.max(...ends);
  if (from === 0 && to === Infinity) return undefined;
  return to === Infinity ? { from } : { from, to };
}
