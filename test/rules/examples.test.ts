import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyEdits } from '../../server/src/fixes';
import { lint, type Finding } from '../../server/src/lint';
import type { SourceFile } from '../../server/src/model/files';
import { RULES } from '../../server/src/rules/index';
import type { Edit, Example, Rule } from '../../server/src/rules/rule';
import { clusterOf, examplePath } from '../support/cluster';

const NEWEST = '2026.1';

interface Marked {
  files: Record<string, string>;
  /** `path:start-end` of every ⟦…⟧. */
  marks: string[];
}

function unmark(example: Example): Marked {
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
  return { files, marks: marks.sort() };
}

function findingsOf(rule: Rule, files: Record<string, string>, release: string): Finding[] {
  return lint(clusterOf(files, release)).findings.filter((f) => f.rule.id === rule.id);
}

function places(findings: readonly Finding[], single: boolean): string[] {
  return findings.map((f) => `${examplePath(f.file, single)}:${f.span.start}-${f.span.end}`).sort();
}

/** Applies one fix of each finding, one after another with a fresh look in between, as a user would. */
function repair(
  rule: Rule,
  files: Record<string, string>,
  release: string,
  title: string | undefined,
  single: boolean,
): Record<string, string> {
  let now = { ...files };
  for (let round = 0; round < 20; round++) {
    const fix = findingsOf(rule, now, release)
      .flatMap((f) => f.fixes)
      .find((f) => (title === undefined ? f.preferred : f.title === title || f.title.startsWith(title)));
    if (!fix) return now;
    now = edited(now, fix.edits, single);
  }
  assert.fail(`${rule.id}: fixes without end`);
}

function edited(files: Record<string, string>, edits: readonly Edit[], single: boolean): Record<string, string> {
  const byFile = new Map<SourceFile, Edit[]>();
  for (const edit of edits) byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit]);
  const out = { ...files };
  for (const [file, list] of byFile) out[examplePath(file, single)] = applyEdits(file.text, list);
  return out;
}

for (const rule of RULES) {
  describe(rule.id, () => {
    test('has an example that it marks and one that it leaves alone', () => {
      assert.ok(rule.examples.some((e) => unmark(e).marks.length > 0));
      assert.ok(rule.examples.some((e) => unmark(e).marks.length === 0 || e.good !== undefined));
    });
    for (const [i, example] of rule.examples.entries()) {
      test(`${i + 1}. ${example.title ?? rule.title}`, () => {
        const release = example.release ?? NEWEST;
        const { files, marks } = unmark(example);
        const single = !Object.keys(files).some((p) => p.includes('/') && !p.startsWith('etc/'));
        const findings = findingsOf(rule, files, release);
        assert.deepEqual(places(findings, single), marks);
        for (const finding of findings) {
          assert.equal(finding.severity, example.severity ?? rule.severity, `severity of ${finding.message}`);
          assert.doesNotMatch(finding.message, /\{\w+\}/, 'every value of the message is given');
        }
        const preferred = findings.some((f) => f.fixes.some((x) => x.preferred));
        if (example.good === undefined) {
          assert.ok(
            marks.length === 0 || !preferred,
            'a finding with a preferred fix shows the repaired file in `good`',
          );
          return;
        }
        const title =
          example.fix === undefined
            ? undefined
            : (rule.fixes as Record<string, string>)[example.fix]?.replace(/\{.*/, '');
        const after = repair(rule, files, release, title, single);
        assert.deepEqual(after, { ...files, ...example.good });
        assert.deepEqual(
          places(findingsOf(rule, after, release), single),
          [],
          'the repaired files are clean of the rule',
        );
        assert.deepEqual(repair(rule, after, release, title, single), after, 'repairing twice changes nothing more');
      });
    }
  });
}
