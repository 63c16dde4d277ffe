import { distance } from 'fastest-levenshtein';
import { libvirtKey, nearLibvirtKeys, type LibvirtKey } from '../../knowledge/libvirt';
import { basename, type SourceFile } from '../../model/files';
import { documentOf, lineIndexOf } from '../../model/parsed';
import type { LibvirtEntry, LibvirtValue } from '../../syntax/types';
import { removeLines, replace, setLibvirtValue, wholeLines } from '../edits';
import type { Complaint, Edit, FixDraft, Severity } from '../rule';
import { asBool, daemonOf } from './_syntax';

/** Keys with their entries in the order of the file: the first is the one the daemon takes. */
export function entriesByKey(file: SourceFile): ReadonlyMap<string, readonly LibvirtEntry[]> {
  const known = byKey.get(file);
  if (known) return known;
  const all = new Map<string, LibvirtEntry[]>();
  for (const entry of documentOf(file, 'libvirt').entries) {
    const list = all.get(entry.key);
    if (list) list.push(entry);
    else all.set(entry.key, [entry]);
  }
  byKey.set(file, all);
  return all;
}

const byKey = new WeakMap<SourceFile, ReadonlyMap<string, readonly LibvirtEntry[]>>();

/** Takes a setting out with its lines; undefined where it shares them with another. */
export function removeEntry(file: SourceFile, entry: LibvirtEntry): Edit | undefined {
  const lines = wholeLines(file, entry.span);
  const before = file.text.slice(lines.start, entry.span.start);
  const after = file.text.slice(entry.span.end, lines.end);
  return before.trim() === '' && /^[ \t]*;?[ \t]*(#.*)?[\r\n]*$/.test(after)
    ? removeLines(file, entry.span)
    : undefined;
}

// ---- types --------------------------------------------------------------------------------------------------------

export const TYPE_MESSAGES = {
  default: '{key} = {value} is {is}, {daemon} expects {type} and does not start',
} as const;

export const TYPE_FIXES = { value: 'Write {key} = {right}' } as const;

/** Found in the sample files or in older daemons, but no longer read: their type is nobody's trouble. */
const UNREAD = new Set(['keepalive_required', 'admin_keepalive_required', 'clear_emulator_capabilities']);

const EXPECTED = {
  bool: '1 or 0',
  int: 'a whole number',
  uint: 'a whole number from 0 on',
  string: 'a text in quotes',
  'string list': 'a list of texts',
  'string or list': 'a text in quotes or a list of them',
  bytes: 'a number of bytes or a text such as "10GiB"',
  'int or unlimited': 'a number or "unlimited"',
} as const;

export function checkTypes(
  files: readonly SourceFile[],
  report: (complaint: Omit<Complaint<'default', 'value'>, 'host'>) => void,
): void {
  for (const file of files) {
    for (const [key, [entry]] of entriesByKey(file)) {
      const known = libvirtKey(basename(file.path), key);
      if (!entry || !known?.read || known.removed !== undefined || UNREAD.has(key)) continue;
      const { value } = entry;
      if (fits(known.type, value)) continue;
      const right = rightValue(known, value);
      report({
        file,
        span: value.span,
        values: {
          key,
          value: file.text.slice(value.span.start, value.span.end),
          is: describe(known.type, value),
          type: EXPECTED[known.type],
          daemon: daemonOf(file),
        },
        fixes: [
          right === undefined
            ? undefined
            : { title: 'value', values: { right }, edits: [setLibvirtValue(file, entry, right)] },
        ],
      });
    }
  }
}

function fits(type: LibvirtKey['type'], value: LibvirtValue): boolean {
  const texts = value.type === 'list' && value.items.every((i) => i.type === 'string');
  switch (type) {
    case 'bool':
      return value.type === 'int' && (value.number === 0 || value.number === 1);
    case 'int':
      return value.type === 'int';
    case 'uint':
      return value.type === 'int' && value.number >= 0;
    case 'string':
      return value.type === 'string';
    case 'string list':
      return texts;
    case 'string or list':
      return value.type === 'string' || texts;
    case 'bytes':
    case 'int or unlimited':
      return value.type === 'string' || (value.type === 'int' && value.number >= 0);
  }
}

function describe(type: LibvirtKey['type'], value: LibvirtValue): string {
  if (value.type === 'string') return 'a text';
  if (value.type === 'int')
    return type === 'bool' ? 'another number' : value.number < 0 ? 'a negative number' : 'a number';
  return value.items.every((i) => i.type === 'string') ? 'a list' : 'a list with other things than texts';
}

/** The same value in the type that is read, where that is beyond doubt. */
function rightValue({ type }: LibvirtKey, value: LibvirtValue): string | undefined {
  if (value.type === 'string') {
    if (type === 'bool') return asBool(value.text.trim());
    if (type === 'int' || type === 'uint') return /^\d+$/.test(value.text.trim()) ? value.text.trim() : undefined;
    if (type === 'string list') return `[ "${value.text}" ]`;
  }
  if (value.type === 'int' && (type === 'string' || type === 'string or list')) return `"${value.text}"`;
  if (value.type === 'list' && type === 'string' && value.items.length === 1) {
    const only = value.items[0];
    if (only?.type === 'string') return `"${only.text}"`;
  }
  return undefined;
}

// ---- equal keys ---------------------------------------------------------------------------------------------------

export const DUPLICATE_MESSAGES = {
  differs: '{key} = {value} has no effect: the first {key} of a file counts, line {line} says {first}',
  equal: '{key} is set twice to the same value; the first counts',
  auth: 'auth_tcp = {value} has no effect: line {line} says {first} and counts, so peers fail with "authentication failed"',
} as const;

export const DUPLICATE_FIXES = {
  remove: 'Remove this line',
  keep: 'Keep {first} and remove this line',
  take: 'Take {value}: write it in line {line} and remove this one',
} as const;

type DuplicateComplaint = Omit<Complaint<keyof typeof DUPLICATE_MESSAGES, keyof typeof DUPLICATE_FIXES>, 'host'>;

/** @param fatal whether the first value of a key being the wrong one breaks migrations */
export function checkDuplicates(
  files: readonly SourceFile[],
  report: (complaint: DuplicateComplaint) => void,
  fatal: (file: SourceFile, first: LibvirtEntry, later: LibvirtEntry) => boolean = () => false,
): void {
  for (const file of files) {
    const written = (entry: LibvirtEntry): string => file.text.slice(entry.value.span.start, entry.value.span.end);
    for (const [key, [first, ...later]] of entriesByKey(file)) {
      if (!first || later.length === 0) continue;
      const line = lineIndexOf(file).positionAt(first.span.start).line + 1;
      for (const entry of later) {
        const equal = comparable(first.value) === comparable(entry.value);
        const broken = !equal && fatal(file, first, entry);
        const remove = removeEntry(file, entry);
        const values = { key, value: written(entry), first: written(first), line };
        report({
          file,
          span: entry.span,
          message: broken ? 'auth' : equal ? 'equal' : 'differs',
          values,
          severity: broken ? 'error' : equal ? 'info' : 'warning',
          related: [{ file, span: first.span, message: 'This one counts' }],
          tags: ['unnecessary'],
          fixes: remove ? choices(file, first, entry, equal, remove, values) : [],
        });
      }
    }
  }
}

function choices(
  file: SourceFile,
  first: LibvirtEntry,
  entry: LibvirtEntry,
  equal: boolean,
  remove: Edit,
  values: Readonly<Record<string, string | number>>,
): FixDraft<keyof typeof DUPLICATE_FIXES>[] {
  if (equal) return [{ title: 'remove', values, edits: [remove] }];
  const take = replace(file, first.value.span, file.text.slice(entry.value.span.start, entry.value.span.end));
  return [
    { title: 'take', values, edits: [take, remove] },
    { title: 'keep', values, edits: [remove] },
  ];
}

function comparable(value: LibvirtValue): string {
  if (value.type === 'int') return `int ${value.number}`;
  if (value.type === 'string') return `string ${value.text}`;
  return `list ${JSON.stringify(value.items.map(comparable))}`;
}

// ---- unknown keys -------------------------------------------------------------------------------------------------

export const UNKNOWN_MESSAGES = {
  near: '{key} is no setting of {name} and is ignored without a word; {near} was probably meant',
  elsewhere: '{key} is a setting of {other}: in {name} it is ignored without a word',
  unknown: '{key} is not known as a setting of {name}; libvirt ignores what it does not know',
} as const;

export const UNKNOWN_FIXES = { rename: 'Write {near}' } as const;

type UnknownComplaint = Omit<Complaint<keyof typeof UNKNOWN_MESSAGES, 'rename'>, 'host'>;

/** @param other the file of which a key may have strayed in */
export function checkUnknown(
  files: readonly SourceFile[],
  other: 'libvirtd.conf' | 'qemu.conf',
  report: (complaint: UnknownComplaint) => void,
): void {
  for (const file of files) {
    const name = basename(file.path);
    const keys = entriesByKey(file);
    for (const [key, [entry]] of keys) {
      if (!entry || libvirtKey(name, key)) continue;
      const at = { file, span: entry.keySpan };
      const say = (message: keyof typeof UNKNOWN_MESSAGES, severity: Severity, near: readonly string[] = []): void =>
        report({
          ...at,
          message,
          severity,
          values: { key, name, other, near: near[0] ?? '' },
          // A key that is set already would be set twice.
          fixes: near
            .filter((n) => !keys.has(n))
            .map((n) => ({ title: 'rename', values: { near: n }, edits: [replace(file, entry.keySpan, n)] })),
        });
      const near = meant(key, nearLibvirtKeys(name, key));
      if (libvirtKey(other, key)) say('elsewhere', 'warning');
      else if (near.length > 0) say('near', 'warning', near);
      else say('unknown', 'info');
    }
  }
}

/** The keys that a slip most likely stands for: the same letters before all else, then the fewest edits, at most two. */
function meant(key: string, near: readonly string[]): readonly string[] {
  const letters = (word: string): string => Array.from(word.toLowerCase()).sort().join('');
  const same = near.filter((n) => letters(n) === letters(key));
  if (same.length > 0) return same;
  const edits = near.map((n) => distance(key.toLowerCase(), n));
  const fewest = Math.min(...edits, 3);
  return near.filter((_, i) => fewest <= 2 && edits[i] === fewest);
}
