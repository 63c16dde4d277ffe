import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One of the fact tables under server/facts. */
export const facts = async (root, name) => JSON.parse(await readFile(join(root, 'server/facts', name), 'utf8'));

/** Code units, not the machine's collation: the output must not depend on the locale. */
export const byCode = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** JSON with one element of each top-level list (or one member of each top-level object) to a line: small, and a change shows in a diff. */
export function table(value) {
  const lines = Object.entries(value).map(([key, part]) => {
    if (Array.isArray(part)) return `${JSON.stringify(key)}:[\n${part.map((x) => JSON.stringify(x)).join(',\n')}]`;
    const members = Object.entries(part).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`);
    return `${JSON.stringify(key)}:{\n${members.join(',\n')}}`;
  });
  return `{${lines.join(',\n')}}\n`;
}

export const generated = (name) => `server/src/knowledge/generated/${name}.json`;
