import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { RULES } from '../../server/src/rules/index';
import { FAULTS, UNPROVOKED } from './faults/index';

const page = readFileSync(path.join(import.meta.dirname, '../../docs/preflight-matrix.md'), 'utf8');

test('docs/preflight-matrix.md has each fault and its rule, and no other (npm run preflight-matrix writes it)', () => {
  const rows = [...page.matchAll(/^\| ([^|]+) \|/gm)].map((m) => m[1]!.trim()).filter((id) => /^[A-Z]/.test(id));
  assert.deepEqual(
    rows,
    [...FAULTS, ...UNPROVOKED].map((f) => f.id),
  );
  for (const { id, finds } of FAULTS)
    assert.match(page, new RegExp(`^\\| ${id} \\|.*\\(rules/${finds.rule}\\.md\\)`, 'm'));
  const [, all, found, silent] = /^checks (\d+), found (\d+), silent (\d+)$/m.exec(page)!.map(Number);
  assert.deepEqual([all, found, silent], [FAULTS.length, FAULTS.length, FAULTS.length]);
});

test('faults have ids of their own and rules that there are', () => {
  const ids = FAULTS.map((f) => f.id);
  assert.deepEqual([...new Set(ids)], ids);
  const known = new Set<string>(RULES.map((r) => r.id));
  assert.deepEqual(
    FAULTS.filter((f) => !known.has(f.finds.rule)).map((f) => f.id),
    [],
  );
});
