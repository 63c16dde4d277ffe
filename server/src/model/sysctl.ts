import type { Host, Place } from './host';
import { basename } from './files';

/** A kernel setting: as measured, else by the last line that sets it; undefined when neither is in view. */
export function sysctlOf(host: Host, name: string): { readonly value: string; readonly place?: Place } | undefined {
  const measured = host.facts?.sysctls?.[name];
  return measured === undefined ? sysctlLine(host, name) : { value: measured };
}

/** The last line of sysctl's files that sets a kernel setting: the one that counts at the next start. */
export function sysctlLine(host: Host, name: string): { readonly value: string; readonly place: Place } | undefined {
  // By name, sysctl.conf last: as `sysctl --system` reads them, and systemd by its link 99-sysctl.conf.
  const files = [...host.filesOf('sysctl')].sort((a, b) => rank(a.path) - rank(b.path) || (a.path < b.path ? -1 : 1));
  for (const file of files.reverse()) {
    if (file.defect) continue;
    // Dots and slashes part the words of a name alike; a dash before it lets it fail.
    const words = name
      .split('.')
      .map((w) => w.replace(/\W/g, '\\$&'))
      .join('[./]');
    const line = [...file.text.matchAll(new RegExp(`^[ \\t]*-?${words}[ \\t]*=[ \\t]*(.*?)[ \\t\\r]*$`, 'gm'))].at(-1);
    if (line)
      return { value: line[1]!, place: { file, span: { start: line.index, end: line.index + line[0].length } } };
  }
  return undefined;
}

function rank(path: string): number {
  return basename(path) === 'sysctl.conf' ? 1 : 0;
}
