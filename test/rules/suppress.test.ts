import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyEdits, withEdits } from '../../server/src/fixes';
import { lint, type Finding } from '../../server/src/lint';
import type { Cluster } from '../../server/src/model/cluster';
import { parsed } from '../../server/src/model/parsed';
import { RULES } from '../../server/src/rules/index';
import { suppressionEdit } from '../../server/src/suppress';
import { clusterOf } from '../support/cluster';

const clean = (files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.replace(/[⟦⟧]/g, '')]));

const of = (cluster: Cluster, id: string): Finding[] => lint(cluster).findings.filter((f) => f.rule.id === id);

describe('every finding that a comment can silence is silenced by ours, and nothing else changes', () => {
  for (const rule of RULES) {
    test(rule.id, () => {
      for (const example of rule.examples) {
        const cluster = clusterOf(clean(example.files), example.release ?? '2026.1');
        const before = of(cluster, rule.id);
        for (const finding of before) {
          const edit = suppressionEdit(finding, 'a lab');
          if (!edit) continue;
          const after = withEdits(cluster, new Map([[finding.file, [edit]]]));
          const title = `${example.title ?? ''}: ${JSON.stringify(applyEdits(finding.file.text, [edit]))}`;
          const left = of(after, rule.id);
          assert.ok(left.length < before.length, title);
          // The comment is read as one, and by nobody else as anything.
          const file = after.hosts.flatMap((h) => h.files).find((f) => f.uri === finding.file.uri);
          if (!file) continue;
          assert.equal(parsed(file)?.problems.length, parsed(finding.file)?.problems.length, title);
        }
      }
    });
  }
});
