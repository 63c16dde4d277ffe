import type { SourceFile } from '../../model/files';
import type { ShellProblemCode } from '../../syntax/shell';
import type { SyntaxProblem } from '../../syntax/types';
import type { UpstartProblemCode } from '../../syntax/upstart';
import { replace } from '../edits';
import { defineRule, type FixDraft } from '../rule';
import { lineStart, NAMES, readBySystemd, shellDocument, startFiles, typographicLines } from './_shell';

type Code = ShellProblemCode | UpstartProblemCode;

export default defineRule({
  id: 'defaults/syntax',
  scope: 'host',
  title: "libvirtd's start-up file cannot be read",
  severity: 'error',
  files: ['defaults', 'upstart'],
  messages: {
    'unterminated-quote':
      '{text} has a quote that is not closed: nothing from here on is read, and libvirtd does not start as it should',
    'unterminated-substitution':
      '{text} is not closed: nothing from here on is read, and libvirtd does not start as it should',
    'command-after-assignment':
      'The shell takes {text} for a command, and the variable before it stays as it was: put the whole value in quotes',
    'blank-before-equals': '{text} is a command to the shell, not an assignment: write it without blanks round the =',
    'carriage-return':
      'The lines end in CR LF, and the shell adds the CR to the last argument of libvirtd, which does not start; write LF',
    'unexpected-bracket': '{text} has a bracket outside quotes: the shell stops reading here; put the value in quotes',
    'unexpected-operator': '{text} has no command before it: the shell stops reading here; put a value in quotes',
    'bad-export': '{text} cannot be exported: the shell stops reading here; put the whole value in quotes',
    'trailing-slash': 'A backslash ends the file: init refuses the job and libvirtd does not start',
    'unterminated-block': '{text} has no end script: init refuses the job and libvirtd does not start',
    'unknown-stanza': '{text} is no stanza of a job: init refuses the job and libvirtd does not start',
    'expected-token': '{text} lacks its argument: init refuses the job and libvirtd does not start',
    'unexpected-token':
      '{text} is more than the stanza takes: init refuses the job and libvirtd does not start; put a value in quotes',
  } satisfies Record<Code, string>,
  fixes: { quote: 'Put the whole value in quotes', blanks: 'Take out the blanks', lf: 'End the lines in LF' },
  why: `The default file is a piece of shell, read by upstart's job or the init script (by systemd only in part): \`X = "-d"\`, \`X=-d
-l\` and an open quote are errors there (*X: not found*, *Syntax error: Unterminated quoted string*), and a job runs its scripts with
\`sh -e\`, so that the first one ends it. Init itself refuses a job with an unknown stanza. Then libvirtd does not run, or runs
without \`-l\`.`,
  sources: [
    'dash 0.5.12, sourcing each of the examples',
    "libnih's config.c and init/parse_job.c of upstart 1.12",
    'systemd.exec(5), EnvironmentFile=',
  ],
  preflight: 'destination',
  examples: [
    {
      title: 'blanks round the equals sign',
      release: 'grizzly',
      files: { 'etc/default/libvirt-bin': '⟦libvirtd_opts =⟧ "-d -l" # note\n' },
      good: { 'etc/default/libvirt-bin': 'libvirtd_opts="-d -l" # note\n' },
    },
    {
      title: 'a blank after it, and two words without quotes',
      release: 'grizzly',
      files: {
        'compute1/etc/default/libvirt-bin': 'libvirtd_opts= ⟦"-d -l"⟧\n',
        'compute2/etc/default/libvirt-bin': 'libvirtd_opts=-d ⟦-l⟧\n',
      },
      good: {
        'compute1/etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'compute2/etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
      },
    },
    {
      title: 'an open quote',
      release: 'grizzly',
      files: { 'etc/default/libvirt-bin': 'start_libvirtd="yes"\nlibvirtd_opts=⟦"-d -l⟧\n' },
    },
    {
      title: 'line ends of Windows',
      release: 'grizzly',
      files: { 'etc/default/libvirt-bin': 'start_libvirtd="yes"⟦\r⟧\nlibvirtd_opts="-d -l"\r\n' },
      good: { 'etc/default/libvirt-bin': 'start_libvirtd="yes"\nlibvirtd_opts="-d -l"\n' },
    },
    {
      title: 'a job',
      release: 'grizzly',
      files: { 'etc/init/libvirt-bin.conf': '⟦evn⟧ libvirtd_opts="-d"\nenv start_libvirtd=yes ⟦now⟧\n' },
    },
    {
      title: 'what systemd takes, and a job in CR LF',
      files: {
        'compute1/etc/default/libvirtd': 'LIBVIRTD_ARGS = --listen -v\r\n',
        'compute2/etc/init/libvirt-bin.conf': 'env libvirtd_opts="-d -l"\r\nexec /usr/sbin/libvirtd $libvirtd_opts\r\n',
      },
    },
    {
      title: 'pieces of shell',
      release: 'grizzly',
      files: {
        'etc/default/libvirt-bin':
          'start_libvirtd="yes"\nlibvirtd_opts="-d"\' -l\'\nexport KRB5_KTNAME=/etc/libvirt/libvirt.keytab\n[ -e /x ] && ulimit -n 8192\n',
      },
    },
  ],
  check(host, report) {
    for (const file of startFiles(host)) {
      const typographic = typographicLines(file);
      const systemd = readBySystemd(host, file);
      for (const problem of shellDocument(file).problems) {
        const code = problem.code as Code;
        const start = lineStart(file.text, problem.span.start);
        if (typographic.has(start) || (systemd && code !== 'unterminated-quote')) continue;
        const before = file.text.slice(start, problem.span.start);
        // A command with an environment of its own is a fair thing to write, except where it is meant for the arguments.
        if (code === 'command-after-assignment' && !NAMES.some((n) => new RegExp(`^[ \\t]*${n}=`).test(before)))
          continue;
        report({
          file,
          span: problem.span,
          message: code,
          values: { text: file.text.slice(problem.span.start, problem.span.end).trim() },
          fixes: [repair(file, problem, before)],
        });
      }
    }
  },
});

function repair(
  file: SourceFile,
  { code, span }: SyntaxProblem,
  before: string,
): FixDraft<'quote' | 'blanks' | 'lf'> | undefined {
  const text = file.text.slice(span.start, span.end);
  switch (code as Code) {
    case 'blank-before-equals': {
      const name = /^[A-Za-z_]\w*/.exec(text)?.[0] ?? '';
      const after = /^[ \t]*/.exec(file.text.slice(span.end, span.end + 100))?.[0].length ?? 0;
      const edit = replace(file, { start: span.start + name.length, end: span.end + after }, '=');
      return { title: 'blanks', edits: [edit] };
    }
    case 'command-after-assignment': {
      const value = /=([^=]*)$/.exec(before)?.[1] ?? '';
      const blanks = { start: span.start - value.length, end: span.start };
      if (value.trim() === '') {
        const whole = /^("[^"]*"|'[^']*'|[\w./-]+)$/.test(text);
        return whole ? { title: 'blanks', edits: [replace(file, blanks, '')] } : undefined;
      }
      if (!/^[\w./ -]+$/.test(value + text)) return undefined;
      const all = { start: blanks.start, end: span.end };
      return { title: 'quote', edits: [replace(file, all, `"${value}${text}"`)] };
    }
    case 'carriage-return': {
      const edits = [...file.text.matchAll(/\r(?=\n|$)/g)].map((m) =>
        replace(file, { start: m.index, end: m.index + 1 }, ''),
      );
      return { title: 'lf', edits };
    }
    default:
      return undefined;
  }
}
