import { lookup, option as optionAt, type Lookup, type NovaOption } from '../../knowledge/nova';
import type { SourceFile } from '../../model/files';
import type { Host } from '../../model/host';
import { sectionsOf } from '../../model/nova';
import { documentOf } from '../../model/parsed';
import type { OsloEntry, OsloSection } from '../../syntax/types';
import { sectionTrouble, type SectionTrouble } from './_sections';

/** An entry of one of nova's files with what its key is at the host's release. */
export interface NovaItem {
  readonly file: SourceFile;
  readonly section: OsloSection;
  readonly entry: OsloEntry;
  readonly found: Lookup;
  /** The option that it sets, under its own or an old name; undefined for keys that nova ignores. */
  readonly option: NovaOption | undefined;
}

export interface TroubledSection {
  readonly file: SourceFile;
  readonly section: OsloSection;
  readonly trouble: SectionTrouble;
}

export interface NovaItems {
  /** In the order of files and lines; those under a header that nobody reads are left out: the header has its finding. */
  readonly items: readonly NovaItem[];
  readonly troubled: readonly TroubledSection[];
  /** The last entry of each option, by `group/name`. */
  readonly setters: ReadonlyMap<string, NovaItem>;
  /** Entries whose value never counts, with the entry of the same file that overrides them. */
  readonly overridden: ReadonlyMap<OsloEntry, NovaItem>;
}

const known = new WeakMap<Host, NovaItems>();

/** Every entry of all of a host's nova files (also those that nova-compute does not read), looked up once for all rules. */
export function novaItems(host: Host): NovaItems {
  const memo = known.get(host);
  if (memo) return memo;
  const read = readItems(host);
  known.set(host, read);
  return read;
}

function readItems(host: Host): NovaItems {
  const release = host.release.index;
  const named = authSections(host);
  const items: NovaItem[] = [];
  const troubled: TroubledSection[] = [];
  const overridden = new Map<OsloEntry, NovaItem>();
  for (const file of host.filesOf('nova')) {
    const first = items.length;
    for (const { section, entries, found: known } of sectionsOf(file, release)) {
      const trouble = named.has(section.lookup) ? undefined : sectionTrouble(section, entries, release);
      if (trouble) {
        // A header that cannot be read has a finding of its own.
        if (!section.broken) troubled.push({ file, section, trouble });
        continue;
      }
      for (const [i, entry] of entries.entries()) {
        const found = known?.[i] ?? lookup(section.lookup, entry.key, release);
        const option = found.kind === 'option' || found.kind === 'alias' ? found.option : undefined;
        items.push({ file, section, entry, found, option });
      }
    }
    for (const [loser, winner] of losers(items.slice(first))) overridden.set(loser, winner);
  }
  const setters = new Map<string, NovaItem>();
  for (const item of items) if (item.option) setters.set(`${item.option.group}/${item.option.name}`, item);
  return { items, troubled, setters, overridden };
}

/** Sections that some `auth_section` names: keystoneauth reads its options there. */
function authSections(host: Host): ReadonlySet<string> {
  const names = new Set<string>();
  for (const file of host.filesOf('nova'))
    for (const entry of documentOf(file, 'oslo').entries)
      if (entry.key === 'auth_section') names.add(entry.value.toLowerCase());
  return names;
}

/** Of equal names the last counts; of a name and an old name for it the name does, wherever they stand. */
function losers(items: readonly NovaItem[]): Map<OsloEntry, NovaItem> {
  const groups = new Map<string, NovaItem[]>();
  for (const item of items) {
    const { option, found } = item;
    if (!option || option.multi) continue;
    // A name that a library reads too, or that may feed several options, is compared with itself alone.
    const shared = option.origin === 'library' || optionAt(item.section.lookup, item.entry.key)?.origin === 'library';
    const home =
      found.kind === 'alias' && shared
        ? `${item.section.lookup}\n${item.entry.key}\n`
        : `${option.group}\n${option.name}`;
    const group = groups.get(home);
    if (group) group.push(item);
    else groups.set(home, [item]);
  }
  const out = new Map<OsloEntry, NovaItem>();
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    const last = group.at(-1)!;
    const own = group.findLast((i) => i.found.kind === 'option');
    const same = group.every((i) => i.entry.key === last.entry.key && i.section.lookup === last.section.lookup);
    // Which of two old names wins depends on the order in which the option lists them.
    const winner = own ?? (same ? last : undefined);
    if (winner) for (const item of group) if (item !== winner) out.set(item.entry, winner);
  }
  return out;
}

/** A mark that a snapshot put in place of a secret, or a placeholder of a template: nothing to judge. */
export function isPlaceholder(value: string): boolean {
  return value.includes('***') || value.includes('<redacted>') || (value.includes('{{') && value.includes('}}'));
}
