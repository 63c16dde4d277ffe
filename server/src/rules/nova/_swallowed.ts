import { lookup } from '../../knowledge/nova';
import type { ReleaseIndex } from '../../knowledge/releases';
import type { Span } from '../../syntax/types';
import type { NovaItem } from './_items';
import { isKnownSection } from './_sections';

export interface Swallowed {
  /** The line without its indentation. */
  readonly span: Span;
  readonly kind: 'comment' | 'header' | 'option';
  /** Position in the entry's `continuations`. */
  readonly index: number;
}

/** Continuation lines of an entry that were meant as lines of their own: comments, headers, options of the section. */
export function swallowedLines(item: NovaItem, r: ReleaseIndex): Swallowed[] {
  const { file, entry, option } = item;
  const found: Swallowed[] = [];
  let section = item.section.lookup;
  let before = file.text.slice(entry.keySpan.start, entry.continuations[0]?.start).trimEnd();
  for (const [index, span] of entry.continuations.entries()) {
    const line = file.text.slice(span.start, span.end);
    // A list that goes on after its comma may have items such as `amqp=WARN`.
    const goesOn = before.endsWith(',') && (option === undefined || option.type === 'list' || option.multi);
    before = line;
    const header = /^\[([^[\]]+)\]$/.exec(line)?.[1];
    if (line.startsWith('#') || line.startsWith(';')) found.push({ span, kind: 'comment', index });
    else if (header !== undefined && isKnownSection(header)) {
      section = header === 'DEFAULT' ? header : header.toLowerCase();
      found.push({ span, kind: 'header', index });
    } else {
      const key = goesOn ? undefined : /^([\w.-]+)\s*[=:]/.exec(line)?.[1];
      if (key !== undefined && isName(section, key, r)) found.push({ span, kind: 'option', index });
    }
  }
  return found;
}

function isName(section: string, key: string, r: ReleaseIndex): boolean {
  const found = lookup(section, key, r);
  return found.kind !== 'unknown' && !(found.kind === 'foreign' && found.option === undefined);
}
