import { releaseIndex, releaseName } from './knowledge/releases';
import type { Cluster } from './model/cluster';
import type { FileKind, SourceFile } from './model/files';
import type { Host } from './model/host';
import { needlessSuppressions } from './needless';
import { RULES } from './rules/index';
import type { Complaint, Edit, FixDraft, Related, Rule, Severity } from './rules/rule';
import { DEFAULT_SETTINGS, levelOf, type Settings } from './settings';
import type { Span } from './syntax/types';
import { suppressedBy, type SuppressionUse } from './suppress';

export interface Fix {
  readonly title: string;
  /** The one obvious repair: a single key press, and what "fix all" applies. */
  readonly preferred: boolean;
  readonly edits: readonly Edit[];
}

/** A rule's complaint, ready to be shown. */
export interface Finding {
  readonly rule: Rule;
  readonly severity: Severity;
  readonly message: string;
  /** Undefined for findings in livemig.ini. */
  readonly host: Host | undefined;
  readonly file: SourceFile;
  readonly span: Span;
  readonly related: readonly Related[];
  readonly fixes: readonly Fix[];
  readonly tags: readonly ('deprecated' | 'unnecessary')[];
  /** Stops a migration only where its host is the one or the other; where it is left out, the rule says so. */
  readonly preflight?: 'source' | 'destination';
}

/** At most this many findings of one file are shown; the rest are counted. */
export const MAX_FINDINGS_PER_FILE = 500;

export interface LintResult {
  /** By file in the order of hosts and files, then by place. */
  readonly findings: readonly Finding[];
  /** Findings left out by MAX_FINDINGS_PER_FILE. */
  readonly hidden: ReadonlyMap<SourceFile, number>;
}

type HostFindings = WeakMap<Host, readonly Finding[]>;
const hostCaches = new WeakMap<readonly Rule[], HostFindings>();

/**
 * Judges a cluster, by all rules or by those given. Pure: the same input gives the same findings, and nothing is read or
 * written.
 * @param judged called after each host, before the hosts are compared
 */
export function lint(
  cluster: Cluster,
  settings: Settings = DEFAULT_SETTINGS,
  rules: readonly Rule[] = RULES,
  judged?: () => void,
): LintResult {
  const steps = lintSteps(cluster, settings, rules);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (step.value === 'host') judged?.();
  }
}

/** The same in steps, for whoever has other things to do between: a host, or a rule of the whole cluster. */
export function* lintSteps(
  cluster: Cluster,
  settings: Settings = DEFAULT_SETTINGS,
  rules: readonly Rule[] = RULES,
): Generator<'host' | 'rule', LintResult> {
  const found: Finding[] = [];
  for (const host of cluster.hosts) {
    for (const finding of hostFindings(host, rules)) found.push(finding);
    yield 'host';
  }
  const kinds = new Set<FileKind>();
  for (const host of cluster.hosts) for (const file of host.files) kinds.add(file.kind);
  if (cluster.inventory) kinds.add('livemig-ini');
  for (const rule of rules) {
    if (rule.scope !== 'cluster' || !rule.files.some((k) => kinds.has(k))) continue;
    rule.check(cluster, (complaint) => keep(found, toFinding(rule, complaint, complaint.host)));
    yield 'rule';
  }
  const use: SuppressionUse = new Map();
  const shown = leftOver(found, cluster, settings, use);
  // One after another: there may be more than a call takes arguments.
  for (const needless of leftOver(needlessFindings(cluster, settings, rules, use), cluster, settings, use))
    shown.push(needless);
  return sorted(cluster, shown);
}

/** What neither a level nor a comment silences, at its level. */
function leftOver(
  findings: readonly Finding[],
  { inventory }: Cluster,
  settings: Settings,
  use: SuppressionUse,
): Finding[] {
  const shown: Finding[] = [];
  for (const finding of findings) {
    const level = levelOf(finding.rule.id, settings, inventory);
    if (level === 'off' || suppressedBy(finding, use)) continue;
    shown.push(level === undefined ? finding : { ...finding, severity: level });
  }
  return shown;
}

/**
 * Findings after an edit, ahead of the comparison of all hosts: what the edited hosts have by themselves is as it is now,
 * what was found by comparing is as it was before, at the place where its text is now, and without its fixes.
 * @param before of the cluster with the old files in the place of the new
 * @param edited the old file of each new one
 */
export function lintAhead(
  cluster: Cluster,
  settings: Settings,
  before: LintResult,
  edited: ReadonlyMap<SourceFile, SourceFile>,
  rules: readonly Rule[] = RULES,
): LintResult {
  const now = new Map([...edited].map(([file, old]) => [old, file]));
  const hosts = cluster.hosts.filter((h) => h.files.some((f) => edited.has(f)));
  const folders = new Set(hosts.map((h) => h.folder));
  const own = leftOver(
    hosts.flatMap((h) => hostFindings(h, rules)),
    cluster,
    settings,
    new Map(),
  );
  const others = before.findings.flatMap((finding): Finding[] => {
    if (finding.host && finding.rule.scope === 'host' && folders.has(finding.host.folder)) return [];
    const file = now.get(finding.file);
    if (!file) return [finding];
    const span = movedSpan(finding.file.text, file.text, finding.span);
    return span ? [{ ...finding, file, span, fixes: [] }] : [];
  });
  return sorted(cluster, [...own, ...others]);
}

/** Where a part of a text is in another that differs from it in one place; undefined where it was that part. */
function movedSpan(old: string, now: string, { start, end }: Span): Span | undefined {
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old.charCodeAt(head) === now.charCodeAt(head)) head++;
  let tail = 0;
  while (tail < shorter - head && old.charCodeAt(old.length - 1 - tail) === now.charCodeAt(now.length - 1 - tail))
    tail++;
  if (end <= head) return { start, end };
  const by = now.length - old.length;
  return start >= old.length - tail ? { start: start + by, end: end + by } : undefined;
}

