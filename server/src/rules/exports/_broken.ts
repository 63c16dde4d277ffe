import type { Export } from '../../model/cluster';
import type { SourceFile } from '../../model/files';
import { documentOf } from '../../model/parsed';
import type { ExportEntry } from '../../syntax/types';

/** Problems that are no line's: between lines, or a line that gives no entry. */
const NO_LINE: ReadonlySet<string> = new Set(['carriage-return', 'empty-path', 'path-too-long', 'relative-path']);

const known = new WeakMap<SourceFile, ReadonlySet<ExportEntry>>();

/** Whether a line's own syntax is wrong: what its clients and options are meant to be is then not known. */
export function isBroken({ file, entry }: Export): boolean {
  let broken = known.get(file);
  if (!broken) {
    const { entries, problems } = documentOf(file, 'exports');
    const found = new Set<ExportEntry>();
    let i = 0;
    for (const problem of [...problems].sort((a, b) => a.span.start - b.span.start)) {
      if (NO_LINE.has(problem.code)) continue;
      while (i + 1 < entries.length && entries[i + 1]!.span.start <= problem.span.start) i++;
      const last = entries[i];
      if (last && last.span.start <= problem.span.start) found.add(last);
    }
    known.set(file, (broken = found));
  }
  return broken.has(entry);
}
