/** Brings our reading of a file and the program's into one shape. Each returns `[ours, theirs]` for a deep comparison. */
import { realpathSync } from 'node:fs';
import {
  LineIndex,
  parseExports,
  parseFstab,
  parseHosts,
  parseLibvirt,
  parseOslo,
  parseShell,
  parseUnit,
  type ExportsProblemCode,
  type LibvirtProblemCode,
  type LibvirtValue,
  type ListOption,
  type OsloProblemCode,
  type Span,
  type UnitProblemCode,
} from '../../server/src/syntax';

export type Pair = readonly [ours: unknown, theirs: unknown];

// ---- oslo.config ----------------------------------------------------------------------------------------------------

export type OsloAnswer =
  { error: string; line: number } | { sections: Record<string, Record<string, { multi: string[]; plain: string }>> };

const OSLO_MESSAGES: Record<Exclude<OsloProblemCode, 'byte-order-mark'>, string> = {
  'no-assignment': "No ':' or '=' found in assignment",
  'empty-key': 'Key cannot be empty',
  'unexpected-continuation': 'Unexpected continuation line',
  'unclosed-section': 'Invalid section (must end with ])',
  'empty-section': 'Empty section name',
  'key-before-section': 'Section must be started before assignment',
};

export function compareOslo(text: string, answer: OsloAnswer): Pair {
  const document = parseOslo(text);
  const problem = document.problems[0];
  if (problem) {
    if (!('error' in answer)) return [problem, answer];
    // A mark at the start of the file makes a bad line of any first line; which complaint that gives depends on the line.
    if (problem.code === 'byte-order-mark') return [true, answer.error !== ''];
    const ours = OSLO_MESSAGES[problem.code as keyof typeof OSLO_MESSAGES];
    // An assignment is filed when the next line has been read, so this complaint's line number is a later one.
    const line =
      problem.code === 'key-before-section' ? answer.line : new LineIndex(text).positionAt(problem.span.start).line + 1;
    return [
      { error: ours, line },
      { error: answer.error, line: answer.line },
    ];
  }
  if ('error' in answer) return ['no problem', answer];
  const ours = new Map<string, Map<string, { multi: string[]; plain: string }>>();
  for (const section of document.sections) if (!ours.has(section.lookup)) ours.set(section.lookup, new Map());
  for (const { section, key, value } of document.entries) {
    const keys = ours.get(section!.lookup)!;
    keys.set(key, { multi: [...(keys.get(key)?.multi ?? []), value], plain: value });
  }
  const theirs = new Map(Object.entries(answer.sections).map(([name, keys]) => [name, new Map(Object.entries(keys))]));
  return [ours, theirs];
}

// ---- libvirt --------------------------------------------------------------------------------------------------------

type PlainValue = { string: string } | { int: string; signed: boolean } | { list: PlainValue[] };
export type LibvirtAnswer = { error: string } | { values: Record<string, PlainValue | null> };

const LIBVIRT_MESSAGES: Record<Exclude<LibvirtProblemCode, 'list-too-deep'>, string> = {
  'expected-name': 'expecting a name',
  'expected-assignment': 'expecting an assignment',
  'expected-value': 'expecting a value',
  'unterminated-number': 'unterminated number',
  'unterminated-string': 'unterminated string',
  'expected-list-separator': 'expecting a separator in list',
  'unclosed-list': 'list is not closed with ]',
  'expected-separator': 'expecting a separator',
};

export const LIBVIRT_KEYS = ['a', 'b', 'listen_tcp', 'auth_tcp', 'max_clients', 'k1', 'a_b'];

function plain(value: LibvirtValue): PlainValue {
  switch (value.type) {
    case 'string':
      return { string: value.text };
    case 'int':
      return { int: String(value.number), signed: value.text.startsWith('-') };
    case 'list':
      return { list: value.items.map(plain) };
  }
}

export function compareLibvirt(text: string, answer: LibvirtAnswer): Pair {
  const document = parseLibvirt(text);
  const problem = document.problems[0];
  if (problem || 'error' in answer) {
    const ours = problem ? LIBVIRT_MESSAGES[problem.code as keyof typeof LIBVIRT_MESSAGES] : 'no problem';
    return [ours, 'error' in answer ? answer.error : 'no problem'];
  }
  const ours: Record<string, PlainValue | null> = {};
  for (const key of LIBVIRT_KEYS) {
    const entry = document.entries.find((e) => e.key === key);
    ours[key] = entry ? plain(entry.value) : null;
  }
  return [ours, answer.values];
}

