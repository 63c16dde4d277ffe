import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { RULES } from '../../../server/src/rules/index';
import { ALWAYS, DRILLS, NOT_MADE } from './index';

const page = readFileSync(path.join(import.meta.dirname, '../../../docs/fault-matrix.md'), 'utf8');

test('docs/fault-matrix.md has each fault, and no other (npm run fault-matrix writes it)', () => {
  const ids = [...page.matchAll(/^\| ([^|]+) \|/gm)]
    .map((m) => m[1]!.trim())
    .filter((id) => /^(?:[A-Z]\d|[A-Z]-|0)/.test(id));
  assert.deepEqual(
    ids,
    [...DRILLS, ...NOT_MADE].map((d) => d.id),
  );
  const [, faults, predicted, explained, successes, blocked] =
    /^faults (\d+), predicted (\d+), explained (\d+), successes (\d+), blocked (\d+)$/m.exec(page)!.map(Number);
  const well = DRILLS.filter((d) => d.causes.length === 0 && !d.unforeseen).length;
  assert.deepEqual([faults, successes, blocked], [DRILLS.length - well, well, 0]);
  const said = [...page.matchAll(/^- ([\w-]+): (not predicted|not explained)/gm)].map((m) => m[2]);
  const unforeseen = DRILLS.filter((d) => d.unforeseen).length;
  assert.equal(predicted, faults! - unforeseen - said.filter((s) => s === 'not predicted').length);
  assert.equal(explained, faults! - said.filter((s) => s === 'not explained').length);
});

test('each is there once, with rules that there are; those that are always made are among them', () => {
  const ids = DRILLS.map((d) => d.id);
  assert.deepEqual([...new Set(ids)], ids);
  assert.deepEqual(
    ALWAYS.filter((id) => !ids.includes(id)),
    [],
  );
  const known = new Set<string>(RULES.map((r) => r.id));
  const missing = DRILLS.flatMap((d) => d.causes.filter((c) => !known.has(c)).map((c) => `${d.id}: ${c}`));
  assert.deepEqual(missing, []);
});
