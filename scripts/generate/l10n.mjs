// Every text that the client shows, for translators: a translation is a file of the same keys, l10n/bundle.l10n.de.json.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import ts from 'typescript';

const FOLDER = 'client/src';

export async function l10nBundle(root) {
  const entries = await readdir(join(root, FOLDER), { recursive: true, withFileTypes: true });
  const files = entries.filter((e) => e.isFile() && e.name.endsWith('.ts')).map((e) => join(e.parentPath, e.name));
  const texts = new Set();
  for (const file of files)
    for (const text of textsOf(relative(root, file), await readFile(file, 'utf8'))) texts.add(text);
  const sorted = [...texts].sort((a, b) => (a < b ? -1 : 1));
  const bundle = Object.fromEntries(sorted.map((text) => [text, text]));
  return { path: 'l10n/bundle.l10n.json', content: `${JSON.stringify(bundle, undefined, 2)}\n` };
}

/**
 * First arguments of `l10n.t(…)`.
 * @throws Error for one that is no plain text: nobody could translate it, since it is looked up as it stands
 */
export function textsOf(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found = [];
  const look = (node) => {
    if (ts.isCallExpression(node) && /^(?:\w+\.)?l10n\.t$/.test(node.expression.getText(tree))) {
      const [text] = node.arguments;
      if (!text || !ts.isStringLiteralLike(text)) {
        const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
        throw new Error(
          `${file}, line ${line + 1}: l10n.t takes a text as it stands, with {0} for what is put into it`,
        );
      }
      found.push(text.text);
    }
    ts.forEachChild(node, look);
  };
  look(tree);
  return found;
}