// ---- systemd units --------------------------------------------------------------------------------------------------

type Complaints = readonly (readonly [line: number, words: string])[];

export interface UnitAnswer {
  readonly status: number;
  readonly entries: readonly (readonly [section: string, key: string, value: string, line: number])[];
  readonly complaints: Complaints;
  /** Complaints of `systemd-analyze verify`, where it was asked for. */
  readonly verify?: Complaints;
}

const UNIT_SECTIONS = ['Unit', 'Socket', 'Install'];

const UNIT_MESSAGES: Record<UnitProblemCode, RegExp> = {
  'invalid-header': /^Invalid section header/,
  'bad-header-characters': /^Bad characters in section header/,
  'line-too-long': /ine too long/,
  'outside-section': /^Assignment outside of section/,
  'missing-equals': /^Missing '='/,
  'missing-key': /^Missing key name/,
};

const codeOf = (words: string): string =>
  Object.entries(UNIT_MESSAGES).find(([, pattern]) => pattern.test(words))?.[0] ?? words;

/** Lines are compared where no backslash joins them: systemd counts to the last one, we give the place of the first. */
export function compareUnit(text: string, answer: UnitAnswer): Pair {
  const { sections, entries, problems, stop = Infinity } = parseUnit(text);
  const index = new LineIndex(text);
  const plain = !/[\\\0]|\n\r/.test(text);
  const lineOf = (span: Span): number => (plain ? index.positionAt(span.start).line + 1 : 0);
  const isKnown = (name: string | undefined): boolean => name === undefined || UNIT_SECTIONS.includes(name);
  const sectionAt = (offset: number): string | undefined => sections.findLast((s) => s.span.end <= offset)?.name;
  const unknown = sections.filter((s) => s.span.start < stop && !isKnown(s.name) && !s.name.startsWith('X-'));
  const ours = [
    ...problems
      .filter((p) => p.span.start <= stop && (stop === p.span.start || isKnown(sectionAt(p.span.start))))
      .map(({ code, span }) => ({ at: span.start, line: code === 'line-too-long' ? 0 : lineOf(span), code })),
    ...unknown.map(({ name, span }) => ({
      at: span.start,
      line: lineOf(span),
      code: `Unknown section '${name}'. Ignoring.`,
    })),
  ].sort((a, b) => a.at - b.at);
  const theirs = answer.complaints.filter(([, words]) => !words.startsWith('Failed to parse file'));
  const line = (number: number): number => (plain ? number : 0);
  // systemd-analyze has complaints about keys and values, too.
  const verified = answer.verify?.filter(([, words]) =>
    /^(Unknown section|Invalid|Bad char|Assign|Missing)/.test(words),
  );
  return [
    {
      entries: entries
        .filter((e) => e.section && isKnown(e.section.name) && e.span.start < stop)
        .map((e) => [e.section!.name, e.key, e.value, lineOf(e.span)]),
      complaints: ours.map((c) => [c.line, c.code]),
      verified: verified && ours.filter((c) => c.code !== 'line-too-long').map((c) => [c.line, c.code]),
      stops: stop !== Infinity,
    },
    {
      entries: answer.entries.map(([section, key, value, at]) => [section, key, value, line(at)]),
      complaints: theirs.map(([at, words]) => [/too long/.test(words) ? 0 : line(at), codeOf(words)]),
      verified: verified?.map(([at, words]) => [line(at), codeOf(words)]),
      stops: answer.status < 0,
    },
  ];
}

// ---- exports --------------------------------------------------------------------------------------------------------

export interface ExportsAnswer {
  readonly rc: number;
  readonly stderr: string;
  readonly exports: readonly string[];
}

