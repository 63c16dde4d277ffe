import { LineReader } from './lines';
import {
  type GroupDocument,
  type GroupEntry,
  type PasswdDocument,
  type PasswdEntry,
  type Span,
  type SyntaxProblem,
} from './types';

/** glibc (nss_files) says nothing: it drops the line, and the account does not exist. */
export type AccountsProblemCode =
  /** Fewer colons than the numbers need: passwd has its uid and gid in fields 3 and 4, group its gid in field 3. */
  | 'missing-field'
  /** An id that is no decimal number of 32 bits. */
  | 'bad-id';

const MAX_ID = 0xffffffff;
const COLON = 58;
const HASH = 35;

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

interface Line {
  readonly fields: readonly Span[];
  readonly span: Span;
}

/** The lines that glibc looks at: neither blank nor comment, nor `+…` and `-…` (NIS), which are no accounts of this file. */
function* accountLines(text: string, maxFields: number): Generator<Line> {
  const lines = new LineReader(text);
  while (lines.next()) {
    let start = lines.start;
    while (start < lines.end && isSpace(text.charCodeAt(start))) start++;
    let { end } = lines;
    while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
    if (start === end || text.charCodeAt(start) === HASH) continue;
    if (text.charAt(start) === '+' || text.charAt(start) === '-') continue;
    const fields: Span[] = [];
    for (let from = start; fields.length < maxFields;) {
      let to = from;
      while (to < end && text.charCodeAt(to) !== COLON) to++;
      fields.push({ start: from, end: to });
      if (to === end) break;
      from = to + 1;
    }
    yield { fields, span: { start, end } };
  }
}

function readId(text: string, span: Span | undefined, line: Span, problems: SyntaxProblem[]): number | undefined {
  if (!span) {
    problem(problems, 'missing-field', line, text);
    return undefined;
  }
  const raw = text.slice(span.start, span.end);
  const id = /^\d{1,20}$/.test(raw) ? Number(raw) : NaN;
  if (id <= MAX_ID) return id;
  problem(problems, 'bad-id', span.start < span.end ? span : line, text);
  return undefined;
}

function problem(problems: SyntaxProblem[], code: AccountsProblemCode, span: Span, text: string): void {
  problems.push({ code, span, values: { text: text.slice(span.start, Math.min(span.end, span.start + 120)) } });
}

/** Reads /etc/passwd; lines that make no account are problems, not entries. */
export function parsePasswd(text: string): PasswdDocument {
  const entries: PasswdEntry[] = [];
  const problems: SyntaxProblem[] = [];
  for (const { fields, span } of accountLines(text, 7)) {
    const [nameSpan, , uidSpan, gidSpan] = fields;
    const uid = readId(text, uidSpan, span, problems);
    if (uid === undefined) continue;
    const gid = readId(text, gidSpan, span, problems);
    if (gid === undefined) continue;
    const name = text.slice(nameSpan!.start, nameSpan!.end);
    entries.push({ name, nameSpan: nameSpan!, uid, uidSpan: uidSpan!, gid, gidSpan: gidSpan!, span });
  }
  return { dialect: 'passwd', text, entries, problems, suppressions: [] };
}

/** Reads /etc/group; lines that make no group are problems, not entries. */
export function parseGroup(text: string): GroupDocument {
  const entries: GroupEntry[] = [];
  const problems: SyntaxProblem[] = [];
  for (const { fields, span } of accountLines(text, 4)) {
    const [nameSpan, , gidSpan, memberSpan] = fields;
    const gid = readId(text, gidSpan, span, problems);
    if (gid === undefined) continue;
    const name = text.slice(nameSpan!.start, nameSpan!.end);
    const members = memberSpan
      ? text
          .slice(memberSpan.start, memberSpan.end)
          .split(',')
          .map((member) => member.trim())
          .filter((member) => member !== '')
      : [];
    entries.push({ name, nameSpan: nameSpan!, gid, gidSpan: gidSpan!, members, span });
  }
  return { dialect: 'group', text, entries, problems, suppressions: [] };
}
