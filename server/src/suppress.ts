import type { SourceFile } from './model/files';
import { parsed } from './model/parsed';
import { eolOf } from './rules/edits';
import type { Edit } from './rules/rule';
import { lineStart } from './syntax/lines';
import type { ParsedDocument, Span, Suppression } from './syntax/types';

/** Which ids of which suppressions silenced something: what is left over is needless. */
export type SuppressionUse = Map<Suppression, Set<string>>;

interface Marked {
  readonly rule: { readonly id: string };
  readonly file: SourceFile;
  readonly span: Span;
}

/** Whether a comment above the finding's entry silences it; notes the use. */
export function suppressedBy(finding: Marked, use: SuppressionUse): boolean {
  const document = parsed(finding.file);
  if (!document || document.suppressions.length === 0) return false;
  const start = lineStart(document.text, entryStart(document, finding.span.start));
  for (const suppression of document.suppressions) {
    if (lineStart(document.text, suppression.target) !== start) continue;
    if (!suppression.ids.some((i) => i.id === finding.rule.id)) continue;
    const used = use.get(suppression);
    if (used) used.add(finding.rule.id);
    else use.set(suppression, new Set([finding.rule.id]));
    return true;
  }
  return false;
}

/** The comment that would silence a finding, put above its entry; undefined in files that take no comments of ours. */
export function suppressionEdit(finding: Marked, reason: string): Edit | undefined {
  const document = parsed(finding.file);
  if (!document || document.dialect === 'passwd' || document.dialect === 'group' || finding.file.defect)
    return undefined;
  const at = lineStart(document.text, entryStart(document, finding.span.start));
  const clean = reason.replace(/\s+/g, ' ').trim();
  return {
    file: finding.file,
    span: { start: at, end: at },
    text: `# livemig: ignore ${finding.rule.id}${clean === '' ? '' : ` -- ${clean}`}${eolOf(finding.file)}`,
  };
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
