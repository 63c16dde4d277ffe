import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** What a rule says. A run that finds nothing needs none of it, and translations come in its place. */
const WORDS = new Set(['title', 'messages', 'fixes']);

/** The module that gives a record its words back, as its prototype, and the table behind it. */
const MODULE = 'rule-words';
const TABLE = 'rule-words.json';

/**
 * Takes the words out of the record passed to `defineRule({…})`, which then has them from its prototype. What is not written
 * out, and records whose id is not, stay as they are. Line breaks stay, so that positions stay true.
 * @param {string} source TypeScript
 * @returns {{ source: string, words: Record<string, Record<string, unknown>> }} words by rule and property
 */
export function takeWords(source, fileName = 'rule.ts') {
  const tree = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, false);
  /** @type {Record<string, Record<string, unknown>>} */
  const words = {};
  /** @type {[number, number, string][]} */
  const cuts = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'defineRule') {
      const [record] = node.arguments;
      const properties = record && ts.isObjectLiteralExpression(record) ? record.properties : [];
      const id = properties.map((p) => (nameOf(p) === 'id' ? valueOf(p.initializer) : undefined)).find((v) => v);
      for (const property of id === undefined ? [] : properties) {
        const name = nameOf(property);
        if (!WORDS.has(name)) continue;
        const value = valueOf(property.initializer);
        if (value === undefined) continue;
        const first = words[id] === undefined;
        (words[id] ??= {})[name] = value;
        const comma = /\s*,/y;
        comma.lastIndex = property.end;
        const end = comma.test(source) ? comma.lastIndex : property.end;
        cuts.push([property.getStart(tree), end, first ? '__proto__: ruleWords,' : '']);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  let out = '';
  let at = 0;
  for (const [start, end, text] of cuts.sort((a, b) => a[0] - b[0])) {
    out += source.slice(at, start) + text + source.slice(start, end).replace(/[^\r\n]/g, '');
    at = end;
  }
  out += source.slice(at);
  return { source: cuts.length > 0 ? `${out}\nimport ruleWords from '${MODULE}';\n` : out, words };
}

/** @param {ts.ObjectLiteralElementLike} property */
function nameOf(property) {
  return ts.isPropertyAssignment(property) && ts.isIdentifier(property.name) ? property.name.text : '';
}

/**
 * A text, or an object of texts; undefined where that is not written out.
 * @param {ts.Expression} node
 * @returns {unknown}
 */
function valueOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  /** @type {Record<string, string>} */
  const object = {};
  for (const property of node.properties) {
    if (!ts.isPropertyAssignment(property) || !ts.isStringLiteralLike(property.initializer)) return undefined;
    if (!ts.isIdentifier(property.name) && !ts.isStringLiteral(property.name)) return undefined;
    object[property.name.text] = property.initializer.text;
  }
  return object;
}

/** @type {string | undefined} */
let known;

/** The words of all rules, as JSON. */
function table(folder) {
  if (known === undefined) {
    const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
    const all = files.map((name) => takeWords(readFileSync(path.join(folder, name), 'utf8'), name).words);
    known = JSON.stringify(Object.assign({}, ...all));
  }
  return known;
}

/**
 * The table, in the bundle: read when it is first asked.
 * @param {string} folder of the rules
 * @returns {import('esbuild').Plugin}
 */
export const wordsTable = (folder) => ({
  name: 'words-apart',
  setup(b) {
    b.onResolve({ filter: /^rule-words(\.json)?$/ }, ({ path: wanted }) => ({ path: wanted, namespace: 'words' }));
    b.onLoad({ filter: /^rule-words$/, namespace: 'words' }, () => ({
      contents: `const of = (rule) => require('${TABLE}')[rule.id];
        export default { ${[...WORDS].map((name) => `get ${name}() { return of(this).${name}; }`).join(', ')} };`,
      loader: 'js',
    }));
    b.onLoad({ filter: /^rule-words\.json$/, namespace: 'words' }, () => ({
      contents: `module.exports = JSON.parse(${JSON.stringify(table(folder))})`,
      loader: 'js',
    }));
  },
});
