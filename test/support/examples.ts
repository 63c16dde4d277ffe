import assert from 'node:assert/strict';
import { applyEdits } from '../../server/src/fixes';
import { lint, type Finding } from '../../server/src/lint';
import type { SourceFile } from '../../server/src/model/files';
import { RULES } from '../../server/src/rules/index';
import type { Edit, Example, Rule } from '../../server/src/rules/rule';
import { DEFAULT_SETTINGS } from '../../server/src/settings';
import { clusterOf, examplePath } from './cluster';

const NEWEST = '2026.1';

interface Case {
  readonly rule: Rule;
  readonly release: string;
  readonly asked: Example['asked'];
  /** Whether the files are those of one host, by paths below it. */
  readonly single: boolean;
  readonly files: Readonly<Record<string, string>>;
  /** `path:start-end` of every ⟦…⟧. */
  readonly marks: readonly string[];
}

function caseOf(rule: Rule, example: Example): Case {
  const files: Record<string, string> = {};
  const marks: string[] = [];
  for (const [path, marked] of Object.entries(example.files)) {
    let text = '';
    const open: number[] = [];
    for (const char of marked) {
      if (char === '⟦') open.push(text.length);
      else if (char === '⟧') marks.push(`${path}:${open.pop() ?? NaN}-${text.length}`);
      else text += char;
    }
    assert.equal(open.length, 0, `${path}: ⟦ without ⟧`);
    files[path] = text;
  }
  const single = !Object.keys(files).some((p) => p.includes('/') && !/^(etc|usr|lib)\//.test(p));
  return { rule, release: example.release ?? NEWEST, asked: example.asked, single, files, marks: marks.sort() };
}

/** By a copy: what it is judged among. Kept, since findings of hosts are kept by it. */
const amongAll = new WeakMap<Rule, readonly Rule[]>();

/**
 * A rule of the index is judged among all others, as it runs; a changed copy of one, in the place of the original, alone,
 * unless it judges what the others leave over.
 */
function rulesFor(rule: Rule): readonly Rule[] {
  if (RULES.includes(rule)) return RULES;
  if (rule.scope !== 'suppressions') return [rule];
  let all = amongAll.get(rule);
  if (!all) amongAll.set(rule, (all = RULES.map((r) => (r.id === rule.id ? rule : r))));
  return all;
}

function findingsOf({ rule, release, asked }: Case, files: Readonly<Record<string, string>>): Finding[] {
  const rules = rulesFor(rule);
  return lint(clusterOf(files, release, asked), DEFAULT_SETTINGS, rules).findings.filter((f) => f.rule.id === rule.id);
}

function places(findings: readonly Finding[], single: boolean): string[] {
  return findings.map((f) => `${examplePath(f.file, single)}:${f.span.start}-${f.span.end}`).sort();
}

/** Applies one fix of each finding, one after another with a fresh look in between, as a user would. */
function repair(
  of: Case,
  files: Readonly<Record<string, string>>,
  title: string | undefined,
): Readonly<Record<string, string>> {
  let now = files;
  let findings = findingsOf(of, now);
  while (true) {
    const fix = findings
      .flatMap((f) => f.fixes)
      .find((f) => (title === undefined ? f.preferred : f.title === title || f.title.startsWith(title)));
    if (!fix) return now;
    now = edited(now, fix.edits, of.single);
    const left = findingsOf(of, now);
    // A half repair that the next one completes, or one without end.
    assert.ok(left.length < findings.length, `${fix.title}: settles no finding`);
    findings = left;
  }
}

/** @throws RangeError where edits overlap */
function edited(
  files: Readonly<Record<string, string>>,
  edits: readonly Edit[],
  single: boolean,
): Record<string, string> {
  const byFile = new Map<SourceFile, Edit[]>();
  for (const edit of edits) byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit]);
  const out = { ...files };
  for (const [file, list] of byFile) out[examplePath(file, single)] = applyEdits(file.text, list);
  return out;
}

/**
 * What a record owes its reader: a place that the rule marks, one that it leaves alone, and the outcome of every
 * preferred fix.
 *
 * @throws AssertionError
 */
export function checkRecord(rule: Rule): void {
  const cases = rule.examples.map((example) => ({ example, of: caseOf(rule, example) }));
  assert.ok(
    cases.some(({ of }) => of.marks.length > 0),
    'has an example that it marks',
  );
  assert.ok(
    cases.some(({ example, of }) => of.marks.length === 0 || example.good !== undefined),
    'has an example that it leaves alone',
  );
  for (const { example, of } of cases) {
    if (example.good !== undefined || of.marks.length === 0) continue;
    const preferred = findingsOf(of, of.files).some((f) => f.fixes.some((x) => x.preferred));
    assert.ok(!preferred, `a finding with a preferred fix shows the repaired file in \`good\`: ${example.title ?? ''}`);
  }
}

/**
 * What the rule does to one of its examples: the marked places and no other, their severity, and the files after the
 * fix, byte for byte, which it then leaves alone.
 *
 * @throws AssertionError, or RangeError where a fix's edits overlap
 */
export function checkExample(rule: Rule, example: Example): void {
  const of = caseOf(rule, example);
  const { files, marks, single } = of;
  const findings = findingsOf(of, files);
  assert.deepEqual(places(findings, single), marks);
  for (const finding of findings) {
    assert.equal(finding.severity, example.severity ?? rule.severity, `severity of ${finding.message}`);
    assert.ok(rule.files.includes(finding.file.kind), `its files tell that it marks ${finding.file.kind}`);
    const written = finding.fixes.flatMap((f) => f.edits).map((e) => e.text);
    assert.ok(!written.some((text) => text.includes('livemig:')), 'to silence is for people: no fix does it');
    assert.doesNotMatch(finding.message, /\{\w+\}/, 'every value of the message is given');
  }
  if (example.good === undefined) return;
  const title =
    example.fix === undefined ? undefined : (rule.fixes as Record<string, string>)[example.fix]?.replace(/\{.*/, '');
  const after = repair(of, files, title);
  assert.deepEqual(after, { ...files, ...example.good });
  assert.deepEqual(places(findingsOf(of, after), single), [], 'the repaired files are clean of the rule');
  assert.deepEqual(repair(of, after, title), after, 'repairing twice changes nothing more');
}
