import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { takeWords } from '../../scripts/words.mjs';
import { RULES } from '../../server/src/rules/index';

const root = path.resolve(__dirname, '../..');

test('words that are written out are taken from a record, and its lines stay where they are', () => {
  const rule = `export default defineRule({
  id: 'nova/x',
  title: 'A title',
  messages: {
    default: "it's {value}",
    'two words': \`plain\`,
  },
  fixes: { write: 'Write ' + value },
  check(host, report) {
    report({ messages: { title: 'stays' } });
  },
});
const other = { title: 'stays too' };
`;
  const { source, words } = takeWords(rule);
  assert.deepEqual(words, {
    'nova/x': { title: 'A title', messages: { default: "it's {value}", 'two words': 'plain' } },
  });
  for (const kept of ["fixes: { write: 'Write ' + value }", "messages: { title: 'stays' }", "title: 'stays too'"])
    assert.ok(source.includes(kept), kept);
  const line = (text: string): number => text.split('\n').findIndex((l) => l.includes('check(host'));
  assert.equal(line(source), line(rule));
  assert.deepEqual(ts.transpileModule(source, { reportDiagnostics: true }).diagnostics, []);
});

test('what is no rule is left alone', () => {
  const text = "export const x = { id: 'a', title: 'b' };\r\nfoo({ messages: 1 });\r\n";
  assert.deepEqual(takeWords(text), { source: text, words: {} });
});

test('of every rule of the project the words that are taken are its own', () => {
  const folder = path.join(root, 'server/src/rules');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  const all = Object.assign(
    {},
    ...files.map((f) => takeWords(readFileSync(path.join(folder, f), 'utf8'), f).words),
  ) as Record<string, Partial<Record<'title' | 'messages' | 'fixes', unknown>>>;
  let taken = 0;
  for (const rule of RULES)
    for (const [name, value] of Object.entries(all[rule.id] ?? {})) {
      assert.deepEqual(value, rule[name as 'title'], `${rule.id}: ${name}`);
      taken++;
    }
  assert.ok(taken > 2 * RULES.length, `${taken} of ${RULES.length} rules`);
  assert.deepEqual(
    Object.keys(all).filter((id) => !RULES.some((r) => r.id === id)),
    [],
  );
});
