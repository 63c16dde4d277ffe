import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { closest } from 'fastest-levenshtein';
import { RULES } from '../rules/index';
import { write } from './options';

/** `livemig rules`: all of them, a line each; with an ID the rule's page. */
export async function rulesCommand(id: string | undefined): Promise<number> {
  if (id === undefined) {
    const width = Math.max(...RULES.map((r) => r.id.length));
    await write(RULES.map((r) => `${r.id.padEnd(width)}  ${r.severity.padEnd(7)}  ${r.title}\n`).join(''));
    return 0;
  }
  const rule = RULES.find((r) => r.id === id);
  if (!rule) {
    process.stderr.write(
      `livemig: there is no rule ${id}; did you mean ${closest(
        id,
        RULES.map((r) => r.id),
      )}?\n`,
    );
    return 2;
  }
  // docs/ lies beside dist/ in the package, three folders up in the sources.
  for (const up of ['..', '../../..']) {
    const page = path.join(__dirname, up, 'docs', 'rules', `${rule.id}.md`);
    const text = await readFile(page, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    await write(text);
    return 0;
  }
  await write(`${rule.id} (${rule.severity}): ${rule.title}\n`);
  return 0;
}
