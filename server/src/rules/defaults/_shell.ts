import { basename, type SourceFile } from '../../model/files';
import type { Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import { parseShell } from '../../syntax/shell';
import { parseUpstart } from '../../syntax/upstart';
import type { ShellAssignment, Span, SyntaxProblem } from '../../syntax/types';
import type { Edit } from '../rule';
import { firstTypographic, shown, straighten } from '../libvirtd/_typography';

/** The variables that decide how libvirtd is started. */
export const NAMES = ['libvirtd_opts', 'LIBVIRTD_ARGS', 'start_libvirtd'];

/** `libvirtd_opts=`, in a job behind `env`. */
const ASSIGNMENT = /^[ \t]*(?:env[ \t]+|export[ \t]+)?(libvirtd_opts|LIBVIRTD_ARGS|start_libvirtd)[ \t]*=/;

/** Default files and jobs of a host. */
export function startFiles(host: Host): readonly SourceFile[] {
  return [...host.filesOf('defaults'), ...host.filesOf('upstart')];
}

/** Whether systemd reads the file itself, by the rules of EnvironmentFile, and no shell does. */
export function readBySystemd(host: Host, file: SourceFile): boolean {
  if (file.kind !== 'defaults') return false;
  const { init } = host.platform;
  return init === 'systemd' || (init === undefined && basename(file.path) === 'libvirtd');
}

export function shellDocument(file: SourceFile): {
  readonly problems: readonly SyntaxProblem[];
  readonly assignments: readonly ShellAssignment[];
} {
  if (file.kind === 'defaults') return documentOf(file, 'shell');
  const { problems, env } = documentOf(file, 'upstart');
  return { problems, assignments: env };
}

export interface TypographicLine {
  /** The value with its odd characters. */
  readonly span: Span;
  readonly name: string;
  readonly char: string;
  readonly edits: readonly Edit[];
}

/** Lines that set one of NAMES with typographic characters, by the offset of their start. */
export function typographicLines(file: SourceFile): ReadonlyMap<number, TypographicLine> {
  const { problems, assignments } = shellDocument(file);
  const starts = new Set([...problems, ...assignments].map((p) => lineStart(file.text, p.span.start)));
  const lines = new Map<number, TypographicLine>();
  for (const start of starts) {
    const line = withoutComment(file.text.slice(start, lineEnd(file.text, start)));
    const head = ASSIGNMENT.exec(line);
    if (!head?.[1]) continue;
    const span = { start: start + head[0].length, end: start + line.length };
    const first = firstTypographic(file.text.slice(span.start, span.end));
    if (!first) continue;
    const edits = straighten(file, span).map((e) => ({ ...e, text: dashes(file.text, e) }));
    const fixed = applied(line, start, edits);
    const good = readsWell(file, fixed);
    lines.set(start, { span, name: head[1], char: shown(first.char), edits: good ? edits : [] });
  }
  return lines;
}

/** A long dash before a long option was two dashes, which a word processor joined; before `dl` it was one. */
function dashes(text: string, { span, text: ascii }: Edit): string {
  if (ascii !== '-' || text[span.start - 1] === '-') return ascii;
  const word = /^[a-z]*/i.exec(text.slice(span.end, span.end + 20))?.[0] ?? '';
  return word.length > 1 && !/^[dlvhV]+$/.test(word) ? '--' : '-';
}

/** A line that begins at an offset, with edits to it carried out. */
function applied(line: string, start: number, edits: readonly Edit[]): string {
  let out = '';
  let at = 0;
  for (const { span, text } of edits) {
    out += line.slice(at, span.start - start) + text;
    at = span.end - start;
  }
  return out + line.slice(at);
}

function readsWell(file: SourceFile, line: string): boolean {
  if (file.kind === 'upstart') {
    const { problems, env } = parseUpstart(line + '\n');
    return problems.length === 0 && env.length === 1;
  }
  const { problems, assignments } = parseShell(line + '\n');
  return problems.length === 0 && assignments.length === 1;
}

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  const stop = end < 0 ? text.length : end;
  return text[stop - 1] === '\r' ? stop - 1 : stop;
}

/** A line up to its trailing comment and blanks; a `#` inside plain quotes is none. */
function withoutComment(line: string): string {
  const comment = /^(?:[^"'#]|"[^"]*"|'[^']*'|["']|(?<=\S)#)*?(?=[ \t]+#|$)/.exec(line);
  return (comment ? comment[0] : line).replace(/[ \t]+$/, '');
}