/** What is said of the suppressions themselves, once all others have had their say. */
function needlessFindings(
  cluster: Cluster,
  settings: Settings,
  rules: readonly Rule[],
  use: SuppressionUse,
): readonly Finding[] {
  const found: Finding[] = [];
  const judges = rules.filter((r) => r.scope === 'suppressions');
  if (judges.length === 0) return found;
  const judged = (id: string): Rule | undefined =>
    levelOf(id, settings, cluster.inventory) === 'off' ? undefined : rules.find((r) => r.id === id);
  const needless = needlessSuppressions(cluster, use, judged, (rule, host) => window(rule, host) !== 'never');
  for (const rule of judges)
    rule.check(needless, (complaint) => keep(found, toFinding(rule, complaint, complaint.host)));
  return found;
}

function hostFindings(host: Host, rules: readonly Rule[]): readonly Finding[] {
  let cache = hostCaches.get(rules);
  if (!cache) hostCaches.set(rules, (cache = new WeakMap()));
  const known = cache.get(host);
  if (known) return known;
  const found: Finding[] = [];
  for (const rule of rules) {
    // Most hosts have few kinds of file: what none of them is marked by need not look.
    if (rule.scope === 'host' && window(rule, host) !== 'never' && rule.files.some((k) => host.first(k)))
      rule.check(host, (complaint) => keep(found, toFinding(rule, complaint, host)));
  }
  cache.set(host, found);
  return found;
}

function keep(found: Finding[], finding: Finding | undefined): void {
  if (finding) found.push(finding);
}

const boundsOf = new WeakMap<Rule, { readonly first: number; readonly last: number }>();

/** Whether a rule's releases are met by all that the host may run, by the one it is judged by alone, or by neither. */
function window(rule: Rule, host: Host): 'always' | 'guess' | 'never' {
  if (!rule.releases) return 'always';
  let bounds = boundsOf.get(rule);
  if (!bounds) {
    const { from: first, to: last } = rule.releases;
    bounds = {
      first: first === undefined ? 0 : (releaseIndex(first) ?? 0),
      last: last === undefined ? Infinity : (releaseIndex(last) ?? Infinity),
    };
    boundsOf.set(rule, bounds);
  }
  const { first, last } = bounds;
  const { index, from, to } = host.release;
  if (index < first || index > last) return 'never';
  return first <= from && to <= last ? 'always' : 'guess';
}

function toFinding(rule: Rule, complaint: Omit<Complaint, 'host'>, host: Complaint['host']): Finding | undefined {
  const { values = {} } = complaint;
  const applies = host ? window(rule, host) : 'always';
  if (applies === 'never') return undefined;
  const guess = host?.release.guessed && (complaint.guess === true || applies === 'guess');
  const text = fill(rule.messages[complaint.message ?? 'default'] ?? rule.title, values);
  const drafts = (complaint.fixes ?? []).filter((f): f is FixDraft => f !== undefined && f.edits.length > 0);
  return {
    rule,
    severity: guess ? 'info' : (complaint.severity ?? rule.severity),
    message: guess
      ? `${text} (judged by ${releaseName(host.release.index)}, a guess: set \`release\` in livemig.ini)`
      : text,
    host,
    file: complaint.file,
    span: complaint.span,
    related: complaint.related ?? [],
    fixes: drafts.map((draft) => ({
      title: fill(rule.fixes?.[draft.title] ?? draft.title, { ...values, ...draft.values }),
      preferred: draft.preferred ?? drafts.length === 1,
      edits: draft.edits,
    })),
    tags: complaint.tags ?? [],
    ...(complaint.preflight && { preflight: complaint.preflight }),
  };
}

/** Puts values in the place of their names in braces; a name without a value stays as it is. */
function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  let out = '';
  let at = 0;
  for (let open = text.indexOf('{'); open >= 0; open = text.indexOf('{', open + 1)) {
    const close = text.indexOf('}', open);
    if (close < 0) break;
    const value = values[text.slice(open + 1, close)];
    if (value === undefined) continue;
    out += text.slice(at, open) + visible(String(value));
    at = close + 1;
  }
  return out + text.slice(at);
}

/** A value from a file, on one line and not endless. */
function visible(value: string): string {
  const line = /[\r\n\t]/.test(value) ? value.replace(/[\r\n\t]+/g, ' ') : value;
  return line.length > 80 ? `${line.slice(0, 77)}…` : line;
}

function sorted(cluster: Cluster, findings: readonly Finding[]): LintResult {
  const byFile = new Map<SourceFile, Finding[]>();
  for (const host of cluster.hosts) for (const file of host.files) byFile.set(file, []);
  if (cluster.inventory) byFile.set(cluster.inventory.file, []);
  for (const finding of findings) byFile.get(finding.file)?.push(finding);
  const all: Finding[] = [];
  const hidden = new Map<SourceFile, number>();
  const weight = { error: 0, warning: 1, info: 2 };
  for (const [file, list] of byFile) {
    if (list.length > MAX_FINDINGS_PER_FILE) {
      // What matters most stays.
      list.sort((a, b) => weight[a.severity] - weight[b.severity] || a.span.start - b.span.start);
      hidden.set(file, list.length - MAX_FINDINGS_PER_FILE);
      list.length = MAX_FINDINGS_PER_FILE;
    }
    list.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end || (a.rule.id < b.rule.id ? -1 : 1));
    all.push(...list);
  }
  return { findings: all, hidden };
}
