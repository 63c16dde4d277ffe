import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { stripDocumentation } from '../../scripts/strip.mjs';

const root = path.resolve(__dirname, '../..');

test('examples, why and sources are cut from a record, and nothing else', () => {
  const rule = `import { common } from './x';
export default defineRule({
  id: 'nova/x', // stays
  why: 'because { of, } this',
  messages: { default: 'why: stays', why: 'stays too' },
  sources: ['a', 'b'],
  check(host, report) {
    const examples = { why: 1 };
    report(examples);
  },
  examples: [
    { files: { 'etc/nova/nova.conf': \`[DEFAULT]
x = \${1}\` } },
  ]
});
const other = { why: 'stays' };
`;
  const cut = stripDocumentation(rule);
  assert.equal(cut.split('\n').length, rule.split('\n').length, 'line numbers stay true');
  assert.doesNotMatch(cut, /because|sources|\[DEFAULT\]|files/);
  for (const kept of [
    "id: 'nova/x', // stays",
    "why: 'stays too'",
    'examples = { why: 1 }',
    "other = { why: 'stays' }",
  ])
    assert.ok(cut.includes(kept), kept);
  assert.deepEqual(ts.transpileModule(cut, { reportDiagnostics: true }).diagnostics, []);
});

test('what is no rule is left alone', () => {
  const text = "export const x = { why: 'a', examples: [] };\r\nfoo({ why: 1 });\r\n";
  assert.equal(stripDocumentation(text), text);
});

test('every rule of the project loses its documentation and still parses', () => {
  const folder = path.join(root, 'server/src/rules');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  let records = 0;
  for (const file of files) {
    const cut = stripDocumentation(readFileSync(path.join(folder, file), 'utf8'), file);
    assert.deepEqual(ts.transpileModule(cut, { reportDiagnostics: true }).diagnostics, [], file);
    if (!/export default defineRule\(/.test(cut)) continue;
    records++;
    assert.doesNotMatch(cut, /^ {2}(why|examples|sources):\s*['"`[]/m, file);
  }
  assert.ok(records > 0, 'no rule found');
});
