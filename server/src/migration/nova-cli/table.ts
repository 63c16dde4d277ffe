/** A row of a table: cells by their heading, without case and signs: `osextststaskstate`. */
export type Row = Readonly<Record<string, string>>;

/** Characters that take two columns of a terminal: by that, not by their number, cells are padded. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NARROW = /\p{Mn}/u;

/** `OS-EXT-STS: Task State`, `Task State` and `task_state` are written so. */
export const heading = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * The first table that `nova` printed among other lines; `-` and `None` are empty cells. A cell may hold anything: where it
 * ends the rule above tells. A line whose first cell is empty goes on with the row before.
 *
 * @returns undefined where there is none
 */
export function readTable(text: string): readonly Row[] | undefined {
  const lines = text.split(/\r?\n/);
  const top = lines.findIndex((line) => /^\+(?:-+\+)+$/.test(line.trim()));
  if (top < 0) return undefined;
  const rule = lines[top]!.trim();
  const bars = [...rule.matchAll(/\+/g)].map(({ index }) => index);
  const head = cells(lines[top + 1] ?? '', bars)?.map(heading);
  if (!head) return undefined;
  const rows: string[][] = [];
  for (const line of lines.slice(top + 3)) {
    if (line.trim() === rule) break;
    const row = cells(line, bars);
    const last = rows.at(-1);
    // Some cells break their line: what follows is the rest of one.
    if (!row) continue;
    if (row[0] === '' && last)
      row.forEach((cell, i) => (last[i] = i === 0 || cell === '' ? last[i]! : `${last[i]!}\n${cell}`));
    else rows.push(row);
  }
  return rows.map((row) =>
    Object.fromEntries(head.map((name, i) => [name, ['-', 'None'].includes(row[i] ?? '') ? '' : (row[i] ?? '')])),
  );
}

/** `Property` and `Value` of `nova show`. */
export function readProperties(text: string): ReadonlyMap<string, string> | undefined {
  const rows = readTable(text);
  return rows && new Map(rows.map((row) => [row.property ?? '', row.value ?? '']));
}

function cells(line: string, bars: readonly number[]): string[] | undefined {
  const marks: number[] = [];
  let column = 0;
  let at = 0;
  for (const char of line) {
    if (char === '|' && bars.includes(column)) marks.push(at);
    column += WIDE.test(char) ? 2 : NARROW.test(char) ? 0 : 1;
    at += char.length;
  }
  if (marks.length === bars.length) return marks.slice(1).map((end, i) => line.slice(marks[i]! + 1, end).trim());
  // A terminal counts otherwise than we do: then signs alone tell.
  const parts = line.split('|').map((cell) => cell.trim());
  return parts.length === bars.length + 1 ? parts.slice(1, -1) : undefined;
}