const BAD_LIST = /syntax error: bad option list/;
const SILENT = /^$/;
const EXPORTS_MESSAGES: Record<ExportsProblemCode, RegExp> = {
  'blank-in-options': BAD_LIST,
  'continuation-in-options': BAD_LIST,
  'unclosed-options': BAD_LIST,
  'text-after-options': BAD_LIST,
  'empty-option': /unknown keyword ""/,
  'relative-path': /Failed to stat/,
  'unterminated-quote': /./,
  'empty-path': SILENT,
  'carriage-return': SILENT,
  'client-too-long': /syntax error/,
  'path-too-long': SILENT,
};
const COMPLAINTS = /syntax error: .*|unknown keyword ".*"|bad fsid.*|unknown flavor.*|expected client.*|syntax error/;
const FLAVOR = '(?:sys|krb5|krb5i|krb5p|none)';
const KNOWN = new RegExp(
  `^(?:rw|ro|a?sync|(?:no_)?(?:subtree_check|root_squash|all_squash|wdelay|acl)|(?:in)?secure|(?:no)?hide|(?:no)?crossmnt|fsid=\\d+|sec=${FLAVOR}(?::${FLAVOR})*)$`,
);

/** exportfs does not list hosts that do not resolve here. */
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const COMPARABLE_HOST = new RegExp(`^(?:|\\*|@\\w+|${OCTET}(?:\\.${OCTET}){3}(?:/(?:[12]?\\d|3[0-2]))?)$`);

/** exportfs resolves links and superfluous slashes in what exists. */
function real(path: string): string {
  try {
    return path.startsWith('/') ? realpathSync(path) : path;
  } catch {
    return path;
  }
}

/** As exportfs writes a blank in a path. */
const octal = (character: string): string => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;

const spell = (option: ListOption): string =>
  option.value === undefined ? option.name : `${option.name}=${option.value}`;

/** Verdict, and who gets what of the lines before the first complaint. */
export function compareExports(text: string, answer: ExportsAnswer): Pair {
  const document = parseExports(text);
  let stop = Infinity;
  let expected = SILENT;
  for (const { code, span } of document.problems) {
    if (code === 'relative-path') continue;
    expected = EXPORTS_MESSAGES[code as ExportsProblemCode];
    // The brackets are looked at before what is in them.
    const client = document.entries.flatMap((e) => e.clients).find((c) => c.span.end >= span.end);
    stop = expected === BAD_LIST && client ? Math.min(client.span.start, span.start) : span.start;
    break;
  }
  const exported = new Map<string, string>();
  const add = (path: string, host: string, options: readonly ListOption[], at: number): void => {
    const unknown = options.find((option) => !KNOWN.test(spell(option)));
    if (unknown && unknown.span.start < stop) {
      stop = unknown.span.start;
      expected = /unknown keyword "|bad fsid|unknown flavor/;
    }
    if (at >= stop || (unknown && unknown.span.start <= stop)) return;
    if (!COMPARABLE_HOST.test(host)) return;
    const access = options.findLast((option) => option.name === 'rw' || option.name === 'ro')?.name ?? 'ro';
    exported.set(`${real(path).replace(/[ "\\\n\t]/g, octal)} ${host === '' ? '*' : host}`, access);
  };
  for (const entry of document.entries) {
    if (entry.clients.length === 0) add(entry.path, '', entry.defaults, entry.span.end - 1);
    // The last character counts: a complaint anywhere in the client stops it.
    for (const client of entry.clients) {
      add(entry.path, client.host, [...(client.defaults ?? entry.defaults), ...client.options], client.span.end - 1);
    }
  }
  const theirs = new Map<string, string>();
  for (const line of answer.exports) {
    const [, path, host, options] = /^([^]*?) {2}(.*)\(([^()]*)\)$/.exec(line) ?? [];
    if (COMPARABLE_HOST.test(host!)) theirs.set(`${path} ${host}`, options!.split(',').includes('rw') ? 'rw' : 'ro');
  }
  const complaint = COMPLAINTS.exec(answer.stderr)?.[0] ?? '';
  return [
    { complaint: expected.test(complaint), exported },
    { complaint: true, exported: theirs },
  ];
}

/**
 * exportfs merges lines for one directory and client, or refuses them, and loses blanks in a client's name and
 * brackets in a path on the way through its own table: no matter of syntax.
 */
export function isNoMatterOfSyntax(text: string): boolean {
  const seen = new Set<string>();
  for (const { path, clients } of parseExports(text).entries) {
    for (const host of clients.length ? clients.map((client) => client.host) : ['']) {
      if (/\s/.test(host) || /[()]/.test(path)) return true;
      const one = `${real(path)} ${host === '' ? '*' : host}`;
      if (seen.has(one)) return true;
      seen.add(one);
    }
  }
  return false;
}

