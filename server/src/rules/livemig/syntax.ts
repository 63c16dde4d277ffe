import { documentOf } from '../../model/parsed';
import type { SourceFile } from '../../model/files';
import type { SyntaxProblem } from '../../syntax/types';
import { eolOf, replace, wholeLines } from '../edits';
import { defineRule, type FixDraft } from '../rule';

type Fix = 'above' | 'close' | 'comment' | 'dedent';

export default defineRule({
  id: 'livemig/syntax',
  scope: 'cluster',
  title: 'A line of livemig.ini that cannot be read',
  severity: 'warning',
  files: ['livemig-ini'],
  messages: {
    'no-assignment': '"{text}" is passed over: it has no = ; write key = value, or put # before it',
    'empty-key': '"{text}" is passed over: there is no key before the =',
    'unclosed-section': '"{text}" is no section header: it must end with ], and nothing may follow',
    'empty-section': 'A section without a name: write [rules], [cloud] or [node NAME]',
    'indented-section': '"{text}" is passed over: a section header begins at the start of the line',
    'trailing-comment': '"{text}" ends the value before it: put the comment on a line of its own',
  },
  fixes: {
    above: 'Move the comment to a line of its own',
    close: 'Close the bracket',
    comment: 'Comment the line out',
    dedent: 'Remove the indentation',
  },
  why: `livemig.ini says which nodes there are, which release they run and how strict the rules are. What cannot be read there is
passed over, and the hosts are judged by a guess.`,
  sources: ['docs/livemig.ini.md'],
  examples: [
    {
      title: 'a comment behind a value',
      files: { 'livemig.ini': 'release = zed ⟦; till spring⟧\r\n' },
      good: { 'livemig.ini': '; till spring\r\nrelease = zed\r\n' },
    },
    {
      title: 'a header that is left open, and one that is indented',
      files: { 'livemig.ini': '⟦[node compute1⟧\naddress = 10.0.0.1\n  ⟦[rules]⟧\n' },
      good: { 'livemig.ini': '[node compute1]\naddress = 10.0.0.1\n[rules]\n' },
    },
    {
      title: 'a comment behind a header',
      files: { 'livemig.ini': '⟦[rules] # ours⟧\n' },
      good: { 'livemig.ini': '# ours\n[rules]\n' },
    },
    {
      title: 'no equals sign',
      files: { 'livemig.ini': '⟦release zed⟧\n⟦= x⟧\n' },
      good: { 'livemig.ini': '#release zed\n#= x\n' },
      fix: 'comment',
    },
    { title: 'a header without a name', files: { 'livemig.ini': '⟦[]⟧\n' } },
    {
      title: 'comments, empty lines, dots in names',
      files: {
        'livemig.ini': '# ours\n; and theirs\n\nrelease = zed\n[node compute1.example.org]\n  address = 10.0.0.1\n',
      },
    },
  ],
  check(cluster, report) {
    if (!cluster.inventory) return;
    const { file } = cluster.inventory;
    for (const problem of documentOf(file, 'livemig-ini').problems) {
      report({
        file,
        span: problem.span,
        message: problem.code as 'no-assignment',
        values: { text: problem.values?.text ?? '' },
        fixes: [repair(file, problem)],
      });
    }
  },
});

function repair(file: SourceFile, { code, span }: SyntaxProblem): FixDraft<Fix> | undefined {
  const text = file.text.slice(span.start, span.end);
  const start = wholeLines(file, span).start;
  const top = { start, end: start };
  if (code === 'indented-section') return { title: 'dedent', edits: [replace(file, { start, end: span.start }, '')] };
  const header = code === 'unclosed-section' ? /^(\[[^\]]*\])?[ \t]*(.*)$/s.exec(text) : null;
  if (code === 'trailing-comment' || (header?.[1] !== undefined && /^[#;]/.test(header[2]!))) {
    const comment = header ? header[2]! : text;
    let cut = header ? span.start + header[1]!.length : span.start;
    while (/[ \t]/.test(file.text[cut - 1] ?? '')) cut--;
    const edits = [replace(file, top, comment + eolOf(file)), replace(file, { start: cut, end: span.end }, '')];
    return { title: 'above', edits };
  }
  if (header) {
    const open = header[1] === undefined && !text.includes(']');
    return open ? { title: 'close', edits: [replace(file, { start: span.end, end: span.end }, ']')] } : undefined;
  }
  if (code === 'empty-section') return undefined;
  return { title: 'comment', edits: [replace(file, top, '#')], preferred: false };
}
