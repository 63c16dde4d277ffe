import { libvirtKey } from '../../knowledge/libvirt';
import { basename, type SourceFile } from '../../model/files';
import { documentOf } from '../../model/parsed';
import { parseLibvirt, type LibvirtProblemCode } from '../../syntax/libvirt';
import { lineStart } from '../../syntax/lines';
import type { Span, SyntaxProblem } from '../../syntax/types';
import { removeLines, replace } from '../edits';
import type { Complaint, Edit, FixDraft } from '../rule';
import { firstTypographic, shown, straighten, straightened } from './_typography';

/** Words for every complaint of virconf.c, for libvirtd.conf and qemu.conf alike. */
export const SYNTAX_MESSAGES: Readonly<Record<LibvirtProblemCode, string>> = {
  'expected-name': '{text} is no setting: {daemon} does not start; write key = value, or # before a comment',
  'expected-assignment': '{text} is no assignment: {daemon} does not start; write key = value',
  'expected-value':
    '{text} is no value: {daemon} does not start; write a number, a "text" in straight quotes or a [list]',
  'unterminated-number': '{text} is a sign without a number: {daemon} does not start',
  'unterminated-string': '{text} lacks its closing quote: {daemon} does not start',
  'expected-list-separator': '{text} stands in a list without a comma before it: {daemon} does not start',
  'unclosed-list': 'The list is not closed with ]: {daemon} does not start',
  'expected-separator':
    '{text} cannot stand here: {daemon} does not start; texts need "quotes", and one line holds one value',
  'list-too-deep': 'No setting takes lists inside lists: {daemon} does not start',
};

export const SYNTAX_FIXES = {
  quote: 'Put {value} in quotes',
  number: 'Write {value}',
  close: 'Close the quote',
  assign: 'Write {value}',
  header: 'Remove {value}: the file has no sections',
} as const;

type SyntaxComplaint = Omit<Complaint<LibvirtProblemCode, keyof typeof SYNTAX_FIXES>, 'host'>;

/** Who stops when a file cannot be read. */
export function daemonOf(file: SourceFile): string {
  const name = basename(file.path);
  return name === 'qemu.conf' ? "libvirt's QEMU driver" : name.replace(/\.conf$/, '');
}

/** What stops the daemon that reads the file, except slips of typography, which have a rule of their own. */
export function checkSyntax(files: readonly SourceFile[], report: (complaint: SyntaxComplaint) => void): void {
  for (const file of files) {
    for (const problem of documentOf(file, 'libvirt').problems) {
      if (typographicSlip(file, problem)) continue;
      const span = withoutComment(file, problem.span);
      report({
        file,
        span,
        message: problem.code as LibvirtProblemCode,
        values: { text: file.text.slice(span.start, span.end).trim() || 'An empty line', daemon: daemonOf(file) },
        fixes: [repair(file, problem, span)],
      });
    }
  }
}

/** A problem that is gone once typographic characters are ASCII, or that begins with a quote of that kind. */
export function typographicSlip(
  file: SourceFile,
  problem: SyntaxProblem,
): { readonly span: Span; readonly char: string; readonly edits: readonly Edit[] } | undefined {
  const span = withoutComment(file, problem.span);
  const text = file.text.slice(span.start, span.end);
  const first = firstTypographic(text);
  if (!first) return undefined;
  const line = { start: lineStart(file.text, span.start), end: span.end };
  const good = readsWell(straightened(file.text.slice(line.start, line.end)));
  if (!good && first.at > 0) return undefined;
  return { span, char: shown(first.char), edits: good ? straighten(file, line) : [] };
}

/** Exactly one setting, or nothing at all, as after taking out a byte order mark. */
function readsWell(line: string): boolean {
  const { entries, problems } = parseLibvirt(line + '\n');
  return problems.length === 0 && entries.length <= 1;
}

/** What is left of a problem's rest of the line when a trailing comment and blanks are taken off. */
function withoutComment(file: SourceFile, span: Span): Span {
  const text = file.text.slice(span.start, span.end);
  const comment = /[ \t]+#/.exec(text);
  const end = span.start + (comment ? comment.index : text.length);
  return end > span.start ? { start: span.start, end } : span;
}

function repair(
  file: SourceFile,
  { code }: SyntaxProblem,
  span: Span,
): FixDraft<keyof typeof SYNTAX_FIXES> | undefined {
  const text = file.text.slice(span.start, span.end);
  const before = file.text.slice(lineStart(file.text, span.start), span.start);
  const key = /^[ \t]*([A-Za-z]\w*)[ \t]*=[ \t]*$/.exec(before)?.[1];
  const type = key === undefined ? undefined : libvirtKey(basename(file.path), key)?.type;
  switch (code as LibvirtProblemCode) {
    case 'expected-value':
    case 'expected-separator': {
      if (type === 'bool') {
        const value = asBool(text);
        return value && { title: 'number', values: { value }, edits: [replace(file, span, value)] };
      }
      const word = type === 'string' && /^[\w./:@+*-]+$/.test(text);
      return word ? { title: 'quote', values: { value: text }, edits: [replace(file, span, `"${text}"`)] } : undefined;
    }
    case 'unterminated-string': {
      const quote = text.charAt(0);
      const closed = before + text + quote;
      const end = { start: span.end, end: span.end };
      return /^["'][^"']*$/.test(text) && readsWell(closed)
        ? { title: 'close', edits: [replace(file, end, quote)] }
        : undefined;
    }
    case 'expected-assignment': {
      const parts = /^([A-Za-z][\w-]*)([ \t]*:[ \t]*|[ \t]*=[ \t]*|[ \t]+)(\S.*)$/.exec(text);
      const name = parts?.[1]?.replaceAll('-', '_');
      if (!parts || name === undefined || !libvirtKey(basename(file.path), name)) return undefined;
      const value = `${name} = ${parts[3] ?? ''}`;
      return readsWell(value) ? { title: 'assign', values: { value }, edits: [replace(file, span, value)] } : undefined;
    }
    case 'expected-name':
      return /^\[[\w ]*\]$/.test(text) && before.trim() === ''
        ? { title: 'header', values: { value: text }, edits: [removeLines(file, span)] }
        : undefined;
    default:
      return undefined;
  }
}

/** `1` or `0` for the words people use instead. */
export function asBool(word: string): '0' | '1' | undefined {
  if (/^(1|yes|true|on|enabled?)$/i.test(word)) return '1';
  return /^(0|no|false|off|disabled?)$/i.test(word) ? '0' : undefined;
}