// ---- fstab ----------------------------------------------------------------------------------------------------------

export interface FstabAnswer {
  readonly badLines: readonly number[];
  readonly entries: readonly Record<'source' | 'target' | 'type' | 'options' | 'dump' | 'passno', string | number>[];
  readonly verify?: string;
}

/** What strtol leaves in an int. */
function int32(raw = '0'): number {
  const value = BigInt(raw.trim().replace('+', ''));
  const limit = 2n ** 63n;
  return Number(BigInt.asIntN(32, value >= limit ? limit - 1n : value < -limit ? -limit : value));
}

export function compareFstab(text: string, answer: FstabAnswer): Pair {
  const document = parseFstab(text);
  // libmount counts `\n` only.
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const badLines = document.problems.map((problem) => lineOf(problem.span.start));
  const entries = document.entries
    .filter((entry) => !badLines.includes(lineOf(entry.span.start)))
    .map((entry) => ({
      source: entry.spec.value,
      target: entry.file.value,
      type: entry.type.value,
      options: entry.options?.value ?? null,
      dump: int32(entry.dump?.raw),
      passno: int32(entry.passno?.raw),
    }));
  // findmnt reads by libmount, but is what an operator would run: where it was asked, its verdict has to be the same.
  const verdict = answer.verify?.matchAll(/parse error at line (\d+)/g);
  return [
    { badLines, entries, verified: badLines },
    {
      badLines: answer.badLines,
      entries: answer.entries,
      verified: verdict ? [...verdict].map(([, line]) => Number(line)) : badLines,
    },
  ];
}

// ---- shell ----------------------------------------------------------------------------------------------------------

export interface ShellAnswer {
  readonly stderr: string;
  readonly values: Record<string, string | null>;
}

export const SHELL_NAMES = ['A', 'B', 'libvirtd_opts', 'LIBVIRTD_ARGS'];

/** What a shell leaves behind: of several assignments the last. Names whose value we do not claim to know are left out. */
export function compareShell(text: string, answer: ShellAnswer, afterErrors = false): Pair {
  const document = parseShell(text);
  const fatal = document.problems.some((problem) => /^unterminated|^unexpected|^bad/.test(problem.code));
  const theirFatal = /Syntax error|unexpected|EOF in|bad variable name|Illegal option/.test(answer.stderr);
  if (!afterErrors && (fatal || theirFatal)) return [{ fatal }, { fatal: theirFatal }];
  const ours: Record<string, string | null> = {};
  const theirs: Record<string, string | null> = {};
  for (const name of SHELL_NAMES) {
    const all = document.assignments.filter((assignment) => assignment.name === name);
    const temporary = document.problems.some((problem) => problem.code === 'command-after-assignment');
    if (all.some((assignment) => assignment.value === undefined) || temporary) continue;
    ours[name] = all.at(-1)?.value ?? null;
    theirs[name] = answer.values[name] ?? null;
  }
  return [ours, theirs];
}

// ---- hosts ----------------------------------------------------------------------------------------------------------

export interface HostsAnswer {
  /** Of the names asked for, those that resolve. */
  readonly resolved: readonly string[];
  /** Of the names asked for in detail, the full name and the addresses in their order; null for those that do not resolve. */
  readonly found?: Readonly<
    Record<string, { readonly canonical: string; readonly addresses: readonly string[] } | null>
  >;
}

/** All names in the text; which of them resolve tells which lines were taken. */
export function hostNames(text: string): string[] {
  return [...new Set(parseHosts(text).entries.flatMap((entry) => entry.names.map(({ name }) => name)))].filter(
    (name) => /^[\w.-]+$/.test(name) && !/^[\d.]+$/.test(name),
  );
}

export function compareHosts(text: string, answer: HostsAnswer): Pair {
  const document = parseHosts(text);
  const bad = new Set(document.problems.map((problem) => problem.span.start));
  const good = document.entries.filter((entry) => !bad.has(entry.addressSpan.start));
  const names = new Set(good.flatMap((entry) => entry.names.map(({ name }) => name)));
  return [hostNames(text).filter((name) => names.has(name)), answer.resolved];
}
