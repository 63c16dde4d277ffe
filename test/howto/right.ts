import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lint } from '../../server/src/lint';
import { clusterOf, examplePath } from '../support/cluster';
import { lineOf } from '../support/place';

/** Files of a cluster by path below it. */
export type Files = Readonly<Record<string, string>>;

/** One mistake in a right configuration. */
export interface Mistake {
  readonly title: string;
  /** By file: what stands there once, and what is written in its place. */
  readonly wrong: Readonly<Record<string, readonly [right: string, wrong: string]>>;
  /** `PATH:LINE SEVERITY RULE` of all that is said more than of the right configuration, information left out. */
  readonly found: readonly string[];
}

/** The configuration of a guide as it is meant, without a mistake. */
export function right(guide: 'nfs' | 'cephfs'): Files {
  const root = path.resolve(__dirname, '../fixtures/howto', guide);
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  return Object.fromEntries(
    files.map((e) => {
      const file = path.join(e.parentPath, e.name);
      return [path.relative(root, file).split(path.sep).join('/'), readFileSync(file, 'utf8')];
    }),
  );
}

/** @throws AssertionError where the words to be replaced do not stand exactly once */
export function withMistake(files: Files, wrong: Mistake['wrong']): Files {
  const out = { ...files };
  for (const [file, [from, to]] of Object.entries(wrong)) {
    const text = out[file] ?? '';
    assert.equal(text.split(from).length, 2, `${file} holds ${JSON.stringify(from)} once`);
    out[file] = text.replace(from, () => to);
  }
  return out;
}

/** Errors and warnings at Grizzly, `PATH:LINE SEVERITY RULE`, sorted. */
export function judged(files: Files): string[] {
  return lint(clusterOf(files, 'grizzly'))
    .findings.filter((f) => f.severity !== 'info')
    .map((f) => `${examplePath(f.file, false)}:${lineOf(f.file.text, f.span.start)} ${f.severity} ${f.rule.id}`)
    .sort();
}

/** What one mistake adds to what is said of the right configuration. */
export function added(files: Files, wrong: Mistake['wrong']): string[] {
  const before = judged(files);
  return judged(withMistake(files, wrong)).filter((line) => !before.includes(line));
}
