import type { Finding } from './lint';
import { Cluster, type ClusterInput } from './model/cluster';
import type { SourceFile } from './model/files';
import type { Edit } from './rules/rule';

/**
 * How often "fix all" lints again. Repairs uncover others, and of several options that move below one header each takes a
 * round; a chain longer than this is a rule at fault, and is left.
 */
export const MAX_ROUNDS = 100;

/** Applies edits to one text. They may come in any order and must not overlap; several at one place are kept in their order. */
export function applyEdits(text: string, edits: readonly Pick<Edit, 'span' | 'text'>[]): string {
  const sorted = [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  let out = '';
  let at = 0;
  for (const edit of sorted) {
    if (edit.span.start < at) throw new RangeError('edits overlap');
    out += text.slice(at, edit.span.start) + edit.text;
    at = edit.span.end;
  }
  return out + text.slice(at);
}

/**
 * The preferred fixes of findings that can be applied at once, as edits by file. A fix whose edits touch those of an
 * earlier one is left for the next round: the caller lints again until nothing is left.
 */
export function composeFixes(findings: readonly Finding[]): Map<SourceFile, Edit[]> {
  const taken = new Map<SourceFile, Edit[]>();
  for (const finding of findings) {
    const fix = finding.fixes.find((f) => f.preferred);
    if (!fix || fix.edits.some((e) => e.file.defect)) continue;
    if (fix.edits.some((edit) => taken.get(edit.file)?.some((other) => touches(edit, other)))) continue;
    for (const edit of fix.edits) {
      const list = taken.get(edit.file);
      if (list) list.push(edit);
      else taken.set(edit.file, [edit]);
    }
  }
  return taken;
}

/**
 * The cluster with edits made; nothing is written.
 * @param renewed told of every file that was replaced, and by what
 */
export function withEdits(
  cluster: Cluster,
  edits: ReadonlyMap<SourceFile, readonly Edit[]>,
  renewed: (old: SourceFile, made: SourceFile) => void = () => undefined,
): Cluster {
  const renew = (file: SourceFile): SourceFile => {
    const own = edits.get(file);
    if (!own) return file;
    const made = { ...file, text: applyEdits(file.text, own) };
    renewed(file, made);
    return made;
  };
  const input: ClusterInput = {
    root: cluster.root,
    hosts: cluster.hosts.map((h) => ({ name: h.name, folder: h.folder, files: h.files.map(renew) })),
    inventory: cluster.inventory && renew(cluster.inventory.file),
    partial: cluster.partial,
    sharesInventory: cluster.sharesInventory,
  };
  return new Cluster(input, cluster.declared, cluster);
}

/** Overlapping, or inserting at the same place (whose order would be chance). */
function touches(a: Edit, b: Edit): boolean {
  return a.span.start <= b.span.end && b.span.start <= a.span.end;
}
