import { OPPOSITE } from '../../model/cluster';
import type { ExportedTo } from '../../model/exportTable';
import { removeListOption, replace } from '../edits';
import type { Edit } from '../rule';

/** Gives a client an option: in place of its opposite, else in its bracket, which is made where there is none. */
export function setOption(to: ExportedTo, word: string): Edit {
  const { client } = to;
  const { file, entry } = to.export;
  const opposite = client.options.findLast((o) => o.name === OPPOSITE[word]);
  if (opposite) return replace(file, opposite.span, word);
  const inside = client.optionsSpan;
  if (inside) {
    const at = { start: inside.start, end: inside.start };
    // A default of the line is undone by what comes after it; of a client's own words the last one counts.
    return replace(file, at, inside.start === inside.end ? word : `${word},`);
  }
  if (client.span.start === client.span.end) {
    return replace(file, { start: entry.span.end, end: entry.span.end }, ` *(${word})`);
  }
  return replace(file, { start: client.span.end, end: client.span.end }, `(${word})`);
}

/** Takes an option from a client, or undefined where it is one of the line's defaults. */
export function dropOption(to: ExportedTo, name: string): Edit | undefined {
  const option = to.client.options.findLast((o) => o.name === name);
  return option && removeListOption(to.export.file, to.client.options, option);
}
