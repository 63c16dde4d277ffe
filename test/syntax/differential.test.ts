/**
 * Our parsers against the programs whose files they read. Where a program is missing its test is skipped by name, but
 * never in CI. A failing text is printed with its seed: `LIVEMIG_SEED=… node --import tsx --test <this file>` repeats it.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as compare from '../oracles/compare';
import { DISAGREEMENTS } from '../oracles/disagreements';
import { ORACLES, Oracle, missing } from '../oracles/driver';
import { soup, edited } from './generators';
import { NASTY } from './nasty';
import { SAMPLES } from './samples';

const SEED = Number(process.env['LIVEMIG_SEED'] ?? 20260401);

interface Differential<Answer> {
  readonly oracle: keyof typeof ORACLES;
  readonly runs: number;
  /** What else the oracle has to know. */
  readonly more?: (text: string) => object;
  /** `afterErrors`: also what comes after a complaint, where the program has stopped and we go on. */
  readonly compare: (text: string, answer: Answer, afterErrors?: boolean) => compare.Pair;
  /** Texts on which the comparison would be of something else than syntax. */
  readonly skip?: (text: string) => boolean;
}

/** A lone surrogate has no UTF-8: no file can hold it. */
const storable = (text: string): boolean =>
  !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);

function differential<Answer>({ oracle: name, runs, more, compare: pair, skip }: Differential<Answer>): void {
  const lacking = missing(ORACLES[name]);
  const options = lacking !== undefined && !process.env['CI'] ? { skip: `${name}: ${lacking}` } : {};
  describe(`${name}: our reading against the program's`, options, () => {
    if (options.skip !== undefined) return;
    assert.equal(lacking, undefined, 'in CI every oracle has to be there');
    const oracle = new Oracle<Answer>(ORACLES[name]);
    after(() => oracle.close());
    const mine = DISAGREEMENTS.filter((disagreement) => disagreement.oracle === name);
    const check = async (text: string): Promise<void> => {
      if (!storable(text) || skip?.(text) || mine.some((disagreement) => disagreement.applies(text))) return;
      const [ours, theirs] = pair(text, await oracle.ask(text, more?.(text)));
      assert.deepEqual(ours, theirs, `text: ${JSON.stringify(text)}`);
    };

    test('a file from the field', async () => check(SAMPLES[name]));

    for (const text of NASTY[name]) test(JSON.stringify(text).slice(0, 100), async () => check(text));

    test('soups of the dialect', async () => {
      await fc.assert(fc.asyncProperty(soup(name), check), { seed: SEED, numRuns: runs });
    });

    test('edits of a file from the field', async () => {
      const property = fc.asyncProperty(edited(SAMPLES[name], name), check);
      await fc.assert(property, { seed: SEED, numRuns: Math.ceil(runs / 2) });
    });

    for (const { name: what, example, applies } of mine) {
      test(`disagreement still there: ${what}`, async () => {
        const answer = await oracle.ask(example, more?.(example));
        const differs = [false, true].some((afterErrors) => !isDeepStrictEqual(...pair(example, answer, afterErrors)));
        assert.ok(differs, 'the two agree by now');
        assert.ok(applies(example) || what.startsWith('after an error'));
      });
    }
  });
}

differential<compare.OsloAnswer>({ oracle: 'oslo', runs: 4000, compare: compare.compareOslo });

differential<compare.LibvirtAnswer>({
  oracle: 'libvirt',
  runs: 4000,
  more: () => ({ keys: compare.LIBVIRT_KEYS }),
  compare: compare.compareLibvirt,
});

differential<compare.ExportsAnswer>({
  oracle: 'exports',
  runs: 400,
  compare: compare.compareExports,
  // A NUL ends a C string in the middle of its word.
  skip: (text) => compare.isNoMatterOfSyntax(text) || text.includes('\0'),
});

differential<compare.FstabAnswer>({
  oracle: 'fstab',
  runs: 3000,
  // libmount itself is asked for every text, findmnt, a process each time, for those made by hand.
  more: (text) => ({ verify: text === SAMPLES.fstab || NASTY.fstab.includes(text) }),
  compare: compare.compareFstab,
});

differential<compare.ShellAnswer>({
  oracle: 'shell',
  runs: 600,
  more: () => ({ names: compare.SHELL_NAMES }),
  compare: compare.compareShell,
  // Only what runs nothing is given to a real shell; what `export` gets from an expansion, only the shell knows.
  skip: (text) => /[`(){}|&<>\0]|export[^\n]*[$\\]/.test(text),
});

differential<compare.UnitAnswer>({
  oracle: 'unit',
  runs: 1200,
  // The library is asked for every text, systemd-analyze, a process each time, for those made by hand.
  more: (text) => ({ verify: text === SAMPLES.unit || NASTY.unit.includes(text) }),
  compare: compare.compareUnit,
});

differential<compare.HostsAnswer>({
  oracle: 'hosts',
  runs: 400,
  more: (text) => ({ names: compare.hostNames(text) }),
  compare: compare.compareHosts,
  skip: (text) => text.includes('\0'),
});

const noOslo = missing(ORACLES.oslo);
describe(
  'bytes that are no UTF-8',
  noOslo !== undefined && !process.env['CI'] ? { skip: `oslo: ${noOslo}` } : {},
  () => {
    test('oslo.config stops where a strict decoder does', async () => {
      const oracle = new Oracle<compare.OsloAnswer>(ORACLES.oslo);
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      try {
        const bytes = fc.array(fc.constantFrom(0x23, 0x20, 0x0a, 0x41, 0xc3, 0xa9, 0xe9, 0xff, 0xed, 0xa0, 0x80), {
          maxLength: 8,
        });
        await fc.assert(
          fc.asyncProperty(bytes, async (codes) => {
            const file = Uint8Array.from(codes);
            const answer = await oracle.ask(file);
            let text: string | undefined;
            try {
              text = decoder.decode(file);
            } catch {
              text = undefined;
            }
            assert.equal('error' in answer && answer.error === 'undecodable', text === undefined);
          }),
          { seed: SEED, numRuns: 300 },
        );
      } finally {
        oracle.close();
      }
    });
  },
);
