import { isAddress } from '../addresses';
import { findSuppressions } from './suppressions';
import { type HostsDocument, type HostsEntry, type Span, type SyntaxProblem } from './types';

/** glibc (nss_files) says nothing: it drops the line, and the names on it do not resolve. */
export type HostsProblemCode =
  /** The first field is no address: `010.9.9.8`, `10.9.9`, `10.0.0.1/24`, a name. The entry is given all the same. */
  'bad-address';

const HASH = 35;

/** C's isspace. */
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

interface Word {
  readonly name: string;
  readonly span: Span;
}

/** Reads /etc/hosts as glibc does: a `#` anywhere begins a comment, any white space separates. */
export function parseHosts(text: string): HostsDocument {
  const entries: HostsEntry[] = [];
  const problems: SyntaxProblem[] = [];
  for (let start = 0; start < text.length;) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    const [address, ...names] = words(text, start, end);
    start = end + 1;
    if (!address) continue;
    if (!isAddress(address.name)) {
      const code: HostsProblemCode = 'bad-address';
      problems.push({ code, span: address.span, values: { text: address.name.slice(0, 120) } });
    }
    const last = names.at(-1) ?? address;
    entries.push({
      address: address.name,
      addressSpan: address.span,
      names,
      span: { start: address.span.start, end: last.span.end },
    });
  }
  const suppressions = findSuppressions(text, { markers: '#', indented: true });
  return { dialect: 'hosts', text, entries, problems, suppressions };
}

function words(text: string, from: number, to: number): Word[] {
  const found: Word[] = [];
  for (let at = from; at < to;) {
    const code = text.charCodeAt(at);
    if (code === HASH) break;
    if (isSpace(code)) {
      at++;
      continue;
    }
    const start = at;
    while (at < to && text.charCodeAt(at) !== HASH && !isSpace(text.charCodeAt(at))) at++;
    found.push({ name: text.slice(start, at), span: { start, end: at } });
  }
  return found;
}
