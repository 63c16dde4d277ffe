import type { Place } from '../../model/host';
import type { Host } from '../../model/host';
import type { SourceFile } from '../../model/files';
import type { Effective } from '../../model/nova';
import { documentOf } from '../../model/parsed';
import type { NovaOption } from '../../knowledge/nova';
import { removeLines, TOP } from '../edits';
import type { Edit } from '../rule';

/** Where a value stands; its whole assignment when there is nothing after the separator. */
export function placeOf(setting: Effective | undefined): Place | undefined {
  if (!setting?.file || !setting.entry) return undefined;
  const { file, entry } = setting;
  return { file, span: entry.rawSpan.start < entry.rawSpan.end ? entry.rawSpan : entry.span };
}

/** The value as the file has it, quotes and `$name` included. */
export function written(setting: Effective): string {
  if (!setting.file || !setting.entry) return setting.raw ?? '';
  return setting.file.text.slice(setting.entry.rawSpan.start, setting.entry.rawSpan.end);
}

/** Where an option is missing: the header of its section, else the line that needs it, else the top of nova.conf. */
export function placeOfMissing(host: Host, option: NovaOption, neededBy?: Place): Place | undefined {
  const lookup = option.group === 'DEFAULT' ? option.group : option.group.toLowerCase();
  for (const file of host.nova.files) {
    const header = documentOf(file, 'oslo').sections.find((s) => s.lookup === lookup && !s.broken);
    if (header) return { file, span: header.span };
  }
  const file = host.nova.files[0];
  return neededBy ?? (file && { file, span: TOP });
}

/** The file that a missing option is best added to: the one that has its section, else nova.conf. */
export function fileFor(host: Host, option: NovaOption): SourceFile | undefined {
  return placeOfMissing(host, option)?.file;
}

/** Takes an option out of every file that sets it: an earlier one would count again. */
export function removeAll(host: Host, option: NovaOption): Edit[] {
  return host.nova.settersOf(option).map(({ file, entry }) => removeLines(file, entry.span));
}
