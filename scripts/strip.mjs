import ts from 'typescript';

/** What rule pages and tests need and the running programs do not: up to two thirds of a rule's text. */
const DOCUMENTATION = new Set(['examples', 'why', 'sources']);

/**
 * Blanks the documentation properties of the records passed to `defineRule({…})`. Line breaks stay, so that
 * positions in the rest of the file stay true.
 * @param {string} source TypeScript
 */
export function stripDocumentation(source, fileName = 'rule.ts') {
  const tree = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, false);
  /** @type {[number, number][]} */
  const cuts = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'defineRule') {
      const [record] = node.arguments;
      if (record && ts.isObjectLiteralExpression(record)) {
        for (const property of record.properties) {
          const name =
            property.name && (ts.isIdentifier(property.name) || ts.isStringLiteral(property.name))
              ? property.name.text
              : '';
          if (!DOCUMENTATION.has(name)) continue;
          const comma = /\s*,/y;
          comma.lastIndex = property.end;
          cuts.push([property.getStart(tree), comma.test(source) ? comma.lastIndex : property.end]);
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  let out = '';
  let at = 0;
  for (const [start, end] of cuts.sort((a, b) => a[0] - b[0])) {
    out += source.slice(at, start) + source.slice(start, end).replace(/[^\r\n]/g, '');
    at = end;
  }
  return out + source.slice(at);
}
