import type { Host } from '../../model/host';
import type { SourceFile } from '../../model/files';
import type { Effective, Setting } from '../../model/nova';
import type { OsloEntry, Span } from '../../syntax/types';
import { isPlaceholder } from './_items';

/** Of libvirt's virDomainMigrateFlags those that a release with live_migration_flag can have met. */
export const FLAGS: ReadonlySet<string> = new Set(
  [
    'LIVE',
    'PEER2PEER',
    'TUNNELLED',
    'PERSIST_DEST',
    'UNDEFINE_SOURCE',
    'PAUSED',
    'NON_SHARED_DISK',
    'NON_SHARED_INC',
    'CHANGE_PROTECTION',
    'UNSAFE',
    'OFFLINE',
    'COMPRESSED',
    'ABORT_ON_ERROR',
    'AUTO_CONVERGE',
    'RDMA_PIN_ALL',
    'POSTCOPY',
    'TLS',
    'PARALLEL',
    'NON_SHARED_SYNCHRONOUS_WRITES',
    'POSTCOPY_RESUME',
    'ZEROCOPY',
  ].map((f) => `VIR_MIGRATE_${f}`),
);

export interface FlagWord {
  readonly word: string;
  /** Without the blanks round it. */
  readonly span: Span;
  /** From the comma before to the comma after it, neither included. */
  readonly slot: Span;
}

export interface FlagList {
  /** The option's name in the file. */
  readonly key: string;
  readonly setting: Effective;
  readonly file: SourceFile;
  readonly entry: OsloEntry;
  readonly words: readonly FlagWord[];
}

export const FLAG_OPTIONS = ['live_migration_flag', 'block_migration_flag'] as const satisfies readonly Setting[];

/** A list of flags as it is set, split at its commas as nova does; undefined where it is not set or holds a `$name`. */
export function flagList(host: Host, name: (typeof FLAG_OPTIONS)[number]): FlagList | undefined {
  const setting = host.nova.get(name);
  if (!setting?.entry || !setting.file || setting.value === undefined || setting.raw?.includes('$')) return undefined;
  if (isPlaceholder(setting.value)) return undefined;
  const { file, entry } = setting;
  const quotes = entry.quote === undefined ? 0 : 1;
  const end = entry.rawSpan.end - quotes;
  const words: FlagWord[] = [];
  let start = entry.rawSpan.start + quotes;
  for (const part of file.text.slice(start, end).split(',')) {
    const word = part.trim();
    const from = word === '' ? start : start + part.indexOf(word);
    words.push({ word, span: { start: from, end: from + word.length }, slot: { start, end: start + part.length } });
    start += part.length + 1;
  }
  return { key: entry.key, setting, file, entry, words };
}

export const hasFlag = (list: FlagList, flag: string): boolean => list.words.some((w) => w.word === flag);

/** Whether every word is a flag: what is missing can only be told then. */
export const isClean = (list: FlagList): boolean => list.words.every((w) => FLAGS.has(w.word));

/** An edit that puts a flag at the end of a list, with a blank where the list has blanks. */
export function appendFlag(list: FlagList, flag: string) {
  const last = list.words.at(-1)!;
  const comma = list.words.length > 1 && last.slot.start === last.span.start ? ',' : ', ';
  return { file: list.file, span: { start: last.span.end, end: last.span.end }, text: comma + flag };
}
