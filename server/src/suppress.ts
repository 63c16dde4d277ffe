import { applyEdits } from './fixes';
import type { SourceFile } from './model/files';
import { readInventory } from './model/inventory';
import { documentOf, lineIndexOf, parsed } from './model/parsed';
import { eolOf, insertLineBelow, replace } from './rules/edits';
import type { Edit } from './rules/rule';
import { lineStart } from './syntax/lines';
import type { ParsedDocument, Span, Suppression } from './syntax/types';

/** Which ids of which suppressions silenced something: what is left over is needless. */
export type SuppressionUse = Map<Suppression, Set<string>>;

/** Stands in the comment where the editor cannot ask for a reason; told as one that is missing. */
export const REASON_PLACEHOLDER = 'reason';

interface Marked {
  readonly rule: { readonly id: string };
  readonly file: SourceFile;
  readonly span: Span;
}

/**
 * Whether a comment above the finding's entry silences it; notes the use. What stands in no entry (a missing option at the
 * top of the file, another comment) is silenced from any line between the comment and the entry below.
 */
export function suppressedBy(finding: Marked, use: SuppressionUse): boolean {
  const document = parsed(finding.file);
  if (!document || document.suppressions.length === 0) return false;
  // A line may be long and full of findings: by the index, which the diagnostics need anyway.
  const lines = lineIndexOf(finding.file);
  const start = lines.lineSpan(lines.positionAt(entryStart(document, finding.span.start)).line).start;
  const { targets, first } = silencersOf(document);
  const at = targets[lowerBound(targets, start)];
  const suppression = at === undefined ? undefined : first.get(`${at} ${finding.rule.id}`);
  if (!suppression || start < suppression.span.start) return false;
  const used = use.get(suppression);
  if (used) used.add(finding.rule.id);
  else use.set(suppression, new Set([finding.rule.id]));
  return true;
}

interface Silencers {
  /** Where suppressed entries begin, in order. */
  readonly targets: readonly number[];
  /** By target and rule, the first comment that names it. */
  readonly first: ReadonlyMap<string, Suppression>;
}

const silencers = new WeakMap<ParsedDocument, Silencers>();

/** Found once for a text: findings and comments may be thousands each. */
function silencersOf(document: ParsedDocument): Silencers {
  let known = silencers.get(document);
  if (!known) {
    const first = new Map<string, Suppression>();
    for (const suppression of document.suppressions) {
      for (const { id } of suppression.ids) {
        const key = `${suppression.target} ${id}`;
        if (!first.has(key)) first.set(key, suppression);
      }
    }
    const targets = [...new Set(document.suppressions.map((s) => s.target))].sort((a, b) => a - b);
    silencers.set(document, (known = { targets, first }));
  }
  return known;
}

/** Whether another comment above the same entry stands first for a rule. */
export function isRepeated(file: SourceFile, suppression: Suppression, id: string): boolean {
  const document = parsed(file);
  return document !== undefined && silencersOf(document).first.get(`${suppression.target} ${id}`) !== suppression;
}

/** Index of the first number that is not less. */
function lowerBound(sorted: readonly number[], least: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The comment that would silence a finding, put above its entry; undefined in files that take no comments of ours. */
export function suppressionEdit(finding: Marked, reason: string): Edit | undefined {
  const document = parsed(finding.file);
  if (!document || document.dialect === 'passwd' || document.dialect === 'group' || finding.file.defect)
    return undefined;
  const at = lineStart(document.text, entryStart(document, finding.span.start));
  // Neither before nor behind a byte order mark it would be a comment.
  if (at === 0 && document.text.startsWith('\uFEFF')) return undefined;
  const clean = reason.replace(/\s+/g, ' ').trim();
  return {
    file: finding.file,
    span: { start: at, end: at },
    text: `# livemig: ignore ${finding.rule.id}${clean === '' ? '' : ` -- ${clean}`}${eolOf(finding.file)}`,
  };
}

/** What a livemig.ini holds that switches a rule off and says nothing else. */
export function inventoryWithOff(id: string): string {
  return `[rules]\n${id} = off\n`;
}

/**
 * Switches a rule off in livemig.ini: where its level stands, else below its neighbours, else in a section of its own at
 * the end. Undefined where the file is no text, or the words would not be read.
 */
export function offEdit(file: SourceFile, id: string): Edit | undefined {
  if (file.defect) return undefined;
  const { sections, entries } = documentOf(file, 'livemig-ini');
  const own = entries.filter((e) => e.section?.kind === 'rules');
  const same = own.findLast((e) => e.key === id);
  const header = sections.findLast((s) => s.kind === 'rules' && s.argument === undefined);
  const below = own.at(-1)?.span ?? header?.span;
  const eol = eolOf(file);
  const { length } = file.text;
  const gap = file.text === '' ? '' : /[\r\n]$/.test(file.text) ? eol : eol + eol;
  const ways = [
    same && replace(file, same.valueSpan, file.text[same.valueSpan.start - 1] === '=' ? ' off' : 'off'),
    below && insertLineBelow(file, below.end, `${id} = off`),
    replace(file, { start: length, end: length }, gap + inventoryWithOff(id).replaceAll('\n', eol)),
  ];
  // A header with a comment behind it is none to the reader of values: the next way is taken then.
  return ways.find(
    (edit) => edit && readInventory({ ...file, text: applyEdits(file.text, [edit]) }).rules[id] === 'off',
  );
}

/** Start of the entry that holds an offset, which may span several lines; else the offset itself. */
function entryStart(document: ParsedDocument, offset: number): number {
  const lists: readonly (readonly { readonly span: Span }[])[] =
    document.dialect === 'shell'
      ? [document.assignments]
      : document.dialect === 'upstart'
        ? [document.env]
        : [document.entries];
  for (const list of lists) {
    // Entries stand in the order of the file: halve.
    let low = 0;
    let high = list.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const { span } = list[middle]!;
      if (offset < span.start) high = middle - 1;
      else if (offset > span.end) low = middle + 1;
      else return span.start;
    }
  }
  return offset;
}
