import { lookup } from '../../knowledge/nova';
import type { SourceFile } from '../../model/files';
import type { Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import type { SyntaxProblem } from '../../syntax/types';
import { eolOf, replace, wholeLines } from '../edits';
import { defineRule, type Edit, type FixDraft } from '../rule';
import { isTypographicLine } from './_characters';

type Fix = 'assign' | 'close' | 'comment' | 'dedent' | 'own-line' | 'bom';

export default defineRule({
  id: 'nova/syntax',
  scope: 'host',
  title: 'A line that stops every service that reads the file',
  severity: 'error',
  files: ['nova'],
  messages: {
    'byte-order-mark':
      'The file begins with a byte order mark: oslo.config refuses it and nova does not start; save it without',
    'no-assignment': '"{text}" has no = : nova does not start; write key = value, or put # at the start of the line',
    'empty-key': '"{text}" has no key before its separator: nova does not start; write key = value',
    'unexpected-continuation':
      '"{text}" is indented, but no value above goes on here: nova does not start; begin it at the start of the line',
    'unclosed-section':
      '"{text}" must end with ]: nova does not start; nothing may follow a section header, not even a comment',
    'empty-section': 'A section without a name: nova does not start; write e.g. [libvirt]',
  },
  fixes: {
    assign: 'Put = behind {key}',
    close: 'Close the bracket',
    comment: 'Comment the line out',
    dedent: 'Remove the indentation',
    'own-line': 'Give what follows the header a line of its own',
    bom: 'Remove the byte order mark',
  },
  why: `oslo.config gives up at the first line it cannot read, and nova-compute ends with *ConfigFileParseError: Failed to parse
nova.conf: at nova.conf:12, No ':' or '=' found in assignment*, *Unexpected continuation line*, *Invalid section (must end with
])* or *Empty section name*. The host is then no migration's source and no migration's destination. A line that starts with a
blank continues the value directly above it, even if it is a comment; after an empty line, a comment or a header there is none
to continue.`,
  sources: ['oslo.config 9.0.0, iniparser.py', 'run with oslo.config 9.0.0 and nova-compute 26.2.2'],
  explains: [
    /Failed to parse \S*nova\S*\.conf/,
    /No ':' or '=' found in assignment/,
    /Unexpected continuation line/,
    /Invalid section \(must end with \]\)/,
    /Empty section name/,
    /Key cannot be empty/,
  ],
  preflight: true,
  examples: [
    {
      title: 'a key without its separator',
      files: { 'etc/nova/nova.conf': '[libvirt]\n⟦virt_type kvm⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'the rest of a merge',
      files: { 'etc/nova/nova.conf': '[libvirt]\r\n⟦<<<<<<< HEAD⟧\r\nvirt_type = kvm\r\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\r\n#<<<<<<< HEAD\r\nvirt_type = kvm\r\n' },
      fix: 'comment',
    },
    {
      title: 'an indented section: the lines below a header continue nothing',
      files: { 'etc/nova/nova.conf': '[libvirt]\n  ⟦virt_type = kvm⟧\n  ⟦cpu_mode = none⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ncpu_mode = none\n' },
    },
    {
      title: 'an indented comment after an empty line',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n\n  ⟦# for the guests⟧\ncpu_mode = none\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n\n# for the guests\ncpu_mode = none\n' },
    },
    {
      title: 'a header that is left open',
      files: { 'etc/nova/nova.conf': '⟦[libvirt⟧\nvirt_type = kvm\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'a comment behind a header',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\r\n⟦[libvirt] # hypervisor⟧\r\nvirt_type = kvm\r\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\r\n# hypervisor\r\n[libvirt]\r\nvirt_type = kvm\r\n' },
    },
    {
      title: 'a byte order mark',
      files: { 'etc/nova/nova.conf': '⟦\uFEFF⟧[libvirt]\nvirt_type = kvm\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    { title: 'a header without a name', files: { 'etc/nova/nova.conf': '⟦[]⟧\n⟦= kvm⟧\n' } },
    {
      title: 'colons, a list over several lines, blanks behind a header, an empty value',
      files: {
        'etc/nova/nova.conf':
          '[filter_scheduler]  \nenabled_filters = ComputeFilter,\n  NUMATopologyFilter\n\t\n; old\n[libvirt]\nvirt_type: kvm\nrbd_user =\n',
      },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('nova')) {
      const { problems } = documentOf(file, 'oslo');
      for (const [i, problem] of problems.entries()) {
        const { code, span } = problem;
        const text = problem.values?.text ?? '';
        // These two have rules of their own.
        if (code === 'key-before-section' || (code === 'no-assignment' && isTypographicLine(text))) continue;
        report({
          file,
          span,
          message: code as 'no-assignment',
          values: { text },
          fixes: [repair(host, file, problems, i)],
        });
      }
    }
  },
});

function repair(
  host: Host,
  file: SourceFile,
  problems: readonly SyntaxProblem[],
  i: number,
): FixDraft<Fix> | undefined {
  const { code, span } = problems[i]!;
  const text = file.text.slice(span.start, span.end);
  if (code === 'byte-order-mark') return { title: 'bom', edits: [replace(file, span, '')] };
  if (code === 'unclosed-section') return header(file, problems[i]!);
  if (code === 'unexpected-continuation' && isLine(text)) return { title: 'dedent', edits: dedent(file, problems, i) };
  if (code === 'no-assignment') {
    const [key = '', blank = ''] = /^(\w+)([ \t]+)(?=\S)/.exec(text)?.slice(1) ?? [];
    const section = documentOf(file, 'oslo').sections.findLast((s) => s.span.end <= span.start);
    const found = section && key !== '' && lookup(section.lookup, key, host.release.index).kind;
    if (found === 'option' || found === 'alias') {
      const at = span.start + key.length + blank.length;
      return { title: 'assign', values: { key }, edits: [replace(file, { start: at, end: at }, '= ')] };
    }
  }
  if (code === 'empty-section') return undefined;
  const { start } = wholeLines(file, span);
  return { title: 'comment', edits: [replace(file, { start, end: start }, '#')], preferred: false };
}

/** Whether a line can stand by itself: a comment, a header, `key = value`. */
function isLine(text: string): boolean {
  return /^([#;]|\[[^\]]+\]$|[^=:]*[^=:\s][^=:]*[=:])/.test(text);
}

/** The lines that follow directly go along, or they would continue this one's value. */
function dedent(file: SourceFile, problems: readonly SyntaxProblem[], i: number): Edit[] {
  const edits: Edit[] = [];
  let next: number | undefined;
  for (const { code, span } of problems.slice(i)) {
    const lines = wholeLines(file, span);
    if (code !== 'unexpected-continuation' || (next !== undefined && lines.start !== next)) break;
    if (!isLine(file.text.slice(span.start, span.end))) break;
    edits.push(replace(file, { start: lines.start, end: span.start }, ''));
    next = lines.end;
  }
  return edits;
}

function header(file: SourceFile, { span }: SyntaxProblem): FixDraft<Fix> | undefined {
  const text = file.text.slice(span.start, span.end);
  if (/^\[[\w-]+$/.test(text)) {
    return { title: 'close', edits: [replace(file, { start: span.end, end: span.end }, ']')] };
  }
  const [, name = '', blanks = '', rest = ''] = /^(\[[^\]]+\])([ \t]*)(.+)$/.exec(text) ?? [];
  const gap = { start: span.start + name.length, end: span.start + name.length + blanks.length };
  const eol = eolOf(file);
  if (/^[#;]/.test(rest)) {
    const above = replace(file, { start: span.start, end: span.start }, rest + eol);
    return { title: 'own-line', edits: [above, replace(file, { start: gap.start, end: span.end }, '')] };
  }
  return isLine(rest) ? { title: 'own-line', edits: [replace(file, gap, eol)] } : undefined;
}
