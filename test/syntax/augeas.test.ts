/**
 * A second opinion: augeas, whose lenses other people wrote from the same manuals. Where it says something else than we do
 * on a text, the text is one of those of `LENS_DISAGREEMENTS`, in which we go with the program that reads the file.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { lint } from '../../server/src/lint';
import { RULES } from '../../server/src/rules/index';
import { parseExports, parseFstab, parseHosts } from '../../server/src/syntax';
import { LENS_DISAGREEMENTS, LENSES, type LensPath } from '../oracles/disagreements';
import { AUGEAS, missing, Oracle } from '../oracles/driver';
import { clusterOf } from '../support/cluster';
import { NASTY } from './nasty';
import { SAMPLES } from './samples';

/** What a lens of libvirt's knows: the grammar, the keys and their types. */
const OF_THE_LENS = /\/(syntax|typographic-characters|wrong-type|unknown-key)$/;

/** Whether we have nothing to say against a text that a lens could say, too. */
function accepted(path: LensPath, text: string): boolean {
  if (path === 'etc/exports') return parseExports(text).problems.length === 0;
  if (path === 'etc/fstab') return parseFstab(text).problems.length === 0;
  if (path === 'etc/hosts') return parseHosts(text).problems.length === 0;
  return !lint(clusterOf({ [path]: text })).findings.some((f) => OF_THE_LENS.test(f.rule.id));
}

/** Texts made by hand: those of the parsers' tests, and the files of the rules' examples, before and after their repair. */
function textsOf(path: LensPath): string[] {
  const dialect = path.slice('etc/'.length);
  const own = dialect === 'exports' || dialect === 'fstab' || dialect === 'hosts' ? dialect : undefined;
  const examples = RULES.flatMap((r) => r.examples.flatMap((e) => [e.files, e.good ?? {}]))
    .flatMap((files) => Object.entries(files).filter(([name]) => name === path || name.endsWith(`/${path}`)))
    .map(([, text]) => text.replace(/[⟦⟧]/g, ''));
  // A NUL ends the text that the library is given.
  return [...new Set([...(own ? [SAMPLES[own], ...NASTY[own]] : []), ...examples])].filter((t) => !t.includes('\0'));
}

const lacking = missing(AUGEAS);
const options = lacking !== undefined && !process.env['CI'] ? { skip: `augeas: ${lacking}` } : {};

describe('augeas: our verdict against that of its lenses', options, () => {
  if (options.skip !== undefined) return;
  assert.equal(lacking, undefined, 'in CI every oracle has to be there');
  const oracle = new Oracle<{ readonly line: number | null }>(AUGEAS);
  after(() => oracle.close());
  const differs = async (path: LensPath, text: string): Promise<boolean> => {
    const { line } = await oracle.ask(text, { lens: LENSES[path] });
    return accepted(path, text) !== (line === null);
  };

  for (const path of Object.keys(LENSES) as LensPath[]) {
    const mine = LENS_DISAGREEMENTS.filter((d) => d.examples[path] !== undefined);

    test(path, async () => {
      const found: string[] = [];
      let asked = 0;
      for (const text of textsOf(path)) {
        if (mine.some((d) => d.applies(text, path))) continue;
        asked++;
        if (await differs(path, text)) found.push(text);
      }
      assert.deepEqual(found, []);
      assert.ok(asked >= 10, `only ${asked} texts were compared`);
    });

    for (const { name, examples, applies } of mine) {
      test(`${path}, disagreement still there: ${name}`, async () => {
        const example = examples[path]!;
        assert.ok(applies(example, path));
        assert.ok(await differs(path, example), 'the two agree by now');
      });
    }
  }
});
