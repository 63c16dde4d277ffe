import { documentOf } from '../../model/parsed';
import type { SourceFile } from '../../model/files';
import type { SyntaxProblem } from '../../syntax/types';
import { eolOf, replace } from '../edits';
import { defineRule, type Edit, type FixDraft } from '../rule';
import { lostLines, lostWords } from './_stops';

const MESSAGES = {
  'blank-in-options':
    'A blank inside the brackets ends the client there: exportfs stops and does not export {lost}; write the options without blanks',
  'continuation-in-options':
    'The line continues inside the brackets: exportfs stops and does not export {lost}; keep the brackets on one line',
  'unclosed-options': '{text} has no closing bracket: exportfs stops and does not export {lost}',
  'text-after-options':
    '{text} stands directly after the closing bracket: exportfs stops and does not export {lost}; put a blank between',
  'empty-option': 'A comma too many: exportfs stops at the empty option and does not export {lost}',
  'unterminated-quote': 'The quote is not closed on its line: exportfs does not export {lost}',
  'empty-path': 'The empty path is taken for the end of the file: {lost} are not exported, without any message',
  'carriage-return':
    'A line with Windows line ends is taken for the end of the file: {lost} are not exported, without any message',
  'client-too-long': 'A client and its options take 512 bytes or more: exportfs stops and does not export {lost}',
  'path-too-long': 'The path is longer than 1024 bytes and taken for the end of the file: {lost} are not exported',
} as const;

type Code = keyof typeof MESSAGES;
type FixKey = 'blank' | 'join' | 'close' | 'part' | 'comma' | 'unix';

export default defineRule({
  id: 'exports/syntax',
  scope: 'host',
  title: 'exportfs stops reading here',
  severity: 'error',
  files: ['exports'],
  messages: MESSAGES,
  fixes: {
    blank: 'Write the options without blanks',
    join: 'Put the brackets on one line',
    close: 'Close the bracket',
    part: 'Put a blank after the bracket',
    comma: 'Take the comma out',
    unix: 'Give the file Unix line ends',
  },
  why: `exportfs reads the file up to the first line it does not understand: *syntax error: bad option list*. That line **and all
lines below it** are not exported, those above stay. Compute nodes whose line is lost get *access denied by server while mounting*,
and a migration to them fails with *is not on shared storage*. Some mistakes (an empty path, a blank line with a carriage return)
end the file without a word.`,
  sources: ['exportfs -ra; exportfs -s of nfs-utils 2.6.2', 'support/nfs/exports.c and xio.c of nfs-utils'],
  explains: [/syntax error: bad option list/, /expected client\(options/],
  preflight: true,
  examples: [
    {
      title: 'a blank after a comma costs the line below, too',
      files: { 'etc/exports': '/srv/a 10.0.0.1(rw,⟦ ⟧sync)\n/srv/b 10.0.0.1(rw,sync)\n' },
      good: { 'etc/exports': '/srv/a 10.0.0.1(rw,sync)\n/srv/b 10.0.0.1(rw,sync)\n' },
    },
    {
      title: 'a blank instead of a comma',
      files: { 'etc/exports': '/srv/a 10.0.0.1(rw⟦ ⟧sync)\r\n' },
      good: { 'etc/exports': '/srv/a 10.0.0.1(rw,sync)\r\n' },
    },
    {
      title: 'no closing bracket',
      files: { 'etc/exports': '/srv/a 10.0.0.1⟦(rw,sync⟧\n' },
      good: { 'etc/exports': '/srv/a 10.0.0.1(rw,sync)\n' },
    },
    {
      title: 'a comment directly after the bracket',
      files: { 'etc/exports': '/srv/a 10.0.0.1(rw,sync)⟦#⟧ all of them\n' },
      good: { 'etc/exports': '/srv/a 10.0.0.1(rw,sync) # all of them\n' },
    },
    {
      title: 'two commas',
      files: { 'etc/exports': '/srv/a 10.0.0.1(rw,⟦,⟧sync)\n' },
      good: { 'etc/exports': '/srv/a 10.0.0.1(rw,sync)\n' },
    },
    {
      title: 'a quote that is not closed',
      files: { 'etc/exports': '⟦"/srv/my share 10.0.0.1(rw)⟧\n' },
    },
    {
      title: 'a blank line with a carriage return',
      files: { 'etc/exports': '/srv/a 10.0.0.1(rw)\r\n⟦\r⟧\n/srv/b 10.0.0.1(rw)\r\n' },
      good: { 'etc/exports': '/srv/a 10.0.0.1(rw)\n\n/srv/b 10.0.0.1(rw)\n' },
    },
    {
      title: 'a line that goes on inside the brackets',
      files: { 'etc/exports': '/srv/a 10.0.0.1(rw,⟦\\\n  ⟧sync)\n/srv/b 10.0.0.1(rw)\n' },
      good: { 'etc/exports': '/srv/a 10.0.0.1(rw,sync)\n/srv/b 10.0.0.1(rw)\n' },
    },
    {
      title: 'default options, a continued line, a comma at the end, a comment and a quoted path are all right',
      files: {
        'etc/exports':
          '/srv/a -sync 10.0.0.1(rw,) \\\n  10.0.0.2(rw) # both\n"/srv/my share" 10.0.0.1(rw)\n/srv/my\\040other *(ro)\n',
      },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('exports')) {
      for (const problem of documentOf(file, 'exports').problems) {
        if (!(problem.code in MESSAGES)) continue;
        const code = problem.code as Code;
        const { count, related } = lostLines(file, problem.span.start);
        report({
          file,
          span: problem.span,
          message: code,
          values: { text: problem.values?.text ?? '', lost: lostWords(count) },
          related,
          fixes: [repair(file, code, problem)],
        });
      }
    }
  },
});

function repair(file: SourceFile, code: Code, { span }: SyntaxProblem): FixDraft<FixKey> | undefined {
  const { text } = file;
  const one = (title: FixKey, edit: Edit): FixDraft<FixKey> => ({ title, edits: [edit] });
  const comma = text[span.start - 1] === ',' || text[span.start - 1] === '(' || /[,)]/.test(text[span.end] ?? ')');
  switch (code) {
    case 'blank-in-options':
      return one('blank', replace(file, span, comma ? '' : ','));
    case 'continuation-in-options':
      return one('join', replace(file, span, comma ? '' : ','));
    case 'unclosed-options':
      return one('close', replace(file, { start: span.end, end: span.end }, ')'));
    case 'text-after-options':
      if (!/[#\w*@[]/.test(text[span.start] ?? '')) return undefined;
      return one('part', replace(file, { start: span.start, end: span.start }, ' '));
    case 'empty-option':
      return one('comma', replace(file, span, ''));
    case 'carriage-return': {
      if (eolOf(file) !== '\r\n') return undefined;
      const start = text.indexOf('\r');
      const end = text.lastIndexOf('\r') + 1;
      return one('unix', replace(file, { start, end }, text.slice(start, end).replace(/\r(\n|$)/g, '$1')));
    }
    default:
      return undefined;
  }
}
