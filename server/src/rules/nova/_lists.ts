import type { SourceFile } from '../../model/files';
import type { Host, Place } from '../../model/host';
import type { Setting } from '../../model/nova';
import type { Span } from '../../syntax/types';
import { placeOf } from './_entry';
import { isPlaceholder } from './_items';

export interface ListItem {
  /** Without the blanks round it. */
  readonly word: string;
  readonly span: Span;
  /** With one of its commas, so that the list is whole without it. */
  readonly slot: Span;
}

/** A list on one line as it is set, item by item; undefined where it is not set or holds what a file does not tell. */
export function listItems(
  host: Host,
  name: Setting,
):
  | { readonly file: SourceFile; readonly place: Place; readonly key: string; readonly items: readonly ListItem[] }
  | undefined {
  const setting = host.nova.get(name);
  const place = placeOf(setting);
  const entry = setting?.entry;
  if (!entry || !place || !setting.value || setting.raw?.includes('$') || isPlaceholder(setting.value))
    return undefined;
  if (entry.continuations.length > 0) return undefined;
  const quotes = entry.quote === undefined ? 0 : 1;
  const first = entry.rawSpan.start + quotes;
  const end = entry.rawSpan.end - quotes;
  const items: ListItem[] = [];
  let start = first;
  for (const part of place.file.text.slice(first, end).split(',')) {
    const word = part.trim();
    const from = start + part.indexOf(word);
    const to = start + part.length;
    const slot = start > first ? { start: start - 1, end: to } : { start, end: Math.min(to + 1, end) };
    if (word !== '') items.push({ word, span: { start: from, end: from + word.length }, slot });
    start = to + 1;
  }
  return { file: place.file, place, key: entry.key, items };
}
