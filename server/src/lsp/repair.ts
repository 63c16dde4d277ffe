import { composeFixes, MAX_ROUNDS, withEdits } from '../fixes';
import { lint, type Finding } from '../lint';
import type { SourceFile } from '../model/files';
import type { Edit } from '../rules/rule';
import type { JudgedCluster } from './judged';
import { Pieces, type TextChange } from './pieces';
import { hideBom, hidesBom } from './positions';
import type { Key } from './uris';

/** What is to be repaired. */
export interface Wish {
  /** Findings of this file by edits to this file alone; without it all files. */
  readonly file?: Key;
  /** Findings of this rule alone. */
  readonly rule?: string;
}

/**
 * Whether edits can be made: never to a file with a defect, to what was measured, nor to a BOM that the editor keeps to
 * itself.
 */
export function canEdit(edits: readonly Edit[]): boolean {
  return edits.every(
    ({ file, span }) => !file.defect && file.kind !== 'facts' && !(hidesBom(file) && span.start < 1 && span.end > 0),
  );
}

/**
 * Applies preferred fixes in memory, lints, and again until nothing is left to fix.
 * @returns by file, what differs from its text now
 */
export function repair(judged: JudgedCluster, wish: Wish): Map<SourceFile, TextChange[]> {
  const wanted = (finding: Finding): boolean => {
    if (wish.file !== undefined && finding.file.uri !== wish.file) return false;
    if (wish.rule !== undefined && finding.rule.id !== wish.rule) return false;
    const edits = finding.fixes.find((f) => f.preferred)?.edits;
    if (!edits || !canEdit(edits)) return false;
    return wish.file === undefined || edits.every((e) => e.file.uri === wish.file);
  };
  const pieces = new Map<Key, Pieces>();
  let cluster = judged.cluster;
  let findings = judged.allFindings;
  for (let round = 0; ; round++) {
    const edits = composeFixes(findings.filter(wanted));
    if (edits.size === 0) break;
    for (const [file, list] of edits) {
      let own = pieces.get(file.uri);
      if (!own) pieces.set(file.uri, (own = new Pieces(file.text.length)));
      own.apply(list);
    }
    if (round + 1 === MAX_ROUNDS) break;
    cluster = withEdits(cluster, edits, keepBom);
    findings = lint(cluster, judged.settings.lint).findings;
  }
  const out = new Map<SourceFile, TextChange[]>();
  for (const [key, own] of pieces) {
    const file = judged.file(key);
    const changes = file && own.changes().filter((c) => file.text.slice(c.span.start, c.span.end) !== c.text);
    if (file && changes && changes.length > 0) out.set(file, changes);
  }
  return out;
}

/** A BOM that the editor keeps to itself stays so. */
function keepBom(old: SourceFile, made: SourceFile): void {
  if (hidesBom(old)) hideBom(made);
}
