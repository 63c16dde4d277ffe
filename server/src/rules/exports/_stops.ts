import { exportOption } from '../../knowledge/nfs';
import { documentOf } from '../../model/parsed';
import type { SourceFile } from '../../model/files';
import type { ExportEntry, ListOption } from '../../syntax/types';
import type { Related } from '../rule';

/** Problems of the parser that cost only their own line. */
const OWN_LINE: ReadonlySet<string> = new Set(['relative-path']);

/** All option words of a line, its defaults first, none of them twice. */
export function optionWords(entry: ExportEntry): readonly (readonly ListOption[])[] {
  const lists = [entry.defaults, ...entry.clients.map((c) => c.options)];
  let before = entry.defaults;
  for (const { defaults } of entry.clients) {
    // Defaults that a later `-…` word adds; they begin with those before them.
    if (!defaults || defaults === before) continue;
    const added = defaults.slice(before.length);
    before = defaults;
    if (added.length > 0) lists.push(added);
  }
  return lists;
}

/** Options that old releases of nfs-utils took, and that `exportfs` still reads or that some server may. */
const OLD = new Set([
  'squash_uids',
  'squash_gids',
  'map_identity',
  'map_daemon',
  'map_nis',
  'map_static',
  'mapping',
  'link_relative',
  'link_absolute',
  'noaccess',
]);

const VALUED = new Set(['anonuid', 'anongid', 'fsid', 'sec', 'xprtsec', 'refer', 'replicas', 'reexport']);
const MAY_HAVE_VALUE = new Set(['mp', 'mountpoint']);
const FLAVOUR = /^(sys|krb5[ip]?|none|null|unix|(lkey|spkm3)[ip]?)$/;

/** Why exportfs would refuse an option: its name, its value, or a value too many or too few. */
export function refusal(option: ListOption): 'name' | 'value' | undefined {
  const { name, value } = option;
  if (OLD.has(name)) return undefined;
  if (!exportOption(name)) return 'name';
  if (VALUED.has(name)) {
    if (value === undefined || value === '') return 'value';
    if (name === 'anonuid' || name === 'anongid') return /^\s*[+-]?\d+$/.test(value) ? undefined : 'value';
    if (name === 'fsid') return /^(root|[+-]?(0x[\da-f]+|\d+)|[\da-f:-]{32,47})$/i.test(value) ? undefined : 'value';
    if (name === 'sec') return value.split(':').every((f) => FLAVOUR.test(f)) ? undefined : 'value';
    return undefined;
  }
  return value === undefined || MAY_HAVE_VALUE.has(name) ? undefined : 'value';
}

const stops = new WeakMap<SourceFile, { readonly at: number | undefined }>();

/** Where exportfs gives the file up: the first problem that costs all later lines too. */
function firstStop(file: SourceFile): number | undefined {
  const known = stops.get(file);
  if (known) return known.at;
  const document = documentOf(file, 'exports');
  let at = document.problems.find((p) => !OWN_LINE.has(p.code))?.span.start;
  for (const entry of document.entries) {
    if (at !== undefined && entry.span.start > at) break;
    const refused = optionWords(entry).flatMap((list) => list.filter((o) => refusal(o)));
    for (const option of refused) at = Math.min(at ?? Infinity, option.span.start);
    if (refused.length > 0) break;
  }
  stops.set(file, { at });
  return at;
}

/** The lines that are lost with a problem: all below it, told once, at the first problem of the file. */
export function lostLines(file: SourceFile, offset: number): { readonly count: number; readonly related: Related[] } {
  if (firstStop(file) !== offset) return { count: 0, related: [] };
  const lost = documentOf(file, 'exports').entries.filter((e) => e.span.start > offset);
  return {
    count: lost.length,
    related: lost.slice(0, 20).map((e) => ({ file, span: e.pathSpan, message: `${e.path} is not exported either` })),
  };
}

/** How a message ends that tells what is lost. */
export function lostWords(count: number): string {
  return count === 0 ? 'this line' : count === 1 ? 'this line and the one below' : `this line and the ${count} below`;
}
