import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { lint, type Finding } from '../../server/src/lint';
import { clusterOf } from '../support/cluster';

/** Rules that judge nova.conf by itself: syntax, names, values. */
const OWN =
  /^nova\/(syntax|swallowed-line|key-before-section|unknown-section|unknown-option|option-in-wrong-section|duplicate-option|typographic-characters|quoted-value|inline-comment|dash-in-key|empty-value|bad-type-or-range|unknown-reference|deprecated-name|removed-name|too-new-option|option-deprecated-for-removal)$/;

function complaints(text: string, release: string): string[] {
  const { findings } = lint(clusterOf({ 'etc/nova/nova.conf': text }, release));
  const told = (f: Finding): boolean => OWN.test(f.rule.id) && f.severity !== 'info';
  return findings.filter(told).map((f) => `${f.rule.id}: ${f.message}`);
}

describe('correct files, as distributions and deployment tools write them, give no error and no warning', () => {
  const folder = path.join(__dirname, 'correct');
  for (const name of readdirSync(folder)) {
    const text = readFileSync(path.join(folder, name), 'utf8');
    const release = name.replace(/\.conf$/, '');
    test(`${name}, its release declared`, () => assert.deepEqual(complaints(text, release), []));
    test(`${name}, its release detected`, () => assert.deepEqual(complaints(text, 'auto'), []));
    test(`${name} with line breaks of Windows`, () =>
      assert.deepEqual(complaints(text.replaceAll('\n', '\r\n'), release), []));
  }
});

interface Generated {
  readonly options: Readonly<Record<string, readonly { name: string; default?: unknown }[]>>;
}

function generated(): Generated['options'] {
  const json = readFileSync(path.join(__dirname, '../knowledge/zed-generator.json'), 'utf8');
  const { options } = JSON.parse(json) as Generated;
  // On the command line names have dashes, and some libraries declare them so.
  return Object.fromEntries(
    Object.entries(options).map(([section, list]) => [
      section,
      list.map((o) => ({ ...o, name: o.name.replaceAll('-', '_') })),
    ]),
  );
}

test("every option that nova's own generator lists at zed, set to its default", () => {
  const lines: string[] = [];
  for (const [section, list] of Object.entries(generated())) {
    lines.push(`[${section}]`);
    for (const o of list) {
      if (o.default === undefined || o.default === null) continue;
      const values = Array.isArray(o.default) ? (o.default as unknown[]) : [o.default];
      if (values.some((v) => typeof v === 'object')) continue;
      lines.push(`${o.name} = ${values.join(',')}`);
    }
  }
  assert.ok(lines.length > 500, `${lines.length} lines`);
  assert.deepEqual(complaints(lines.join('\n'), 'zed'), []);
});

test("every name that nova's own generator lists at zed is known, and in the right section", () => {
  const names = Object.entries(generated()).flatMap(([section, list]) => [
    `[${section}]`,
    ...list.map((o) => `${o.name} = x`),
  ]);
  assert.ok(names.length > 1000, `${names.length} names`);
  const { findings } = lint(clusterOf({ 'etc/nova/nova.conf': names.join('\n') }, 'zed'));
  const wrong = /^nova\/(unknown-|option-in-wrong|removed-|too-new|dash-)/;
  assert.deepEqual(
    findings.filter((f) => wrong.test(f.rule.id)).map((f) => f.message),
    [],
  );
});
